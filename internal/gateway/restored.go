package gateway

import (
	"context"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// Held is a booked charge that is not made by itself any more.
type Held = pay.Schedule

// HoldOverdue revokes every booked charge that fell due before now, and gives
// them as they were. It is for books that were restored from a backup: those that
// were lost may have made these charges, under payments that the backup does not
// know, and the provider would take the money a second time. Each raises the alarm
// schedule_held: a person looks at the provider, and has what was not charged
// booked again (Reschedule) or charged at once (RetrySchedule). No gateway may be
// running.
func (g *Gateway) HoldOverdue(ctx context.Context) ([]Held, error) {
	var merchants []pay.Merchant
	var now time.Time
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		merchants, err = tx.ListMerchants(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []Held
	for _, m := range merchants {
		overdue, err := g.overdue(ctx, m.ID, now)
		if err != nil {
			return out, err
		}
		for _, s := range overdue {
			held, err := g.hold(ctx, s)
			if err != nil {
				return out, err
			}
			if held {
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// overdue are the booked charges of a merchant that are due by now.
func (g *Gateway) overdue(ctx context.Context, m pay.MerchantID, now time.Time) ([]pay.Schedule, error) {
	var out []pay.Schedule
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		out = nil
		for {
			some, err := tx.FindSchedules(ctx, m, store.ScheduleFilter{
				Statuses: []pay.ScheduleStatus{pay.ScheduleBooked}, To: now, OldestFirst: true, Limit: eraseScan, Offset: len(out),
			})
			if err != nil {
				return err
			}
			out = append(out, some...)
			if len(some) < eraseScan {
				return nil
			}
		}
	})
	return out, err
}

func (g *Gateway) hold(ctx context.Context, s pay.Schedule) (held bool, err error) {
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		held = false
		now, err := tx.Schedule(ctx, s.Merchant, s.MerchantUID)
		if err != nil || now.Status != pay.ScheduleBooked || now.At.After(tx.Now) {
			return err
		}
		if _, err := tx.StepSchedule(ctx, now, pay.EvScheduleRevoked); err != nil {
			return err
		}
		if err := tx.DeleteJob(ctx, s.Merchant, JobSchedule, scheduleKey(s)); err != nil {
			return err
		}
		held = true
		return tx.AddAlarm(ctx, store.Alarm{
			ID: fmt.Sprintf("schedule_held:%s:%d", s.MerchantUID, s.At.UnixMicro()), Merchant: s.Merchant, Kind: "schedule_held", At: tx.Now,
			Text: fmt.Sprintf("the charge of schedule %q was due at %s, and may have been made by the books that were lost: it was revoked. Look at the provider; what was not charged there can be booked again",
				s.MerchantUID, s.At.Format(time.RFC3339)),
		})
	})
	return held, err
}
