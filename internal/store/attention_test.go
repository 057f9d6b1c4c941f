package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

func alarmIDs(as []store.Alarm) string {
	var out []string
	for _, a := range as {
		out = append(out, a.ID)
	}
	return strings.Join(out, " ")
}

func TestAlarmsOfAMerchant(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range 5 {
				if err := tx.AddAlarm(ctx, store.Alarm{ID: fmt.Sprint("a", i), Merchant: shop, Kind: "amount", At: at(i / 2)}); err != nil {
					return err
				}
			}
			return all(tx.AddAlarm(ctx, store.Alarm{ID: "a0", Merchant: "other", Kind: "amount", At: at(9)}), tx.AddAlarm(ctx, store.Alarm{ID: "w", Kind: "queue_late", At: at(9)}))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.CloseAlarmBy(ctx, shop, "a2", "Kim", "well") })
		f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.CloseAlarmBy(ctx, shop, "a4", "Kim", "well") })
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			first, err := tx.FindOpenAlarms(ctx, shop, store.AlarmPlace{}, 2)
			if alarmIDs(first) != "a3 a1" {
				t.Fatalf("first %s, %v", alarmIDs(first), err)
			}
			next, err := tx.FindOpenAlarms(ctx, shop, store.AlarmPlace{At: first[1].At, ID: first[1].ID}, 2)
			if alarmIDs(next) != "a0" || err != nil {
				t.Errorf("next %s, %v", alarmIDs(next), err)
			}
			closed, err := tx.FindClosedAlarms(ctx, shop, store.AlarmPlace{}, 1)
			if alarmIDs(closed) != "a4" || closed[0].Note != "well" || err != nil {
				t.Errorf("closed %+v, %v", closed, err)
			}
			closed, err = tx.FindClosedAlarms(ctx, shop, store.AlarmPlace{At: closed[0].Closed, ID: "a4"}, 9)
			if alarmIDs(closed) != "a2" || err != nil {
				t.Errorf("closed next %s, %v", alarmIDs(closed), err)
			}
			whole, err := tx.FindOpenAlarms(ctx, "", store.AlarmPlace{}, 9)
			if alarmIDs(whole) != "w" || err != nil {
				t.Errorf("of the installation %s, %v", alarmIDs(whole), err)
			}
			if _, err := tx.Alarm(ctx, shop, "w"); !isNotFound(err) {
				t.Errorf("another's: %v", err)
			}
			return all(equal(t, 2)(tx.CountOpenAlarms(ctx, shop, 2)), equal(t, 3)(tx.CountOpenAlarms(ctx, shop, 9)))
		})
	})
}

// Every page reads the count, and the list: neither reads alarms of others or those
// that are closed.
func TestAttentionUsesIndexes(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for what, index := range store.AttentionStatements {
			plan, err := tx.Explain(ctx, what, shop, 10, at(0), "x")
			if err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			wantPlan(t, what, plan, []string{index + " (merchant=?"}, "SCAN alarms", "SCAN findings", "SCAN deliveries")
			if index != "deliveries_given_up" { // grouped: of the newest thousand
				wantPlan(t, what, plan, nil, "TEMP B-TREE")
			}
		}
		look := store.DeliveryFilter{Status: store.DeliveryWaiting, Address: "https://a", From: at(0), To: at(9), Limit: 20, After: store.DeliveryPlace{Created: at(5), ID: "x"}}
		text, args := store.LookText(look, shop, 1000)
		plan, err := tx.Explain(ctx, text, args...)
		wantPlan(t, "look", plan, []string{"deliveries_by_time (merchant=? AND created>? AND created<?)"}, "SCAN deliveries")
		return err
	})
}

func TestDeliveriesAreLookedForWithinBounds(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range 30 {
				url := "https://m.example/a"
				if i%10 == 0 {
					url = "https://b.example/hook?x=1"
				}
				if err := tx.InsertDelivery(ctx, delivery(fmt.Sprintf("d%02d", i), i, "imp_1", url)); err != nil {
					return err
				}
			}
			d := delivery("lost", 40, "imp_2", "https://b.example/hook")
			d.Status = store.DeliveryGivenUp
			return all(tx.InsertDelivery(ctx, d), tx.AddDeliveryTry(ctx, shop, "lost", store.DeliveryTry{Status: 500, Answer: "x"}),
				tx.AddDeliveryTry(ctx, shop, "lost", store.DeliveryTry{Status: 404, Took: time.Second, Manual: true}))
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			filter := store.DeliveryFilter{Address: "https://b.example/hook", Status: store.DeliveryWaiting, Limit: 2}
			var got []string
			steps := 0
			for ; ; steps++ {
				found, looked, err := tx.LookDeliveries(ctx, shop, filter, 8)
				if err != nil {
					return err
				}
				for _, d := range found {
					got = append(got, d.ID)
				}
				if filter.After = looked; len(found) == filter.Limit {
					filter.After = found[len(found)-1].Place()
				} else if looked.ID == "" {
					break
				}
			}
			if strings.Join(got, " ") != "d20 d10 d00" || steps < 3 {
				t.Errorf("found %v in %d steps", got, steps)
			}
			tries, err := tx.LastTries(ctx, shop, []string{"lost", "d01"})
			if y := tries["lost"]; err != nil || len(tries) != 1 || y.Status != 404 || !y.Manual || y.Took != time.Second {
				t.Errorf("last tries %+v, %v", tries, err)
			}
			groups, err := tx.GivenUpByAddress(ctx, shop, 10)
			if err != nil || len(groups) != 1 || groups[0].Count != 1 || !groups[0].First.Equal(at(40)) {
				t.Errorf("groups %+v, %v", groups, err)
			}
			return nil
		})
	})
}

func TestNodes(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		n := store.Node{ID: "n1", Name: "host", Version: "v1", Address: "127.0.0.1:1", Started: noon, Ahead: -3 * time.Millisecond, State: store.NodeState{Webhooks: 2, Running: map[string]int{"deliver": 2}}}
		put := func(n store.Node) {
			t.Helper()
			f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.PutNode(ctx, n) })
		}
		put(n)
		put(store.Node{ID: "n2"})
		now := f.clock.Add(time.Hour)
		n.State.Webhooks = 5
		put(n)
		n.Seen = now
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.ForgetNodes(ctx, now.Add(-time.Minute)) })
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			size, err := tx.Size(ctx)
			if size < 4096 {
				t.Errorf("%d bytes, %v", size, err)
			}
			return all(err, equal(t, []store.Node{n})(tx.Nodes(ctx, 9)))
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteNode(ctx, "n1") })
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			ns, err := tx.Nodes(ctx, 9)
			if len(ns) != 0 {
				t.Errorf("left %+v", ns)
			}
			return err
		})
	})
}

func TestProviderHealth(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, key := range []pay.ChannelKey{"c1", "c2"} {
				err := all(tx.InsertChannel(ctx, pay.Channel{Merchant: shop, Key: key, Name: string(key), Provider: pay.TossPay, MID: "m", Mode: pay.ModeTest, Kind: pay.ChannelPayment, Sealed: []byte("s"), Revision: 1}),
					tx.AddChannelCalls(ctx, store.ChannelCalls{Channel: key, At: at(0), Answered: 5, Failed: int64(i)}),
					tx.AddChannelCalls(ctx, store.ChannelCalls{Channel: key, At: at(-60), Answered: 50}))
				if err != nil {
					return err
				}
			}
			return nil
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			return equal(t, []store.ProviderHealth{
				{Merchant: shop, Channel: "c2", Name: "c2", Provider: pay.TossPay, Mode: pay.ModeTest, Answered: 5, Failed: 1},
				{Merchant: shop, Channel: "c1", Name: "c1", Provider: pay.TossPay, Mode: pay.ModeTest, Answered: 5},
			})(tx.ProviderHealth(ctx, at(-5), 9))
		})
	})
}
