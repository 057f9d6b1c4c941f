package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

type resolveArg struct {
	Merchant pay.MerchantID `json:"merchant"`
}

type syncArg struct {
	Merchant pay.MerchantID `json:"merchant"`
}

// Workers are the gateway's jobs by kind. Each may run twice.
func (g *Gateway) Workers() map[string]jobs.Worker {
	return map[string]jobs.Worker{
		JobResolve:  g.workResolve,
		JobSync:     g.workSync,
		JobGiveBack: g.workGiveBack,

		JobCheckingBack:   g.workCheckingBack,
		JobResolveKey:     g.workResolveKey,
		JobRevokeKey:      g.workRevokeKey,
		JobSchedule:       g.workSchedule,
		JobResolveReceipt: g.workResolveReceipt,
		JobRetain:         g.workRetain,

		JobHeed:            g.workHeed,
		JobReapIdempotency: g.workReapIdempotency,

		JobPlanNightly: g.workPlanNightly,
		JobVerify:      g.workVerify,
		JobReconcile:   g.workReconcile,

		JobImport:     g.workImport,
		JobImportDrop: g.workImportDrop,
		JobRecover:    g.workRecover,
		JobMendLists:  g.workMendLists,
	}
}

// gap is the wait before question n of a lost answer.
func gap(t connector.Timing, n int) time.Duration {
	if n < len(t.Gaps) {
		return t.Gaps[n]
	}
	return 0
}

func (g *Gateway) workResolve(ctx context.Context, j store.Job) error {
	return g.resolve(ctx, pay.AttemptID(j.Key))
}

// resolve settles an attempt whose answer was lost, by asking the provider how
// things stand: what it says goes the same road as a direct answer. What it
// does not say is asked again later, and in the end a person is called.
func (g *Gateway) resolve(ctx context.Context, id pay.AttemptID) error {
	var a pay.Attempt
	var p pay.Payment
	var now time.Time
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		if a, err = tx.AttemptByID(ctx, id); err != nil {
			return err
		}
		p, err = tx.Payment(ctx, a.Merchant, a.Payment)
		return err
	})
	if err != nil || !a.Status.Open() {
		return err
	}
	timing := g.drivers[p.Provider].Timings[a.Kind]
	conn, _, err := g.connectTo(ctx, p)
	if err != nil { // a channel that does not open counts as a question, so that a person is called in the end
		g.log.ErrorContext(ctx, "channel does not open", "payment", p.ID, "attempt", a.ID, "err", err)
		return g.askLater(ctx, timing, a)
	}
	settled, heard, err := g.settleByAsking(ctx, conn, timing, p, a, now)
	if err == nil && !settled && timing.Repeatable && repeats(a.Kind) {
		by := now.Add(2 * timing.Deadline) // one for the question that was just asked
		settled, err = g.settleByRepeating(ctx, conn, timing, p, a, by, heard && now.Sub(a.Started) > unclearFor)
	}
	if err != nil { // the books did not take it: that counts as a question, too
		g.log.ErrorContext(ctx, "attempt not settled", "payment", p.ID, "attempt", a.ID, "err", err)
	}
	if settled {
		return nil
	}
	return g.askLater(ctx, timing, a)
}

// settleByAsking queries the payment and settles what its state shows. Heard
// says that the provider told how the payment stands, and the books have it.
func (g *Gateway) settleByAsking(ctx context.Context, conn connector.Connector, timing connector.Timing, p pay.Payment, a pay.Attempt, now time.Time) (settled, heard bool, err error) {
	asking, stop := within(ctx, timing.Deadline)
	defer stop()
	snap, said, err := query(asking, conn, p.Ref)
	g.recordExchanges(ctx, a, said)
	if err == nil && sameOrder(p, snap) != nil {
		err = fmt.Errorf("%w: the key belongs to order %q", connector.ErrNotFound, snap.Ref.Order)
	}
	switch {
	case errors.Is(err, connector.ErrNotFound):
		sent := a.Deadline.Add(-timing.Deadline) // for the last time
		if !a.Kind.Begins() || now.Sub(sent) < timing.Settle {
			return false, false, nil
		}
		settled, err = g.settleAs(ctx, timing, a, connector.Outcome{Verdict: connector.Declined, Decline: &connector.Decline{ProviderCode: codeNever, ProviderMessage: textNever}})
		return settled, false, err
	case err != nil:
		g.log.WarnContext(ctx, "query failed", "payment", p.ID, "attempt", a.ID, "err", err)
		return false, false, nil
	}
	if out := shownBy(a, snap); out.Verdict != connector.Pending {
		settled, err = g.settleAs(ctx, timing, a, out)
		return settled, true, err
	}
	if _, err := g.learnSnapshot(ctx, p, snap); err != nil {
		return false, false, err
	}
	settled, err = g.isSettled(ctx, a)
	return settled, true, err
}

func (g *Gateway) settleAs(ctx context.Context, timing connector.Timing, a pay.Attempt, out connector.Outcome) (bool, error) {
	_, learned, err := g.learn(ctx, a, timing, out, nil, nil, false)
	return err == nil && !learned.Status.Open(), err
}

func (g *Gateway) isSettled(ctx context.Context, a pay.Attempt) (bool, error) {
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		a, err = tx.Attempt(ctx, a.Merchant, a.ID)
		return err
	})
	return err == nil && !a.Status.Open(), err
}

// repeats reports whether a lost call of the kind is sent again later. One that
// takes money is not: the merchant was told that it is unknown, and must not find
// its buyer charged an hour later by a call that never arrived in the first place.
func repeats(k pay.AttemptKind) bool {
	return k == pay.AttemptConfirm || k == pay.AttemptCancel || k == pay.AttemptRevokeAccount
}

// unclearFor is how long a cancel is asked for again whose stored answer says
// neither yes nor no. A provider that keeps our key keeps that answer, too
// (Toss Payments, "멱등키"), so it will say nothing else.
const unclearFor = 10 * time.Minute

// settleByRepeating sends the same call again under the same key, where the
// provider keeps keys: it moves money once, and answers what it answered. By is
// until when: after that another node may have decided. A
// cancel, or a revocation, whose kept answer is an unclear refusal is taken as refused when final
// says so: long after, and the provider has just told how the payment stands.
func (g *Gateway) settleByRepeating(ctx context.Context, conn connector.Connector, timing connector.Timing, p pay.Payment, a pay.Attempt, by time.Time, final bool) (bool, error) {
	again := asking{kind: a.Kind, again: true, by: by}
	switch a.Kind {
	case pay.AttemptConfirm:
		again.call = askConfirm
	case pay.AttemptCancel:
		c, err := g.cancelOf(p, a)
		if err != nil {
			return false, err
		}
		again.call = askCancel(c)
	case pay.AttemptRevokeAccount:
		again.call = askRevoke
	default:
		return false, fmt.Errorf("attempt %s: kind %q cannot be repeated", a.ID, a.Kind)
	}
	var refusal *connector.Error
	call := again.call
	again.call = func(ctx context.Context, conn connector.Connector, c connector.Call, p pay.Payment) (connector.Outcome, error) {
		out, err := call(ctx, conn, c, p)
		refusal, _ = errors.AsType[*connector.Error](err)
		return out, err
	}
	_, _, err := g.put(ctx, again, conn, timing, p, a)
	if !errors.Is(err, ErrOutcomeUnknown) {
		return err == nil, err
	}
	if a.Kind != pay.AttemptConfirm && final && timing.KeepsAnswer && refusal.Stored() {
		return g.settleAs(ctx, timing, a, connector.Outcome{Verdict: connector.Declined, Decline: &connector.Decline{ProviderCode: refusal.Code, ProviderMessage: refusal.Message}})
	}
	return false, nil
}

// shownBy reads from a payment's state what became of an attempt. A cancel
// cannot be told from the state alone, so it stays pending.
func shownBy(a pay.Attempt, s connector.Snapshot) connector.Outcome {
	out := connector.Outcome{Snapshot: &s}
	switch {
	case a.Kind == pay.AttemptRevokeAccount:
		return revokeShownBy(out, s)
	case !a.Kind.Begins():
		return out
	}
	switch s.Stage {
	case connector.StagePaid, connector.StageCancelled, connector.StageAwaitingDeposit:
		out.Verdict = connector.Approved
	case connector.StageDead:
		out.Verdict, out.Decline = connector.Declined, s.Decline
		if out.Decline == nil {
			out.Decline = &connector.Decline{Code: connector.DeclineExpired, ProviderCode: codeExpired, ProviderMessage: textExpired}
		}
	}
	return out
}

// askLater plans the next question, or calls a person after the last.
func (g *Gateway) askLater(ctx context.Context, timing connector.Timing, a pay.Attempt) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Payment(ctx, a.Merchant, a.Payment); err != nil { // held, so that nobody settles it meanwhile
			return err
		}
		now, err := tx.AttemptByID(ctx, a.ID)
		if err != nil || !now.Status.Open() {
			return err
		}
		now.Tries++
		if now, err = tx.UpdateAttempt(ctx, now); err != nil {
			return err
		}
		if now.Status == pay.AttemptStarted {
			if now, err = tx.StepAttempt(ctx, now, pay.EvLost); err != nil {
				return err
			}
		}
		if now.Tries < len(timing.Gaps) {
			return tx.Enqueue(ctx, a.Merchant, JobResolve, string(a.ID), resolveArg{a.Merchant}, tx.Now.Add(gap(timing, now.Tries)))
		}
		if err := tx.MarkStuck(ctx, now); err != nil {
			return err
		}
		if err := tx.DeleteJob(ctx, a.Merchant, JobResolve, string(a.ID)); err != nil {
			return err
		}
		text := fmt.Sprintf("the outcome of %s %s could not be learned in %d questions", now.Kind, now.ID, now.Tries)
		g.log.ErrorContext(ctx, "needs a person", "payment", now.Payment, "attempt", now.ID)
		return tx.AddAlarm(ctx, store.Alarm{ID: "unknown:" + string(now.ID), Merchant: now.Merchant, Payment: now.Payment, Kind: "unknown_outcome", Text: text, At: tx.Now})
	})
}

// syncFor bounds how long a payment that came back and was not approved is
// asked about: both providers end such a payment within the hour.
const syncFor = 3 * time.Hour

func (g *Gateway) workSync(ctx context.Context, j store.Job) error {
	var arg syncArg
	if err := json.Unmarshal(j.Arg, &arg); err != nil {
		return err
	}
	p, err := g.Sync(ctx, arg.Merchant, pay.PaymentID(j.Key))
	if errors.Is(err, connector.ErrNotFound) { // the buyer never came to the provider, or long ago
		_, err = g.endLapsed(ctx, p, connector.Snapshot{})
		return err
	}
	if err == nil && p.Status == pay.StatusAwaitingDeposit {
		return g.lookAgain(p)
	}
	if err != nil || p.Status != pay.StatusCreated || g.now().Sub(p.StartedAt) > syncFor {
		return err
	}
	var c store.Checkout
	err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
		c, err = tx.CheckoutOfPayment(ctx, p.Merchant, p.ID)
		return translate(err, store.ErrNotFound, nil)
	})
	if err == nil && c.State == checkoutReturned {
		return jobs.RetryAt(g.now().Add(time.Minute), ErrOutcomeUnknown)
	}
	return err
}

// Sync asks the provider about one payment and records the answer. A window
// that lapsed leaves the payment as it is, as V1 documents for a closed tab; one
// that came back and was not approved fails it.
func (g *Gateway) Sync(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (pay.Payment, error) {
	p, err := g.payment(ctx, m, id)
	if err != nil {
		return p, err
	}
	if _, byHand := pay.ActorOf(ctx); byHand {
		err := g.store.Write(ctx, func(tx *store.Tx) error {
			return tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "payment.sync", Target: string(id), Payment: id,
				Before: map[string]any{"status": p.Status, "cancelled": p.Cancelled}})
		})
		if err != nil {
			return p, err
		}
	}
	return g.syncNow(ctx, p)
}

func (g *Gateway) syncNow(ctx context.Context, p pay.Payment) (pay.Payment, error) {
	if p.CustomerUsage == usageIssue {
		return g.syncBilling(ctx, p)
	}
	conn, _, err := g.connectTo(ctx, p)
	if err != nil {
		return p, err
	}
	now, heard, err := g.sync(ctx, conn, p)
	g.recordExchanges(ctx, pay.Attempt{Merchant: p.Merchant, Payment: p.ID}, heard)
	return now, err
}

// sync asks and records what the answer teaches; what was said is the caller's to keep.
func (g *Gateway) sync(ctx context.Context, conn connector.Connector, p pay.Payment) (pay.Payment, []connector.Exchange, error) {
	asking, stop := within(ctx, askQuickly)
	defer stop()
	snap, heard, err := query(asking, conn, p.Ref)
	if err != nil {
		return p, heard, err
	}
	learned, err := g.learnSnapshot(ctx, p, snap)
	if err != nil || snap.Stage != connector.StageDead || learned.Status != pay.StatusCreated {
		return learned, heard, err
	}
	learned, err = g.endLapsed(ctx, learned, snap)
	return learned, heard, err
}

// endLapsed fails a payment that is dead at the provider though its buyer came
// back to us.
func (g *Gateway) endLapsed(ctx context.Context, p pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	var now pay.Payment
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.CheckoutOfPayment(ctx, p.Merchant, p.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if now, err = tx.Payment(ctx, p.Merchant, p.ID); err != nil || now.Status != pay.StatusCreated || c.State != checkoutReturned {
			return err
		}
		open, err := tx.OpenAttempts(ctx, p.Merchant, p.ID)
		if err != nil || len(open) > 0 {
			return err
		}
		b := books{g: g, tx: tx}
		return b.decline(ctx, &now, deadBecause(s))
	})
	return now, err
}
