package tosspayments

import (
	"slices"
	"time"
)

// MovementKind says why money moved.
type MovementKind string

// The kinds of Movement.
const (
	Approval MovementKind = "approval" // a card, an account, a phone bill or a gift certificate paid
	Deposit  MovementKind = "deposit"  // a virtual account was paid into
	Reversal MovementKind = "reversal" // the bank took a deposit back
	Cancel   MovementKind = "cancel"
)

// Movement is money that came to a shop or left it. A cancel moves none while
// the deposit it gives up has not come.
type Movement struct {
	MID        string       `json:"mId"`
	OrderID    string       `json:"orderId"`
	PaymentKey string       `json:"paymentKey"`
	Kind       MovementKind `json:"kind"`
	Amount     int64        `json:"amount"` // in the currency's smallest unit; below zero for reversals and cancels
	Currency   string       `json:"currency"`
	At         time.Time    `json:"at"`
}

// Ledger is every movement of money, oldest first. The sum of a payment's
// movements is what the shop has of it.
func (s *Simulator) Ledger() []Movement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}

// move adds a movement. The caller holds the lock.
func (s *Simulator) move(p *payment, kind MovementKind, amount int64) {
	s.ledger = append(s.ledger, Movement{p.shop.MID, p.orderID, p.key, kind, amount, p.currency, s.opts.Now()})
}
