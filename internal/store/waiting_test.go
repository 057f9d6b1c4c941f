package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

func TestQueuesTellDepthAndAge(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(
				tx.Enqueue(ctx, shop, "deliver", "a", 1, at(-5)), tx.Enqueue(ctx, shop, "deliver", "b", 1, at(-2)), tx.Enqueue(ctx, shop, "deliver", "c", 1, at(60)),
				tx.Enqueue(ctx, shop, "resolve", "d", 1, at(-1)), tx.Enqueue(ctx, shop, "run_schedule", "e", 1, at(60*24*300)))
		})
		want := []store.Queue{{Kind: "deliver", Depth: 2, Oldest: at(-5)}, {Kind: "resolve", Depth: 1, Oldest: at(-1)}}
		f.read(t, func(ctx context.Context, tx *store.Tx) error { return equal(t, want)(tx.Queues(ctx, 100)) })
		f.write(t, func(ctx context.Context, tx *store.Tx) error { // one that runs is as late as it was
			_, err := tx.LeaseJobs(ctx, []string{"resolve"}, 1, time.Minute)
			return err
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			return all(equal(t, want)(tx.Queues(ctx, 100)),
				equal(t, []store.Queue{{Kind: "deliver", Depth: 1, Oldest: at(-5)}, want[1]})(tx.Queues(ctx, 1)),
				equal(t, 3)(tx.CountJobsOf(ctx, "deliver", 100)), equal(t, 2)(tx.CountJobsOf(ctx, "deliver", 2)))
		})
	})
}

func TestUnknownAttemptsAreCounted(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := f.inserted(t, payment("imp_1", "order-1"), pay.EvConfirmStarted)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, id := range []pay.AttemptID{"lost-1", "lost-2", "begun", "stuck"} {
				a := attempt(id, p.ID, 10)
				a.Started = at(-10 + i)
				if err := all(tx.InsertAttempt(ctx, a), tx.Enqueue(ctx, shop, "resolve_attempt", string(id), 1, at(1))); err != nil {
					return err
				}
				a.Status = pay.AttemptStarted
				if id == "begun" {
					continue
				}
				now, err := tx.StepAttempt(ctx, a, pay.EvLost)
				if err == nil && id == "stuck" {
					err = all(tx.MarkStuck(ctx, now), tx.DeleteJob(ctx, shop, "resolve_attempt", string(id)))
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			n, oldest, err := tx.UnknownAttempts(ctx, "resolve_attempt", 100)
			if n != 2 || !oldest.Equal(at(-10)) {
				t.Errorf("%d unknown since %v", n, oldest)
			}
			stuck, since, stuckErr := tx.CountStuck(ctx, 100)
			if stuck != 1 || !since.Equal(at(-7)) {
				t.Errorf("%d stuck since %v", stuck, since)
			}
			return all(err, stuckErr)
		})
	})
}

// What the metrics ask at every scrape is answered by indexes.
func TestMetricsUseIndexes(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.pending(t, 5_000, 3)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			plans, err := tx.ExplainWaiting(ctx)
			wantPlan(t, "queues", plans["queues"], []string{"jobs_due", "jobs_leased"}, "Seq Scan on jobs", "SCAN jobs")
			if f.Kind() == "sqlite" { // PostgreSQL reads a table of no rows as it is
				wantPlan(t, "jobs of", plans["jobs of"], []string{"SEARCH jobs USING COVERING INDEX"}, "SCAN jobs")
				wantPlan(t, "unknown", plans["unknown"], []string{"SEARCH a USING INDEX", "jobs_by_kind"}, "SCAN a", "SCAN jobs")
				wantPlan(t, "stuck", plans["stuck"], []string{"attempts_stuck"})
				wantPlan(t, "given up", plans["given up"], []string{"deliveries_given_up"})
			}
			return err
		})
	})
}

func TestGivenUpWebhooksAreCounted(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, status := range []string{store.DeliveryGivenUp, store.DeliveryWaiting, store.DeliveryGivenUp, store.DeliveryDelivered} {
				d := store.Delivery{Merchant: shop, ID: string(rune('a' + i)), Payment: "imp_1", Event: "paid", URL: "https://shop.example/", Body: []byte("{}"), Status: status, Seq: int64(i)}
				if err := tx.InsertDelivery(ctx, d); err != nil {
					return err
				}
			}
			return nil
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			return all(equal(t, 2)(tx.CountGivenUp(ctx, 100)), equal(t, 1)(tx.CountGivenUp(ctx, 1)))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.ReopenDelivery(ctx, shop, "a") })
		f.read(t, func(ctx context.Context, tx *store.Tx) error { return equal(t, 1)(tx.CountGivenUp(ctx, 100)) })
	})
}

func TestAlarmsAreToldAndClosedOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(
				tx.AddAlarm(ctx, store.Alarm{ID: "a", Merchant: shop, Kind: "amount", At: at(-3)}),
				tx.AddAlarm(ctx, store.Alarm{ID: "b", Kind: "queue_late", At: at(-2)}),
				tx.AddAlarm(ctx, store.Alarm{ID: "c", Merchant: shop, Kind: "amount", At: at(-1)}))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.MarkTold(ctx, shop, "a"), tx.CloseAlarmBy(ctx, "", "b", "박상점", "큐가 비었음")); err != nil {
				return err
			}
			for what, err := range map[string]error{
				"told again": tx.MarkTold(ctx, shop, "a"), "closed and told": tx.MarkTold(ctx, "", "b"),
				"closed again": tx.CloseAlarmBy(ctx, "", "b", "x", "y"), "no such alarm": tx.CloseAlarmBy(ctx, "", "a", "x", "y"),
			} {
				if !errors.Is(err, store.ErrConflict) {
					t.Errorf("%s: %v", what, err)
				}
			}
			return nil
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			c := store.Alarm{ID: "c", Merchant: shop, Kind: "amount", At: at(-1)}
			a := store.Alarm{ID: "a", Merchant: shop, Kind: "amount", At: at(-3), Told: noon}
			b := store.Alarm{ID: "b", Kind: "queue_late", At: at(-2), Closed: noon, ClosedBy: "박상점", Note: "큐가 비었음"}
			return all(equal(t, []store.Alarm{c})(tx.UntoldAlarms(ctx, 10)), equal(t, []store.Alarm{a, b, c})(tx.ListAlarms(ctx, false)),
				equal(t, map[string]int{"amount": 2})(tx.CountAlarms(ctx, 10)), equal(t, map[string]int{"amount": 1})(tx.CountAlarms(ctx, 1)))
		})
	})
}

func TestChannelCallsAddUp(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ch := pay.Channel{Merchant: shop, Key: "channel-key-1", Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeSandbox, Kind: pay.ChannelPayment}
		add := func(at time.Time, key pay.ChannelKey, answered, failed int64) {
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				return tx.AddChannelCalls(ctx, store.ChannelCalls{Channel: key, At: at, Answered: answered, Failed: failed})
			})
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.InsertChannel(ctx, ch) })
		add(at(-20), ch.Key, 100, 100)
		add(at(-2), ch.Key, 1, 2)
		add(at(-2).Add(59*time.Second), ch.Key, 10, 20) // of another node
		add(at(-1), ch.Key, 100, 0)
		add(at(-1), "channel-key-of-nobody", 5, 5)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			return equal(t, []store.ChannelCalls{{Merchant: shop, Channel: ch.Key, At: at(-2), Answered: 111, Failed: 22}})(tx.ChannelCallsSince(ctx, at(-10)))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.ForgetChannelCalls(ctx, at(-1)) })
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			return equal(t, []store.ChannelCalls{{Merchant: shop, Channel: ch.Key, At: at(-1), Answered: 100}})(tx.ChannelCallsSince(ctx, at(-100)))
		})
	})
}
