package gateway

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/pay"
	"naru/internal/store"
)

// DepositWay is how money can be paid into a virtual account that is no real one.
type DepositWay string

// The ways.
const (
	DepositNone       DepositWay = ""         // there is none: it is live, or waits for nothing
	DepositHere       DepositWay = "here"     // TestDeposit
	DepositAtSandbox  DepositWay = "sandbox"  // at the control port of the sandbox, which runs elsewhere
	DepositAtProvider DepositWay = "provider" // by hand in the provider's developer centre (Toss Payments, "테스트 결제내역")
)

// ErrNoTestDeposit: no money can be paid into the account from here.
var ErrNoTestDeposit = errors.New("no test deposit can be made from here")

// DepositWay is how a payment's virtual account is paid into for a test. Toss
// Payments documents a button in its developer centre for that, and no call.
func (g *Gateway) DepositWay(p pay.Payment) DepositWay {
	switch {
	case p.Status != pay.StatusAwaitingDeposit || p.Details.Account == nil || p.Mode == pay.ModeLive:
		return DepositNone
	case p.Mode == pay.ModeTest:
		return DepositAtProvider
	case g.testDeposit == nil:
		return DepositAtSandbox
	}
	return DepositHere
}

// TestDeposit pays what a virtual account of the sandbox waits for, and asks how the
// payment stands then. ErrNotAccount when it does not wait, ErrNoTestDeposit where
// DepositWay is not DepositHere.
func (g *Gateway) TestDeposit(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (pay.Payment, error) {
	p, err := g.payment(ctx, m, id)
	if err != nil {
		return p, err
	}
	if p.Status != pay.StatusAwaitingDeposit {
		return p, ErrNotAccount
	}
	if way := g.DepositWay(p); way != DepositHere {
		return p, fmt.Errorf("%w: mode %s", ErrNoTestDeposit, p.Mode)
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "payment.test_deposit", Target: string(id), Payment: id,
			After: map[string]any{"amount": p.Amount.Total.Minor}})
	})
	if err != nil {
		return p, err
	}
	if err := g.testDeposit(ctx, p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrNoTestDeposit, err)
	}
	return g.syncNow(ctx, p)
}
