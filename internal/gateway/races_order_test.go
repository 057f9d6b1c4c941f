package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A hundred charges of one order number take money once. The others are told
// that the number is used up: V1, "빌링키 결제 요청", HTTP 200 with code 1.
func TestHundredChargesOfOneOrder(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		c.key(p, "c1")
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.ChargeAgain(c.ctx, gateway.AgainRequest{Merchant: c.merchant.ID, CustomerUID: "c1", Charge: charge("same", 5000)})
			return err
		})
		c.takenOnce(got, "same")
	})
}

// takenOnce: one of a crowd took the order, and the provider the money once.
func (c *crowd) takenOnce(got outcomes, uid string) {
	c.t.Helper()
	c.want(got, outcomes{won1: 1, gateway.ErrOrderUsed.Error(): crowdSize - 1})
	states, all := c.ofOrder(uid)
	if states[pay.StatusPaid] != 1 || len(all) != 1 || c.approvals() != 1 {
		c.t.Errorf("payments %v, the provider took money %d times", states, c.approvals())
	}
	for _, p := range all {
		c.agrees(p.ID)
	}
}

// So do a hundred card numbers keyed in for one order.
func TestHundredKeyInsOfOneOrder(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.ChargeOnce(c.ctx, gateway.OnetimeRequest{Merchant: c.merchant.ID, Card: card, Charge: charge("same", 5000)})
			return err
		})
		c.takenOnce(got, "same")
	})
}

// With a customer_uid each call has a key issued first. One charges and keeps its
// key; the keys of the others are given up, and none of them is left at the
// provider.
func TestHundredKeptKeyInsOfOneOrder(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			_, err := g.ChargeOnce(c.ctx, gateway.OnetimeRequest{
				Merchant: c.merchant.ID, Card: card, CustomerUID: "c1", CustomerID: fmt.Sprint("member-", i), Charge: charge("same", 5000),
			})
			return err
		})
		c.takenOnce(got, "same")
		for range 5 {
			c.runAll()
			c.clock.Advance(time.Minute)
		}
		if k, err := c.activeKey("c1"); err != nil || k.Status != pay.KeyActive {
			t.Errorf("the customer's key: %s %v", k.Status, err)
		}
		if issued, revoked := c.issued(), c.revoked(); issued-revoked != 1 {
			t.Errorf("%d keys were issued and %d revoked: one is in use", issued, revoked)
		}
	})
}

// issued is how many billing keys the provider of cards issued.
func (c *crowd) issued() (n int) {
	for _, e := range c.payments.Transcript().Entries() {
		if e.Method == "POST" && e.Path == "/v1/billing/authorizations/card" && e.Status == 200 {
			n++
		}
	}
	return n
}

// A card keyed in, a key charged and a buyer's return at once for one order: one of
// them takes the money, whichever way it came.
func TestHundredOfOneOrderByEveryWay(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		c.key(p, "c1")
		var visits []*visit
		for range 10 {
			visits = append(visits, c.open(c.request(p, "same")).agree(""))
		}
		paid := make([]bool, crowdSize)
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			var err error
			switch {
			case i < len(visits):
				var res gateway.Result
				if res, err = g.FinishCheckout(c.ctx, visits[i].token, gateway.Return{Form: visits[i].ret}); err == nil && res.Code == "F1002" {
					err = gateway.ErrOrderUsed
				}
			case i%2 == 0:
				_, err = g.ChargeAgain(c.ctx, gateway.AgainRequest{Merchant: c.merchant.ID, CustomerUID: "c1", Charge: charge("same", 60000)})
			default:
				_, err = g.ChargeOnce(c.ctx, gateway.OnetimeRequest{Merchant: c.merchant.ID, Card: card, Charge: charge("same", 60000)})
			}
			paid[i] = err == nil
			return err
		})
		c.want(got, outcomes{won1: 1, gateway.ErrOrderUsed.Error(): crowdSize - 1})
		if states, _ := c.ofOrder("same"); states[pay.StatusPaid] != 1 || c.approvals() != 1 {
			t.Errorf("payments %v, the provider took money %d times", states, c.approvals())
		}
	})
}

// V1 lets several open accounts of one order stand side by side ("가상계좌 발급"),
// so a hundred calls issue a hundred. The first deposit counts, however many come
// at once; of the others a person is told, who refunds them.
func TestHundredAccountsOfOneOrder(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		due := c.clock.Now().Add(24 * time.Hour)
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.IssueAccount(c.ctx, gateway.AccountRequest{Merchant: c.merchant.ID, Bank: "088", Due: due, Charge: charge("same", 5000)})
			return err
		})
		c.want(got, outcomes{won1: crowdSize})
		states, all := c.ofOrder("same")
		if states[pay.StatusAwaitingDeposit] != crowdSize {
			t.Fatalf("payments %v", states)
		}
		const deposits = 20
		for _, p := range all[:deposits] { // the bank's notices are lost: each is asked about
			c.control(c.payments.Control(), "POST", "/payments/"+p.Ref.Key+"/deposit", map[string]any{}, nil)
		}
		learned := c.at(2*deposits, func(i int, g *gateway.Gateway) error {
			_, err := g.Sync(c.ctx, c.merchant.ID, all[i%deposits].ID)
			return err
		})
		c.want(learned, outcomes{won1: 2 * deposits})
		c.runAll()
		states, _ = c.ofOrder("same")
		if states[pay.StatusPaid] != 1 || states[pay.StatusFailed] != deposits-1 || states[pay.StatusAwaitingDeposit] != crowdSize-deposits {
			t.Errorf("after %d deposits: %v", deposits, states)
		}
		alarms := 0
		for _, p := range all[:deposits] {
			c.agrees(p.ID)
			if c.alarmed("paid_twice:" + string(p.ID)) {
				alarms++
			}
		}
		if alarms != deposits-1 {
			t.Errorf("a person is told of %d deposits too many, not %d", alarms, deposits-1)
		}
	})
}
