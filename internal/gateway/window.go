package gateway

import (
	"context"
	"encoding/json"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// WindowRequest is a buyer's wish to pay, as the merchant's page stated it.
type WindowRequest struct {
	UserCode    string
	Tier        string         // sub-store of IMP.agency; "" is the merchant itself
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
	Products    []connector.Product
	Card        connector.CardOptions
	CardRows    []CardRow // card.detail
	FreeMonths  bool      // useFreeInterestFromMall: the merchant pays interest, as CardRows say
	Due         time.Time // vbank_due
	ExpiresAt   time.Time
	Receipt     connector.CashReceiptOptions
	UserAgent   string
	Billing     *BillingRequest // a billing key is wanted, and nothing is charged
	Choice      *CardChoice     // the buyer chooses a card company first; made by the gateway
	Notes       []Note          // what became of parameters that are not passed on as they are
}

// BillingRequest is what a window needs besides to issue a billing key.
type BillingRequest struct {
	CustomerUID pay.CustomerUID
	CustomerID  string // the buyer at the provider; "" is a random one, where the provider allows that
	UserCI      string `json:"-"` // bypass.tosspay_v2.encryptedUserCi
	SealedCI    []byte // UserCI as it is stored; made by the gateway
}

// CardRow is a row of card.detail. Rows are read in order, later ones win.
type CardRow struct {
	Company   string // standard code, or AllCards
	Enabled   *bool  // nil leaves it as it is
	MaxMonths int    // the most months whose interest the merchant pays; 0 is none
}

// AllCards is CardRow.Company when a row is about every company.
const AllCards = "*"

// Note is what became of a parameter that is not passed on as the page sent it.
type Note struct {
	Parameter string   `json:"parameter"` // V1's name, with its path: bypass.discountCode
	Kind      NoteKind `json:"kind"`
	Text      string   `json:"text"` // English; for the page's developer
}

// NoteKind says why a parameter is not passed on as it is.
type NoteKind string

const (
	NoteUnknown    NoteKind = "unknown"    // no parameter of V1: ignored, as V1 does
	NoteDeprecated NoteKind = "deprecated" // taken, and there is a newer name
	NoteUnused     NoteKind = "unused"     // a parameter that means nothing for this provider or method
	NoteAdapted    NoteKind = "adapted"    // passed on as something else
)

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
	Notes   []Note
}

// Begun is a checkout whose provider window may now be launched. With Choose
// set nothing was begun: the buyer chooses a card first, and the checkout is
// begun again with the pick.
type Begun struct {
	Choose   *CardChoice
	Payment  pay.Payment
	Merchant pay.Merchant
	Launch   Launch
	Style    Style
	Language string
	Origin   string // of the page that asked
	Expires  time.Time
}

// CardChoice is what a buyer may choose from before the provider's window opens
// at one card company (card.detail).
type CardChoice struct {
	Companies []CardOffer
}

// CardOffer is one company of a choice. Months are the installments it offers, 0
// being a lump sum; Free those of them whose interest the merchant pays.
type CardOffer struct {
	Company string // standard code
	Months  []int
	Free    []int
}

// CardPick is what a buyer chose.
type CardPick struct {
	Company string
	Months  int
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

// WindowNotes is a payment with what became of the parameters its window was asked
// for with. ErrNoPayment: there is no such payment, or it had no window.
func (g *Gateway) WindowNotes(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (pay.Payment, []Note, error) {
	var p pay.Payment
	var w WindowRequest
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.Payment(ctx, m, id); err != nil {
			return translate(err, store.ErrNotFound, ErrNoPayment)
		}
		c, err := tx.CheckoutOfPayment(ctx, m, id)
		if err != nil {
			return translate(err, store.ErrNotFound, ErrNoPayment)
		}
		return json.Unmarshal(c.Window, &w)
	})
	return p, w.Notes, err
}
