package gateway

import (
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// WindowRequest is a buyer's wish to pay, as the merchant's page stated it.
type WindowRequest struct {
	UserCode    string
	Origin      string         // web origin of the page; "" when the browser sent none
	ChannelKey  pay.ChannelKey // wins over PG
	PG          string         // "tosspayments", "tosspayments.{MID}", …; "" is the default channel
	Method      pay.Method     // "" is card
	MerchantUID pay.MerchantUID
	Name        string
	Amount      pay.Breakdown
	Buyer       pay.Buyer
	Custom      string // JSON text
	NoticeURLs  []string
	ConfirmURL  string
	RedirectURL string // m_redirect_url; not validated: app schemes and marker hosts are used
	AppScheme   string
	Mobile      bool
	Language    string // "ko" or "en"
	Escrow      bool
	Card        connector.CardOptions
	ExpiresAt   time.Time
	Receipt     connector.CashReceiptOptions
	UserAgent   string
}

// Style is how the page shows the provider's window.
type Style string

const (
	StyleFrame Style = "frame" // a layer over the page (desktop)
	StylePopup Style = "popup" // a popup: the provider forbids frames (desktop)
	StylePage  Style = "page"  // the whole page (phones)
)

// Opened is a checkout that may be begun once, by whoever holds Token.
type Opened struct {
	Token   string
	Style   Style
	Payment pay.Payment
	Expires time.Time
}

// Begun is a checkout whose provider window may now be launched.
type Begun struct {
	Payment  pay.Payment
	Merchant pay.Merchant
	Launch   Launch
	Style    Style
	Language string
	Origin   string // of the page that asked
	Expires  time.Time
}

// Launch is how the page starts the provider's window.
type Launch = connector.Launch

// Return is what the browser brought back from the provider's window.
type Return struct {
	Failed bool // it came to the failure address
	Form   map[string][]string
}

// Progress is how far a checkout has come.
type Progress string

const (
	ProgressOpen    Progress = "open"    // the buyer is in the window, or has not begun
	ProgressWorking Progress = "working" // returned; the provider's answer is not known yet
	ProgressDone    Progress = "done"
)

// Result is how a checkout stands. When done, the buyer either paid (Code is
// "") or did not, for the reason given; Payment is the row as it stands.
type Result struct {
	Progress    Progress
	Payment     pay.Payment
	Merchant    pay.Merchant
	Code        string // provider's code of a failure, or ours
	Message     string
	Style       Style
	Language    string
	Origin      string
	RedirectURL string
}
