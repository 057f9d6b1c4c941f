package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// delivery is one of the shop's, made so many minutes after noon.
func delivery(id string, minute int, payment pay.PaymentID, url string) store.Delivery {
	return store.Delivery{Merchant: shop, ID: id, Payment: payment, Event: "paid", URL: url, ContentType: "application/json", Body: []byte(`{}`), Created: at(minute), NextAt: noon}
}

func TestDeliveryTurn(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		first, second := delivery("d1", 0, "imp_1", "https://m.example/a"), delivery("d2", 0, "imp_1", "https://m.example/a")
		elsewhere, other := delivery("d3", 0, "imp_1", "https://m.example/b"), delivery("d4", 0, "imp_2", "https://m.example/a")
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			m, err := tx.Merchant(ctx, shop)
			m.Settings.WebhookRetries = []int{7}
			return all(err, tx.UpdateMerchant(ctx, m), tx.InsertDelivery(ctx, first), tx.InsertDelivery(ctx, second),
				tx.InsertDelivery(ctx, elsewhere), tx.InsertDelivery(ctx, other),
				tx.InsertWebhookSecret(ctx, store.WebhookSecret{Merchant: shop, Seq: 4, Sealed: []byte("s")}))
		})
		want := func(when, id string, waits, stale bool) {
			t.Helper()
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				o, err := tx.DeliveryTurn(ctx, shop, id)
				if err == nil && (o.ID != id || o.Waits != waits || o.Stale != stale || o.Secret != 4 || !slices.Equal(o.Settings.WebhookRetries, []int{7})) {
					t.Errorf("%s: %s waits %v, is stale %v: %+v", when, id, o.Waits, o.Stale, o)
				}
				return err
			})
		}
		want("at first", "d1", false, true)
		want("at first", "d2", true, false)
		want("at first", "d3", false, false)
		want("at first", "d4", false, false)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			was, err := tx.Delivery(ctx, shop, "d1")
			if err != nil {
				return err
			}
			if err := equal(t, []store.LaterDelivery{{ID: "d2", Untried: true}})(tx.LaterDeliveries(ctx, was)); err != nil {
				return err
			}
			now := was
			now.Tries, now.NextAt = 1, at(1)
			if err := tx.EndTry(ctx, now, was, store.DeliveryTry{Status: 500}); err != nil {
				return err
			}
			if err := tx.EndTry(ctx, now, was, store.DeliveryTry{Status: 500}); !errors.Is(err, store.ErrConflict) {
				t.Errorf("the same try again: %v", err)
			}
			return equal(t, []store.DeliveryTry{{At: noon, Status: 500}})(tx.DeliveryTries(ctx, shop, "d1"))
		})
		want("after a try", "d1", false, true)
		want("after a try", "d2", false, false)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.DeliveryTurn(ctx, "another", "d1"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another merchant's: %v", err)
			}
			return nil
		})
	})
}

func TestFindDeliveries(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 12
		urls := []string{"https://m.example/hook", "https://m.example/hook?a=1", "https://m.example/hook/2", "https://m.example.evil/hook"}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				d := delivery(fmt.Sprintf("d%02d", i), i/2, pay.PaymentID(fmt.Sprintf("imp_%d", i%3)), urls[i%4])
				if d.Seq = int64(i + 1); i%2 == 1 {
					d.Status = store.DeliveryGivenUp
				}
				if err := tx.InsertDelivery(ctx, d); err != nil {
					return err
				}
			}
			return nil
		})
		find := func(filter store.DeliveryFilter) (ids []string) {
			t.Helper()
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				whole := filter
				if whole.Limit == 0 {
					whole.Limit = 100
				}
				found, err := tx.FindDeliveries(ctx, shop, whole)
				for _, d := range found {
					ids = append(ids, d.ID)
				}
				if n, countErr := tx.CountDeliveries(ctx, shop, filter); filter.After.ID == "" && filter.Limit == 0 && n != len(ids) {
					t.Errorf("%+v: %d counted, %d found", filter, n, len(ids))
					err = errors.Join(err, countErr)
				}
				return err
			})
			return ids
		}
		for name, c := range map[string]struct {
			filter store.DeliveryFilter
			want   string
		}{
			"newest first":   {store.DeliveryFilter{}, "d11 d10 d09 d08 d07 d06 d05 d04 d03 d02 d01 d00"},
			"oldest first":   {store.DeliveryFilter{Oldest: true, Limit: 3}, "d00 d01 d02"},
			"given up":       {store.DeliveryFilter{Status: store.DeliveryGivenUp}, "d11 d09 d07 d05 d03 d01"},
			"of a payment":   {store.DeliveryFilter{Payment: "imp_1"}, "d10 d07 d04 d01"},
			"between":        {store.DeliveryFilter{From: at(1), To: at(3)}, "d05 d04 d03 d02"},
			"to an address":  {store.DeliveryFilter{Address: "https://m.example/hook"}, "d10 d09 d08 d06 d05 d04 d02 d01 d00"},
			"to an origin":   {store.DeliveryFilter{Address: "https://m.example", Status: store.DeliveryGivenUp}, "d09 d05 d01"},
			"behind a place": {store.DeliveryFilter{After: store.DeliveryPlace{Created: at(1), ID: "d03"}}, "d02 d01 d00"},
			"and on":         {store.DeliveryFilter{Oldest: true, After: store.DeliveryPlace{Created: at(5), ID: "d10"}}, "d11"},
			"nothing":        {store.DeliveryFilter{Status: store.DeliverySuperseded}, ""},
		} {
			if got := strings.Join(find(c.filter), " "); got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for _, wrong := range []store.DeliveryFilter{{}, {Limit: 1, Status: "lost"}} {
				if _, err := tx.FindDeliveries(ctx, shop, wrong); err == nil {
					t.Errorf("%+v was taken", wrong)
				}
			}
			return nil
		})
	})
}

// SQLite chooses an index by the statement alone: nothing is sorted, and what was
// given up is found without reading what was not.
func TestDeliveryListsUseIndexesOnSQLite(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	for index, filter := range map[string]store.DeliveryFilter{
		"deliveries_by_time":  {Limit: 20, From: at(0), After: store.DeliveryPlace{Created: at(9), ID: "x"}},
		"deliveries_given_up": {Limit: 20, Status: store.DeliveryGivenUp, From: at(0), To: at(9), Oldest: true},
	} {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			plan, err := tx.ExplainDeliveries(ctx, shop, filter)
			wantPlan(t, index, plan, []string{"USING INDEX " + index + " (merchant=?"}, "SCAN", "TEMP B-TREE")
			return err
		})
	}
}

func TestReopenDelivery(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		d := delivery("d1", 0, "imp_1", "https://m.example/a")
		d.Status, d.Tries, d.Seq, d.Done, d.NextAt = store.DeliveryGivenUp, 3, 1, at(2), time.Time{}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertDelivery(ctx, d), tx.ReopenDelivery(ctx, shop, "d1")); err != nil {
				return err
			}
			if err := tx.ReopenDelivery(ctx, shop, "d1"); !errors.Is(err, store.ErrConflict) {
				t.Errorf("one that waits: %v", err)
			}
			d.Status, d.Tries, d.Done, d.NextAt = store.DeliveryWaiting, 0, time.Time{}, noon
			return equal(t, d)(tx.Delivery(ctx, shop, "d1"))
		})
	})
}

func TestWebhookSecrets(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		one := store.WebhookSecret{Merchant: shop, Seq: 1, Sealed: []byte{1, 2}, Created: at(-9)}
		two := store.WebhookSecret{Merchant: shop, Seq: 2, Sealed: []byte{3}, Shown: at(-1)}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertWebhookSecret(ctx, one), tx.InsertWebhookSecret(ctx, two)); err != nil {
				return err
			}
			if err := tx.InsertWebhookSecret(ctx, two); !errors.Is(err, store.ErrExists) {
				t.Errorf("the same number: %v", err)
			}
			two.Created, one.Ends = noon, at(60)
			if err := tx.UpdateWebhookSecret(ctx, one); err != nil {
				return err
			}
			if err := tx.UpdateWebhookSecret(ctx, store.WebhookSecret{Merchant: shop, Seq: 9}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("one that is not there: %v", err)
			}
			return equal(t, []store.WebhookSecret{two, one})(tx.WebhookSecrets(ctx, shop))
		})
		f.clock.Add(time.Hour)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			return all(equal(t, []store.WebhookSecret{two})(tx.WebhookSecrets(ctx, shop)),
				equal(t, []store.WebhookSecret(nil))(tx.WebhookSecrets(ctx, "another")))
		})
	})
}
