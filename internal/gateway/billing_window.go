package gateway

import (
	"context"
	"errors"
	"time"

	"naru/internal/connector"
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
	return tx.Enqueue(ctx, k.Merchant, JobResolveKey, string(k.ID), keyArg{Merchant: k.Merchant}, tx.Now.Add(keyLook))
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
		if v, err = g.claim(ctx, token, checkoutBegun, checkoutReturned, cameBack(r)); err != nil {
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
		if v, err = g.claim(ctx, token, checkoutBegun, checkoutReturned, cameBack(r)); err != nil {
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
		return tx.Enqueue(ctx, k.Merchant, JobResolveKey, string(k.ID), keyArg{Merchant: k.Merchant}, due)
	})
}

// agreed commits the intention to have the key that the buyer agreed to: the link
// is used up, the order number taken, and the proof kept.
func (g *Gateway) agreed(ctx context.Context, token string, proof pay.Secret) (pay.BillingKey, error) {
	var k pay.BillingKey
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		v, err := claimIn(ctx, tx, token, checkoutBegun, checkoutReturned, cameBack(Return{}))
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
		return tx.Enqueue(ctx, k.Merchant, JobResolveKey, string(k.ID), keyArg{Merchant: k.Merchant}, tx.Now.Add(timing.Deadline).Add(resolveMargin))
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
