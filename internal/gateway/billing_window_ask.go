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

// errNotAgreed: the buyer is still in the window, or gone.
var errNotAgreed = errors.New("the buyer has not agreed")

// errKeyDecided: others have learned what came of the key.
var errKeyDecided = errors.New("the billing key has been decided about")

// askWindowKey asks for the key of a window and records the answer, any number of
// times. ErrOutcomeUnknown: no answer came. errNotAgreed: it is not there yet.
func (g *Gateway) askWindowKey(ctx context.Context, k pay.BillingKey) error {
	return g.askForWindowKey(ctx, k, g.now())
}

// askForWindowKey is askWindowKey where the buyer agreed, if so, at another time
// than now; zero is not known, and the key then counts from its beginning.
func (g *Gateway) askForWindowKey(ctx context.Context, k pay.BillingKey, agreed time.Time) error {
	if k.Status != pay.KeyIssuing || len(k.Proof) == 0 {
		return nil
	}
	out, timing, callErr, err := g.callForWindowKey(ctx, k)
	if errors.Is(err, errKeyDecided) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := g.fault(pay.AttemptIssueKey, pointAnswered); err != nil {
		return err
	}
	v := verdictOf(connector.Outcome{Verdict: out.Verdict, Decline: out.Decline}, callErr)
	if callErr != nil && v.event != pay.EvLost {
		// Nothing was learned of the key by a call that did not arrive or was wrong in itself.
		g.log.WarnContext(ctx, "billing key not asked for", "billing_key", k.ID, "err", callErr)
		v = verdict{event: pay.EvLost}
	}
	if e, ok := errors.AsType[*connector.Error](callErr); ok && e.Stored() && timing.KeepsAnswer && g.now().Sub(k.Wished()) > unclearFor {
		// neither yes nor no, and it will be nothing else: no key came of it that could be had
		v = verdict{pay.EvRefused, declined(connector.Decline{ProviderCode: e.Code, ProviderMessage: e.Message})}
	}
	switch {
	case v.event == pay.EvLost && callErr == nil:
		return errNotAgreed
	case v.event == pay.EvLost:
		return ErrOutcomeUnknown
	}
	p, a := ofKey(k)
	learning, step := g.beginFor(ctx, StepLearn, p, a)
	err = g.learnWindowKey(learning, k, out.Key, v, agreed)
	if step.judged(p, a, v, err); err != nil {
		return fmt.Errorf("record billing key %s: %w", k.ID, err)
	}
	return g.fault(pay.AttemptIssueKey, pointLearned)
}

func (g *Gateway) callForWindowKey(ctx context.Context, k pay.BillingKey) (connector.KeyOutcome, connector.Timing, error, error) {
	var none connector.KeyOutcome
	begun := g.now()
	now, ch, err := g.keyWithChannel(ctx, k.Merchant, k.ID)
	if err != nil {
		return none, connector.Timing{}, nil, err
	}
	on, err := openFor[connector.BillingWindower](g, ch)
	if err != nil {
		return none, connector.Timing{}, nil, err
	}
	proof, err := g.vault.Open(k.Proof, proofOf(k.ID))
	if err != nil {
		return none, connector.Timing{}, nil, err
	}
	var heard []connector.Exchange
	call := connector.Call{Key: pay.AttemptID(k.ID), Record: func(e connector.Exchange) { heard = append(heard, e) }}
	timing := on.d.Timings[pay.AttemptIssueKey]
	if now.Status != pay.KeyIssuing { // perhaps while we, or our machine, stood still: a key that came of it would be nobody's
		return none, timing, nil, errKeyDecided
	}
	allowed, err := g.inTime(begun.Add(timing.Deadline), timing)
	if err != nil {
		return none, timing, err, nil
	}
	asking, stop := within(ctx, allowed)
	defer stop()
	p, a := ofKey(k)
	asking, step := g.beginFor(asking, StepAsk, p, a)
	out, callErr := on.can.IssueFromWindow(asking, call, k.CustomerID, pay.Secret(proof))
	if callErr == nil && out.Verdict == connector.Approved && out.Key.Key == "" {
		callErr = &connector.Error{Provider: k.Provider, Op: "issue billing key", Err: errors.New("the answer has no key")}
	}
	step.answered(p, a, connector.Outcome{Verdict: out.Verdict}, callErr)
	g.recordExchanges(ctx, pay.Attempt{Merchant: k.Merchant, Payment: k.Payment, ID: pay.AttemptID(k.ID)}, heard)
	return out, timing, callErr, nil
}

// learnWindowKey settles the key of a window and its payment together. Agreed is
// when the buyer did, where no return said so.
func (g *Gateway) learnWindowKey(ctx context.Context, asked pay.BillingKey, got connector.BillingKey, v verdict, agreed time.Time) error {
	return g.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, asked.Merchant, asked.Payment)
		if err != nil {
			return err
		}
		k, err := tx.BillingKeyByID(ctx, asked.Merchant, asked.ID)
		if err != nil || k.Status != pay.KeyIssuing {
			return err
		}
		b := books{g: g, tx: tx}
		if v.event == pay.EvRefused {
			k.Code, k.Message = v.why.code, v.why.text
			if _, err := g.endKey(ctx, tx, k); err != nil {
				return err
			}
			if p.Status == pay.StatusConfirming {
				return b.decline(ctx, &p, v.why)
			}
			return b.backWithNothing(ctx, p, v.why)
		}
		if k, err = g.sealKey(k, got); err != nil {
			return err
		}
		k.Proof = nil
		if k.Agreed.IsZero() {
			k.Agreed = agreed
		}
		return b.keyIssued(ctx, p, k)
	})
}

// endKey ends a key that never came about.
func (g *Gateway) endKey(ctx context.Context, tx *store.Tx, k pay.BillingKey) (pay.BillingKey, error) {
	k, err := tx.StepBillingKey(ctx, k, pay.EvKeyRefused)
	if err != nil {
		return k, err
	}
	return k, tx.DeleteJob(ctx, k.Merchant, JobResolveKey, string(k.ID))
}

// keyIssued brings the key of a window into use and its payment to paid, which is
// V1's word for a registered key. A window whose order number was used up
// meanwhile, or whose customer was deleted since the buyer agreed, brings no key:
// it is given back.
func (b books) keyIssued(ctx context.Context, p pay.Payment, k pay.BillingKey) error {
	if err := b.tx.DeleteJob(ctx, k.Merchant, JobResolveKey, string(k.ID)); err != nil {
		return err
	}
	err := b.tx.Reserve(ctx, p.Merchant, p.MerchantUID, p.ID)
	if errors.Is(err, store.ErrReserved) {
		return b.giveUpWindowKey(ctx, p, k, failure{code: codePaid, text: textPaid})
	}
	if err != nil {
		return err
	}
	if k, err = activateKey(ctx, b.tx, k); err != nil {
		return err
	}
	if k.Status == pay.KeyRefused {
		if err := b.tx.Release(ctx, p.Merchant, p.MerchantUID, p.ID); err != nil {
			return err
		}
		return b.decline(ctx, &p, failure{code: codeNoKey, text: textNoKey})
	}
	ev := pay.EvApproved
	switch p.Status {
	case pay.StatusCreated, pay.StatusConfirming:
	case pay.StatusFailed: // the buyer left the window and agreed in the app all the same
		ev = pay.EvApprovedLate
	default:
		return nil
	}
	p.Method, p.Details = k.Method, pay.Details{Card: k.Card}
	p.PaidAt, p.FailCode, p.FailReason, p.FailedAt = b.tx.Now, "", "", time.Time{}
	next, err := b.tx.StepPayment(ctx, p, ev, "billing key issued")
	if err != nil {
		return err
	}
	return b.tell(ctx, next)
}

// giveUpWindowKey refuses a key that was issued and has it revoked.
func (b books) giveUpWindowKey(ctx context.Context, p pay.Payment, k pay.BillingKey, f failure) error {
	k.Code, k.Message = f.code, f.text
	k, err := b.tx.StepBillingKey(ctx, k, pay.EvKeyRefused)
	if err != nil {
		return err
	}
	if err := b.tx.Enqueue(ctx, k.Merchant, JobRevokeKey, string(k.ID), keyArg{Merchant: k.Merchant}, b.tx.Now); err != nil {
		return err
	}
	return b.decline(ctx, &p, f)
}
