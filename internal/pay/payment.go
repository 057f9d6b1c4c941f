package pay

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Merchant is an account that sells through the gateway.
type Merchant struct {
	ID       MerchantID
	UserCode string // identification code of IMP.init: "imp" and 8 digits
	Name     string
	Settings Settings
	Parent   MerchantID // of a sub-store (tier): the store it belongs to
	Tier     string     // of a sub-store: its code, 3 characters A-Z 0-9
	Created  time.Time
}

// Settings is what a merchant may choose.
type Settings struct {
	WebhookURL         string    `json:"webhook_url,omitempty"`
	WebhookForm        bool      `json:"webhook_form,omitempty"`      // form body instead of JSON
	WebhookTestURL     string    `json:"webhook_test_url,omitempty"`  // of payments that are not live; empty is WebhookURL
	WebhookTestType    string    `json:"webhook_test_type,omitempty"` // "json" or "form" of payments that are not live; empty is as WebhookForm says
	WebhookFirst       bool      `json:"webhook_first,omitempty"`     // the buyer's page waits, shortly, until the merchant's server was told
	WebhookRetries     []int     `json:"webhook_retries,omitzero"`    // seconds between tries; nil is the gateway's default, none is one try
	ConfirmForbidden   bool      `json:"confirm_forbidden,omitempty"` // confirm_url is refused
	Origins            []string  `json:"origins,omitempty"`           // web origins that may open a window; empty is any
	HideSandbox        bool      `json:"hide_sandbox,omitempty"`      // test payments answer 404 without include_sandbox
	PrivateAddressesOK bool      `json:"private_addresses,omitempty"` // the merchant's own webhook addresses may be private ones
	DefaultChannel     string    `json:"default_channel,omitempty"`   // channel key; empty is the oldest of the needed kind
	CallbackSuccess    bool      `json:"callback_success,omitempty"`  // adds success and imp_success where V1 leaves them out
	AllowedIPs         []string  `json:"allowed_ips,omitempty"`       // networks (CIDR) that may call REST; empty is any
	UnknownKeyOK       bool      `json:"unknown_key_ok,omitempty"`    // an unknown customer_uid is answered with HTTP 200, as V1 once did
	Retention          Retention `json:"retention,omitempty"`         // how long buyers' personal fields are kept; empty is for ever
	RecoveryHour       int       `json:"recovery_hour,omitempty"`     // 1 to 23: when in the Korean day schedules that failed the day before are charged again; 0 is never
}

// Webhook is where a merchant hears of payments of a mode ("" is nowhere), and
// whether it is told in a form instead of JSON.
func (s Settings) Webhook(mode Mode) (url string, form bool) {
	url, form = s.WebhookURL, s.WebhookForm
	if mode == ModeLive {
		return url, form
	}
	if s.WebhookTestURL != "" {
		url = s.WebhookTestURL
	}
	if s.WebhookTestType != "" {
		form = s.WebhookTestType == WebhookTypeForm
	}
	return url, form
}

// The bodies of webhooks.
const (
	WebhookTypeJSON = "json"
	WebhookTypeForm = "form"
)

// ChannelKind says what a channel is for.
type ChannelKind string

const (
	ChannelPayment ChannelKind = "payment" // windows and one-time payments
	ChannelBilling ChannelKind = "billing" // billing keys
)

// Channel is a merchant's contract with a provider.
type Channel struct {
	Merchant    MerchantID
	Key         ChannelKey
	Provider    Provider
	MID         string // the provider's name for the merchant
	Name        string
	Mode        Mode
	Kind        ChannelKind
	API, Script string // endpoints of the simulator in sandbox mode, or an override; empty is the provider's own
	Sealed      []byte // credentials, sealed by the vault
	Revision    int64  // grows with each change
	Default     bool
	Disabled    bool
	Options     ChannelOptions
	Created     time.Time
}

// ChannelOptions are parts of the contract that no credential tells.
type ChannelOptions struct {
	FixedAccounts bool `json:"fixed_accounts,omitempty"` // virtual accounts kept by one customer (vbank_key)
	// TaxClass is how the contract's sales are taxed. It is written down for people:
	// the provider applies it by the MID, whatever stands here.
	TaxClass TaxClass `json:"tax_class,omitempty"`
}

// TaxClass is a contract's taxation (과세구분). "" is not told.
type TaxClass string

const (
	TaxTaxable TaxClass = "taxable"  // 과세: tax_free is ignored
	TaxFree    TaxClass = "tax_free" // 면세: everything is tax-free
	TaxMixed   TaxClass = "mixed"    // 복합과세: tax_free tells the part
)

// Valid reports whether c is one of the classes, or not told.
func (c TaxClass) Valid() bool {
	switch c {
	case "", TaxTaxable, TaxFree, TaxMixed:
		return true
	}
	return false
}

// Buyer is who pays, as the merchant told us.
type Buyer struct {
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Tel      string `json:"tel,omitempty"`
	Address  string `json:"address,omitempty"`
	Postcode string `json:"postcode,omitempty"`
}

// Source says how a payment began.
type Source string

const (
	SourceWindow   Source = "window"   // imp_…
	SourceAPI      Source = "api"      // imps_…
	SourceSchedule Source = "schedule" // imps_…, charged when due
)

// Payment is one try to pay an order.
type Payment struct {
	Merchant    MerchantID
	ID          PaymentID
	MerchantUID MerchantUID
	Channel     ChannelKey
	Provider    Provider
	MID         string
	Mode        Mode
	Source      Source
	Mobile      bool

	Status  Status
	Version int64 // grows with each step; compare-and-set

	Method    Method // asked for until approval, then as the provider reported it
	Name      string
	Amount    Breakdown
	Cancelled int64 // sum of the cancel movements
	Buyer     Buyer
	Custom    string // custom_data as JSON text; "" is none
	Escrow    bool
	UserAgent string

	CustomerUID   CustomerUID
	CustomerUsage string // "", "issue", "payment", "payment.scheduled"

	Ref     Ref
	Details Details

	Notify Notify

	FailCode     string // the provider's code, or ours
	FailReason   string
	CancelReason string

	StartedAt, PaidAt, FailedAt, CancelledAt, UpdatedAt time.Time // zero is "not happened"
	Erased                                              time.Time // when what tells of the buyer was erased
}

// Ref is the provider's names for a payment.
type Ref struct {
	Order string // the order id we sent: PaymentID, never MerchantUID
	Key   string // paymentKey, payToken: pg_tid
	Data  []byte // the connector's own memory
}

// Notify is where the merchant wants to hear, and what it is asked first.
type Notify struct {
	URLs       []string `json:"urls,omitempty"`        // notice_url; empty is the merchant's own
	Never      bool     `json:"never,omitempty"`       // a payment of the gateway's own (a card check): nobody hears of it
	ConfirmURL string   `json:"confirm_url,omitempty"` // pre-approval check
}

// Details is what is known of how a payment was paid. Empty strings are
// "unknown". Card and bank codes are Korea's standard ones (package codes).
type Details struct {
	EasyPay     string          `json:"easy_pay,omitempty"`    // wallet used inside the provider's window
	ApprovalNo  string          `json:"approval_no,omitempty"` // the card company's approval number
	Months      int             `json:"months,omitempty"`      // installments; 0 is lump sum
	ReceiptURL  string          `json:"receipt_url,omitempty"` // sales slip
	Card        *Card           `json:"card,omitempty"`
	Bank        *Bank           `json:"bank,omitempty"`
	Account     *VirtualAccount `json:"account,omitempty"`
	CashReceipt bool            `json:"cash_receipt,omitempty"` // issued together with the payment
}

// Card is a card as it may be shown: never more than its masked number.
type Card struct {
	Issuer   string `json:"issuer,omitempty"`   // code of the company that issued it
	Acquirer string `json:"acquirer,omitempty"` // code of the company that collects the slip
	Number   string `json:"number,omitempty"`   // masked
	Type     string `json:"type,omitempty"`     // "credit", "debit", "gift", "" unknown
}

// Bank is the bank of a transfer.
type Bank struct {
	Code string `json:"code,omitempty"`
}

// VirtualAccount is an account number issued for a payment.
type VirtualAccount struct {
	Bank   string    `json:"bank,omitempty"`
	Number string    `json:"number,omitempty"`
	Holder string    `json:"holder,omitempty"`
	Due    time.Time `json:"due,omitzero"`
	Issued time.Time `json:"issued,omitzero"`
	Fixed  bool      `json:"fixed,omitempty"`
}

// Left is what could still be cancelled.
func (p Payment) Left() int64 { return p.Amount.Total.Minor - p.Cancelled }

// MovementKind says which way money went.
type MovementKind string

const (
	MovementApproval        MovementKind = "approval"
	MovementDeposit         MovementKind = "deposit"
	MovementDepositReversal MovementKind = "deposit_reversal"
	MovementCancel          MovementKind = "cancel"
)

// Movement is money that moved, as the provider confirmed it. Key is the
// provider's name for it: recording one twice is harmless. Amount is never
// negative; the kind gives the direction.
type Movement struct {
	Merchant   MerchantID
	Payment    PaymentID
	Key        string
	Kind       MovementKind
	Amount     int64
	TaxFree    int64
	At         time.Time
	Attempt    AttemptID // the attempt that made it, "" when learned otherwise
	Reason     string    // of a cancel
	ReceiptURL string
	CancelID   string // of a cancel: cancellation_id
}

// importedKey begins the key of a movement that another system told of without the
// provider's own name for it.
const importedKey = "imported:"

// ImportedKey is the key of the n-th movement of a payment as another system told
// of it; shown is what that system showed as its name, "" nothing. It is replaced
// by the provider's own name with the first answer that tells it.
func ImportedKey(n int, shown string) string { return importedKey + strconv.Itoa(n) + ":" + shown }

// Unnamed reports whether the provider's own name of the movement is not known yet.
func (m Movement) Unnamed() bool { return strings.HasPrefix(m.Key, importedKey) }

// Shown is the name a merchant is shown: the provider's, or what another system
// showed; "" when neither is known.
func (m Movement) Shown() string {
	rest, unnamed := strings.CutPrefix(m.Key, importedKey)
	if !unnamed {
		return m.Key
	}
	_, shown, _ := strings.Cut(rest, ":")
	return shown
}

// AttemptKind says what was asked of the provider.
type AttemptKind string

const (
	AttemptConfirm       AttemptKind = "confirm"
	AttemptCancel        AttemptKind = "cancel"
	AttemptCharge        AttemptKind = "charge"         // a billing key is charged
	AttemptKeyIn         AttemptKind = "keyin"          // a card number is charged; cannot be sent again: nothing of the card is kept
	AttemptIssueAccount  AttemptKind = "issue_account"  // a virtual account is issued
	AttemptRevokeAccount AttemptKind = "revoke_account" // a virtual account without deposit is taken back
	// Never the kind of an Attempt: a call whose intention is kept elsewhere.
	AttemptIssueKey AttemptKind = "issue_key" // BillingKey
	AttemptReceipt  AttemptKind = "receipt"   // Receipt
)

// Begins reports whether the attempt decides if its payment comes about at all.
func (k AttemptKind) Begins() bool {
	switch k {
	case AttemptConfirm, AttemptCharge, AttemptKeyIn, AttemptIssueAccount:
		return true
	default:
		return false
	}
}

// Attempt is one call to a provider that moves money.
type Attempt struct {
	Merchant MerchantID
	ID       AttemptID
	Payment  PaymentID
	Kind     AttemptKind
	Status   AttemptStatus
	Amount   int64
	Detail   json.RawMessage // what is needed to ask or learn again; never card data
	Class    string          // our word for a refusal (connector.DeclineCode)
	Code     string          // provider's code of a refusal
	Message  string
	Tries    int       // times the resolver asked
	Deadline time.Time // the call has ended by then
	Started  time.Time
	Ended    time.Time // zero while open
}
