package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
)

// FindPayments is the payments a filter chooses. Where the filter names neither
// order nor customer, indexes alone tell which are on the page, however far back
// it is and however many there are: they hold the payments of one status in the
// order of the list, and those of several statuses are merged. Nothing is sorted
// but the page.
//
// A list that follows another costs least with After; an Offset passes over index
// entries, a few million a second. From and To cost what CountPayments does.
func (t *Tx) FindPayments(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) ([]pay.Payment, error) {
	ps, err := t.findPayments(ctx, merchant, f)
	return ps, wrap(err, "find payments of merchant %s", merchant)
}

func (t *Tx) findPayments(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) ([]pay.Payment, error) {
	s, err := f.sorting()
	if err != nil {
		return nil, err
	}
	if f.Limit < 0 || f.Offset < 0 {
		return nil, errPage(f.Limit, f.Offset)
	}
	if f.few() {
		text, args := f.findFew(merchant, s)
		return list(ctx, t, scanPayment, text, args...)
	}
	var within *reach
	if !f.From.IsZero() || !f.To.IsZero() {
		text, args := f.reach(merchant, s)
		r, err := one(ctx, t, scanReach, text, args...)
		if err != nil || r.none {
			return nil, err
		}
		within = &r
	}
	text, args := f.find(merchant, s, within)
	return list(ctx, t, scanPayment, text, args...)
}

// FindPaymentsPage is page number page, from 1, of f.Limit payments each: what
// FindPayments finds with that Offset in place of f's. With f.After, page 1 begins
// right after it.
func (t *Tx) FindPaymentsPage(ctx context.Context, merchant pay.MerchantID, f PaymentFilter, page int) ([]pay.Payment, error) {
	if page < 1 || f.Limit < 1 {
		return nil, wrap(fmt.Errorf("page %d of %d each: both must be at least 1", page, f.Limit), "find payments of merchant %s", merchant)
	}
	f.Offset = (page - 1) * f.Limit
	return t.FindPayments(ctx, merchant, f)
}

// CountPayments is how many payments a filter chooses, whatever its After, Limit
// and Offset. For one that names neither order nor customer an index tells by
// itself.
func (t *Tx) CountPayments(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) (int, error) {
	text, args := f.count(merchant)
	n, err := t.number(ctx, text, args...)
	return int(n), wrap(err, "count payments of merchant %s", merchant)
}

// findFew is the statement of a filter of few.
func (f PaymentFilter) findFew(merchant pay.MerchantID, s sorting) (string, []any) {
	w := f.where(merchant)
	f.behind(w, s)
	text := `SELECT ` + paymentColumns + ` FROM payments WHERE ` + w.text() + ` ORDER BY ` + s.order(s.column, `id`)
	if f.Limit > 0 || f.Offset > 0 {
		text += w.page(f.Limit, f.Offset)
	}
	return text, w.args
}

// reach is the first and last time, by the column of a sorting, of the payments
// between From and To. A list in that order cannot know where in it they are, and
// would look through all payments for them.
type reach struct {
	first, last time.Time
	none        bool
}

func scanReach(r row) (v reach, err error) {
	var n int64
	err = r.Scan(&n, timeInto{&v.first}, timeInto{&v.last})
	v.none = n == 0
	return v, err
}

func (f PaymentFilter) reach(merchant pay.MerchantID, s sorting) (string, []any) {
	w := f.byStatus(merchant)
	return `SELECT COUNT(*), COALESCE(MIN(` + s.column + `), 0), COALESCE(MAX(` + s.column + `), 0) FROM payments WHERE ` + w.text(), w.args
}

// find is the statement of a filter that is not of few. CROSS JOIN has SQLite
// read the page first.
func (f PaymentFilter) find(merchant pay.MerchantID, s sorting, within *reach) (string, []any) {
	page, args := f.page(merchant, s, within)
	return `SELECT ` + paymentColumns + ` FROM (` + page + `) AS page
		CROSS JOIN payments WHERE merchant = $1 AND id = page_id ORDER BY ` + s.order(s.column, `id`), args
}

// page is the statement for the ids of one page, each status by itself.
func (f PaymentFilter) page(merchant pay.MerchantID, s sorting, within *reach) (string, []any) {
	w := &condition{args: []any{merchant}}
	for i, status := range slices.Compact(slices.Sorted(slices.Values(f.statuses()))) {
		if i > 0 {
			w.parts.WriteString(` UNION ALL `)
		}
		w.parts.WriteString(`SELECT id AS page_id, ` + s.column + ` AS page_at FROM payments WHERE merchant = $1`)
		w.and(`status = `, status)
		if within != nil {
			w.and(s.column+` >= `, within.first)
			w.and(s.column+` <= `, within.last)
		}
		f.behind(w, s)
		f.window(w, `status_at + 0`)
	}
	text := w.text() + ` ORDER BY ` + s.order(`page_at`, `page_id`)
	if f.Limit > 0 || f.Offset > 0 {
		text += w.page(f.Limit, f.Offset)
	}
	return text, w.args
}
