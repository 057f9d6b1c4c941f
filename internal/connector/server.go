package connector

import (
	"context"
	"time"

	"naru/internal/pay"
)

// BillingByCard issues a billing key from card details the merchant sent us. A
// zero Card asks again for a lost answer: the provider keeps it under call.Key
// whatever the body says, and a refusal then means that nothing was issued.
type BillingByCard interface {
	IssueBillingKey(ctx context.Context, call Call, customer string, card Card) (KeyOutcome, error)
}

// BillingReader says what is behind a billing key now: a customer may change
// the instrument in the provider's app, or remove the key. Customer is who the
// key was issued for; a customer the provider has never heard of is ErrNotFound.
type BillingReader interface {
	ReadBillingKey(ctx context.Context, customer string) (BillingKey, error)
}

// BillingCharger takes money with a billing key.
type BillingCharger interface {
	ChargeBillingKey(ctx context.Context, call Call, key pay.Secret, c Charge) (Outcome, error)
}

// BillingRevoker makes a billing key useless at the provider. A key that is
// gone already is Approved.
type BillingRevoker interface {
	RevokeBillingKey(ctx context.Context, call Call, key pay.Secret) (Outcome, error)
}

// KeyIn takes money once, from card details, with no window.
type KeyIn interface {
	ChargeCard(ctx context.Context, call Call, card Card, c Charge) (Outcome, error)
}

// AccountIssuer issues a virtual account. It is taken back, while nothing was
// deposited, by a full Cancel.
type AccountIssuer interface {
	IssueAccount(ctx context.Context, call Call, spec AccountSpec) (Outcome, error)
}

// ReceiptIssuer issues and cancels cash receipts, for payments made here and
// for money taken elsewhere.
type ReceiptIssuer interface {
	IssueReceipt(ctx context.Context, call Call, spec ReceiptSpec) (ReceiptOutcome, error)
	CancelReceipt(ctx context.Context, call Call, key string) (ReceiptOutcome, error)
}

// Charge is money to take without a window.
type Charge struct {
	Order    string // our order id at the provider
	Name     string // never empty
	Amount   pay.Breakdown
	Customer string // who the billing key was issued for
	Buyer    pay.Buyer
	Options  pay.ChargeOptions
}

// Card is a card's number and what proves it. It is never stored.
type Card struct {
	Number       pay.Secret // 15 or 16 digits, no dashes
	ExpiryYear   pay.Secret // two digits
	ExpiryMonth  pay.Secret // two digits
	Birth        pay.Secret // YYMMDD or a business number of 10 digits; "" unknown
	PasswordHead pay.Secret // two digits; "" unknown
}

// IsZero reports whether there is no card at all.
func (c Card) IsZero() bool { return c == Card{} }

// AccountSpec is a virtual account to issue.
type AccountSpec struct {
	Order    string
	Name     string // never empty
	Amount   pay.Breakdown
	Bank     string // standard three-digit code
	Due      time.Time
	FixedKey string // the customer's key of an account kept across orders; "" is an account for this order
	Buyer    pay.Buyer
}

// ReceiptSpec is a cash receipt to issue.
type ReceiptSpec struct {
	Order      string // our order id for it at the provider
	Name       string // never empty
	Amount     pay.Breakdown
	Type       pay.ReceiptType
	Identifier pay.Secret // phone, business or card number, digits only
}

// ReceiptOutcome is an authoritative answer about a cash receipt.
type ReceiptOutcome struct {
	Verdict    Verdict
	Key        string // of the receipt, or of its cancellation
	ApprovalNo string
	URL        string
	At         time.Time
	Decline    *Decline // set when Declined
}

// BillingKey is a billing key as its provider sees it.
type BillingKey struct {
	Key    pay.Secret
	State  KeyState
	Method pay.Method // MethodCard, MethodPoint
	Card   *pay.Card
	Bank   *pay.Bank
}

// KeyState is how far a billing key has come. The zero KeyState is unknown and
// changes nothing.
type KeyState uint8

const (
	KeyUnknown KeyState = iota
	KeyPending          // the customer has not finished
	KeyActive
	KeyGone // removed, refused or left
)

// KeyOutcome is an authoritative answer about a billing key.
type KeyOutcome struct {
	Verdict Verdict
	Key     BillingKey
	Decline *Decline // set when Declined
}
