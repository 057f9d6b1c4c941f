package console

import (
	"fmt"
	"strconv"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// calendarDay is a day of a month, or an empty place before its first one.
type calendarDay struct {
	Day    time.Time
	Number int // 0 is an empty place
	Today  bool
	Past   bool
	Week   int // 0 is Sunday
	N      int
	Amount int64
	Parts  []calendarPart
	Href   string
}

// calendarPart is a state's share of a day.
type calendarPart struct {
	State  pay.ScheduleState
	N      int
	Amount int64
	X, W   string // of its bar, in hundredths of the month's greatest day
}

type calendarBody struct {
	Month        time.Time
	Title        string
	By           string // "amount", "count"
	Days         []calendarDay
	Figures      []stateFigure
	Prev, Next   string
	ThisMonth    string
	Amount       string // addresses of the two ways to look at it
	Count        string
	List         string
	Empty        bool
	MonthField   string
	CanAct       bool
	Weekdays     []string
	PrevT, NextT string
}

// scheduleCalendar is /schedules/calendar.
func (c *Console) scheduleCalendar(v *visit) error {
	now := monthOf(v.c.now())
	month, err := time.ParseInLocation("2006-01", v.field("month"), kst)
	if err != nil || month.Year() < 2000 || month.Year() > 2999 {
		month = now
	}
	b := calendarBody{Month: month, By: "amount", MonthField: month.Format("2006-01"), CanAct: v.May(pay.ActBilling)}
	if v.field("by") == "count" {
		b.By = "count"
	}
	next := month.AddDate(0, 1, 0)
	var sums []store.ScheduleSum
	err = c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		sums, err = tx.SumScheduleDays(v.r.Context(), v.Store.ID, month, next)
		return err
	})
	if err != nil {
		return err
	}
	b.Title = v.monthName(month)
	b.Weekdays = v.weekdays()
	at := func(m time.Time, by string) string {
		return c.path("/schedules/calendar", "month", m.Format("2006-01"), "by", by)
	}
	b.Prev, b.Next, b.PrevT, b.NextT = at(month.AddDate(0, -1, 0), b.By), at(next, b.By), v.monthName(month.AddDate(0, -1, 0)), v.monthName(next)
	b.Amount, b.Count = at(month, "amount"), at(month, "count")
	if !month.Equal(now) {
		b.ThisMonth = at(now, b.By)
	}
	b.List = c.dayPath(month, next, "")
	b.fill(c, sums)
	return v.render("schedule_calendar", v.t("예약 달력", "Calendar of schedules")+" "+b.Title, b)
}

func (v *visit) monthName(m time.Time) string {
	return v.t(fmt.Sprintf("%d년 %d월", m.Year(), m.Month()), m.Format("January 2006"))
}

func (v *visit) weekdays() []string {
	if v.lang == "en" {
		return []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	}
	return []string{"일", "월", "화", "수", "목", "금", "토"}
}

// dayPath is the list of days from one to before another.
func (c *Console) dayPath(from, to time.Time, state pay.ScheduleState) string {
	return c.path("/schedules", "from", from.Format(time.DateOnly), "to", to.AddDate(0, 0, -1).Format(time.DateOnly), "state", string(state))
}

// fill puts the sums into the days of the month, which begins on the weekday of its
// first one.
func (b *calendarBody) fill(c *Console, sums []store.ScheduleSum) {
	next := b.Month.AddDate(0, 1, 0)
	for range int(b.Month.Weekday()) {
		b.Days = append(b.Days, calendarDay{})
	}
	today := c.now().In(kst).Format(time.DateOnly)
	totals := map[pay.ScheduleState]*stateFigure{}
	for _, s := range pay.ScheduleStates() {
		totals[s] = &stateFigure{State: s, Known: true, Href: c.dayPath(b.Month, next, s)}
	}
	var greatest int64
	for day := b.Month; day.Before(next); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		d := calendarDay{Day: day, Number: day.Day(), Today: name == today, Past: name < today, Week: int(day.Weekday()), Href: c.dayPath(day, day.AddDate(0, 0, 1), "")}
		for _, s := range sums {
			if s.Day.Equal(day) {
				d.N, d.Amount = d.N+s.N, d.Amount+s.Amount
				d.Parts = append(d.Parts, calendarPart{State: s.State, N: s.N, Amount: s.Amount})
				totals[s.State].N += s.N
				totals[s.State].Amount += s.Amount
			}
		}
		greatest = max(greatest, d.weight(b.By))
		b.Days = append(b.Days, d)
	}
	for len(b.Days)%7 != 0 {
		b.Days = append(b.Days, calendarDay{})
	}
	for i := range b.Days {
		b.Days[i].draw(b.By, greatest)
	}
	b.Empty = greatest == 0
	for _, s := range pay.ScheduleStates() {
		b.Figures = append(b.Figures, *totals[s])
	}
}

// weight is how long a day's bar is.
func (d calendarDay) weight(by string) int64 {
	if by == "count" {
		return int64(d.N)
	}
	return d.Amount
}

// draw lays the bar of a day: its states one after the other.
func (d *calendarDay) draw(by string, greatest int64) {
	x := 0.0
	for i, p := range d.Parts {
		share := float64(p.Amount)
		if by == "count" {
			share = float64(p.N)
		}
		w := 0.0
		if greatest > 0 {
			w = share / float64(greatest) * 100
		}
		d.Parts[i].X, d.Parts[i].W = strconv.FormatFloat(x, 'f', 2, 64), strconv.FormatFloat(w, 'f', 2, 64)
		x += w
	}
}
