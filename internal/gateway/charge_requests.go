package gateway

import (
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// ChannelChoice names the channel a server's request is for. Key wins over PG;
// both empty is the default channel of the kind that is needed (decision D2 of
// docs/v1-implementation-details.md).
type ChannelChoice struct {
	Key pay.ChannelKey
	PG  string // "tosspayments", "tosspayments.{MID}", …
}

// Charge is money a merchant's server asks for without a window.
type Charge struct {
	MerchantUID pay.MerchantUID
	Name        string // "" stays null in V1; the provider gets the order number (decision D4)
	Amount      pay.Breakdown
	Buyer       pay.Buyer
	Custom      string // JSON text
	NoticeURLs  []string
	Options     pay.ChargeOptions
	TestCode    string // the provider's own test code; outside live mode only
}

// AgainRequest charges a billing key.
type AgainRequest struct {
	Merchant    pay.MerchantID
	CustomerUID pay.CustomerUID
	Channel     ChannelChoice // "" is the key's own; another than the key's is refused
	Charge
}

// OnetimeRequest charges a card number. With a CustomerUID a billing key is
// issued and charged, and kept when the charge succeeds.
type OnetimeRequest struct {
	Merchant    pay.MerchantID
	Channel     ChannelChoice
	Card        connector.Card
	CustomerUID pay.CustomerUID
	CustomerID  string // "" is made up
	Charge
}

// IssueKeyRequest issues a billing key for a card.
type IssueKeyRequest struct {
	Merchant    pay.MerchantID
	Channel     ChannelChoice
	CustomerUID pay.CustomerUID
	CustomerID  string // "" is made up
	Card        connector.Card
	Buyer       pay.Buyer
	TestCode    string
}

// AdoptKeyRequest brings a billing key that was issued elsewhere.
type AdoptKeyRequest struct {
	Merchant    pay.MerchantID
	Channel     pay.ChannelKey
	CustomerUID pay.CustomerUID
	CustomerID  string // who it was issued for: customerKey, userId
	Key         pay.Secret
	Buyer       pay.Buyer
	Card        *pay.Card // what is behind it, where the provider does not tell; nil is not known
	Fresh       bool      // only if CustomerUID has no key
}

// ScheduleRequest books charges of a billing key. With a Card the key is
// issued first, if CustomerUID has none.
type ScheduleRequest struct {
	Merchant    pay.MerchantID
	Channel     ChannelChoice
	CustomerUID pay.CustomerUID
	CustomerID  string
	Card        connector.Card // zero: the key must be there
	Checking    int64          // charged and given back before anything is booked; 0 is no test
	Items       []ScheduleItem
	TestCode    string
}

// ScheduleItem is one charge to book. Where its Buyer is empty the key's is taken.
type ScheduleItem struct {
	At time.Time
	Charge
}

// Booked is a schedule with its newest charge, if it has one.
type Booked struct {
	pay.Schedule
	Key     *pay.BillingKey // what its customer_uid means now; nil when it is gone
	Charged *pay.Payment
}

// AccountRequest issues a virtual account.
type AccountRequest struct {
	Merchant pay.MerchantID
	Channel  ChannelChoice
	Bank     string // standard three-digit code
	Due      time.Time
	FixedKey string // vbank_key
	Charge
}

// ReceiptRequest issues a cash receipt: for a payment made here, or, with an
// empty Payment, for money taken elsewhere under MerchantUID.
type ReceiptRequest struct {
	Merchant    pay.MerchantID
	Payment     pay.PaymentID
	MerchantUID pay.MerchantUID
	Channel     ChannelChoice // of money taken elsewhere
	Name        string        // of money taken elsewhere
	Amount      int64         // of money taken elsewhere; a payment's is what is left of it
	TaxFree     int64
	VAT         *int64
	Type        pay.ReceiptType // "" is ReceiptPerson
	Identifier  pay.Secret      // digits; dashes are left out
	Buyer       pay.Buyer
	TestCode    string
}
