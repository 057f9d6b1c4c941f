// Package connector says what the gateway may ask of a payment provider.
//
// A provider package exports one Driver. Opening it for a merchant's channel
// gives a Connector, whose only duty is to say how a payment stands. Every
// other ability is a small interface beside it; a connector has the ability
// if, and only if, it has the methods. There are no stubs.
//
// A connector reports facts and decides nothing: error == nil means the
// provider answered, and a decline is an answer. See errors.go for what an
// error means for the money.
package connector

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"naru/internal/pay"
)

// Driver is a provider package's way in. The list of drivers is a literal in
// package main; nothing registers itself.
type Driver struct {
	Provider    pay.Provider
	Name        string
	Production  Endpoints    // where live and test channels go
	Credentials []Credential // what a channel needs
	Setup       Setup        // what is arranged at the provider besides
	Methods     []Method     // what the provider sells; see Method
	// Cards are the card companies a window can go to directly, by standard code, in
	// the order to show them; none where windows know no such thing.
	Cards []CardCompany
	// BillingMethod is asked for when a billing key is wanted in the window; "" if none is.
	BillingMethod pay.Method
	// BillingLife is how long after its opening a billing window can still bring a key.
	BillingLife time.Duration
	// BillingRedirect: on a phone its billing window needs an address to come back to.
	BillingRedirect bool
	// Wallet: the provider is one wallet, whose window takes ExpiresAt, Receipt.Issue,
	// Receipt.Category, Card.NoInstallment and the VAT, and leaves its language, cards and months to its app.
	Wallet bool
	// CheckCustomer refuses a name for a billing key's customer that the provider would.
	CheckCustomer func(customer string) error
	// Popup: the provider forbids frames, so desktop windows open in a popup.
	Popup   bool
	Timings map[pay.AttemptKind]Timing
	// Lasting reports that a charge refused with this code of the provider's will be
	// refused again as long as it is of the same billing key; nil is that none is known.
	Lasting func(code string) bool
	// Check refuses credentials whose form does not fit the mode, so that a
	// live channel never opens with a sandbox key nor the reverse.
	Check func(mode pay.Mode, mid string, credentials map[string]pay.Secret) error
	Open  func(Settings) (Connector, error)
}

// Timing says how long a call may take and how its lost answer is settled.
// The figures come from the provider's documents; the driver names the page.
type Timing struct {
	Deadline time.Duration // the call is given up after this
	// Settle: before this has passed since the call was begun, the provider's
	// "I know of no such thing" is not believed.
	Settle time.Duration
	Gaps   []time.Duration // waits between questions; after the last a person is needed
	// Repeatable: the provider keeps our key, so the same call may be sent
	// again and moves money once.
	Repeatable bool
	// KeepsAnswer: what it answered first it answers again under that key, so
	// an answer that was neither yes nor no will never be another.
	KeepsAnswer bool
}

// Method is a row of the support matrix: what one pay method allows.
type Method struct {
	Method        pay.Method
	PartialCancel bool
	TaxFree       bool
	Installments  bool
	// ServerOnly: it comes about without a window only.
	ServerOnly bool
	Minimum    int64 // smallest amount in won
	// What a window of it can be told besides: how cards are used (not for wallets,
	// which ask in their own app), cash receipts, escrow.
	Cards, Receipts, Escrow bool
}

// CardCompany is a card company as a window knows it. Code is the standard one.
type CardCompany struct {
	Code    string
	AppCard bool // pays by its app as well
}

// Method finds the row of m.
func (d Driver) Method(m pay.Method) (Method, bool) {
	for _, row := range d.Methods {
		if row.Method == m {
			return row, true
		}
	}
	return Method{}, false
}

// Settings is one merchant's channel, with the tools a connector may use.
type Settings struct {
	Channel     pay.ChannelKey
	MerchantID  string // the provider's name for the merchant: MID
	Mode        pay.Mode
	Credentials map[string]pay.Secret
	Endpoints   Endpoints
	HTTP        *http.Client
	Now         func() time.Time
	Log         *slog.Logger
}

// Endpoints are the provider's two bases: its API (no slash at the end) and,
// where it has one, the address of its browser script.
type Endpoints struct{ API, Script string }

// Connector is one open channel. It is safe for concurrent use and keeps no
// payment state: what it must remember between calls it returns as Ref.Data.
type Connector interface {
	// Query asks how a payment stands. It is required because it alone can
	// resolve an attempt whose answer was lost. A payment the provider has
	// never heard of is ErrNotFound.
	Query(ctx context.Context, ref pay.Ref) (Snapshot, error)
}

// WindowPayer opens the provider's window, where the customer proves who they
// are, and reads what the browser brings back.
type WindowPayer interface {
	OpenWindow(ctx context.Context, w Window) (Launch, error)
	ReadReturn(ctx context.Context, r Return) (Returned, error)
}

// BillingWindower has a billing key issued in the provider's window. No money
// moves. What the customer agreed to there is proven by Proof: it is known when
// the window opens, or comes back with the browser.
type BillingWindower interface {
	OpenBillingWindow(ctx context.Context, w BillingWindow) (Launch, error)
	ReadBillingReturn(ctx context.Context, r Return) (BillingReturned, error)
	// IssueFromWindow has the key that the customer agreed to. Asking again under
	// the same call.Key is harmless. Pending: the customer has not finished.
	IssueFromWindow(ctx context.Context, call Call, customer string, proof pay.Secret) (KeyOutcome, error)
}

// Confirmer asks for the money after the window: approval.
type Confirmer interface {
	Confirm(ctx context.Context, call Call, ref pay.Ref, amount pay.Breakdown) (Outcome, error)
}

// Canceler gives money back, all of it or some.
type Canceler interface {
	Cancel(ctx context.Context, call Call, c Cancel) (Outcome, error)
}

// NoticeProver compares what a notice proves itself with against what the
// provider gave us of the payment. False is a forgery; a notice that brings no
// proof, or a payment that has none to compare, is true.
type NoticeProver interface {
	ProveNotice(n Notice, ref pay.Ref) bool
}

// WebhookReader reads a notice from the provider. The notice says where to
// look, never what is true: the gateway answers it with a Query. The answer to
// the provider is Notice.Reply with status 200.
type WebhookReader interface {
	ReadWebhook(ctx context.Context, h http.Header, body []byte) (Notice, error)
}

// As returns c's ability T, or an error wrapping ErrUnsupported that says
// which is missing.
func As[T any](c Connector) (T, error) {
	t, ok := c.(T)
	if !ok {
		return t, fmt.Errorf("%w: %T", ErrUnsupported, (*T)(nil))
	}
	return t, nil
}

// Call identifies one money-moving request, so that sending it twice moves
// money once. Key is the attempt's id: committed before the call and sent
// again, unchanged, on every retry.
type Call struct {
	Key pay.AttemptID
	// TestCode is passed on as the provider's own test means, outside live mode.
	TestCode string
	Record   func(Exchange) // scrubbed request and answer, for the audit trail; may be nil
}

// Cancel is one cancel to ask for.
type Cancel struct {
	Ref      pay.Ref
	Method   pay.Method // as recorded
	Amount   pay.Breakdown
	Paid     pay.Breakdown // of the payment
	Left     pay.Money     // what could still be cancelled before this
	Reason   string
	RefundTo *BankAccount // where a virtual account's money goes back to
}

// Full reports whether the cancel takes all that is left.
func (c Cancel) Full() bool { return c.Amount.Total == c.Left }

// BankAccount is an account to refund to. Bank is a standard three-digit code.
type BankAccount struct {
	Bank   string
	Number pay.Secret
	Holder string
}

// Verdict is what a provider said of a request. The zero Verdict is Pending:
// a status a connector does not know is neither success nor failure.
type Verdict uint8

const (
	Pending Verdict = iota
	Approved
	Declined
)

// Outcome is an authoritative answer.
type Outcome struct {
	Verdict  Verdict
	Snapshot *Snapshot // how the payment stands now; nil when a refusal brought none
	Made     string    // key of the movement this call made
	Decline  *Decline  // set when Declined
}

// Decline is a refusal: our code for programs, the provider's code and words
// for people.
type Decline struct {
	Code            DeclineCode
	ProviderCode    string
	ProviderMessage string
}

// DeclineCode is our word for a refusal.
type DeclineCode string

const (
	DeclineOther       DeclineCode = "other"
	DeclineByCustomer  DeclineCode = "cancelled_by_customer"
	DeclineExpired     DeclineCode = "expired"
	DeclineFunds       DeclineCode = "insufficient_funds"
	DeclineLimit       DeclineCode = "limit_exceeded"
	DeclineCard        DeclineCode = "card_refused"
	DeclineFraud       DeclineCode = "fraud_suspected"
	DeclineMethod      DeclineCode = "method_unavailable"
	DeclineRequest     DeclineCode = "request_refused"
	DeclineState       DeclineCode = "state_forbids" // already cancelled, not cancellable
	DeclineAmount      DeclineCode = "amount_refused"
	DeclineMaintenance DeclineCode = "provider_maintenance"
)

// Stage is how far a payment has come at its provider, in the gateway's terms.
// The zero Stage is unknown and changes nothing.
type Stage uint8

const (
	StageUnknown         Stage = iota
	StageOpen                  // created, the customer has not finished in the window
	StageAuthenticated         // waiting for our confirm
	StageAwaitingDeposit       // virtual account issued
	StagePaid                  // approved, wholly or partly still ours
	StageCancelled             // approved once, all given back
	StageDead                  // ended without money: refused, left or expired
)

// Snapshot is a payment as its provider sees it, in the gateway's terms.
type Snapshot struct {
	Ref       pay.Ref
	Stage     Stage
	Method    pay.Method // as V1 records it: card, point, …; "" when not known yet
	Amount    pay.Money
	TaxFree   int64
	Details   pay.Details
	Movements []pay.Movement // every approval, deposit and cancel, oldest first; Key, Kind, Amount, TaxFree, At, Reason, ReceiptURL are set
	Decline   *Decline       // why it is dead, when the provider says
	RawStatus string         // the provider's own word
	Test      bool           // the provider says it is test money
	// RefundFailed: a refund to a bank account did not get there.
	RefundFailed bool
}

// Notice is what a webhook tells us. Key is the same when the provider sends
// the notice again.
type Notice struct {
	Key    string
	Ref    pay.Ref
	Kind   string
	Proven bool       // its signature was checked
	Proof  pay.Secret // what it proves itself with; see NoticeProver
	// Customer is set instead of Ref when the notice is about a billing key: who
	// it was issued for.
	Customer string
	At       time.Time // when it happened, as the provider says; zero is not told
	Reply    []byte
}

// Exchange is one HTTP round trip with every secret already removed.
type Exchange struct {
	Method, Path    string
	Status          int // 0 when there was no answer
	Request, Answer []byte
	Err             string
	At              time.Time
	Took            time.Duration
}
