package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// A billing key issued in a window is two rows: the payment that V1 shows for the
// window, of which nothing is charged, and the key. The key's proof, sealed, is
// what the provider is asked with: it may be known before the buyer agrees or only
// after. Both rows are settled in one transaction, by whoever learns first: the
// browser's return, a notice, a closed popup, or the job.

// billingWindowOf is what the connector is asked to open for a billing key.
func (g *Gateway) billingWindowOf(v visit, token string) (connector.BillingWindow, error) {
	w, p := v.w, v.p
	var ci []byte
	if len(w.Billing.SealedCI) > 0 {
		var err error
		if ci, err = g.vault.Open(w.Billing.SealedCI, userCIOf(p)); err != nil {
			return connector.BillingWindow{}, err
		}
	}
	base := g.public + "/checkout/" + token
	return connector.BillingWindow{
		Customer: w.Billing.CustomerID, Name: nameOf(p), Amount: p.Amount.Total, Buyer: p.Buyer,
		SuccessURL: base + "/return", FailureURL: base + "/fail", NoticeURL: g.noticeURL(p),
		Mobile: p.Mobile, Language: v.c.Language, AppScheme: w.AppScheme, UserCI: string(ci),
	}, nil
}

// userCIOf binds a buyer's sealed identity to the order it came with.
func userCIOf(p pay.Payment) string {
	return "user_ci:" + string(p.Merchant) + ":" + string(p.MerchantUID)
}

// windowKey is a new key of a window.
func (g *Gateway) windowKey(v visit, now time.Time) pay.BillingKey {
	p, b := v.p, v.w.Billing
	return pay.BillingKey{
		Merchant: p.Merchant, ID: pay.KeyID(g.newUUID()), CustomerUID: b.CustomerUID, CustomerID: b.CustomerID, Channel: p.Channel,
		Provider: p.Provider, MID: p.MID, Mode: p.Mode, Status: pay.KeyIssuing, Method: pay.MethodCard, Buyer: p.Buyer,
		Payment: p.ID, Created: now, Updated: now,
	}
}

// keyLook is how often a key is asked for whose buyer is in the window, or gone.
const keyLook = 3 * time.Minute

// expectKey writes the key of a window whose proof is known before the buyer
// agrees, and has it asked for although nobody comes back.
func (g *Gateway) expectKey(ctx context.Context, tx *store.Tx, v visit, proof pay.Secret) error {
	k := g.windowKey(v, tx.Now)
	var err error
	if k.Proof, err = g.vault.Seal([]byte(proof.Reveal()), proofOf(k.ID)); err != nil {
		return err
	}
	if err := tx.InsertBillingKey(ctx, k); err != nil {
		return err
	}
	return tx.Enqueue(ctx, JobResolveKey, string(k.ID), keyArg{Merchant: k.Merchant}, tx.Now.Add(keyLook))
}

func proofOf(id pay.KeyID) string { return "billing_proof:" + string(id) }

// finishBilling takes the buyer's return from a billing window. The link is used
// up in the transaction that keeps what the return brought: only the browser has it.
func (g *Gateway) finishBilling(ctx context.Context, v visit, token string, r Return) error {
	conn, _, err := g.connectTo(ctx, v.p)
	if err != nil {
		return err
	}
	window, err := connector.As[connector.BillingWindower](conn)
	if err != nil {
		return err
	}
	back, readErr := window.ReadBillingReturn(ctx, connector.Return{Failed: r.Failed, Form: r.Form, Ref: v.p.Ref})
	bad := readErr != nil || back.Decline == nil && back.Customer != v.w.Billing.CustomerID
	if bad || back.Decline != nil {
		if v, err = g.claim(ctx, token, checkoutBegun, checkoutReturned); err != nil {
			return err
		}
		if bad {
			g.log.WarnContext(ctx, "return not readable, or of another customer", "payment", v.p.ID, "err", readErr)
			return g.endUnpaid(ctx, v, failure{code: codeReturn, text: textReturn})
		}
		return g.leftBilling(ctx, v, declined(*back.Decline), false)
	}
	k, err := g.agreed(ctx, token, back.Proof)
	refused, isRefusal := errors.AsType[*Refusal](err)
	if isRefusal || errors.Is(err, errNoProof) {
		f := failure{code: codeReturn, text: textReturn}
		if isRefusal {
			f = refusedAtApproval(refused)
		}
		if v, err = g.claim(ctx, token, checkoutBegun, checkoutReturned); err != nil {
			return err
		}
		return g.endUnpaid(ctx, v, f)
	}
	if err != nil {
		return err
	}
	if err := g.fault(pay.AttemptIssueKey, pointIntended); err != nil {
		return err
	}
	err = g.askWindowKey(ctx, k)
	if errors.Is(err, ErrOutcomeUnknown) || errors.Is(err, errNotAgreed) { // the resolver goes on; the buyer's page waits for it
		return g.askSoon(ctx, k)
	}
	return err
}

// askSoon has the job ask for a key while the buyer waits: the call is over, so
// that its deadline need not pass.
func (g *Gateway) askSoon(ctx context.Context, k pay.BillingKey) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		now, err := tx.BillingKeyByID(ctx, k.Merchant, k.ID)
		if err != nil || now.Status != pay.KeyIssuing {
			return err
		}
		due := tx.Now.Add(gap(g.drivers[k.Provider].Timings[pay.AttemptIssueKey], 0))
		return tx.Enqueue(ctx, JobResolveKey, string(k.ID), keyArg{Merchant: k.Merchant}, due)
	})
}

// agreed commits the intention to have the key that the buyer agreed to: the link
// is used up, the order number taken, and the proof kept.
func (g *Gateway) agreed(ctx context.Context, token string, proof pay.Secret) (pay.BillingKey, error) {
	var k pay.BillingKey
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		v, err := claimIn(ctx, tx, token, checkoutBegun, checkoutReturned)
		if err != nil || v.p.Status != pay.StatusCreated { // settled meanwhile
			return err
		}
		if k, err = g.keyToAsk(ctx, tx, v, proof); err != nil {
			return err
		}
		k.Agreed, k.Tries = tx.Now, 0
		if k, err = tx.UpdateBillingKey(ctx, k); err != nil {
			return err
		}
		if err := tx.Reserve(ctx, v.p.Merchant, v.p.MerchantUID, v.p.ID); err != nil {
			return reserved(err, v.p)
		}
		if _, err := tx.StepPayment(ctx, v.p, pay.EvConfirmStarted, "returned from the window"); err != nil {
			return err
		}
		timing := g.drivers[v.p.Provider].Timings[pay.AttemptIssueKey]
		return tx.Enqueue(ctx, JobResolveKey, string(k.ID), keyArg{Merchant: k.Merchant}, tx.Now.Add(timing.Deadline).Add(resolveMargin))
	})
	return k, err
}

// keyToAsk is the key that a return is about, with its proof: the one that was
// expected, or a new one where none was, or where that counts as over.
func (g *Gateway) keyToAsk(ctx context.Context, tx *store.Tx, v visit, proof pay.Secret) (pay.BillingKey, error) {
	k, err := tx.BillingKeyOfPayment(ctx, v.p.Merchant, v.p.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) || k.Status == pay.KeyIssuing && proof == "" {
		return k, err
	}
	if proof == "" && len(k.Proof) > 0 {
		old, err := g.vault.Open(k.Proof, proofOf(k.ID))
		if err != nil {
			return k, err
		}
		proof = pay.Secret(old)
	}
	if proof == "" {
		return k, errNoProof
	}
	if k.Status != pay.KeyIssuing {
		k = g.windowKey(v, tx.Now)
		if err := tx.InsertBillingKey(ctx, k); err != nil {
			return k, err
		}
	}
	k.Proof, err = g.vault.Seal([]byte(proof.Reveal()), proofOf(k.ID))
	return k, err
}

// errNoProof: a return came from a window that never opened, or is being opened.
var errNoProof = errors.New("there is nothing to ask for the billing key by")

// errNotAgreed: the buyer is still in the window, or gone.
var errNotAgreed = errors.New("the buyer has not agreed")

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
	if err := g.learnWindowKey(ctx, k, out.Key, v, agreed); err != nil {
		return fmt.Errorf("record billing key %s: %w", k.ID, err)
	}
	return g.fault(pay.AttemptIssueKey, pointLearned)
}

func (g *Gateway) callForWindowKey(ctx context.Context, k pay.BillingKey) (connector.KeyOutcome, connector.Timing, error, error) {
	var none connector.KeyOutcome
	_, ch, err := g.keyWithChannel(ctx, k.Merchant, k.ID)
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
	asking, stop := within(ctx, timing.Deadline)
	defer stop()
	out, callErr := on.can.IssueFromWindow(asking, call, k.CustomerID, pay.Secret(proof))
	if callErr == nil && out.Verdict == connector.Approved && out.Key.Key == "" {
		callErr = &connector.Error{Provider: k.Provider, Op: "issue billing key", Err: errors.New("the answer has no key")}
	}
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
	return k, tx.DeleteJob(ctx, JobResolveKey, string(k.ID))
}

// keyIssued brings the key of a window into use and its payment to paid, which is
// V1's word for a registered key. A window whose order number was used up
// meanwhile, or whose customer was deleted since the buyer agreed, brings no key:
// it is given back.
func (b books) keyIssued(ctx context.Context, p pay.Payment, k pay.BillingKey) error {
	if err := b.tx.DeleteJob(ctx, JobResolveKey, string(k.ID)); err != nil {
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
	if err := b.tx.Enqueue(ctx, JobRevokeKey, string(k.ID), keyArg{Merchant: k.Merchant}, b.tx.Now); err != nil {
		return err
	}
	return b.decline(ctx, &p, f)
}

// leftBilling settles a billing window whose buyer left it. Where the provider
// can be asked it is: a buyer who agreed before the popup vanished has a key.
func (g *Gateway) leftBilling(ctx context.Context, v visit, f failure, gone bool) error {
	k, err := g.keyOfPayment(ctx, v.p)
	if err == nil {
		err = g.askWindowKey(ctx, k)
	}
	switch {
	case err == nil, errors.Is(err, errNotAgreed), errors.Is(err, store.ErrNotFound):
	default:
		g.log.WarnContext(ctx, "billing key not asked for", "payment", v.p.ID, "err", err)
	}
	if gone {
		return g.endWithout(ctx, v, f)
	}
	return g.endUnpaid(ctx, v, f)
}

// keyOfPayment is the key that a payment's window is about, or store.ErrNotFound.
func (g *Gateway) keyOfPayment(ctx context.Context, p pay.Payment) (pay.BillingKey, error) {
	var k pay.BillingKey
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		k, err = tx.BillingKeyOfPayment(ctx, p.Merchant, p.ID)
		return err
	})
	return k, err
}

// syncBilling asks for the key that a payment's window is about, and ends a payment
// whose buyer came back with nothing, should that have been cut short.
func (g *Gateway) syncBilling(ctx context.Context, p pay.Payment) (pay.Payment, error) {
	k, err := g.keyOfPayment(ctx, p)
	if err == nil {
		err = g.askForWindowKey(ctx, k, time.Time{})
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, errNotAgreed) {
		return p, err
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		if p, err = tx.Payment(ctx, p.Merchant, p.ID); err != nil {
			return err
		}
		if k, err := tx.BillingKeyOfPayment(ctx, p.Merchant, p.ID); err == nil && k.Status == pay.KeyIssuing {
			return nil // its own job goes on
		} else if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		b := books{g: g, tx: tx}
		return b.backWithNothing(ctx, p, failure{code: codeExpired, text: textExpired})
	})
	if err != nil {
		return p, err
	}
	return g.payment(ctx, p.Merchant, p.ID)
}

// backWithNothing fails a payment whose buyer came back from a billing window that
// brought no key. One whose buyer never came back stays as it is, as V1 documents
// for a closed tab.
func (b books) backWithNothing(ctx context.Context, p pay.Payment, f failure) error {
	if p.Status != pay.StatusCreated {
		return nil
	}
	c, err := b.tx.CheckoutOfPayment(ctx, p.Merchant, p.ID)
	if err != nil || c.State != checkoutReturned {
		return translate(err, store.ErrNotFound, nil)
	}
	return b.decline(ctx, &p, f)
}

// resolveWindowKey is the job of a window's key. That there is none yet is no
// answer until the window can bring none any more; after that it is one.
func (g *Gateway) resolveWindowKey(ctx context.Context, k pay.BillingKey) error {
	err := g.askForWindowKey(ctx, k, time.Time{})
	if err == nil {
		return nil
	}
	d := g.drivers[k.Provider]
	if !errors.Is(err, errNotAgreed) {
		return g.askKeyLater(ctx, k, d.Timings[pay.AttemptIssueKey], err)
	}
	lapsed := false
	readErr := g.store.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.CheckoutOfPayment(ctx, k.Merchant, k.Payment)
		lapsed = tx.Now.After(c.Expires.Add(lapseMargin)) && tx.Now.After(k.Created.Add(d.BillingLife).Add(lapseMargin))
		return err
	})
	switch {
	case readErr != nil:
		return readErr
	case lapsed:
		return g.windowLapsed(ctx, k)
	}
	return jobs.RetryAt(g.now().Add(g.nextLook(k)), err)
}

// lapseMargin is how much longer than it lives a window is believed to live.
const lapseMargin = time.Minute

// nextLook is how soon a key is looked for again: quickly once the buyer agreed,
// who waits.
func (g *Gateway) nextLook(k pay.BillingKey) time.Duration {
	since := g.now().Sub(k.Agreed)
	switch {
	case k.Agreed.IsZero() || since > 10*time.Minute:
		return keyLook
	case since > time.Minute:
		return 30 * time.Second
	}
	return 3 * time.Second
}

// windowLapsed ends a key that did not come about while its window could be used.
// A payment whose buyer never came back stays as it is, as V1 documents for a
// closed tab.
func (g *Gateway) windowLapsed(ctx context.Context, k pay.BillingKey) error {
	if !k.Agreed.IsZero() {
		return g.learnWindowKey(ctx, k, connector.BillingKey{}, verdict{pay.EvRefused, failure{code: codeExpired, text: textExpired}}, time.Time{})
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		now, err := tx.BillingKeyByID(ctx, k.Merchant, k.ID)
		if err != nil || now.Status != pay.KeyIssuing || !now.Agreed.IsZero() {
			return err
		}
		now.Code, now.Message = codeExpired, textExpired
		if _, err = g.endKey(ctx, tx, now); err != nil {
			return err
		}
		p, err := tx.Payment(ctx, k.Merchant, k.Payment)
		if err != nil {
			return err
		}
		b := books{g: g, tx: tx}
		return b.backWithNothing(ctx, p, failure{code: codeExpired, text: textExpired})
	})
}
