package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"naru/internal/pay"
)

// ScheduleQuery is what a person looks for among schedules. Its zero value is all of
// a merchant's, the one due last first.
type ScheduleQuery struct {
	State       pay.ScheduleState // "" is any
	From, To    time.Time         // From ≤ At < To; zero is unbounded
	Search      string            // beginning of what it is found by; "" is any
	Field       BillingField      // what of it Search is; "" is any of ScheduleFields
	OldestFirst bool
	Place       Place // see Turned
	Back        bool
	Limit       int
}

// SchedulePage is a page of a list.
type SchedulePage struct {
	Rows []pay.Schedule
	Turned
	// Cut: the search matches more than is looked at (MostMatches of a field).
	Cut bool
}

// stands are the status and the outcome that a state is kept as.
type stand struct {
	status  pay.ScheduleStatus
	outcome pay.Outcome
}

func standsOf(state pay.ScheduleState) []stand {
	switch state {
	case pay.StateBooked:
		return []stand{{pay.ScheduleBooked, ""}, {pay.ScheduleRunning, ""}}
	case pay.StateRevoked:
		return []stand{{pay.ScheduleRevoked, ""}}
	case pay.StateSucceeded, pay.StateFailed:
		return []stand{{pay.ScheduleExecuted, pay.Outcome(state)}}
	}
	var out []stand
	for _, s := range pay.ScheduleStates() {
		out = append(out, standsOf(s)...)
	}
	return out
}

// within adds the time of a query.
func (q ScheduleQuery) within(w *condition) {
	if !q.From.IsZero() {
		w.and(`at >= `, q.From)
	}
	if !q.To.IsZero() {
		w.and(`at < `, q.To)
	}
}

func (q ScheduleQuery) pages() pages {
	return pages{table: "schedules", at: "at", id: "merchant_uid", oldestFirst: q.OldestFirst, from: q.Place, back: q.Back, limit: q.Limit}
}

// branches are the ranges of an index in which a query's schedules stand.
func (q ScheduleQuery) branches() []func(*condition) {
	if q.State == "" {
		return []func(*condition){q.within}
	}
	var out []func(*condition)
	for _, s := range standsOf(q.State) {
		out = append(out, func(w *condition) {
			w.and(`status = `, s.status)
			w.and(`outcome = `, s.outcome)
			q.within(w)
		})
	}
	return out
}

// ListSchedules is a page of the schedules that a query chooses. An index tells
// which they are; of a search, MostMatches of each field are looked at.
func (t *Tx) ListSchedules(ctx context.Context, merchant pay.MerchantID, q ScheduleQuery) (SchedulePage, error) {
	page, err := t.listSchedules(ctx, merchant, q)
	return page, wrap(err, "list schedules of merchant %s", merchant)
}

func (t *Tx) listSchedules(ctx context.Context, merchant pay.MerchantID, q ScheduleQuery) (page SchedulePage, err error) {
	if q.Limit < 1 {
		return page, errPage(q.Limit, 0)
	}
	if q.Search != "" {
		return t.searchSchedules(ctx, merchant, q)
	}
	text, args := q.pages().text(merchant, q.branches())
	found, err := list(ctx, t, scanPlace, text, args...)
	if err != nil {
		return page, err
	}
	found, page.Turned = q.pages().turn(found)
	page.Rows, err = t.schedulesAt(ctx, merchant, found)
	return page, err
}

func (t *Tx) searchSchedules(ctx context.Context, merchant pay.MerchantID, q ScheduleQuery) (page SchedulePage, err error) {
	matched, more, err := t.matches(ctx, merchant, spans(q.Search, q.Field, ScheduleFields()), "schedules", "at", "merchant_uid")
	if err != nil {
		return page, err
	}
	page.Cut = more
	rows, err := t.schedulesAt(ctx, merchant, matched)
	if err != nil {
		return page, err
	}
	byUID := make(map[string]pay.Schedule, len(rows))
	var fit []Place
	for _, s := range rows {
		if q.State != "" && s.State() != q.State || !q.From.IsZero() && s.At.Before(q.From) || !q.To.IsZero() && !s.At.Before(q.To) {
			continue
		}
		byUID[string(s.MerchantUID)] = s
		fit = append(fit, Place{s.At, string(s.MerchantUID)})
	}
	fit, page.Turned = q.pages().cut(fit)
	for _, p := range fit {
		page.Rows = append(page.Rows, byUID[p.ID])
	}
	return page, nil
}

func (t *Tx) schedulesAt(ctx context.Context, merchant pay.MerchantID, at []Place) ([]pay.Schedule, error) {
	uids := make([]pay.MerchantUID, len(at))
	for i, p := range at {
		uids[i] = pay.MerchantUID(p.ID)
	}
	return t.Schedules(ctx, merchant, uids)
}

// ScheduleSum is how many schedules of a state there are, and of how much. All are
// in won: nothing else is booked.
type ScheduleSum struct {
	Day    time.Time // when it begins: the Korean day, of SumScheduleDays
	State  pay.ScheduleState
	N      int
	Amount int64
}

// SumSchedules is the sums of each state of the schedules with From ≤ At < To, those
// with none too. An index alone tells.
func (t *Tx) SumSchedules(ctx context.Context, merchant pay.MerchantID, from, to time.Time) ([]ScheduleSum, error) {
	all, err := t.sumSpans(ctx, merchant, []time.Time{from, to})
	return all, wrap(err, "sums of schedules of merchant %s", merchant)
}

// SumScheduleDays is the sums of each Korean day that has schedules with from ≤ At <
// to, two Korean midnights, in order of days and states.
func (t *Tx) SumScheduleDays(ctx context.Context, merchant pay.MerchantID, from, to time.Time) ([]ScheduleSum, error) {
	const day = 24 * time.Hour // there is no summer time in Korea
	var days []time.Time
	for at := from; at.Before(to); at = at.Add(day) {
		days = append(days, at)
	}
	all, err := t.sumSpans(ctx, merchant, append(days, to))
	all = slices.DeleteFunc(all, func(s ScheduleSum) bool { return s.N == 0 })
	return all, wrap(err, "days of schedules of merchant %s", merchant)
}

// sumSpans is the sums between each time and the next, by time and state.
func (t *Tx) sumSpans(ctx context.Context, merchant pay.MerchantID, at []time.Time) ([]ScheduleSum, error) {
	states := pay.ScheduleStates()
	out := make([]ScheduleSum, (len(at)-1)*len(states))
	for i := range out {
		out[i].Day, out[i].State = at[i/len(states)], states[i%len(states)]
	}
	type sum struct{ span, n, amount int64 }
	for i, state := range states {
		for _, s := range standsOf(state) {
			text, args := sumText(merchant, s, at)
			found, err := list(ctx, t, func(r row) (s sum, err error) { return s, r.Scan(&s.span, &s.n, &s.amount) }, text, args...)
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				o := &out[int(f.span)*len(states)+i]
				o.N, o.Amount = o.N+int(f.n), o.Amount+f.amount
			}
		}
	}
	return out, nil
}

// sumText is the statement for the sums of one status between each time and the
// next: a range of the index for each, read as it lies.
func sumText(merchant pay.MerchantID, s stand, at []time.Time) (string, []any) {
	w := &condition{args: []any{merchant, s.status, s.outcome}}
	for i := range len(at) - 1 {
		if i > 0 {
			w.parts.WriteString(` UNION ALL `)
		}
		w.parts.WriteString(`SELECT ` + strconv.Itoa(i) + `, COUNT(*), CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM schedules
			WHERE merchant = $1 AND status = $2 AND outcome = $3`)
		w.and(`at >= `, at[i])
		w.and(`at < `, at[i+1])
	}
	return w.text(), w.args
}
