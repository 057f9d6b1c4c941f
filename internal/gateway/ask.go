package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// The points of the three steps at which a process may die. Options.Faults is
// called at each, with the attempt's kind before it: "confirm:intended".
const (
	pointIntended = "intended" // the intention is committed, nothing was asked
	pointAnswered = "answered" // the provider answered, nothing is recorded
	pointLearned  = "learned"  // the answer is committed
	pointAgain    = "again"    // it is committed that the call is sent once more
)

// resolveMargin is how long after a call's deadline its resolver may first run.
const resolveMargin = 2 * time.Second

// asking is one money-moving call in the making.
type asking struct {
	kind pay.AttemptKind
	// intend checks the books inside the transaction that writes the attempt,
	// and gives the payment as it is to be asked about and the attempt's amount and detail.
	intend func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error)
	// call puts the question. It runs with no transaction open.
	call func(ctx context.Context, conn connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error)
	test string // the provider's test code, if one was given
	// again: the call was sent before. That this sending did not arrive, or was
	// refused at the door, says nothing about the first one.
	again bool
	by    time.Time // when a call that is sent again must be on its way
}

// ask makes one money-moving call in three steps: commit the intention, ask
// with no transaction open, commit what was learned. The error is nil when the
// provider answered, whatever it answered: the attempt says what. Without an
// authoritative answer it is ErrOutcomeUnknown, and the resolver goes on.
func (g *Gateway) ask(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID, a asking) (pay.Payment, pay.Attempt, error) {
	ctx = context.WithoutCancel(ctx)
	before, err := g.payment(ctx, merchant, id)
	if err != nil {
		return before, pay.Attempt{}, err
	}
	conn, d, err := g.connectTo(ctx, before)
	if err != nil {
		return before, pay.Attempt{}, err
	}
	return g.askOn(ctx, conn, d, a)
}

// askOn is ask on a channel that is open: the intention may make the payment.
func (g *Gateway) askOn(ctx context.Context, conn connector.Connector, d connector.Driver, a asking) (pay.Payment, pay.Attempt, error) {
	ctx = context.WithoutCancel(ctx)
	timing := d.Timings[a.kind]
	p, attempt, err := g.intend(ctx, a, timing)
	if err != nil {
		return p, attempt, err
	}
	if err := g.fault(a.kind, pointIntended); err != nil {
		return p, attempt, err
	}
	return g.put(ctx, a, conn, timing, p, attempt)
}

// intend is step one.
func (g *Gateway) intend(ctx context.Context, a asking, timing connector.Timing) (pay.Payment, pay.Attempt, error) {
	var p pay.Payment
	var attempt pay.Attempt
	id := g.newAttemptID()
	ctx, step := g.begin(ctx, Step{Name: StepIntend, Kind: a.kind, Attempt: id})
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if p, attempt, err = a.intend(ctx, tx); err != nil {
			return err
		}
		return insertAttempt(ctx, tx, p, &attempt, id, a.kind, timing)
	})
	step.intended(p, attempt, err)
	return p, attempt, err
}

// insertAttempt writes an intention, with the job that sees to it should we die.
func insertAttempt(ctx context.Context, tx *store.Tx, p pay.Payment, a *pay.Attempt, id pay.AttemptID, kind pay.AttemptKind, timing connector.Timing) error {
	a.Merchant, a.ID, a.Payment, a.Kind = p.Merchant, id, p.ID, kind
	a.Status, a.Started, a.Deadline = pay.AttemptStarted, tx.Now, tx.Now.Add(timing.Deadline)
	if err := tx.InsertAttempt(ctx, *a); err != nil {
		return err
	}
	b := store.Began{Kind: string(kind), ID: string(id), Payment: p.ID, MerchantUID: p.MerchantUID}
	if err := begins(ctx, tx, b, a.Deadline.Add(resolveMargin)); err != nil {
		return err
	}
	return tx.Enqueue(ctx, p.Merchant, JobResolve, string(id), resolveArg{p.Merchant}, a.Deadline.Add(resolveMargin))
}

// put is steps two and three: the question and what is learned of it.
func (g *Gateway) put(ctx context.Context, a asking, conn connector.Connector, timing connector.Timing, p pay.Payment, attempt pay.Attempt) (pay.Payment, pay.Attempt, error) {
	var heard []connector.Exchange
	call := connector.Call{Key: attempt.ID, TestCode: a.test, Record: func(e connector.Exchange) { heard = append(heard, e) }}
	if p.Mode == pay.ModeLive {
		call.TestCode = ""
	}
	allowed, callErr := g.allowed(a, attempt, timing)
	asking, stop := within(ctx, allowed)
	asking, step := g.beginFor(asking, StepAsk, p, attempt)
	var out connector.Outcome
	if callErr == nil {
		out, callErr = a.call(asking, conn, call, p)
	}
	step.answered(p, attempt, out, callErr)
	stop()
	if a.again && callErr != nil {
		callErr = fmt.Errorf("sent again: %s", callErr) // not wrapped: its kind is about this sending alone
	}
	if err := g.fault(a.kind, pointAnswered); err != nil {
		return p, attempt, err
	}
	learning, step := g.beginFor(ctx, StepLearn, p, attempt)
	p, attempt, err := g.learn(learning, attempt, timing, out, callErr, heard, !a.again)
	step.learned(p, attempt, err)
	if err != nil {
		return p, attempt, fmt.Errorf("record the answer to %s %s: %w", a.kind, attempt.ID, err)
	}
	if err := g.fault(a.kind, pointLearned); err != nil {
		return p, attempt, err
	}
	if attempt.Status.Open() {
		g.log.WarnContext(ctx, "outcome unknown", "payment", p.ID, "attempt", attempt.ID, "kind", a.kind, "err", callErr)
		return p, attempt, ErrOutcomeUnknown
	}
	return p, attempt, nil
}

// allowed is how long a call may take from now on.
func (g *Gateway) allowed(a asking, attempt pay.Attempt, timing connector.Timing) (time.Duration, error) {
	by := attempt.Deadline
	if a.again {
		by = a.by
	}
	if repeats(a.kind) {
		return g.inTime(by, timing)
	}
	return g.inTimeToSettle(by, timing)
}

// inTime is how long a call may take that must be answered by a time. One that was
// intended so long ago that others may have decided about it since (this process, or
// its machine, stood still meanwhile) is not sent any more.
func (g *Gateway) inTime(by time.Time, timing connector.Timing) (time.Duration, error) {
	if timing.Deadline <= 0 || by.IsZero() {
		return timing.Deadline, nil
	}
	if left := by.Sub(g.now()); left > 0 {
		return min(left, timing.Deadline), nil
	}
	return timing.Deadline, notSent(fmt.Errorf("it was to be answered by %s, and is not sent that late", by))
}

// startsWithin is how soon after its intention a call must be on its way that the
// resolver does not send. The provider has its time to settle counted from the
// intention (settleByAsking): what is sent much later would count as never made while
// it is being worked on.
const startsWithin = 5 * time.Second

// inTimeToSettle is inTime of such a call.
func (g *Gateway) inTimeToSettle(by time.Time, timing connector.Timing) (time.Duration, error) {
	allowed, err := g.inTime(by, timing)
	if err == nil && allowed < timing.Deadline-startsWithin {
		err = notSent(fmt.Errorf("it was to be answered by %s, and the provider may need more time than is left", by))
	}
	return allowed, err
}

func (g *Gateway) fault(kind pay.AttemptKind, point string) error {
	return g.faults(string(kind) + ":" + point)
}

// payment reads one payment; ErrNoPayment when there is none.
func (g *Gateway) payment(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (pay.Payment, error) {
	var p pay.Payment
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Payment(ctx, m, id)
		return translate(err, store.ErrNotFound, ErrNoPayment)
	})
	return p, err
}

// confirm asks for the money of a payment whose buyer authenticated.
// ErrOutcomeUnknown means the resolver goes on; a *Refusal that the books
// forbid it. A decline is not an error: the payment says so.
func (g *Gateway) confirm(ctx context.Context, p pay.Payment) error {
	_, _, err := g.ask(ctx, p.Merchant, p.ID, asking{
		kind: pay.AttemptConfirm,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			now, err := tx.Payment(ctx, p.Merchant, p.ID)
			if err != nil {
				return now, pay.Attempt{}, err
			}
			if err := checkPrepared(ctx, tx, p.Merchant, p.MerchantUID, p.Amount.Total); err != nil {
				return now, pay.Attempt{}, err
			}
			if err := tx.Reserve(ctx, p.Merchant, p.MerchantUID, p.ID); err != nil {
				return now, pay.Attempt{}, reserved(err, p)
			}
			now.Ref = mergeRef(now.Ref, p.Ref)
			now, err = tx.StepPayment(ctx, now, pay.EvConfirmStarted, "returned from the window")
			return now, pay.Attempt{Amount: p.Amount.Total.Minor}, err
		},
		call: askConfirm,
	})
	return err
}

func askConfirm(ctx context.Context, conn connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error) {
	c, err := connector.As[connector.Confirmer](conn)
	if err != nil {
		return connector.Outcome{}, notSent(err)
	}
	return c.Confirm(ctx, call, p.Ref, p.Amount)
}

func reserved(err error, p pay.Payment) error {
	if errors.Is(err, store.ErrReserved) {
		return &Refusal{Code: RefusedPaid, Field: "merchant_uid", Detail: fmt.Sprintf("%q is paid or being paid", p.MerchantUID)}
	}
	return err
}

// notSent marks an error of ours before anything left for the provider.
func notSent(err error) error {
	return &connector.Error{Kind: connector.NotSent, Op: "prepare the call", Err: err}
}
