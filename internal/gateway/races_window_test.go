package gateway_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// A buyer's browser may come back twice, or a hundred times: the link serves once.
// The others get the page of a link that was used ("비정상 접근입니다."), and the
// provider is asked for the money once.
func TestHundredReturns(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		v := c.open(c.request(p, "o1")).agree("")
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.FinishCheckout(c.ctx, v.token, gateway.Return{Form: v.ret})
			return err
		})
		c.want(got, outcomes{won1: 1, gateway.ErrCheckoutUsed.Error(): crowdSize - 1})
		if now := c.payment(v.payment); now.Status != pay.StatusPaid || len(c.attempts(v.payment)) != 1 || c.approvals() != 1 {
			t.Errorf("%s after %d attempts, money was taken %d times", now.Status, len(c.attempts(v.payment)), c.approvals())
		}
		c.agrees(v.payment)
	})
}

// A popup that reports itself gone while the browser comes back, and everyone asks
// how it stands: the money is taken at most once, and all are told the same in the
// end.
func TestReturnAgainstClose(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		v := c.open(c.request(p, "o1")).agree("")
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			var err error
			switch i % 3 {
			case 0:
				_, err = g.FinishCheckout(c.ctx, v.token, gateway.Return{Form: v.ret})
			case 1:
				_, err = g.CloseCheckout(c.ctx, v.token, i%2 == 0)
			default:
				_, err = g.CheckoutResult(c.ctx, v.token)
			}
			return err
		})
		if got[won1]+got[gateway.ErrCheckoutUsed.Error()] != crowdSize {
			t.Errorf("told %v\n%s", got, tail(c.log.String()))
		}
		now, taken := c.payment(v.payment), c.approvals()
		if taken > 1 || (now.Status == pay.StatusPaid) != (taken == 1) {
			t.Errorf("the payment is %s, money was taken %d times", now.Status, taken)
		}
		c.agrees(v.payment)
	})
}

// The provider's notice comes before our own commit: the money is taken, the
// answer is on its way, and the notice, a merchant's lookup and a job ask at the
// same time. What is told first is on the books first, and the answer finds it
// there.
func TestNoticeBeforeOurOwnCommit(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		v := c.open(c.request(p, "o1")).agree("")
		slow, done := c.line.holdNext(), make(chan error, 1)
		go func() { _, err := v.finish(); done <- err }()
		<-slow.arrived // the money is taken, and we do not know it
		c.meanwhile(p, v.payment)
		if now := c.payment(v.payment); now.Status != pay.StatusPaid {
			t.Errorf("after the notice it is %s", now.Status)
		}
		close(slow.through)
		must2(t, <-done)
		c.oncePaid(v.payment)
	})
}

// meanwhile has notices, lookups and jobs learn of a payment at once.
func (c *crowd) meanwhile(p pay.Provider, id pay.PaymentID) {
	c.t.Helper()
	notice := c.noticeOf(p, id)
	got := c.at(30, func(i int, g *gateway.Gateway) error {
		if i%2 == 0 {
			_, err := g.Sync(c.ctx, c.merchant.ID, id)
			return err
		}
		_, err := g.Notice(c.ctx, c.payment(id).Channel, http.Header{"Content-Type": {"application/json"}}, notice)
		return err
	})
	c.want(got, outcomes{won1: 30})
}

// noticeOf is what the provider tells of a payment that was paid.
func (c *crowd) noticeOf(p pay.Provider, id pay.PaymentID) []byte {
	c.t.Helper()
	now := c.payment(id)
	if p == pay.TossPayments {
		return []byte(`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-21T12:00:00.000000","data":{"paymentKey":"` + now.Ref.Key + `","orderId":"` + now.Ref.Order + `","status":"DONE"}}`)
	}
	return []byte(`{"status":"PAY_COMPLETE","orderNo":"` + now.Ref.Order + `","payToken":"` + now.Ref.Key + `","payMethod":"CARD","amount":60000}`)
}

// oncePaid: one approval is on the books and at the provider, one step led to paid,
// the one attempt succeeded, and the merchant was told once.
func (c *crowd) oncePaid(id pay.PaymentID) {
	c.t.Helper()
	c.runAll()
	steps := 0
	must2(c.t, c.store.Read(c.ctx, func(tx *store.Tx) error {
		rows, err := tx.Steps(c.ctx, c.merchant.ID, id)
		for _, row := range rows {
			if row.To == pay.StatusPaid {
				steps++
			}
		}
		return err
	}))
	moves, told, tries := c.movements(id), c.told.of(id), c.attempts(id)
	if steps != 1 || len(moves) != 1 || len(told) != 1 || len(tries) != 1 || tries[0].Status != pay.AttemptSucceeded || c.approvals() != 1 {
		c.t.Errorf("%d steps to paid, movements %v, told %v, attempts %v, money was taken %d times", steps, moves, told, tries, c.approvals())
	}
	c.agrees(id)
}

// The same for a charge with a key: its job asks, and so does everybody, while the
// answer is on its way.
func TestLookupsBeforeACharge(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		c.key(p, "c1")
		slow, done := c.line.holdNext(), make(chan error, 1)
		go func() { _, err := c.again("c1", "o1", 60000); done <- err }()
		<-slow.arrived
		_, all := c.ofOrder("o1")
		c.clock.Advance(3 * time.Minute) // the resolver's job is due
		var jobs sync.WaitGroup
		jobs.Go(c.runAll)
		got := c.at(20, func(_ int, g *gateway.Gateway) error {
			_, err := g.Sync(c.ctx, c.merchant.ID, all[0].ID)
			return err
		})
		jobs.Wait()
		c.want(got, outcomes{won1: 20})
		close(slow.through)
		must2(t, <-done)
		c.oncePaid(all[0].ID)
	})
}
