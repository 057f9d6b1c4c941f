package store

import (
	"context"
	"slices"
	"time"

	"naru/internal/pay"
)

// place is a payment in the order of a list, as a walk looks at it.
type place struct {
	Cursor
	traits
	terms string // what it can be found by, when it is searched for
}

// walk finds up to want payments of a query, in the order of the list or, with
// Before, against it. stopped is the last payment that was looked at, when there
// were most.walk of them and there may be more.
func (t *Tx) walk(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, want int, most bounds) (found []Cursor, stopped Cursor, err error) {
	search, searching := newSearch(q)
	if searching {
		few, err := t.rare(ctx, merchant, search, most.rare)
		if err != nil || few {
			if err == nil {
				found, err = t.listRare(ctx, merchant, q, search, want, most.rare)
			}
			return found, Cursor{}, err
		}
	}
	size := want
	if searching || q.loose() {
		size = 4 * want
	}
	for seen := 0; ; size *= 4 {
		size = min(size, most.walk-seen)
		places, err := t.places(ctx, merchant, q, searching, size)
		if err != nil {
			return nil, Cursor{}, err
		}
		for _, p := range places {
			if q.passes(p.traits) && (!searching || search.matches(p.terms)) {
				if found = append(found, p.Cursor); len(found) == want {
					return found, Cursor{}, nil
				}
			}
		}
		if len(places) < size {
			return found, Cursor{}, nil
		}
		last := places[len(places)-1].Cursor
		if seen += len(places); seen >= most.walk {
			return found, last, nil
		}
		if q.Before.IsZero() {
			q.After = last
		} else {
			q.Before = last
		}
	}
}

// loose tells that no index holds all that a query goes by.
func (q PaymentQuery) loose() bool {
	return len(q.Methods)+len(q.Providers)+len(q.Channels) > 0 || q.Charged != ChargedAny || q.ByRequest && len(q.Statuses) > 0
}

// sorting is the order of a walk.
func (q PaymentQuery) sorting() sorting { return sorting{q.column(), q.Before.IsZero()} }

// beyond demands a place after the query's cursor, within its period. The time of
// the cursor takes the place of that end of the period: of two bounds on one side
// SQLite would take either, and read all between them.
func (q PaymentQuery) beyond(w *condition) {
	s, c := q.sorting(), q.cursor()
	switch {
	case c.IsZero():
	case s.newest && (q.To.IsZero() || c.At.Before(q.To)):
		q.To = c.At.Add(time.Microsecond)
	case !s.newest && c.At.After(q.From):
		q.From = c.At
	}
	q.period(w, s.column)
	PaymentFilter{After: After(c)}.behind(w, s)
}

// cursor is the one that a query has, if any.
func (q PaymentQuery) cursor() Cursor {
	if q.Before.IsZero() {
		return q.After
	}
	return q.Before
}

// places is the statement for the next places of a query, that of each index range
// by itself. By status time there is a range for each mode and status; by the time
// of the request one for each mode or, when statuses are chosen, for each of those.
func (q PaymentQuery) places(d *dialect, merchant pay.MerchantID, most int) (string, []any) {
	w, s := &condition{args: []any{merchant}}, q.sorting()
	part := func(fixed func()) {
		if w.parts.Len() > 0 {
			w.parts.WriteString(` UNION ALL `)
		}
		w.parts.WriteString(`SELECT page_id, page_at FROM (SELECT id AS page_id, ` + s.column + ` AS page_at FROM payments WHERE merchant = $1`)
		fixed()
		q.beyond(w)
		w.parts.WriteString(` ORDER BY ` + s.order(s.column, `id`))
		if d.limitParts {
			w.add(` LIMIT `, most)
		}
		w.parts.WriteString(`) AS one_part`)
	}
	modes := oneOfEach(chosen(q.Modes, modes()))
	statuses := oneOfEach(chosen(q.Statuses, pay.Payments.States()))
	switch {
	case !q.ByRequest:
		for _, m := range modes {
			for _, s := range statuses {
				part(func() { w.and(`mode = `, m); w.and(`status = `, s) })
			}
		}
	case len(q.Statuses) > 0:
		for _, s := range statuses {
			part(func() { w.and(`status = `, s) })
		}
	default:
		for _, m := range modes {
			part(func() { w.and(`mode = `, m) })
		}
	}
	return w.text() + ` ORDER BY ` + s.order(`page_at`, `page_id`) + w.page(most, 0), w.args
}

func oneOfEach[T ~string](some []T) []T { return slices.Compact(slices.Sorted(slices.Values(some))) }

const traitColumns = `mode, status, method, provider, channel, customer_usage IN ` + chargedUsages

// places are the next places of a query, by its time, its modes and statuses.
func (t *Tx) places(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, searching bool, most int) ([]place, error) {
	page, args := q.places(t.dialect, merchant, most)
	terms, join := `''`, ``
	if searching {
		terms, join = `COALESCE(f.terms, '')`, ` LEFT JOIN followed_payments AS f ON f.merchant = $1 AND f.payment = page_id`
	}
	return list(ctx, t, func(r row) (p place, err error) {
		return p, r.Scan(timeInto{&p.At}, &p.ID, &p.Mode, &p.Status, &p.Method, &p.Provider, &p.Channel, &p.traits.Charged, &p.terms)
	}, `SELECT page_at, page_id, `+traitColumns+`, `+terms+` FROM (`+page+`) AS page
		CROSS JOIN payments AS p`+join+` WHERE p.merchant = $1 AND p.id = page_id ORDER BY `+q.sorting().order(`page_at`, `page_id`), args...)
}
