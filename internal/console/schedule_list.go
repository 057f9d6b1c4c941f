package console

import (
	"fmt"
	"net/http"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// scheduleRow is a schedule in a list.
type scheduleRow struct {
	gateway.Booked
	Href, KeyHref string
}

func (c *Console) scheduleRow(b gateway.Booked) scheduleRow {
	return scheduleRow{b, c.schedulePath(b.MerchantUID), c.billingKeyPath(b.CustomerUID)}
}

// Shown is the state as its badge says it: a charge that is under way apart.
func (r scheduleRow) Shown() string {
	if r.Status == pay.ScheduleRunning {
		return string(pay.ScheduleRunning)
	}
	return string(r.State())
}

// Open tells that it can be moved and revoked.
func (r scheduleRow) Open() bool { return r.Status == pay.ScheduleBooked }

// Why is why its charge failed.
func (r scheduleRow) Why() string {
	if r.State() == pay.StateFailed && r.Charged != nil {
		return r.Charged.FailReason
	}
	return ""
}

// stateFigure is a state's sum, and the way to its list.
type stateFigure struct {
	State     pay.ScheduleState // "" is all
	N         int
	Amount    int64
	Known     bool
	Href      string
	IsCurrent bool
}

type scheduleListBody struct {
	Rows                  []scheduleRow
	Figures               []stateFigure
	From, To              string // days as they were asked for
	State, Search, Field  string
	Period                string
	Fields                []map[string]any
	Quick                 []map[string]any
	Newer, Older          string
	Cut, Filtered, CanAct bool
	Problem               string
	HasOpen               bool
}

// period is the days of a list: as asked for, or this month; all when it is searched
// or asked for.
func (v *visit) period() (from, to time.Time, name string) {
	day := func(field string) time.Time {
		t, _ := time.ParseInLocation(time.DateOnly, v.field(field), kst) // what is no day is none
		return t
	}
	from, to = day("from"), day("to")
	if !to.IsZero() {
		to = to.AddDate(0, 0, 1)
	}
	switch {
	case !from.IsZero() || !to.IsZero():
		return from, to, ""
	case v.field("period") == "all" || v.field("search") != "":
		return from, to, "all"
	}
	from = monthOf(v.c.now())
	return from, from.AddDate(0, 1, 0), "month"
}

// monthOf is when the Korean month of a time began.
func monthOf(t time.Time) time.Time {
	y, m, _ := t.In(kst).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, kst)
}

// longestSums is the longest period whose sums a list shows.
const longestSums = 100 * 24 * time.Hour

// scheduleList is /schedules.
func (c *Console) scheduleList(v *visit) error { return c.schedulesPage(v, http.StatusOK, "") }

func (c *Console) schedulesPage(v *visit, status int, problem string) error {
	place, back := v.billingPlace()
	from, to, period := v.period()
	q := store.ScheduleQuery{State: pay.ScheduleState(v.field("state")), From: from, To: to, Search: v.field("search"), Field: store.BillingField(v.field("field")),
		Place: place, Back: back, Limit: billingPage}
	q.OldestFirst = q.State == pay.StateBooked
	b := scheduleListBody{State: string(q.State), Search: q.Search, Field: string(q.Field), Period: period, Fields: v.searchFields(store.ScheduleFields()),
		CanAct: v.May(pay.ActBilling), Problem: problem, Filtered: q.Search != "" || q.State != "" || period != "all"}
	if !from.IsZero() {
		b.From = from.Format(time.DateOnly)
	}
	if !to.IsZero() {
		b.To = to.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	list, err := c.gateway.ListSchedules(v.r.Context(), v.Store.ID, q)
	if err != nil {
		return err
	}
	for _, s := range list.Rows {
		b.Rows = append(b.Rows, c.scheduleRow(s))
		b.HasOpen = b.HasOpen || s.Status == pay.ScheduleBooked
	}
	b.Cut = list.Cut
	asked := b.query()
	b.Newer, b.Older = v.billingTurns("/schedules", list.Turned, append(asked, "state", b.State)...)
	if b.Figures, err = c.stateFigures(v, q, asked); err != nil {
		return err
	}
	b.quick(v)
	return v.renderStatus(status, "schedule_list", v.t("예약 결제", "Schedules"), b)
}

// query is what was asked for but the state, for addresses.
func (b scheduleListBody) query() []string {
	q := []string{"search", b.Search, "field", b.Field}
	if b.Period == "" {
		return append(q, "from", b.From, "to", b.To)
	}
	return append(q, "period", b.Period)
}

// stateFigures are the ways to the list of each state, with sums where the period is
// short enough to count.
func (c *Console) stateFigures(v *visit, q store.ScheduleQuery, asked []string) ([]stateFigure, error) {
	known := q.Search == "" && !q.From.IsZero() && !q.To.IsZero() && q.To.Sub(q.From) <= longestSums
	all := stateFigure{Known: known}
	var out []stateFigure
	sums := make([]store.ScheduleSum, len(pay.ScheduleStates()))
	for i, s := range pay.ScheduleStates() {
		sums[i].State = s
	}
	if known {
		err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
			sums, err = tx.SumSchedules(v.r.Context(), v.Store.ID, q.From, q.To)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, s := range sums {
		all.N, all.Amount = all.N+s.N, all.Amount+s.Amount
		out = append(out, stateFigure{State: s.State, N: s.N, Amount: s.Amount, Known: known})
	}
	out = append([]stateFigure{all}, out...)
	for i := range out {
		out[i].Href = c.path("/schedules", append(asked, "state", string(out[i].State))...)
		out[i].IsCurrent = out[i].State == q.State
	}
	return out, nil
}

// quick are the periods that are asked for most.
func (b *scheduleListBody) quick(v *visit) {
	month := monthOf(v.c.now())
	add := func(ko, en string, current bool, query ...string) {
		b.Quick = append(b.Quick, map[string]any{"Text": v.t(ko, en), "Current": current,
			"Href": v.c.path("/schedules", append(query, "state", b.State, "search", b.Search, "field", b.Field)...)})
	}
	span := func(from, to time.Time) []string {
		return []string{"from", from.Format(time.DateOnly), "to", to.AddDate(0, 0, -1).Format(time.DateOnly)}
	}
	is := func(s []string) bool { return b.From == s[1] && b.To == s[3] }
	y, m, d := v.c.now().In(kst).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, kst)
	for _, p := range []struct {
		ko, en   string
		from, to time.Time
	}{
		{"오늘", "Today", today, today.AddDate(0, 0, 1)}, {"다음 7일", "Next 7 days", today, today.AddDate(0, 0, 7)},
		{"이번 달", "This month", month, month.AddDate(0, 1, 0)}, {"지난달", "Last month", month.AddDate(0, -1, 0), month},
		{"다음 달", "Next month", month.AddDate(0, 1, 0), month.AddDate(0, 2, 0)},
	} {
		s := span(p.from, p.to)
		add(p.ko, p.en, is(s), s...)
	}
	add("전체 기간", "All time", b.Period == "all", "period", "all")
}

// scheduleRevokeSome revokes those that were ticked.
func (c *Console) scheduleRevokeSome(v *visit) error {
	var uids []pay.MerchantUID
	for _, uid := range v.r.PostForm["uid"] {
		uids = append(uids, pay.MerchantUID(uid))
	}
	if len(uids) == 0 {
		return c.schedulesPage(v, http.StatusUnprocessableEntity, v.t("취소할 예약을 먼저 골라 주세요.", "Tick the schedules to revoke first."))
	}
	revoked, err := c.gateway.Unschedule(v.r.Context(), v.Store.ID, "", uids)
	if why := v.whyNot(err); why != "" {
		return c.schedulesPage(v, http.StatusUnprocessableEntity, why)
	}
	if err != nil {
		return err
	}
	ko, en := fmt.Sprintf("예약 %d건을 취소했습니다.", len(revoked)), several("en", len(revoked), "schedule was revoked.", "schedules were revoked.")
	if left := len(uids) - len(revoked); left > 0 {
		ko += fmt.Sprintf(" %d건은 이미 결제가 시작되었거나 취소되어 그대로 두었습니다.", left)
		en += fmt.Sprintf(" %d were charged or revoked meanwhile and stay as they are.", left)
	}
	return v.done(c.path("/schedules", "state", v.field("state"), "from", v.field("from"), "to", v.field("to"), "period", v.field("period")), ko, en)
}
