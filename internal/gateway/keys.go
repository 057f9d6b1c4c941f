package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// keyIssue is one issue of a billing key in the making.
type keyIssue struct {
	on  opened[connector.BillingByCard]
	key pay.BillingKey
	out connector.KeyOutcome
}

// keyArg is the argument of JobResolveKey and JobRevokeKey.
type keyArg struct {
	Merchant pay.MerchantID `json:"merchant"`
	Hold     bool           `json:"hold,omitempty"` // issued for a charge: without one it is given up
}

// IssueKey has a billing key issued for a card. It becomes what its CustomerUID
// means; an older key of that name is replaced, and not revoked at the provider.
// Nothing of the card is kept but its masked number.
func (g *Gateway) IssueKey(ctx context.Context, r IssueKeyRequest) (pay.BillingKey, error) {
	if k, told, err := g.keyBefore(ctx); told {
		return k, err
	}
	issued, err := g.askForKey(ctx, r, false)
	if err != nil {
		return issued.key, err
	}
	k, err := g.useKey(ctx, issued)
	if err != nil {
		return k, fmt.Errorf("record billing key %s: %w", issued.key.ID, err)
	}
	if k.Status == pay.KeyRefused { // its customer was deleted, or it was given up, while it was being issued
		return k, ErrNoBillingKey
	}
	return k, g.faults(string(pay.AttemptIssueKey) + ":" + pointLearned)
}

// useKey records a key that was issued, and brings it into use.
func (g *Gateway) useKey(ctx context.Context, i keyIssue) (k pay.BillingKey, err error) {
	p, a := ofKey(i.key)
	ctx, step := g.beginFor(context.WithoutCancel(ctx), StepLearn, p, a)
	err = g.store.Write(ctx, func(tx *store.Tx) (err error) {
		k, err = g.learnKey(ctx, tx, i, pay.EvKeyActivated)
		return err
	})
	step.judged(p, a, verdict{event: pay.EvSucceeded}, err)
	return k, err
}

// askForKey commits the intention to have a key issued and asks for it; a lost
// answer is asked for once more at once. What was approved is recorded by
// learnKey, in the caller's transaction.
func (g *Gateway) askForKey(ctx context.Context, r IssueKeyRequest, hold bool) (keyIssue, error) {
	ctx = context.WithoutCancel(ctx)
	on, err := serverChannel[connector.BillingByCard](ctx, g, r.Merchant, r.Channel, pay.ChannelBilling, thatKind)
	if err != nil {
		return keyIssue{}, err
	}
	if r.CustomerID == "" {
		r.CustomerID = g.newUUID()
	}
	k := pay.BillingKey{
		Merchant: r.Merchant, ID: pay.KeyID(g.newUUID()), CustomerUID: r.CustomerUID, CustomerID: r.CustomerID, Channel: on.ch.Key,
		Provider: on.ch.Provider, MID: on.ch.MID, Mode: on.ch.Mode, Status: pay.KeyIssuing, Method: pay.MethodCard, Buyer: r.Buyer,
	}
	timing := on.d.Timings[pay.AttemptIssueKey]
	p, a := ofKey(k)
	intending, step := g.beginFor(ctx, StepIntend, p, a)
	err = g.store.Write(intending, func(tx *store.Tx) error {
		k.Created, k.Updated = tx.Now, tx.Now
		if err := tx.InsertBillingKey(ctx, k); err != nil {
			return err
		}
		late := tx.Now.Add(timing.Deadline).Add(resolveMargin)
		if err := begins(ctx, tx, store.Began{Kind: beganIssueKey, ID: string(k.ID)}, late); err != nil {
			return err
		}
		return tx.Enqueue(ctx, k.Merchant, JobResolveKey, string(k.ID), keyArg{k.Merchant, hold}, late)
	})
	step.intended(p, a, err)
	if err != nil {
		return keyIssue{key: k}, err
	}
	if err := g.fault(pay.AttemptIssueKey, pointIntended); err != nil {
		return keyIssue{key: k}, err
	}
	out, callErr := g.callForKey(ctx, on, k, r.Card, r.TestCode, k.Created.Add(timing.Deadline))
	if callErr != nil && connector.KindOf(callErr) == connector.Unknown && timing.KeepsAnswer {
		if by := g.keyStillAsked(ctx, k, hold, timing); !by.IsZero() {
			if err := g.fault(pay.AttemptIssueKey, pointAgain); err != nil {
				return keyIssue{key: k}, err
			}
			if again, err := g.callForKey(ctx, on, k, r.Card, r.TestCode, by); err == nil {
				out, callErr = again, nil
			}
		}
	}
	if err := g.fault(pay.AttemptIssueKey, pointAnswered); err != nil {
		return keyIssue{key: k}, err
	}
	return g.judgeKey(ctx, keyIssue{on, k, out}, callErr)
}

// keyStillAsked puts the resolver off while the question is put once more, and
// tells until when; zero: it must not be.
func (g *Gateway) keyStillAsked(ctx context.Context, k pay.BillingKey, hold bool, timing connector.Timing) (by time.Time) {
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		by = time.Time{}
		now, err := tx.BillingKeyByID(ctx, k.Merchant, k.ID)
		if err != nil || now.Status != pay.KeyIssuing {
			return err
		}
		by = tx.Now.Add(timing.Deadline)
		return tx.Enqueue(ctx, k.Merchant, JobResolveKey, string(k.ID), keyArg{k.Merchant, hold}, by.Add(resolveMargin))
	})
	if err != nil {
		return time.Time{}
	}
	return by
}

// judgeKey tells a key that was issued from one that was not, which is recorded.
func (g *Gateway) judgeKey(ctx context.Context, i keyIssue, callErr error) (keyIssue, error) {
	out := connector.Outcome{Verdict: i.out.Verdict, Decline: i.out.Decline}
	v := verdictOf(out, callErr)
	switch v.event {
	case pay.EvSucceeded:
		return i, nil
	case pay.EvLost:
		g.log.WarnContext(ctx, "outcome unknown", "billing_key", i.key.ID, "err", callErr)
		return i, ErrOutcomeUnknown
	}
	i.key.Code, i.key.Message = v.why.code, v.why.text
	p, a := ofKey(i.key)
	learning, step := g.beginFor(ctx, StepLearn, p, a)
	err := g.store.Write(learning, func(tx *store.Tx) (err error) {
		i.key, err = g.refuseKey(ctx, tx, i.key)
		return err
	})
	step.judged(p, a, v, err)
	switch {
	case err != nil:
		return i, err
	case v.event == pay.EvNeverLeft:
		return i, ErrProviderDown
	}
	return i, &DeclinedError{Decline: declineFrom(i.out.Decline, v.why), Step: DeclinedKey}
}

// declineFrom is the provider's own refusal where there is one.
func declineFrom(d *connector.Decline, f failure) connector.Decline {
	if d != nil {
		return *d
	}
	return connector.Decline{Code: connector.DeclineRequest, ProviderCode: f.code, ProviderMessage: f.text}
}

// callForKey asks for a key, if it is not too late for that: by is zero
// for a question that issues nothing.
func (g *Gateway) callForKey(ctx context.Context, on opened[connector.BillingByCard], k pay.BillingKey, card connector.Card, test string, by time.Time) (connector.KeyOutcome, error) {
	allowed, err := g.inTimeToSettle(by, on.d.Timings[pay.AttemptIssueKey])
	if err != nil {
		return connector.KeyOutcome{}, err
	}
	var heard []connector.Exchange
	call := connector.Call{Key: pay.AttemptID(k.ID), TestCode: test, Record: func(e connector.Exchange) { heard = append(heard, e) }}
	if k.Mode == pay.ModeLive {
		call.TestCode = ""
	}
	asking, stop := within(ctx, allowed)
	defer stop()
	p, a := ofKey(k)
	asking, step := g.beginFor(asking, StepAsk, p, a)
	out, err := on.can.IssueBillingKey(asking, call, k.CustomerID, card)
	if err == nil && out.Verdict == connector.Approved && out.Key.Key == "" {
		err = &connector.Error{Provider: k.Provider, Op: "issue billing key", Err: errors.New("the answer has no key")}
	}
	step.answered(p, a, connector.Outcome{Verdict: out.Verdict}, err)
	g.recordExchanges(ctx, pay.Attempt{Merchant: k.Merchant, ID: pay.AttemptID(k.ID)}, heard)
	return out, err
}

// recordExchanges keeps what was said apart from what was learned: its loss
// costs no money.
func (g *Gateway) recordExchanges(ctx context.Context, about pay.Attempt, heard []connector.Exchange) {
	if len(heard) == 0 {
		return
	}
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		if about.Payment != "" { // of one that was erased no bodies are kept: the store must know it
			if _, err := tx.Payment(ctx, about.Merchant, about.Payment); err != nil {
				return err
			}
		}
		return addExchanges(ctx, tx, about, heard)
	})
	if err != nil {
		g.log.ErrorContext(ctx, "exchange not recorded", "attempt", about.ID, "err", err)
	}
}

// learnKey records an issued key as held or active.
func (g *Gateway) learnKey(ctx context.Context, tx *store.Tx, i keyIssue, ev pay.KeyEvent) (pay.BillingKey, error) {
	k, err := tx.BillingKeyByID(ctx, i.key.Merchant, i.key.ID)
	if err != nil || k.Status != pay.KeyIssuing {
		return k, err
	}
	if k, err = g.sealKey(k, i.out.Key); err != nil {
		return k, err
	}
	if err := tx.DeleteJob(ctx, k.Merchant, JobResolveKey, string(k.ID)); err != nil {
		return k, err
	}
	if ev == pay.EvKeyActivated {
		return activateKey(ctx, tx, k)
	}
	return tx.StepBillingKey(ctx, k, ev)
}

// activateKey brings a key into use, unless one that was asked for later has its
// customer_uid already, or that was deleted since: the newest wish counts, not
// the answer that came last.
func activateKey(ctx context.Context, tx *store.Tx, k pay.BillingKey) (pay.BillingKey, error) {
	now, err := tx.BillingKey(ctx, k.Merchant, k.CustomerUID) // held first: who deletes it meanwhile has done so or waits for us
	there := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return k, err
	}
	deleted, err := tx.BillingKeyDeletedSince(ctx, k.Merchant, k.CustomerUID, k.Wished())
	if err != nil {
		return k, err
	}
	if deleted { // the customer was deleted since the key was asked for
		if k, err = tx.StepBillingKey(ctx, k, pay.EvKeyRefused); err != nil {
			return k, err
		}
		return k, tx.Enqueue(ctx, k.Merchant, JobRevokeKey, string(k.ID), keyArg{Merchant: k.Merchant}, tx.Now)
	}
	if there && now.Wished().After(k.Wished()) {
		return tx.StepBillingKey(ctx, k, pay.EvKeyReplaced)
	}
	return tx.ActivateBillingKey(ctx, k)
}

// sealKey takes over what the provider told of a key.
func (g *Gateway) sealKey(k pay.BillingKey, got connector.BillingKey) (pay.BillingKey, error) {
	var err error
	if k.Sealed, err = g.vault.Seal([]byte(got.Key.Reveal()), sealedAs(k.ID)); err != nil {
		return k, err
	}
	k.MAC = g.vault.MAC("billing_key", []byte(got.Key.Reveal()))
	return instrumentOf(k, got), nil
}

func sealedAs(id pay.KeyID) string { return "billing_key:" + string(id) }

// instrumentOf is k with what is behind it now.
func instrumentOf(k pay.BillingKey, got connector.BillingKey) pay.BillingKey {
	if got.Method == "" && got.Card == nil && got.Bank == nil {
		return k
	}
	if got.Method != "" {
		k.Method = got.Method
	}
	k.Card, k.Bank = got.Card, got.Bank
	return k
}

// refuseKey ends a key that was not issued, or not kept.
func (g *Gateway) refuseKey(ctx context.Context, tx *store.Tx, k pay.BillingKey) (pay.BillingKey, error) {
	now, err := tx.BillingKeyByID(ctx, k.Merchant, k.ID)
	if err != nil || now.Status != pay.KeyIssuing && now.Status != pay.KeyHeld {
		return now, err
	}
	now.Code, now.Message = k.Code, k.Message
	if now, err = tx.StepBillingKey(ctx, now, pay.EvKeyRefused); err != nil {
		return now, err
	}
	if err := tx.DeleteJob(ctx, k.Merchant, JobResolveKey, string(k.ID)); err != nil || len(now.Sealed) == 0 {
		return now, err
	}
	return now, tx.Enqueue(ctx, k.Merchant, JobRevokeKey, string(k.ID), keyArg{Merchant: k.Merchant}, tx.Now)
}

// giveUpKey records a key that was issued and is not to be used, so that it is
// revoked.
func (g *Gateway) giveUpKey(ctx context.Context, i keyIssue) error {
	ctx = context.WithoutCancel(ctx)
	return g.store.Write(ctx, func(tx *store.Tx) error {
		k, err := g.learnKey(ctx, tx, i, pay.EvKeyHeld)
		if err == nil {
			_, err = g.refuseKey(ctx, tx, k)
		}
		return err
	})
}

// workResolveKey asks again for an issue whose answer was lost, without the
// card: the provider answers what it answered, or refuses, and then nothing was
// issued.
func (g *Gateway) workResolveKey(ctx context.Context, j store.Job) error {
	var arg keyArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	k, ch, err := g.keyWithChannel(ctx, arg.Merchant, pay.KeyID(j.Key))
	if err != nil && !errors.Is(err, ErrChannelMissing) || k.Status != pay.KeyIssuing {
		return err
	}
	if k.Payment != "" {
		return g.resolveWindowKey(ctx, k)
	}
	var on opened[connector.BillingByCard]
	if err == nil {
		on, err = openFor[connector.BillingByCard](g, ch)
	}
	if err != nil {
		return g.askKeyLater(ctx, k, g.drivers[k.Provider].Timings[pay.AttemptIssueKey], err)
	}
	out, callErr := g.callForKey(ctx, on, k, connector.Card{}, "", time.Time{})
	if e, ok := errors.AsType[*connector.Error](callErr); ok && e.Stored() && on.d.Timings[pay.AttemptIssueKey].KeepsAnswer && g.now().Sub(k.Created) > unclearFor {
		// neither yes nor no, and it will be nothing else: no key came of it that could be had
		out, callErr = connector.KeyOutcome{Verdict: connector.Declined, Decline: &connector.Decline{ProviderCode: e.Code, ProviderMessage: e.Message}}, nil
	}
	if callErr != nil {
		return g.askKeyLater(ctx, k, on.d.Timings[pay.AttemptIssueKey], callErr)
	}
	issued, err := g.judgeKey(ctx, keyIssue{on, k, out}, nil)
	if _, refused := errors.AsType[*DeclinedError](err); refused {
		return nil
	}
	if err != nil {
		return g.askKeyLater(ctx, k, on.d.Timings[pay.AttemptIssueKey], err)
	}
	if arg.Hold { // its charge was never begun
		return g.giveUpKey(ctx, issued)
	}
	_, err = g.useKey(ctx, issued)
	return err
}

// askKeyLater plans the next question, or calls a person after the last.
func (g *Gateway) askKeyLater(ctx context.Context, k pay.BillingKey, timing connector.Timing, why error) error {
	if k.Payment != "" { // a buyer agreed, and does so but once
		timing.Gaps = slices.Concat(timing.Gaps, slices.Repeat([]time.Duration{time.Hour}, 72))
	}
	var now pay.BillingKey
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if now, err = tx.BillingKeyByID(ctx, k.Merchant, k.ID); err != nil || now.Status != pay.KeyIssuing {
			return err
		}
		now.Tries++
		now, err = tx.UpdateBillingKey(ctx, now)
		return err
	})
	switch {
	case err != nil || now.Status != pay.KeyIssuing: // settled meanwhile
		return err
	case now.Tries < len(timing.Gaps):
		return jobs.RetryAt(g.now().Add(gap(timing, now.Tries)), why)
	}
	g.log.ErrorContext(ctx, "needs a person", "billing_key", k.ID)
	return g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddAlarm(ctx, store.Alarm{
			ID: "unknown:" + string(k.ID), Merchant: k.Merchant, Kind: "unknown_outcome", At: tx.Now,
			Text: fmt.Sprintf("whether billing key %s of %q was issued could not be learned", k.ID, k.CustomerUID),
		})
	})
}

// keyWithChannel is a key and the channel it was issued on: ErrChannelMissing when
// that is not there, or is another shop's now, which would know nothing of it.
func (g *Gateway) keyWithChannel(ctx context.Context, m pay.MerchantID, id pay.KeyID) (pay.BillingKey, pay.Channel, error) {
	return g.readKeyOn(ctx, func(tx *store.Tx) (pay.BillingKey, error) { return tx.BillingKeyByID(ctx, m, id) })
}

// activeKeyOn is what a customer_uid means, or ErrNoBillingKey, with its channel.
func (g *Gateway) activeKeyOn(ctx context.Context, m pay.MerchantID, uid pay.CustomerUID) (pay.BillingKey, pay.Channel, error) {
	return g.readKeyOn(ctx, func(tx *store.Tx) (pay.BillingKey, error) {
		k, err := tx.BillingKey(ctx, m, uid)
		return k, translate(err, store.ErrNotFound, ErrNoBillingKey)
	})
}

func (g *Gateway) readKeyOn(ctx context.Context, find func(*store.Tx) (pay.BillingKey, error)) (pay.BillingKey, pay.Channel, error) {
	var k pay.BillingKey
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if k, err = find(tx); err != nil {
			return err
		}
		ch, err = tx.Channel(ctx, k.Merchant, k.Channel)
		return translate(err, store.ErrNotFound, ErrChannelMissing)
	})
	if err == nil && (ch.MID != k.MID || ch.Provider != k.Provider) {
		err = fmt.Errorf("%w: %s belongs to %s %s now, the billing key to %s %s", ErrChannelMissing, ch.Key, ch.Provider, ch.MID, k.Provider, k.MID)
	}
	return k, ch, err
}

// keyCharged decides about a key that was issued for a charge, now that it ended.
func (b books) keyCharged(ctx context.Context, p pay.Payment) error {
	if p.CustomerUID == "" || p.CustomerUsage != usagePayment {
		return nil
	}
	if b.by != nil && b.by.Kind == pay.AttemptCharge && !chargeDetailOf(*b.by).Hold { // its only charge, with a key that was there
		return nil
	}
	all, err := b.tx.ListAttempts(ctx, p.Merchant, p.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		d := chargeDetailOf(a)
		if a.Kind != pay.AttemptCharge || !d.Hold {
			continue
		}
		k, err := b.tx.BillingKeyByID(ctx, p.Merchant, d.Key)
		if err != nil {
			return err
		}
		switch {
		case k.Status != pay.KeyHeld:
		case p.Status == pay.StatusPaid:
			_, err = activateKey(ctx, b.tx, k)
		default:
			k.Code, k.Message = p.FailCode, p.FailReason
			_, err = b.g.refuseKey(ctx, b.tx, k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
