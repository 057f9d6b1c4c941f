package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// ScheduleFilter chooses schedules of a merchant. Its zero value is all of them,
// the one due last first, without end.
type ScheduleFilter struct {
	CustomerUID pay.CustomerUID // "" is any
	// From ≤ At < To; zero is unbounded.
	From, To    time.Time
	Statuses    []pay.ScheduleStatus // none is any; V1's "scheduled" is booked and running
	OldestFirst bool                 // by At; order numbers break ties
	Limit       int                  // 0 is no limit
	Offset      int
}

// where is the condition of the filter and its arguments.
func (f ScheduleFilter) where(merchant pay.MerchantID) *condition {
	w := when(`merchant = `, merchant)
	if f.CustomerUID != "" {
		w.and(`customer_uid = `, f.CustomerUID)
	}
	if !f.From.IsZero() {
		w.and(`at >= `, f.From)
	}
	if !f.To.IsZero() {
		w.and(`at < `, f.To)
	}
	if len(f.Statuses) > 0 {
		w.in(`status`, padded(f.Statuses, len(f.Statuses)))
	}
	return w
}

// FindSchedules is the schedules a filter chooses. An index alone tells which
// are on the page, whichever page it is.
func (t *Tx) FindSchedules(ctx context.Context, merchant pay.MerchantID, f ScheduleFilter) ([]pay.Schedule, error) {
	if f.Limit < 0 || f.Offset < 0 {
		return nil, wrap(errPage(f.Limit, f.Offset), "find schedules of merchant %s", merchant)
	}
	text, args := f.find(merchant)
	ss, err := list(ctx, t, scanSchedule, text, args...)
	return ss, wrap(err, "find schedules of merchant %s", merchant)
}

// find is the statement of the filter. CROSS JOIN has SQLite read the page first.
func (f ScheduleFilter) find(merchant pay.MerchantID) (string, []any) {
	order := `at DESC, merchant_uid DESC`
	if f.OldestFirst {
		order = `at, merchant_uid`
	}
	w := f.where(merchant)
	if f.Limit == 0 && f.Offset == 0 {
		return `SELECT ` + scheduleColumns + ` FROM schedules WHERE ` + w.text() + ` ORDER BY ` + order, w.args
	}
	page := `SELECT merchant_uid AS page_uid FROM schedules WHERE ` + w.text() + ` ORDER BY ` + order + w.page(f.Limit, f.Offset)
	return `SELECT ` + scheduleColumns + ` FROM (` + page + `) AS page
		CROSS JOIN schedules WHERE merchant = $1 AND merchant_uid = page_uid ORDER BY ` + order, w.args
}

// CountSchedules is how many schedules a filter chooses, whatever its Limit and
// Offset.
func (t *Tx) CountSchedules(ctx context.Context, merchant pay.MerchantID, f ScheduleFilter) (int, error) {
	w := f.where(merchant)
	n, err := t.number(ctx, `SELECT COUNT(*) FROM schedules WHERE `+w.text(), w.args...)
	return int(n), wrap(err, "count schedules of merchant %s", merchant)
}
