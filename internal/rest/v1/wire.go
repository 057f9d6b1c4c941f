package v1

import (
	"cmp"
	"time"

	"naru/internal/codes"
	"naru/internal/pay"
	"naru/internal/v1wire"
)

// Payment is V1's PaymentAnnotation. Every key is always there: clients read
// them all by name. Times are unix seconds, 0 is "not happened"; amounts are won.
type Payment struct {
	ImpUID            string         `json:"imp_uid"`
	MerchantUID       string         `json:"merchant_uid"`
	PayMethod         string         `json:"pay_method"`
	Channel           string         `json:"channel"`
	PGProvider        string         `json:"pg_provider"`
	EmbPGProvider     *string        `json:"emb_pg_provider"`
	PGTID             *string        `json:"pg_tid"`
	PGID              string         `json:"pg_id"`
	Sandbox           bool           `json:"sandbox"`
	Escrow            bool           `json:"escrow"`
	ApplyNum          *string        `json:"apply_num"`
	BankCode          *string        `json:"bank_code"`
	BankName          *string        `json:"bank_name"`
	CardCode          *string        `json:"card_code"`
	CardName          *string        `json:"card_name"`
	CardIssuerCode    *string        `json:"card_issuer_code"`
	CardIssuerName    *string        `json:"card_issuer_name"`
	CardPublisherCode *string        `json:"card_publisher_code"`
	CardPublisherName *string        `json:"card_publisher_name"`
	CardQuota         int            `json:"card_quota"`
	CardNumber        *string        `json:"card_number"`
	CardType          *int           `json:"card_type"`
	VbankCode         *string        `json:"vbank_code"`
	VbankName         *string        `json:"vbank_name"`
	VbankNum          *string        `json:"vbank_num"`
	VbankHolder       *string        `json:"vbank_holder"`
	VbankDate         int64          `json:"vbank_date"`
	VbankIssuedAt     int64          `json:"vbank_issued_at"`
	Name              *string        `json:"name"`
	Amount            int64          `json:"amount"`
	CancelAmount      int64          `json:"cancel_amount"`
	Currency          string         `json:"currency"`
	BuyerName         *string        `json:"buyer_name"`
	BuyerEmail        *string        `json:"buyer_email"`
	BuyerTel          *string        `json:"buyer_tel"`
	BuyerAddr         *string        `json:"buyer_addr"`
	BuyerPostcode     *string        `json:"buyer_postcode"`
	CustomData        *string        `json:"custom_data"`
	UserAgent         *string        `json:"user_agent"`
	Status            string         `json:"status"`
	StartedAt         int64          `json:"started_at"`
	PaidAt            int64          `json:"paid_at"`
	FailedAt          int64          `json:"failed_at"`
	CancelledAt       int64          `json:"cancelled_at"`
	FailReason        *string        `json:"fail_reason"`
	CancelReason      *string        `json:"cancel_reason"`
	ReceiptURL        *string        `json:"receipt_url"`
	CancelHistory     []Cancellation `json:"cancel_history"`
	CancelReceiptURLs []string       `json:"cancel_receipt_urls"`
	DepositHistory    []Deposit      `json:"deposit_history"`
	CashReceiptIssued bool           `json:"cash_receipt_issued"`
	CustomerUID       *string        `json:"customer_uid"`
	CustomerUIDUsage  *string        `json:"customer_uid_usage"`
	Promotion         *Promotion     `json:"promotion"`

	answer []byte // the whole answer, where it was made before
}

// Cancellation is one entry of cancel_history.
type Cancellation struct {
	PGTID          string  `json:"pg_tid"`
	Amount         int64   `json:"amount"`
	CancelledAt    int64   `json:"cancelled_at"`
	Reason         string  `json:"reason"`
	CancellationID string  `json:"cancellation_id"`
	ReceiptURL     *string `json:"receipt_url"`
}

// Deposit is one entry of deposit_history, which other providers' fixed
// accounts fill: for ours it stays empty.
type Deposit struct {
	PGTID         string `json:"pg_tid"`
	Amount        int64  `json:"amount"`
	DepositorName string `json:"depositor_name"`
	DepositedAt   int64  `json:"deposited_at"`
}

// Promotion is a promotion of V1's; there are none here.
type Promotion struct {
	ID       string `json:"id"`
	Discount int64  `json:"discount"`
}

// Page is V1's envelope of a list. Previous and Next are 0 where there is none.
type Page struct {
	Total    int       `json:"total"`
	Previous int       `json:"previous"`
	Next     int       `json:"next"`
	List     []Payment `json:"list"`
}

// found is a look-up of several things, of which some may be missing.
type found[T any] struct {
	list    []T
	missing int
}

func (f found[T]) found() (any, int) { return f.list, f.missing }

// paymentOf puts p into V1's words. moved is its movements, oldest first, of
// which only cancels count.
func paymentOf(p pay.Payment, moved []pay.Movement) Payment {
	w := Payment{
		ImpUID: string(p.ID), MerchantUID: string(p.MerchantUID), PayMethod: v1wire.Method(p.Method), Channel: channelOf(p),
		PGProvider: string(p.Provider), PGTID: orNull(p.Ref.Key), PGID: p.MID, Sandbox: p.Mode == pay.ModeTest, Escrow: p.Escrow,
		Name: orNull(p.Name), Amount: p.Amount.Total.Minor, CancelAmount: p.Cancelled, Currency: string(p.Amount.Total.Currency),
		BuyerName: orNull(p.Buyer.Name), BuyerEmail: orNull(p.Buyer.Email), BuyerTel: orNull(p.Buyer.Tel),
		BuyerAddr: orNull(p.Buyer.Address), BuyerPostcode: orNull(p.Buyer.Postcode), CustomData: orNull(p.Custom),
		Status: v1wire.Status(p.Status), StartedAt: unix(p.StartedAt), PaidAt: unix(p.PaidAt), FailedAt: unix(p.FailedAt), CancelledAt: unix(p.CancelledAt),
		CustomerUID: orNull(string(p.CustomerUID)), CustomerUIDUsage: orNull(p.CustomerUsage),
		CancelHistory: []Cancellation{}, CancelReceiptURLs: []string{}, DepositHistory: []Deposit{},
	}
	if p.Source == pay.SourceWindow {
		w.UserAgent = orNull(p.UserAgent)
	}
	switch w.Status {
	case v1wire.StatusFailed:
		w.FailReason = orNull(p.FailReason)
	case v1wire.StatusCancelled:
		w.CancelReason = orNull(p.CancelReason)
	}
	w.describe(p)
	w.addCancels(moved)
	return w
}

// channelOf says where the payment began: a window on a computer or a phone,
// or a server.
func channelOf(p pay.Payment) string {
	switch {
	case p.Source != pay.SourceWindow:
		return "api"
	case p.Mobile:
		return "mobile"
	}
	return "pc"
}

// describe fills in how the payment was paid. card_code and card_name are the
// issuer's, which is what Toss Payments calls the card's company; V1's
// "publisher" is the acquirer. Where a provider tells only one of the two it
// stands for both. The holder of a Toss Payments virtual account is always null
// (V1, "결제건 조회", vbank_holder). A wallet that paid without a card has no
// sales slip, and Toss Pay's no approval number but an empty one.
func (w *Payment) describe(p pay.Payment) {
	d := p.Details
	w.EmbPGProvider, w.ApplyNum, w.CardQuota = orNull(d.EasyPay), orNull(d.ApprovalNo), d.Months
	w.ReceiptURL, w.CashReceiptIssued = orNull(d.ReceiptURL), d.CashReceipt
	if p.Method == pay.MethodPoint {
		w.ReceiptURL = nil
		if w.ApplyNum == nil && p.Provider == pay.TossPay && !p.PaidAt.IsZero() {
			w.ApplyNum = new("")
		}
	}
	if c := d.Card; c != nil {
		issuer, publisher := companies(c)
		w.CardCode, w.CardName = orNull(issuer), cardName(issuer)
		w.CardIssuerCode, w.CardIssuerName = orNull(issuer), cardName(issuer)
		w.CardPublisherCode, w.CardPublisherName = orNull(publisher), cardName(publisher)
		w.CardNumber, w.CardType = orNull(c.Number), cardType(c.Type)
	}
	if b := d.Bank; b != nil {
		w.BankCode, w.BankName = orNull(b.Code), bankName(b.Code)
	}
	if v := d.Account; v != nil {
		w.VbankCode, w.VbankName, w.VbankNum = orNull(v.Bank), bankName(v.Bank), orNull(v.Number)
		w.VbankDate, w.VbankIssuedAt = unix(v.Due), unix(v.Issued)
		if p.Provider != pay.TossPayments {
			w.VbankHolder = orNull(v.Holder)
		}
	}
}

// companies are the card's issuer and its acquirer; one of the two stands for both.
func companies(c *pay.Card) (issuer, publisher string) {
	return cmp.Or(c.Issuer, c.Acquirer), cmp.Or(c.Acquirer, c.Issuer)
}

func (w *Payment) addCancels(moved []pay.Movement) {
	for _, m := range moved {
		if m.Kind != pay.MovementCancel {
			continue
		}
		w.CancelHistory = append(w.CancelHistory, Cancellation{m.Shown(), m.Amount, unix(m.At), m.Reason, m.CancelID, orNull(m.ReceiptURL)})
		if m.ReceiptURL != "" {
			w.CancelReceiptURLs = append(w.CancelReceiptURLs, m.ReceiptURL)
		}
	}
}

// cardType is 0 for credit, 1 for debit, null for what V1 has no number for.
func cardType(s string) *int {
	switch s {
	case "credit":
		return new(0)
	case "debit":
		return new(1)
	}
	return nil
}

func cardName(code string) *string {
	e, _ := codes.Card(code)
	return orNull(e.Name)
}

func bankName(code string) *string {
	e, _ := codes.Bank(code)
	return orNull(e.Name)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
