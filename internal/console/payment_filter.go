package console

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// The periods of a list, as its address names them.
const (
	periodToday     = "today"
	periodWeek      = "7days"
	periodMonth     = "30days"
	periodThisMonth = "month"
	periodLastMonth = "last_month"
	periodOwn       = "own"
	periodAll       = "all"
)

// What a list does with payments that moved no real money.
const (
	testsHidden = "hide"
	testsShown  = "show"
	testsOnly   = "only"
)

// choice is a value of a filter, and what it is called.
type choice struct{ Value, Text string }

// paymentFilter is what the address of a list asks for. What was wrong is told at its
// field, and left out of the query.
type paymentFilter struct {
	Period, From, To, By   string
	Search, Field          string
	Status, Tests, Charged string
	Methods, Providers     []string
	Channels               []string
	Wrong                  problems
	AllTest                bool // the shop has no live channel: tests are shown unless hidden

	query    store.PaymentQuery
	from, to time.Time
}

// readFilter reads the address, or a form that has its fields.
func (v *visit) readFilter(ctx context.Context, tx *store.Tx) (paymentFilter, []pay.Channel, error) {
	f := paymentFilter{
		Wrong: problems{}, Period: v.field("period"), From: v.field("from"), To: v.field("to"), By: v.field("by"),
		Search: v.field("q"), Field: v.field("field"), Status: v.field("status"), Tests: v.field("tests"), Charged: v.field("charged"),
		Methods: v.many("method"), Providers: v.many("provider"), Channels: v.many("channel"),
	}
	channels, err := tx.ListChannels(ctx, v.Store.ID)
	if err != nil {
		return f, nil, err
	}
	f.AllTest = len(channels) > 0 && !slices.ContainsFunc(channels, func(c pay.Channel) bool { return c.Mode == pay.ModeLive })
	v.readPeriod(&f)
	f.query.Search = f.Search
	f.query.ByRequest = v.oneOf(&f, "by", f.By, "status", "request") == "request"
	for _, s := range store.SearchFields() {
		if string(s) == f.Field {
			f.query.Field = s
		}
	}
	if f.Field != "" && f.query.Field == "" {
		f.Wrong["field"] = v.t("모르는 항목입니다: ", "No such field: ") + f.Field
	}
	f.query.Charged = store.ChargedBy(v.oneOf(&f, "charged", f.Charged, string(store.ChargedAny), string(store.ChargedBuyer), string(store.ChargedKey)))
	v.readCodes(&f, channels)
	v.readTests(&f)
	return f, channels, nil
}

// many is all values of a field that are not empty.
func (v *visit) many(name string) (out []string) {
	_ = v.r.FormValue(name) // has the form read
	for _, s := range v.r.Form[name] {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// oneOf is a value of those allowed, the first of them when it is empty or wrong.
func (v *visit) oneOf(f *paymentFilter, name, value string, allowed ...string) string {
	if value == "" || slices.Contains(allowed, value) {
		if value == "" {
			return allowed[0]
		}
		return value
	}
	f.Wrong[name] = v.t("모르는 값입니다: ", "No such value: ") + value
	return allowed[0]
}

func (v *visit) readPeriod(f *paymentFilter) {
	y, m, d := v.c.now().In(kst).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, kst)
	first := time.Date(y, m, 1, 0, 0, 0, 0, kst)
	if f.Period == "" && (f.From != "" || f.To != "") {
		f.Period = periodOwn
	}
	f.Period = v.oneOf(f, "period", f.Period, periodWeek, periodToday, periodMonth, periodThisMonth, periodLastMonth, periodOwn, periodAll)
	f.to = today.AddDate(0, 0, 1)
	switch f.Period {
	case periodToday:
		f.from = today
	case periodWeek:
		f.from = today.AddDate(0, 0, -6)
	case periodMonth:
		f.from = today.AddDate(0, 0, -29)
	case periodThisMonth:
		f.from = first
	case periodLastMonth:
		f.from, f.to = first.AddDate(0, -1, 0), first
	case periodAll:
		f.to = time.Time{}
	default:
		f.from, f.to = v.daysOf(f.From, f.To, f.Wrong)
	}
	if f.Period != periodOwn {
		f.From, f.To = dayText(f.from, 0), dayText(f.to, -1)
	}
	f.query.From, f.query.To = f.from, f.to
}

func dayText(t time.Time, days int) string {
	if t.IsZero() {
		return ""
	}
	return t.AddDate(0, 0, days).In(kst).Format(time.DateOnly)
}

// readCodes takes over what is known, and tells of what is not.
func (v *visit) readCodes(f *paymentFilter, channels []pay.Channel) {
	unknown := func(name, value string) { f.Wrong[name] = v.t("모르는 값입니다: ", "No such value: ") + value }
	if f.Status != "" {
		if slices.Contains(pay.Payments.States(), pay.Status(f.Status)) {
			f.query.Statuses = []pay.Status{pay.Status(f.Status)}
		} else {
			unknown("status", f.Status)
		}
	}
	for _, m := range f.Methods {
		if _, ok := words["method"][m]; ok {
			f.query.Methods = append(f.query.Methods, alike(pay.Method(m))...)
		} else {
			unknown("method", m)
		}
	}
	for _, p := range f.Providers {
		if _, ok := words["provider"][p]; ok {
			f.query.Providers = append(f.query.Providers, pay.Provider(p))
		} else {
			unknown("provider", p)
		}
	}
	for _, k := range f.Channels {
		if slices.ContainsFunc(channels, func(c pay.Channel) bool { return string(c.Key) == k }) {
			f.query.Channels = append(f.query.Channels, pay.ChannelKey(k))
		} else {
			unknown("channel", k)
		}
	}
}

// readTests: test payments are hidden unless the shop has nothing else.
func (v *visit) readTests(f *paymentFilter) {
	usual := []string{testsHidden, testsShown, testsOnly}
	if f.AllTest {
		usual = []string{testsShown, testsHidden, testsOnly}
	}
	f.Tests = v.oneOf(f, "tests", f.Tests, usual...)
	switch f.Tests {
	case testsHidden:
		f.query.Modes = []pay.Mode{pay.ModeLive}
	case testsOnly:
		f.query.Modes = []pay.Mode{pay.ModeTest, pay.ModeSandbox}
	}
}

// values is the filter as it stands in an address. The page is none of it.
func (f paymentFilter) values() url.Values {
	q := url.Values{}
	set := func(name, value string, usual ...string) {
		if value != "" && !slices.Contains(usual, value) {
			q.Set(name, value)
		}
	}
	set("period", f.Period, periodWeek)
	if f.Period == periodOwn {
		set("from", f.From)
		set("to", f.To)
	}
	set("by", f.By, "status")
	set("q", f.Search)
	set("field", f.Field)
	set("status", f.Status)
	set("charged", f.Charged)
	if usual := map[bool]string{true: testsShown, false: testsHidden}[f.AllTest]; f.Tests != usual {
		set("tests", f.Tests)
	}
	q["method"], q["provider"], q["channel"] = f.Methods, f.Providers, f.Channels
	return q
}

// address is a list's with some values in place of the filter's.
func (f paymentFilter) address(c *Console, page string, pairs ...string) string {
	q := f.values()
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if text := q.Encode(); text != "" {
		return c.base + page + "?" + text
	}
	return c.base + page
}

// Narrow reports whether more is asked for than a period.
func (f paymentFilter) Narrow() bool {
	return f.Search != "" || f.Status != "" || f.Charged != "" || len(f.Methods)+len(f.Providers)+len(f.Channels) > 0
}

// More reports whether anything of the folded part is chosen, or wrong.
func (f paymentFilter) More() bool {
	return f.Charged != "" || len(f.Methods)+len(f.Providers)+len(f.Channels) > 0 || f.Wrong["method"]+f.Wrong["provider"]+f.Wrong["channel"]+f.Wrong["charged"] != ""
}
