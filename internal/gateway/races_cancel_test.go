package gateway_test

import (
	"testing"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// Of a hundred partial cancels as many go through as fit; what no money is left for
// is refused before the provider is asked: V1, "결제취소", HTTP 200 with code 1.
// The books reserve what open cancels will take, so the provider never sees one
// too many.
func TestHundredCancelsBeyondTheBalance(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		paid := c.paid(p, "o1") // 60000
		const part, fit = 7000, 8
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			amount := int64(part)
			_, err := g.Cancel(c.ctx, gateway.CancelRequest{Merchant: c.merchant.ID, PaymentID: paid.ID, Amount: &amount, Reason: "경합"})
			return err
		})
		c.want(got, outcomes{won1: fit, gateway.ErrOverCancel.Error(): crowdSize - fit})
		c.cancelledOnce(paid.ID, fit, part)
	})
}

// cancelledOnce: so many cancels of an amount are at the provider and on the books,
// and no call for another was made.
func (c *crowd) cancelledOnce(id pay.PaymentID, n int, each int64) {
	c.t.Helper()
	now, cancels := c.payment(id), 0
	for _, m := range c.movements(id) {
		if m.Kind == pay.MovementCancel {
			cancels++
		}
	}
	if now.Cancelled != int64(n)*each || cancels != n {
		c.t.Errorf("%d cancelled by %d movements, want %d by %d", now.Cancelled, cancels, int64(n)*each, n)
	}
	tried := 0
	for _, a := range c.attempts(id) {
		if a.Kind == pay.AttemptCancel {
			tried++
			if a.Status != pay.AttemptSucceeded {
				c.t.Errorf("a cancel ended as %s [%s]", a.Status, a.Code)
			}
		}
	}
	if tried != n {
		c.t.Errorf("the provider was asked for %d cancels, %d fit", tried, n)
	}
	c.agrees(id)
}

// Of a hundred cancels of all that is left one goes through. Who comes while it is
// under way finds nothing left, who comes after it a payment that is cancelled.
func TestHundredFullCancels(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		paid := c.paid(p, "o1")
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.Cancel(c.ctx, gateway.CancelRequest{Merchant: c.merchant.ID, PaymentID: paid.ID, Reason: "경합"})
			return err
		})
		if got[won1] != 1 || got[gateway.ErrOverCancel.Error()]+got[gateway.ErrFullyCancelled.Error()] != crowdSize-1 {
			t.Errorf("told %v\n%s", got, tail(c.log.String()))
		}
		c.cancelledOnce(paid.ID, 1, 60000)
	})
}

// The checksum of V1 guards a server that cancels twice: of a hundred calls that
// believe the whole amount to be left one is right.
func TestHundredCancelsWithAChecksum(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		paid := c.paid(pay.TossPayments, "o1")
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			amount, believed := int64(1000), int64(60000)
			_, err := g.Cancel(c.ctx, gateway.CancelRequest{Merchant: c.merchant.ID, PaymentID: paid.ID, Amount: &amount, Checksum: &believed, Reason: "경합"})
			return err
		})
		c.want(got, outcomes{won1: 1, gateway.ErrChecksum.Error(): crowdSize - 1})
		c.cancelledOnce(paid.ID, 1, 1000)
	})
}
