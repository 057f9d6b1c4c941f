package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
)

// ReceiptQuery chooses cash receipts of a merchant, the newest first. Its zero value
// is all of them.
type ReceiptQuery struct {
	From, To time.Time // when it was asked for: From inclusive, To exclusive, zero unbounded
	Status   pay.ReceiptStatus
	// After goes on behind a place in the list: what is older. Before is what is newer.
	After, Before ReceiptPlace
	Limit         int // 1 to MaxPage; 0 is DefaultPage
}

// ReceiptPlace is a place in a list of receipts; zero is none.
type ReceiptPlace struct {
	At time.Time
	ID pay.ReceiptID
}

// ReceiptPage is a page of a list, the newest first. Next and Previous are zero when
// there is nothing there.
type ReceiptPage struct {
	Rows           []pay.Receipt
	Next, Previous ReceiptPlace
}

// ListReceipts is a page of the cash receipts that a query chooses.
func (t *Tx) ListReceipts(ctx context.Context, merchant pay.MerchantID, q ReceiptQuery) (ReceiptPage, error) {
	if q.Limit == 0 {
		q.Limit = DefaultPage
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return ReceiptPage{}, wrap(fmt.Errorf("limit %d: allowed are 1 to %d", q.Limit, MaxPage), "receipts of merchant %s", merchant)
	}
	text, args := q.find(merchant)
	rows, err := list(ctx, t, scanReceipt, text, args...)
	if err != nil {
		return ReceiptPage{}, wrap(err, "receipts of merchant %s", merchant)
	}
	return q.page(rows), nil
}

// find is the statement for a page and one more.
func (q ReceiptQuery) find(merchant pay.MerchantID) (string, []any) {
	w := when(`merchant = `, merchant)
	if q.Status != "" {
		w.and(`status = `, q.Status)
	}
	if !q.From.IsZero() {
		w.and(`created >= `, q.From)
	}
	if !q.To.IsZero() {
		w.and(`created < `, q.To)
	}
	order := ` ORDER BY created DESC, id DESC`
	switch {
	case q.Before.ID != "":
		order = ` ORDER BY created, id`
		w.and(`(created, id) > (`, q.Before.At, string(q.Before.ID))
		w.close()
	case q.After.ID != "":
		w.and(`(created, id) < (`, q.After.At, string(q.After.ID))
		w.close()
	}
	return `SELECT ` + receiptColumns + ` FROM receipts WHERE ` + w.text() + order + w.page(q.Limit+1, 0), w.args
}

func (q ReceiptQuery) page(rows []pay.Receipt) (out ReceiptPage) {
	more := len(rows) > q.Limit
	if more {
		rows = rows[:q.Limit]
	}
	back := q.Before.ID != ""
	if back {
		slices.Reverse(rows)
	}
	out.Rows = rows
	if len(rows) == 0 {
		return out
	}
	first, last := rows[0], rows[len(rows)-1]
	if more || back {
		out.Next = ReceiptPlace{last.Created, last.ID}
	}
	if back && more || !back && q.After.ID != "" {
		out.Previous = ReceiptPlace{first.Created, first.ID}
	}
	return out
}
