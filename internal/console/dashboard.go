package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// mostReasons is how many reasons of declines are shown.
const mostReasons = 10

// periods are the lengths of time that the dashboard shows, in days.
var periods = []int{7, 30, 90, 365}

// dashboardBody is what the dashboard shows.
type dashboardBody struct {
	Days     int
	Periods  []int
	From, To store.Day
	Test     bool // test payments are shown
	HasTest  bool // there is a choice between live and test

	Currency     pay.Currency
	Others       []pay.Currency // currencies that are not shown
	Now, Before  figures        // of the period, and of the one of the same length before
	Sales, Rates figure
	Methods      []methodRow
	Providers    []methodRow
	Reasons      []reasonRow
	Empty        bool

	byTime []bucket
}

// counts are tries to pay.
type counts struct{ Succeeded, Failed int64 }

// Counts is itself, for templates: it is embedded.
func (c counts) Counts() counts { return c }

// Tries is how many there were.
func (c counts) Tries() int64 { return c.Succeeded + c.Failed }

// Rate is the part that succeeded; ok is false without any try.
func (c counts) Rate() (rate float64, ok bool) {
	if c.Tries() == 0 {
		return 0, false
	}
	return float64(c.Succeeded) / float64(c.Tries()), true
}

// figures are the sums of a period.
type figures struct {
	counts
	Sales, Cancelled, Reversed int64
	Approvals, Cancels         int64
}

// Net is what is left of the sales.
func (f figures) Net() int64 { return f.Sales - f.Cancelled - f.Reversed }

func (f *figures) add(s store.SalesRow) {
	f.Sales, f.Cancelled, f.Reversed = f.Sales+s.Sales, f.Cancelled+s.Cancelled, f.Reversed+s.Reversed
	f.Approvals, f.Cancels = f.Approvals+s.Approvals, f.Cancels+s.Cancels
}

// methodRow is the sums of a method or a provider.
type methodRow struct {
	Code string
	figures
	Part float64 // of all sales
}

// reasonRow is why tries to pay failed.
type reasonRow struct {
	store.DeclineReason
	Part float64 // of those shown
}

// dashboard shows sales, cancels and what is left of them, how many tries to pay
// succeed, and why the others do not.
func (c *Console) dashboard(v *visit) error {
	q, body, err := c.dashboardQuery(v)
	if err != nil {
		return err
	}
	var sales []store.SalesRow
	var outcomes []store.OutcomeRow
	var reasons []store.DeclineReason
	now := q
	now.From = body.From
	err = c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		if sales, err = tx.DailySales(v.r.Context(), v.Store.ID, q); err != nil {
			return err
		}
		if outcomes, err = tx.DailyOutcomes(v.r.Context(), v.Store.ID, q); err != nil {
			return err
		}
		reasons, err = tx.DeclineReasons(v.r.Context(), v.Store.ID, now, mostReasons)
		return err
	})
	if err != nil {
		return err
	}
	body.sum(sales, outcomes)
	body.explain(reasons)
	body.draw(v)
	return v.render("dashboard", v.t("대시보드", "Dashboard"), body)
}

// dashboardQuery is what the address asks for: the period and the one before it.
// Test payments are shown where there is nothing else.
func (c *Console) dashboardQuery(v *visit) (store.DailyQuery, *dashboardBody, error) {
	body := &dashboardBody{Days: 30, Periods: periods}
	if n, err := strconv.Atoi(v.field("days")); err == nil && slices.Contains(periods, n) {
		body.Days = n
	}
	live, test, err := c.modesOf(v.r.Context(), v.Store.ID)
	if err != nil {
		return store.DailyQuery{}, nil, err
	}
	body.HasTest = live && test
	body.Test = !live || v.field("mode") == "test"
	today := c.now().In(kst)
	body.To = store.DayOf(today)
	body.From = store.DayOf(today.AddDate(0, 0, 1-body.Days))
	q := store.DailyQuery{From: store.DayOf(today.AddDate(0, 0, 1-2*body.Days)), To: body.To, Modes: []pay.Mode{pay.ModeLive}}
	if body.Test {
		q.Modes = []pay.Mode{pay.ModeTest, pay.ModeSandbox}
	}
	return q, body, nil
}

// modesOf tells whether a merchant has channels for real money, and others.
func (c *Console) modesOf(ctx context.Context, m pay.MerchantID) (live, test bool, err error) {
	channels, err := c.gateway.Channels(ctx, m)
	for _, ch := range channels {
		live = live || ch.Mode == pay.ModeLive
		test = test || ch.Mode != pay.ModeLive
	}
	return live, test, err
}

// bucket is a stretch of the period that is one point of a chart: a day, a week or a
// month.
type bucket struct {
	Label string
	from  store.Day
	figures
	byMethod map[string]counts
}

// sum adds up what was read.
func (b *dashboardBody) sum(sales []store.SalesRow, outcomes []store.OutcomeRow) {
	b.chooseCurrency(sales)
	b.byTime = b.buckets()
	methods, providers := map[string]*methodRow{}, map[string]*methodRow{}
	row := func(of map[string]*methodRow, code string) *methodRow {
		if of[code] == nil {
			of[code] = &methodRow{Code: code}
		}
		return of[code]
	}
	for _, s := range sales {
		switch {
		case s.Currency != b.Currency:
		case s.Day < b.From:
			b.Before.add(s)
		default:
			b.Now.add(s)
			b.bucketOf(s.Day).add(s)
			row(methods, string(s.Method)).add(s)
			row(providers, string(s.Provider)).add(s)
		}
	}
	for _, o := range outcomes {
		n := counts{o.Succeeded, o.Failed}
		if o.Day < b.From {
			b.Before.count(n)
			continue
		}
		b.Now.count(n)
		at := b.bucketOf(o.Day)
		at.count(n)
		at.byMethod[string(o.Method)] = at.byMethod[string(o.Method)].plus(n)
		row(methods, string(o.Method)).count(n)
		row(providers, string(o.Provider)).count(n)
	}
	b.Methods, b.Providers = b.rows(methods), b.rows(providers)
	b.Empty = len(b.Methods) == 0
}

func (c counts) plus(n counts) counts { return counts{c.Succeeded + n.Succeeded, c.Failed + n.Failed} }
func (f *figures) count(n counts)     { f.counts = f.plus(n) }

// chooseCurrency shows won where there are any, else the currency with most sales.
func (b *dashboardBody) chooseCurrency(sales []store.SalesRow) {
	sums := map[pay.Currency]int64{}
	for _, s := range sales {
		sums[s.Currency] += s.Sales
	}
	b.Currency = pay.KRW
	if _, ok := sums[pay.KRW]; !ok {
		for c, n := range sums {
			if n > sums[b.Currency] || n == sums[b.Currency] && c < b.Currency {
				b.Currency = c
			}
		}
	}
	for c := range sums {
		if c != b.Currency {
			b.Others = append(b.Others, c)
		}
	}
	slices.Sort(b.Others)
}

// rows puts the rows with the most sales first.
func (b *dashboardBody) rows(of map[string]*methodRow) []methodRow {
	var out []methodRow
	for _, r := range of {
		if b.Now.Sales > 0 {
			r.Part = float64(r.Sales) / float64(b.Now.Sales)
		}
		out = append(out, *r)
	}
	slices.SortFunc(out, func(x, y methodRow) int {
		return cmp.Or(cmp.Compare(y.Sales, x.Sales), cmp.Compare(y.Tries(), x.Tries()), cmp.Compare(x.Code, y.Code))
	})
	return out
}

func (b *dashboardBody) explain(reasons []store.DeclineReason) {
	var all int64
	for _, r := range reasons {
		all += r.Count
	}
	for _, r := range reasons {
		b.Reasons = append(b.Reasons, reasonRow{r, float64(r.Count) / float64(all)})
	}
}

// buckets are the stretches of the period, the oldest first: days up to a month or
// so, weeks up to a season, then months.
func (b *dashboardBody) buckets() []bucket {
	day, err := time.ParseInLocation(time.DateOnly, string(b.From), kst)
	if err != nil {
		return nil
	}
	end, err := time.ParseInLocation(time.DateOnly, string(b.To), kst)
	if err != nil {
		return nil
	}
	var out []bucket
	for !day.After(end) {
		at := bucket{from: store.DayOf(day), Label: day.Format("1/2"), byMethod: map[string]counts{}}
		switch {
		case b.Days <= 31:
			day = day.AddDate(0, 0, 1)
		case b.Days <= 120:
			day = day.AddDate(0, 0, 7)
			at.Label += "–"
		default:
			at.Label = day.Format("2006-01")
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, kst)
		}
		out = append(out, at)
	}
	return out
}

func (b *dashboardBody) bucketOf(d store.Day) *bucket {
	i, found := slices.BinarySearchFunc(b.byTime, d, func(at bucket, d store.Day) int { return cmp.Compare(at.from, d) })
	if !found {
		i--
	}
	return &b.byTime[max(0, i)]
}
