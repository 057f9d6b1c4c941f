package store

import (
	"context"
	"slices"
	"time"

	"naru/internal/pay"
)

// PaymentRow is what a list shows of a payment.
type PaymentRow struct {
	ID          pay.PaymentID
	MerchantUID pay.MerchantUID
	Name        string
	Status      pay.Status
	Method      pay.Method
	Provider    pay.Provider
	MID         string
	Mode        pay.Mode
	Channel     pay.ChannelKey
	Source      pay.Source
	Charged     bool // a billing key was charged
	Amount      pay.Money
	Cancelled   int64 // of Amount, in its currency
	BuyerName   string
	EasyPay     string
	CardIssuer  string // code
	Months      int    // instalments; 0 is lump sum
	FailReason  string
	Erased      bool // what tells of the buyer was erased

	// Zero is "not happened". StatusAt is when it got its status.
	StatusAt, StartedAt, PaidAt, FailedAt, CancelledAt time.Time
}

const paymentRowColumns = `id, merchant_uid, name, status, method, provider, mid, mode, channel, source, ` +
	`customer_usage IN ` + chargedUsages + `, amount, currency, cancelled, buyer, details, fail_reason, erased > 0, ` +
	`status_at, started_at, paid_at, failed_at, cancelled_at`

func scanPaymentRow(r row) (p PaymentRow, err error) {
	var buyer pay.Buyer
	var details pay.Details
	err = r.Scan(&p.ID, &p.MerchantUID, &p.Name, &p.Status, &p.Method, &p.Provider, &p.MID, &p.Mode, &p.Channel, &p.Source,
		&p.Charged, &p.Amount.Minor, &p.Amount.Currency, &p.Cancelled, jsonInto{&buyer}, jsonInto{&details}, &p.FailReason, &p.Erased,
		timeInto{&p.StatusAt}, timeInto{&p.StartedAt}, timeInto{&p.PaidAt}, timeInto{&p.FailedAt}, timeInto{&p.CancelledAt})
	p.BuyerName, p.EasyPay, p.Months = buyer.Name, details.EasyPay, details.Months
	if details.Card != nil {
		p.CardIssuer = details.Card.Issuer
	}
	return p, err
}

// Cursor is the row's place in a list by a query's time.
func (p PaymentRow) Cursor(q PaymentQuery) Cursor {
	if q.ByRequest {
		return Cursor{p.StartedAt, p.ID}
	}
	return Cursor{p.StatusAt, p.ID}
}

// PaymentPage is one page of a list, the newest first.
type PaymentPage struct {
	Rows []PaymentRow
	// Next is the After of the page with what is older, Previous the Before of the
	// page with what is newer; zero when there is nothing there.
	Next, Previous Cursor
	// Stopped: so many payments were looked at that the page ends before it is full.
	// The search goes on at Next (or, read backwards, at Previous).
	Stopped bool
}

// bounds are how much a page reads at most.
type bounds struct {
	walk int // payments looked at one by one: those that an index finds, but that may lack what else is asked for
	rare int // matches of a search that is looked up, rather than looked for along the list
	sums int // payments of a search that are counted
}

// usual are the bounds of all but tests: each is a few hundredths of a second.
var usual = bounds{walk: 1500, rare: 2000, sums: 1200}

// ListPayments is a page of the payments that a query chooses.
//
// By mode, status and time an index tells which are on the page, however many there
// are and however far back it is. What else is asked for is looked for among those,
// fifteen hundred for a page, after which the page says where to go on.
func (t *Tx) ListPayments(ctx context.Context, merchant pay.MerchantID, q PaymentQuery) (PaymentPage, error) {
	page, err := t.listPayments(ctx, merchant, q, usual)
	return page, wrap(err, "list payments of merchant %s", merchant)
}

func (t *Tx) listPayments(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, most bounds) (page PaymentPage, err error) {
	if err := q.check(); err != nil {
		return page, err
	}
	if q.Limit == 0 {
		q.Limit = DefaultPage
	}
	found, stopped, err := t.walk(ctx, merchant, q, q.Limit+1, most)
	if err != nil {
		return page, err
	}
	more := len(found) > q.Limit
	if more {
		found = found[:q.Limit]
	}
	if page.Rows, err = t.paymentRows(ctx, merchant, found); err != nil {
		return page, err
	}
	far := stopped // where the side we walked towards goes on
	if more {
		far = found[len(found)-1]
	}
	page.Stopped = !more && !stopped.IsZero()
	if q.Before.IsZero() {
		page.Next = far
		if !q.After.IsZero() {
			page.Previous = q.After // what is newer than the page may be nothing but it
			if len(found) > 0 {
				page.Previous = found[0]
			}
		}
		return page, nil
	}
	slices.Reverse(page.Rows)
	page.Previous, page.Next = far, q.Before
	if len(found) > 0 {
		page.Next = found[0]
	}
	return page, nil
}

// paymentRows are the rows of places in a list, in their order.
func (t *Tx) paymentRows(ctx context.Context, merchant pay.MerchantID, at []Cursor) ([]PaymentRow, error) {
	ids := make([]pay.PaymentID, len(at))
	for i, c := range at {
		ids[i] = c.ID
	}
	found, err := inChunks(ids, func(some []pay.PaymentID) ([]PaymentRow, error) {
		n := room(len(some))
		return list(ctx, t, scanPaymentRow, `SELECT `+paymentRowColumns+` FROM payments
			WHERE merchant = $1 AND id IN (`+placeholders(2, n)+`)`, append([]any{merchant}, padded(some, n)...)...)
	})
	return inOrder(ids, found, func(p PaymentRow) pay.PaymentID { return p.ID }), err
}
