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
	terms string // what it can be found by
	facts string // what it is in the sums
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
	stopped, err = t.eachPlace(ctx, merchant, q, sight{terms: searching}, size, most.walk, func(p place) (enough bool) {
		if (!q.loose() || q.passes(p.traits)) && (!searching || search.matches(p.terms)) {
			found = append(found, p.Cursor)
		}
		return len(found) == want
	})
	return found, stopped, err
}

// eachPlace visits the places of a query in its order until it was enough, there are
// no more, or most were looked at: stopped is the last of those. They are read size at
// a time at first.
func (t *Tx) eachPlace(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, see sight, size, most int, visit func(place) (enough bool)) (stopped Cursor, err error) {
	for seen := 0; ; size *= 4 {
		size = min(size, most-seen)
		places, err := t.places(ctx, merchant, q, see, size)
		if err != nil {
			return Cursor{}, err
		}
		for _, p := range places {
			if visit(p) {
				return Cursor{}, nil
			}
		}
		if len(places) < size {
			return Cursor{}, nil
		}
		last := places[len(places)-1].Cursor
		if seen += len(places); seen >= most {
			return last, nil
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

// sight is what is seen of a place besides its time and its id.
type sight struct{ terms, facts bool }

// places are the next places of a query, by its time, its modes and statuses: with
// traits when it is loose.
func (t *Tx) places(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, see sight, most int) ([]place, error) {
	page, args := q.places(t.dialect, merchant, most)
	columns, join := `page_at, page_id`, ``
	if q.loose() {
		columns, join = columns+`, `+traitColumns, ` CROSS JOIN payments AS p`
	}
	if see.terms {
		columns, join = columns+`, COALESCE(f.terms, '')`, join+` LEFT JOIN followed_payments AS f ON f.merchant = $1 AND f.payment = page_id`
	}
	if see.facts {
		columns += `, COALESCE(f.facts, '{}')`
	}
	if q.loose() {
		join += ` WHERE p.merchant = $1 AND p.id = page_id`
	}
	return list(ctx, t, func(r row) (p place, err error) {
		into := []any{timeInto{&p.At}, &p.ID}
		if q.loose() {
			into = append(into, &p.Mode, &p.Status, &p.Method, &p.Provider, &p.Channel, &p.traits.Charged)
		}
		if see.terms {
			into = append(into, &p.terms)
		}
		if see.facts {
			into = append(into, &p.facts)
		}
		return p, r.Scan(into...)
	}, `SELECT `+columns+` FROM (`+page+`) AS page`+join+` ORDER BY `+q.sorting().order(`page_at`, `page_id`), args...)
}
