package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"

	"naru/internal/connector"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/vault"
)

// A test deposit is learned of at once, is written down, and is made once.
func TestTestDeposit(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("o1", 33000)
		v, err := vault.Open(r.ctx, bytes.Repeat([]byte{7}, 32), r.loadKeys, r.saveKeys)
		must2(t, err)
		g := gateway.New(gateway.Options{Store: r.store, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver()}, PublicURL: "http://127.0.0.1:1", HTTP: http.DefaultClient, Now: r.clock.Now,
			TestDeposit: func(_ context.Context, p pay.Payment) error { r.atBank(p, "deposit"); return nil }})
		byHand := pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorOperator, ID: "op_1", Name: "운영자"})
		if way := g.DepositWay(p); way != gateway.DepositHere {
			t.Fatalf("the way is %q", way)
		}
		if _, err := g.TestDeposit(byHand, "m_other", p.ID); !errors.Is(err, gateway.ErrNoPayment) {
			t.Errorf("another merchant's: %v", err)
		}
		now, err := g.TestDeposit(byHand, r.merchant.ID, p.ID)
		if err != nil || now.Status != pay.StatusPaid {
			t.Fatalf("%s %v", now.Status, err)
		}
		if _, err := g.TestDeposit(byHand, r.merchant.ID, p.ID); !errors.Is(err, gateway.ErrNotAccount) {
			t.Errorf("a second one: %v", err)
		}
		n := 0
		for _, line := range outline(r.timeline(p.ID)) {
			if line == "payment.test_deposit" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d test deposits are told", n)
		}
	})
}
