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
	ps, err := t.findPayments(ctx, merchant, f, manyPayments)
	return ps, wrap(err, "find payments of merchant %s", merchant)
}

func (t *Tx) findPayments(ctx context.Context, merchant pay.MerchantID, f PaymentFilter, many int) ([]pay.Payment, error) {
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
	within, err := t.reachOf(ctx, merchant, f, s, many)
	if err != nil || within != nil && within.n == 0 {
		return nil, err
	}
	text, args := f.find(t.dialect, merchant, s, within)
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

// manyPayments is of how many index entries it does not matter that they are read
// for nothing: a hundredth of a second.
const manyPayments = 20_000

// reach is how many payments there are between From and To, and the first and
// last time of theirs by the column of a sorting. Without it, a list in that order
// would look for them among all payments there ever were.
type reach struct {
	n           int64
	first, last time.Time
}

func scanReach(r row) (v reach, err error) {
	err = r.Scan(&v.n, timeInto{&v.first}, timeInto{&v.last})
	return v, err
}

// reachOf is the reach of a filter; nil when the list is unbounded, or when there
// are more than many and the list begins with them or near to them.
func (t *Tx) reachOf(ctx context.Context, merchant pay.MerchantID, f PaymentFilter, s sorting, many int) (*reach, error) {
	if f.From.IsZero() && f.To.IsZero() {
		return nil, nil
	}
	text, args := f.reach(merchant, s, many+1)
	v, err := one(ctx, t, scanReach, text, args...)
	if err != nil || v.n <= int64(many) {
		return &v, err
	}
	if before, bounded := f.before(s); bounded {
		text, args = before.reach(merchant, s, many+1)
		near, err := one(ctx, t, scanReach, text, args...)
		if err != nil {
			return nil, err
		}
		if near.n > int64(many) {
			text, args = f.reach(merchant, s, 0)
			v, err = one(ctx, t, scanReach, text, args...)
			return &v, err
		}
	}
	return nil, nil
}

// before chooses the payments on that side of From and To where the list begins,
// if there is a bound on that side.
func (f PaymentFilter) before(s sorting) (PaymentFilter, bool) {
	if s.newest {
		return PaymentFilter{Statuses: f.Statuses, From: f.To.Add(time.Microsecond)}, !f.To.IsZero()
	}
	return PaymentFilter{Statuses: f.Statuses, To: f.From.Add(-time.Microsecond)}, !f.From.IsZero()
}

// reach is the statement for a reach; most is of how many payments at most, 0 all.
func (f PaymentFilter) reach(merchant pay.MerchantID, s sorting, most int) (string, []any) {
	w := f.byStatus(merchant)
	text := `SELECT ` + s.column + ` AS reached FROM payments WHERE ` + w.text()
	if most > 0 {
		text += w.page(most, 0)
	}
	return `SELECT COUNT(*), COALESCE(MIN(reached), 0), COALESCE(MAX(reached), 0) FROM (` + text + `) AS found`, w.args
}

// find is the statement of a filter that is not of few. CROSS JOIN has SQLite
// read the page first.
func (f PaymentFilter) find(d *dialect, merchant pay.MerchantID, s sorting, within *reach) (string, []any) {
	page, args := f.page(d, merchant, s, within)
	return `SELECT ` + paymentColumns + ` FROM (` + page + `) AS page
		CROSS JOIN payments WHERE merchant = $1 AND id = page_id ORDER BY ` + s.order(s.column, `id`), args
}

// page is the statement for the ids of one page, each status by itself.
func (f PaymentFilter) page(d *dialect, merchant pay.MerchantID, s sorting, within *reach) (string, []any) {
	w := &condition{args: []any{merchant}}
	for i, status := range slices.Compact(slices.Sorted(slices.Values(f.statuses()))) {
		if i > 0 {
			w.parts.WriteString(` UNION ALL `)
		}
		w.parts.WriteString(`SELECT page_id, page_at FROM (SELECT id AS page_id, ` + s.column + ` AS page_at FROM payments WHERE merchant = $1`)
		w.and(`status = `, status)
		if within != nil {
			w.and(s.column+` >= `, within.first)
			w.and(s.column+` <= `, within.last)
		}
		f.behind(w, s)
		f.window(w, `status_at + 0`)
		w.parts.WriteString(` ORDER BY ` + s.order(s.column, `id`))
		if d.limitParts && f.Limit > 0 {
			w.add(` LIMIT `, f.Offset+f.Limit)
		}
		w.parts.WriteString(`) AS one_status`)
	}
	text := w.text() + ` ORDER BY ` + s.order(`page_at`, `page_id`)
	if f.Limit > 0 || f.Offset > 0 {
		text += w.page(f.Limit, f.Offset)
	}
	return text, w.args
}
