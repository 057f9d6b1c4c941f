package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const schedulePath = "/subscribe/payments/schedule"

// booking is how fast charges are booked for later over REST.
func (b *bench) booking(ctx context.Context) error {
	return b.opened(ctx, func(s *stack) error {
		keys, err := s.issueKeys(ctx, 64)
		if err != nil {
			return err
		}
		fmt.Printf("Charges booked for later; per second and commits are of charges, p50 and p99 of calls:\n\n%s\n", heading)
		for _, items := range []int{1, 100} {
			for _, n := range callers() {
				if err := s.bookings(ctx, n, b.rounds, items, keys); err != nil {
					return err
				}
			}
		}
		fmt.Println()
		return nil
	})
}

func (s *stack) bookings(ctx context.Context, n, rounds, items int, keys []string) error {
	at := time.Now().Add(24 * time.Hour).Unix()
	body := func(i int) map[string]any {
		list := make([]map[string]any, items)
		for k := range list {
			list[k] = map[string]any{"merchant_uid": s.newUID(), "schedule_at": at + int64(i), "amount": 12000, "name": "bench"}
		}
		return map[string]any{"customer_uid": keys[i%len(keys)], "schedules": list}
	}
	return s.measure(ctx, rounds, row{
		what: fmt.Sprintf("`POST %s`, %d in a call", schedulePath, items), callers: n, total: 100 + n*8, items: items, writes: true,
		bare: s.bareToo(ctx, body(0)),
		call: func(i int) error {
			booked, err := call[[]struct{}](ctx, s, http.MethodPost, schedulePath, body(i))
			if err == nil && len(booked) != items {
				err = fmt.Errorf("%d of %d were booked", len(booked), items)
			}
			return err
		},
	})
}
