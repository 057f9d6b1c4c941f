package v1

import (
	"context"
	"sync"

	"naru/internal/pay"
	"naru/internal/store"
)

// shownPayments holds the answers of payments that were looked up lately, each
// good for as long as the payment's row says that nothing has changed.
type shownPayments struct {
	mu    sync.Mutex
	known map[shownKey]shownPayment
}

type shownKey struct {
	merchant pay.MerchantID
	id       pay.PaymentID
}

type shownPayment struct {
	mark  store.PaymentMark
	shown Payment
}

// mostShown bounds what is held, at some two kilobytes each; beyond it, it starts
// anew. An answer longer than longestShown, whose custom_data fills it, is not held.
const (
	mostShown    = 4096
	longestShown = 8 << 10
)

// find looks whether what is held of a payment still holds.
func (c *shownPayments) find(ctx context.Context, s *store.Store, m pay.MerchantID, id pay.PaymentID) (Payment, bool) {
	c.mu.Lock()
	k, ok := c.known[shownKey{m, id}]
	c.mu.Unlock()
	if !ok {
		return Payment{}, false
	}
	var now store.PaymentMark
	err := s.ReadOnce(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.PaymentMark(ctx, m, id)
		return err
	})
	return k.shown, err == nil && now == k.mark
}

// keep holds the answer of a payment, if it depends on nothing but its row: cancels
// have rows of their own, and who may see test payments is a setting.
func (c *shownPayments) keep(out Payment, p pay.Payment) (Payment, error) {
	if p.Cancelled != 0 || p.Mode == pay.ModeTest {
		return out, nil
	}
	body, err := envelope{Response: out}.bytes()
	if err != nil {
		return out, err
	}
	out.answer = body
	if len(body) > longestShown {
		return out, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostShown {
		c.known = map[shownKey]shownPayment{}
	}
	c.known[shownKey{p.Merchant, p.ID}] = shownPayment{store.MarkOf(p), out}
	return out, nil
}
