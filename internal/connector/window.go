package connector

import (
	"time"

	"naru/internal/pay"
)

// Window is one payment window to open.
type Window struct {
	Order      string // our order id at the provider
	Name       string // never empty
	Amount     pay.Breakdown
	Method     pay.Method
	Buyer      pay.Buyer
	Escrow     bool
	SuccessURL string
	FailureURL string // also where a buyer who leaves the window is sent
	NoticeURL  string // server to server; "" when the provider has it registered
	Mobile     bool
	Language   string // "ko" or "en"
	AppScheme  string
	Card       CardOptions
	Products   []Product // of an escrow payment
	Due        time.Time // of a virtual account: until when to deposit; zero is the provider's own time
	ExpiresAt  time.Time // of the window; zero is the provider's own time
	Receipt    CashReceiptOptions
}

// Product is a line of an escrow order. Whatever is empty or 0 is not known.
type Product struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	Code      string `json:"code,omitempty"`
	UnitPrice int64  `json:"unit_price,omitempty"` // won
	Quantity  int64  `json:"quantity,omitempty"`
}

// CardOptions restrict the card part of a window. The zero value restricts nothing.
type CardOptions struct {
	Company       string // standard code of the one card company to go to directly
	Months        *int   // fixed installment plan; 0 is lump sum
	MaxMonths     *int   // lump sum up to this many months
	AppCardOnly   bool
	Points        *bool // card points forced on or forbidden; nil is the customer's choice
	International bool
	DiscountCode  string
	NoInstallment bool // the wallet offers lump sum only
	Free          []FreePlan
}

// FreePlan are installments of one card company whose interest the merchant pays.
type FreePlan struct {
	Company string // standard code
	Months  []int
}

// CashReceiptOptions is what the window does about cash receipts.
type CashReceiptOptions struct {
	Issue    *bool  // nil is the provider's habit through this gateway
	Category string // "GENERAL", "CULTURE", "PUBLIC_TP" or ""
	// Type is preset in the window: ReceiptPerson, ReceiptCompany, or NoReceipt; ""
	// lets the customer choose.
	Type    pay.ReceiptType
	Culture bool // the purchase counts as a culture expense (문화비)
}

// NoReceipt is CashReceiptOptions.Type when none is to be issued.
const NoReceipt pay.ReceiptType = "none"

// BillingWindow is one window to open in which a billing key is issued.
type BillingWindow struct {
	Customer   string // who it is issued for, at the provider
	Name       string // never empty
	Amount     pay.Money
	Buyer      pay.Buyer
	SuccessURL string
	FailureURL string // also where a buyer who leaves the window is sent
	NoticeURL  string
	Mobile     bool
	Language   string // "ko" or "en"
	AppScheme  string
	UserCI     string // bypass.tosspay_v2.encryptedUserCi
}

// BillingReturned is what the return from a billing window says. Like Returned
// it proves nothing by itself: the gateway compares Customer with its own.
type BillingReturned struct {
	Customer string
	Proof    pay.Secret // for IssueFromWindow; "" where it was known before
	Decline  *Decline   // the customer left the window or was refused
}

// Launch is how the checkout page starts the window: exactly one of Redirect
// and Script is set.
type Launch struct {
	Redirect string
	Script   *Script
	Ref      pay.Ref // to keep with the payment before the browser leaves
	// Proof, of a billing window, is what its key can be asked for by although the
	// browser never comes back; "" where only the browser brings it.
	Proof pay.Secret
}

// Script loads the provider's browser SDK and calls
// window[Object](...Init)[Call](...Args), which gives a promise.
type Script struct {
	Src     string
	Object  string
	Init    []any
	Call    string
	Args    []any
	Origins []string // what the page must be allowed to frame and to fetch from
}

// Return is what the browser came back with.
type Return struct {
	Failed bool // it came to FailureURL
	Form   map[string][]string
	Ref    pay.Ref // what we hold of the payment
}

// Returned is what the return says happened in the window. It came through the
// customer's browser, so it proves nothing: the gateway compares Amount and
// Ref.Order with its own.
type Returned struct {
	Ref     pay.Ref
	Amount  *int64   // nil when the provider's return has none
	Decline *Decline // the customer left the window or was refused
}
