package gateway

import (
	"context"
	"errors"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

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
		p, err := tx.Payment(ctx, k.Merchant, k.Payment) // before its key, as whoever learns of either
		if err != nil {
			return err
		}
		now, err := tx.BillingKeyByID(ctx, k.Merchant, k.ID)
		if err != nil || now.Status != pay.KeyIssuing || !now.Agreed.IsZero() {
			return err
		}
		now.Code, now.Message = codeExpired, textExpired
		if _, err = g.endKey(ctx, tx, now); err != nil {
			return err
		}
		b := books{g: g, tx: tx}
		return b.backWithNothing(ctx, p, failure{code: codeExpired, text: textExpired})
	})
}
