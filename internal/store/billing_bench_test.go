package store_test

import (
	"context"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// A month of a hundred thousand schedules: its calendar, and a page of it.
func BenchmarkScheduleMonth(b *testing.B) {
	f := open(b, "sqlite:"+b.TempDir()+"/books.db")
	states := []pay.Schedule{{Status: pay.ScheduleBooked}, {Status: pay.ScheduleExecuted, Outcome: pay.OutcomeSucceeded, ExecutedAt: noon, Payment: "imps_1"},
		{Status: pay.ScheduleExecuted, Outcome: pay.OutcomeFailed, ExecutedAt: noon, Payment: "imps_1"}, {Status: pay.ScheduleRevoked, RevokedAt: noon}}
	const n = 100_000
	var some []pay.Schedule
	for i := range n {
		s, as := schedule(numbered[pay.MerchantUID]("order-", i), noon.Add(time.Duration(i)*25*time.Second)), states[i%len(states)]
		s.Status, s.Outcome, s.ExecutedAt, s.RevokedAt, s.Payment = as.Status, as.Outcome, as.ExecutedAt, as.RevokedAt, as.Payment
		s.CustomerUID, s.Buyer = numbered[pay.CustomerUID]("customer-", i), pay.Buyer{Name: "홍길동", Tel: "010-1234-5678"}
		if some = append(some, s); len(some) == 5000 {
			f.book(b, some...)
			some = nil
		}
	}
	from := noon.Add(-12 * time.Hour)
	to := from.AddDate(0, 1, 0)
	for what, ask := range map[string]func(ctx context.Context, tx *store.Tx) error{
		"days": func(ctx context.Context, tx *store.Tx) error {
			days, err := tx.SumScheduleDays(ctx, shop, from, to)
			sum := 0
			for _, d := range days {
				sum += d.N
			}
			if sum != n {
				b.Errorf("%d of %d", sum, n)
			}
			return err
		},
		"counts": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SumSchedules(ctx, shop, from, to)
			return err
		},
		"page": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ListSchedules(ctx, shop, store.ScheduleQuery{State: pay.StateBooked, From: from, To: to, Limit: 50})
			return err
		},
		"search": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ListSchedules(ctx, shop, store.ScheduleQuery{Search: "홍", State: pay.StateBooked, From: from, To: to, Limit: 50})
			return err
		},
	} {
		b.Run(what, func(b *testing.B) {
			for b.Loop() {
				f.read(b, ask)
			}
		})
	}
}
