package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// A hundred keys are asked for under one customer_uid. V1 replaces a customer's
// key by the next, so each call is answered with a key; one of them is what the
// name means afterwards, and it can be charged.
func TestHundredKeysOfOneCustomer(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			k, err := g.IssueKey(c.ctx, gateway.IssueKeyRequest{Merchant: c.merchant.ID, CustomerUID: "c1", CustomerID: fmt.Sprint("member-", i), Card: card})
			if err == nil && k.Status != pay.KeyActive && k.Status != pay.KeyReplaced {
				err = fmt.Errorf("the key is %s", k.Status)
			}
			return err
		})
		c.want(got, outcomes{won1: crowdSize})
		if said := c.log.String(); strings.Contains(said, "SQLSTATE 40P01") {
			t.Errorf("activations waited for each other in a circle\n%s", tail(said))
		}
		if k, err := c.activeKey("c1"); err != nil || k.Status != pay.KeyActive {
			t.Errorf("the customer's key: %s %v", k.Status, err)
		}
		if paid, err := c.again("c1", "o1", 5000); err != nil || paid.Status != pay.StatusPaid {
			t.Errorf("charged: %s %v", paid.Status, err)
		}
	})
}

// Deletions and charges race with each other: a charge is made or its customer has
// no key, and no deletion is answered twice.
func TestDeletionsAgainstCharges(t *testing.T) {
	crowdedBoth(t, func(t *testing.T, c *crowd, p pay.Provider) {
		c.key(p, "c1")
		deleted := make([]bool, crowdSize)
		got := c.at(crowdSize, func(i int, g *gateway.Gateway) error {
			if i%10 == 0 {
				_, err := g.DeleteKey(c.ctx, c.merchant.ID, "c1")
				deleted[i] = err == nil
				return err
			}
			_, err := g.ChargeAgain(c.ctx, gateway.AgainRequest{Merchant: c.merchant.ID, CustomerUID: "c1", Charge: charge(fmt.Sprint("o", i), 5000)})
			if declined, ok := isDeclined(err); ok && declined.Decline.ProviderCode != "" { // revoked at the provider meanwhile
				err = gateway.ErrNoBillingKey
			}
			return err
		})
		won, n := got[won1], 0
		for _, d := range deleted {
			if d {
				n++
			}
		}
		if n != 1 || won+got[gateway.ErrNoBillingKey.Error()] != crowdSize || c.approvals() != won-n {
			t.Errorf("told %v, %d of them deletions; money was taken %d times\n%s", got, n, c.approvals(), tail(c.log.String()))
		}
	})
}

func isDeclined(err error) (*gateway.DeclinedError, bool) {
	d, ok := err.(*gateway.DeclinedError)
	return d, ok
}

// A cash receipt is issued once, however many ask: V1, "현금영수증 발급", HTTP 400.
func TestHundredReceipts(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		c.hears.Store(true)
		p := c.account("o1", 33000)
		c.atBank(p, "deposit")
		got := c.at(crowdSize, func(_ int, g *gateway.Gateway) error {
			_, err := g.IssueReceipt(c.ctx, gateway.ReceiptRequest{Merchant: c.merchant.ID, Payment: p.ID, Identifier: "01012345678", Type: pay.ReceiptPerson})
			return err
		})
		if got[won1] != 1 || got[gateway.ErrReceiptIssued.Error()]+got[gateway.ErrOutcomeUnknown.Error()] != crowdSize-1 {
			t.Errorf("told %v\n%s", got, tail(c.log.String()))
		}
	})
}

// An account is taken back while its deposit comes in, and everybody asks: either
// it is revoked and the bank refuses, or it is paid.
func TestDepositAgainstRevocation(t *testing.T) {
	crowded(t, func(t *testing.T, c *crowd) {
		c.hears.Store(true)
		for i := range 5 {
			p := c.account(fmt.Sprint("o", i), 33000)
			c.clock.Advance(2 * time.Second)
			paid := make(chan bool, 1)
			got := c.at(12, func(i int, g *gateway.Gateway) error {
				switch {
				case i == 0:
					paid <- c.tryDeposit(p)
					return nil
				case i < 4:
					_, err := g.RevokeAccount(c.ctx, c.merchant.ID, p.ID, "")
					if _, declined := isDeclined(err); declined {
						err = gateway.ErrNotAccount
					}
					return err
				}
				_, err := g.Sync(c.ctx, c.merchant.ID, p.ID)
				return err
			})
			must2(t, c.payments.Settle(c.ctx))
			c.runAll()
			came, now := <-paid, c.payment(p.ID)
			if want := map[bool]pay.Status{true: pay.StatusPaid, false: pay.StatusFailed}[came]; now.Status != want {
				t.Errorf("deposited: %v, it is %s; told %v\n%s", came, now.Status, got, tail(c.log.String()))
			}
			c.agrees(p.ID)
		}
	})
}
