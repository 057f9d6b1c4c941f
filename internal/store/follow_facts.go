package store

import (
	"maps"

	"naru/internal/pay"
)

// facts are what a payment is in the sums.
type facts struct {
	traits
	Currency  pay.Currency `json:"k"`
	StatusAt  int64        `json:"a"`
	StartedAt int64        `json:"b"`
	Gross     int64        `json:"g,omitempty"`
	Cancelled int64        `json:"x,omitempty"`

	Moved []moved `json:"v,omitempty"`
	// The day on which it was paid or failed; 0 is neither.
	Paid   int64  `json:"y,omitempty"`
	Failed int64  `json:"n,omitempty"`
	Class  string `json:"l,omitempty"`
	Code   string `json:"o,omitempty"`
}

// moved is the movements of one kind on one day.
type moved struct {
	Day   int64    `json:"d"`
	Kind  saleKind `json:"k"`
	Count int64    `json:"n"`
	Money int64    `json:"m"`
}

// charges tells that a billing key was charged for it.
func charges(p pay.Payment) bool {
	return p.CustomerUsage == "payment" || p.CustomerUsage == "payment.scheduled"
}

// usageIssue is that of a window that a billing key was issued in.
const usageIssue = "issue"

// factsOf is what a payment is in the sums. class is our word for why it failed.
func factsOf(s Subject, class string) facts {
	p := s.Payment
	f := facts{
		traits:   traits{p.Mode, p.Status, p.Method, p.Provider, p.Channel, charges(p)},
		Currency: p.Amount.Total.Currency, StatusAt: micro(s.StatusAt), StartedAt: micro(p.StartedAt),
	}
	sold := p.Status == pay.StatusPaid || p.Status == pay.StatusPartiallyCancelled || p.Status == pay.StatusCancelled
	if sold && !p.PaidAt.IsZero() && p.CustomerUsage != usageIssue {
		f.Gross, f.Cancelled = p.Amount.Total.Minor, p.Cancelled
	}
	for _, m := range s.Movements {
		f.move(moved{dayStart(micro(m.At)), saleKindOf(m.Kind), 1, m.Amount})
	}
	switch {
	case p.CustomerUsage == usageIssue:
	case !p.PaidAt.IsZero():
		f.Paid = dayStart(micro(p.PaidAt))
	case p.Status == pay.StatusFailed:
		f.Failed, f.Class, f.Code = dayStart(f.StatusAt), class, p.FailCode
	}
	return f
}

func (f *facts) move(m moved) {
	for i, have := range f.Moved {
		if have.Day == m.Day && have.Kind == m.Kind {
			f.Moved[i].Count += m.Count
			f.Moved[i].Money += m.Money
			return
		}
	}
	f.Moved = append(f.Moved, m)
}

// at is the time that a query goes by.
func (f facts) at(byRequest bool) int64 {
	if byRequest {
		return f.StartedAt
	}
	return f.StatusAt
}

// sales and outcome are a payment's lines of the figures of days.
func (f facts) sales() []saleLine {
	out := make([]saleLine, len(f.Moved))
	for i, m := range f.Moved {
		out[i] = saleLine{saleKey{m.Day, f.Mode, f.Provider, f.Method, f.Currency, m.Kind}, amount{m.Count, m.Money}}
	}
	return out
}

func (f facts) outcome() (outcomeKey, bool) {
	k := outcomeKey{day: f.Paid, mode: f.Mode, provider: f.Provider, method: f.Method}
	if f.Failed != 0 {
		k.day, k.failed, k.class, k.code = f.Failed, true, f.Class, f.Code
	}
	return k, f.Paid != 0 || f.Failed != 0
}

// sumSpan is an hour or a day whose payments are summed.
type sumSpan struct {
	byTime, span string
	start        int64
}

// sumKey is what the sums of a span are kept by.
type sumKey struct {
	traits
	currency pay.Currency
}

type sumLine struct{ count, gross, cancelled int64 }

func (l sumLine) plus(o sumLine) sumLine {
	return sumLine{l.count + o.count, l.gross + o.gross, l.cancelled + o.cancelled}
}

// The spans of sums, and the times they go by.
const (
	spanDay, spanHour   = "day", "hour"
	byStatus, byRequest = "status", "request"
)

// spans are the hours and days that a payment counts in.
func (f facts) spans() []sumSpan {
	return []sumSpan{
		{byStatus, spanDay, dayStart(f.StatusAt)}, {byStatus, spanHour, hourStart(f.StatusAt)},
		{byRequest, spanDay, dayStart(f.StartedAt)}, {byRequest, spanHour, hourStart(f.StartedAt)},
	}
}

// deltas are by how much sums change.
type deltas struct {
	sums     map[sumSpan]sumLines
	sales    map[saleKey]amount
	outcomes map[outcomeKey]int64
}

func newDeltas() deltas {
	return deltas{map[sumSpan]sumLines{}, map[saleKey]amount{}, map[outcomeKey]int64{}}
}

// add counts a payment in, or, with sign -1, out.
func (d deltas) add(f facts, sign int64) {
	for _, at := range f.spans() {
		if d.sums[at] == nil {
			d.sums[at] = sumLines{}
		}
		d.sums[at].add(sumKey{f.traits, f.Currency}, sumLine{sign, sign * f.Gross, sign * f.Cancelled})
	}
	for _, l := range f.sales() {
		a := d.sales[l.saleKey]
		d.sales[l.saleKey] = amount{a.count + sign*l.count, a.money + sign*l.money}
	}
	if k, ok := f.outcome(); ok {
		d.outcomes[k] += sign
	}
}

// trim drops what stays as it is.
func (d deltas) trim() {
	maps.DeleteFunc(d.sums, func(_ sumSpan, l sumLines) bool { return len(l) == 0 })
	maps.DeleteFunc(d.sales, func(_ saleKey, a amount) bool { return a == amount{} })
	maps.DeleteFunc(d.outcomes, func(_ outcomeKey, n int64) bool { return n == 0 })
}
