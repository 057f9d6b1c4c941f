package store

import (
	"context"
	"fmt"
	"time"

	"naru/internal/pay"
)

// Day is a Korean day, 2006-01-02. (Korea has had no summer time since 1988.)
type Day string

const (
	hourMicros = int64(time.Hour / time.Microsecond)
	dayMicros  = 24 * hourMicros
	seoulAhead = 9 * hourMicros // Korea's clock before UTC's
)

// dayStart is when the Korean day of a time began, hourStart its hour; in microseconds.
func dayStart(at int64) int64  { return floor(at+seoulAhead, dayMicros) - seoulAhead }
func hourStart(at int64) int64 { return floor(at, hourMicros) }

func floor(n, by int64) int64 {
	if r := n % by; r < 0 {
		return n - r - by
	} else {
		return n - r
	}
}

// DayOf is the Korean day of a time.
func DayOf(at time.Time) Day { return Day(at.UTC().Add(9 * time.Hour).Format(time.DateOnly)) }

// Start is when a day begins.
func (d Day) Start() (time.Time, error) {
	at, err := time.Parse(time.DateOnly, string(d))
	return at.Add(-9 * time.Hour), err
}

// DailyQuery chooses figures of Korean days of one merchant, both inclusive. None of
// a kind is any.
type DailyQuery struct {
	From, To  Day
	Modes     []pay.Mode
	Providers []pay.Provider
	Methods   []pay.Method
}

// SalesRow is the money that moved on a day, by when the provider says it moved.
type SalesRow struct {
	Day      Day
	Mode     pay.Mode
	Provider pay.Provider
	Method   pay.Method
	Currency pay.Currency

	Approvals, Cancels, Reversals int64 // how many: approvals and deposits; cancels; deposits that a bank took back
	Sales, Cancelled, Reversed    int64 // their money
}

// Net is what is left of the sales.
func (s SalesRow) Net() int64 { return s.Sales - s.Cancelled - s.Reversed }

// OutcomeRow is what became of the tries to pay of a day. One succeeded on the day it
// was paid, whatever became of it afterwards, and failed on the day it failed. Windows
// that a billing key was issued in are none.
type OutcomeRow struct {
	Day               Day
	Mode              pay.Mode
	Provider          pay.Provider
	Method            pay.Method
	Succeeded, Failed int64
}

// DeclineReason is why tries to pay failed.
type DeclineReason struct {
	Class string // our word (connector.DeclineCode), "" when the provider was not asked or the refusal has none
	Code  string // the provider's code, or ours
	Count int64
}

// bounds are the microseconds of a query's days, the end exclusive.
func (q DailyQuery) bounds() (from, to int64, err error) {
	first, err := q.From.Start()
	last, err2 := q.To.Start()
	if err != nil || err2 != nil || last.Before(first) {
		return 0, 0, fmt.Errorf("days %q to %q: want two days such as 2026-11-02, the second not before the first", q.From, q.To)
	}
	return micro(first), micro(last) + dayMicros, nil
}

// narrow adds the filters besides the time.
func (q DailyQuery) narrow(w *condition, table string) {
	inAny(w, table+`mode`, q.Modes)
	inAny(w, table+`provider`, q.Providers)
	inAny(w, table+`method`, q.Methods)
}

func (q DailyQuery) passes(m pay.Mode, p pay.Provider, w pay.Method) bool {
	return among(q.Modes, m) && among(q.Providers, p) && among(q.Methods, w)
}

// DailySales is the money that moved, by day, mode, provider, method and currency, in
// that order; days without any are left out.
func (t *Tx) DailySales(ctx context.Context, merchant pay.MerchantID, q DailyQuery) ([]SalesRow, error) {
	all, err := t.dailySales(ctx, merchant, q)
	return all, wrap(err, "sales of merchant %s", merchant)
}

// DailyOutcomes is how many tries to pay succeeded and failed, by day, mode, provider
// and method, in that order; days without any are left out.
func (t *Tx) DailyOutcomes(ctx context.Context, merchant pay.MerchantID, q DailyQuery) ([]OutcomeRow, error) {
	all, err := t.dailyOutcomes(ctx, merchant, q)
	return all, wrap(err, "outcomes of merchant %s", merchant)
}

// DeclineReasons is why tries to pay of these days failed, the most frequent first,
// up to limit of them.
func (t *Tx) DeclineReasons(ctx context.Context, merchant pay.MerchantID, q DailyQuery, limit int) ([]DeclineReason, error) {
	all, err := t.declineReasons(ctx, merchant, q, limit)
	return all, wrap(err, "decline reasons of merchant %s", merchant)
}
