package gateway

import (
	"context"
	"errors"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// learn is step three: whatever is known of an attempt goes to the books in one
// transaction. The direct answer, the resolver and a repeated call all come
// this way; an attempt that was settled meanwhile stays as it is. First: it is what
// came of the first sending of the call.
func (g *Gateway) learn(ctx context.Context, a pay.Attempt, timing connector.Timing, out connector.Outcome, callErr error, heard []connector.Exchange, first bool) (pay.Payment, pay.Attempt, error) {
	p, learned, err := g.learnOnce(ctx, a, timing, out, callErr, heard, first, false)
	if errors.Is(err, store.ErrPaidTwice) {
		return g.learnOnce(ctx, a, timing, out, callErr, heard, first, true)
	}
	return p, learned, err
}

func (g *Gateway) learnOnce(ctx context.Context, a pay.Attempt, timing connector.Timing, out connector.Outcome, callErr error, heard []connector.Exchange, first, twice bool) (pay.Payment, pay.Attempt, error) {
	var p pay.Payment
	var now pay.Attempt
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.Payment(ctx, a.Merchant, a.Payment); err != nil {
			return err
		}
		if now, err = tx.Attempt(ctx, a.Merchant, a.ID); err != nil {
			return err
		}
		if err = addExchanges(ctx, tx, now, heard); err != nil {
			return err
		}
		b := books{g: g, tx: tx, twice: twice, by: &now}
		if out.Snapshot != nil && callErr == nil {
			if p, err = b.snapshot(ctx, p, *out.Snapshot, &now, out.Made); err != nil {
				return err
			}
		}
		if !now.Status.Open() {
			return nil
		}
		v := verdictOf(out, callErr)
		if v.why.code == codeNever && now.Deadline.After(a.Deadline) { // it was sent again since it was asked about
			return nil
		}
		if first && overtakenBy(tx.Now, now, v, timing) {
			v = verdict{event: pay.EvLost}
		}
		if v.event == pay.EvRefused {
			moved, err := tx.Movements(ctx, p.Merchant, p.ID)
			if err != nil {
				return err
			}
			if made(now, moved) { // refused because it was done: its money is on the books
				v = verdict{event: pay.EvSucceeded}
			}
		}
		return b.settle(ctx, &p, &now, v, timing)
	})
	return p, now, err
}

// overtakenBy: by now the resolver may have sent the call as well (we, or our
// machine, stood still), so that what came of ours does not say what came of it.
func overtakenBy(now time.Time, a pay.Attempt, v verdict, timing connector.Timing) bool {
	alone := v.event == pay.EvNeverLeft || v.event == pay.EvRefused && !timing.KeepsAnswer // true of our sending only
	late := a.Status != pay.AttemptStarted || !now.Before(a.Deadline.Add(resolveMargin))
	return alone && late && timing.Repeatable && repeats(a.Kind)
}

// verdict is what an answer, or the lack of one, means for an attempt.
type verdict struct {
	event pay.AttemptEvent
	why   failure
}

func verdictOf(out connector.Outcome, callErr error) verdict {
	if callErr != nil {
		switch connector.KindOf(callErr) {
		case connector.NotSent:
			return verdict{pay.EvNeverLeft, providerTrouble(callErr)}
		case connector.Misconfigured:
			return verdict{pay.EvRefused, providerTrouble(callErr)}
		default:
			return verdict{event: pay.EvLost}
		}
	}
	switch out.Verdict {
	case connector.Approved:
		return verdict{event: pay.EvSucceeded}
	case connector.Declined:
		f := failure{code: codeNever, text: textNever}
		if out.Decline != nil {
			f = declined(*out.Decline)
		}
		return verdict{pay.EvRefused, f}
	default:
		return verdict{event: pay.EvLost}
	}
}

// settle steps the attempt, and a payment whose confirm came to nothing.
func (b books) settle(ctx context.Context, p *pay.Payment, a *pay.Attempt, v verdict, timing connector.Timing) error {
	if v.event == pay.EvLost {
		if a.Status != pay.AttemptStarted { // the resolver that asked plans the next question
			return nil
		}
		lost, err := b.tx.StepAttempt(ctx, *a, pay.EvLost)
		if err != nil {
			return err
		}
		*a = lost
		return b.tx.Enqueue(ctx, a.Merchant, JobResolve, string(a.ID), resolveArg{a.Merchant}, b.tx.Now.Add(gap(timing, a.Tries)))
	}
	a.Class, a.Code, a.Message, a.Ended = string(v.why.class), v.why.code, v.why.text, b.tx.Now
	settled, err := b.tx.StepAttempt(ctx, *a, v.event)
	if err != nil {
		return err
	}
	*a = settled
	if err := b.tx.DeleteJob(ctx, a.Merchant, JobResolve, string(a.ID)); err != nil {
		return err
	}
	if a.Kind.Begins() && v.event != pay.EvSucceeded {
		return b.decline(ctx, p, v.why)
	}
	return nil
}

// decline fails a payment of which the money was refused or never asked for.
func (b books) decline(ctx context.Context, p *pay.Payment, f failure) error {
	if p.Status != pay.StatusConfirming && p.Status != pay.StatusCreated {
		return nil
	}
	p.FailCode, p.FailReason, p.FailedAt = f.code, f.text, b.tx.Now
	b.tx.Because(f.reason())
	next, err := b.tx.StepPayment(ctx, *p, pay.EvDeclined, f.code)
	if err != nil {
		return err
	}
	*p = next
	if err := b.tx.Release(ctx, p.Merchant, p.MerchantUID, p.ID); err != nil {
		return err
	}
	return b.ended(ctx, *p)
}

func addExchanges(ctx context.Context, tx *store.Tx, a pay.Attempt, heard []connector.Exchange) error {
	for _, e := range heard {
		err := tx.AddExchange(ctx, store.Exchange{
			Merchant: a.Merchant, Payment: a.Payment, Attempt: a.ID, At: e.At, Took: e.Took, Method: e.Method, Path: e.Path,
			Status: e.Status, Request: e.Request, Answer: e.Answer, Error: e.Err,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// learnSnapshot records a snapshot that no attempt brought: a notice, a sync.
// asked is the payment as it was read before the question. Attempts that the
// snapshot shows to have succeeded are settled with it.
func (g *Gateway) learnSnapshot(ctx context.Context, asked pay.Payment, s connector.Snapshot) (pay.Payment, error) {
	p, err := g.learnSnapshotOnce(ctx, asked, s, false)
	if errors.Is(err, store.ErrPaidTwice) {
		return g.learnSnapshotOnce(ctx, asked, s, true)
	}
	return p, err
}

func (g *Gateway) learnSnapshotOnce(ctx context.Context, asked pay.Payment, s connector.Snapshot, twice bool) (pay.Payment, error) {
	var p pay.Payment
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.Payment(ctx, asked.Merchant, asked.ID); err != nil {
			return translate(err, store.ErrNotFound, ErrNoPayment)
		}
		b := books{g: g, tx: tx, twice: twice, fresh: p.Version == asked.Version}
		if p, err = b.snapshot(ctx, p, s, nil, ""); err != nil {
			return err
		}
		return b.settleOpen(ctx, &p, s)
	})
	return p, err
}

// settleOpen settles the attempts whose outcome a snapshot shows: the money came
// in, the account is there, or the payment is dead and no answer can be under way any more. A cancel
// is settled by an answer to it alone: a snapshot cannot tell two cancels of one
// amount apart.
func (b books) settleOpen(ctx context.Context, p *pay.Payment, s connector.Snapshot) error {
	open, err := b.tx.OpenAttempts(ctx, p.Merchant, p.ID)
	if err != nil {
		return err
	}
	in, _ := received(s)
	for i, a := range open {
		var v verdict
		switch {
		case a.Kind == pay.AttemptRevokeAccount && s.Stage == connector.StageDead && !lapsed(s):
			v = verdict{event: pay.EvSucceeded}
		case !a.Kind.Begins():
			continue
		case in == p.Amount.Total.Minor, a.Kind == pay.AttemptIssueAccount && s.Stage == connector.StageAwaitingDeposit:
			v = verdict{event: pay.EvSucceeded}
		case s.Stage == connector.StageDead && b.tx.Now.After(a.Deadline):
			v = verdict{pay.EvRefused, deadBecause(s)}
		default:
			continue
		}
		if err := b.settle(ctx, p, &open[i], v, connector.Timing{}); err != nil {
			return err
		}
	}
	return nil
}

// deadBecause is why a payment ended without money, as far as the provider says.
func deadBecause(s connector.Snapshot) failure {
	if s.Decline != nil {
		return declined(*s.Decline)
	}
	return failure{code: codeExpired, text: textExpired}
}
