package gateway

import (
	"context"

	"naru/internal/pay"
	"naru/internal/store"
)

// ScheduleList is a page of schedules as a person looks at them.
type ScheduleList struct {
	Rows []Booked
	store.Turned
	Cut bool // the search matches more than was looked at
}

// ListSchedules is a page of the schedules that a query chooses, with their keys and
// newest charges.
func (g *Gateway) ListSchedules(ctx context.Context, m pay.MerchantID, q store.ScheduleQuery) (ScheduleList, error) {
	var page store.SchedulePage
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		page, err = tx.ListSchedules(ctx, m, q)
		return err
	})
	if err != nil {
		return ScheduleList{}, err
	}
	rows, err := g.booked(ctx, m, page.Rows)
	return ScheduleList{rows, page.Turned, page.Cut}, err
}

// State is what a person calls the state of b. That of an executed one is read from
// its charge where it is not written down.
func (b Booked) State() pay.ScheduleState {
	if s := b.Schedule.State(); s != "" || b.Charged == nil {
		return s
	}
	return pay.ScheduleState(pay.OutcomeOf(b.Charged.Status))
}
