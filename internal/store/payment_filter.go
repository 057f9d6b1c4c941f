package store

import (
	"fmt"
	"time"

	"naru/internal/pay"
)

// PaymentFilter chooses payments of a merchant. Its zero value is all of them,
// the one started last first, without end.
type PaymentFilter struct {
	MerchantUID pay.MerchantUID // "" is any
	CustomerUID pay.CustomerUID // "" is any
	Charged     bool            // of a customer_uid: without the windows its keys were issued in
	Statuses    []pay.Status    // none is any
	// From and To, both inclusive and zero for unbounded, are compared with the
	// time each payment got the status it shows in V1: started while it is not
	// paid, then paid, cancelled or failed.
	From, To time.Time
	Sort     string // "-started" (also ""), "started", "-paid", "paid", "-updated", "updated"; "-" is newest first, ids break ties
	After    After  // lists only what comes after it
	Limit    int    // 0 is no limit
	Offset   int
}

// After is a payment in the order of a list: its time by which the list is
// sorted (zero for "not happened") and its id. The zero After is before the
// first.
type After struct {
	At time.Time
	ID pay.PaymentID
}

// sorting is the column of a Sort and its direction.
type sorting struct {
	column string
	newest bool // first
}

func (f PaymentFilter) sorting() (sorting, error) {
	switch f.Sort {
	case "-started", "":
		return sorting{`started_at`, true}, nil
	case "started":
		return sorting{`started_at`, false}, nil
	case "-paid":
		return sorting{`paid_at`, true}, nil
	case "paid":
		return sorting{`paid_at`, false}, nil
	case "-updated":
		return sorting{`updated_at`, true}, nil
	case "updated":
		return sorting{`updated_at`, false}, nil
	default:
		return sorting{}, fmt.Errorf("sort %q: allowed are -started, started, -paid, paid, -updated, updated", f.Sort)
	}
}

// order is the ORDER BY of a sorting, with the names that at and id go by.
func (s sorting) order(at, id string) string {
	if s.newest {
		return at + ` DESC, ` + id + ` DESC`
	}
	return at + `, ` + id
}

// few tells that the filter names payments of which there are few, so that they
// may be sorted: those of an order, or of a customer.
func (f PaymentFilter) few() bool { return f.MerchantUID != "" || f.CustomerUID != "" }

// where is the condition of a filter of few.
func (f PaymentFilter) where(merchant pay.MerchantID) *condition {
	w := when(`merchant = `, merchant)
	if f.MerchantUID != "" {
		w.and(`merchant_uid = `, f.MerchantUID)
	}
	if f.CustomerUID != "" {
		w.and(`customer_uid <> '' AND customer_uid = `, f.CustomerUID)
		if f.Charged {
			w.and(`customer_usage <> `, "issue")
		}
	}
	if len(f.Statuses) > 0 {
		// An expression, to keep SQLite from the index that begins with the status.
		w.in(whatever(`status`), padded(f.Statuses, len(f.Statuses)))
	}
	f.window(w, `status_at`)
	return w
}

// window bounds when the status began. SQLite has no figures to choose an index
// by: an expression for the column keeps it from one that begins with it.
func (f PaymentFilter) window(w *condition, column string) {
	if !f.From.IsZero() {
		w.and(column+` >= `, f.From)
	}
	if !f.To.IsZero() {
		w.and(column+` <= `, f.To)
	}
}

// behind demands a place after f.After.
func (f PaymentFilter) behind(w *condition, s sorting) {
	if f.After.ID == "" {
		return
	}
	than := `>`
	if s.newest {
		than = `<`
	}
	w.and(`(`+s.column+`, id) `+than+` (`, f.After.At, f.After.ID)
	w.close()
}

// statuses is every status the filter lets through.
func (f PaymentFilter) statuses() []pay.Status {
	if len(f.Statuses) == 0 {
		return pay.Payments.States()
	}
	return f.Statuses
}

// byStatus is the condition of a filter that is not of few, for the index
// payments_by_mode.
func (f PaymentFilter) byStatus(merchant pay.MerchantID) *condition {
	w := when(`merchant = `, merchant)
	w.in(`mode`, padded(modes(), len(modes())))
	all := f.statuses()
	w.in(`status`, padded(all, len(all)))
	f.window(w, `status_at`)
	return w
}

// count is the statement that counts, whatever the page.
func (f PaymentFilter) count(merchant pay.MerchantID) (string, []any) {
	w := f.byStatus(merchant)
	if f.few() {
		w = f.where(merchant)
	}
	return `SELECT COUNT(*) FROM payments WHERE ` + w.text(), w.args
}
