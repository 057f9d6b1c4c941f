package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

func (f fixture) order(t testing.TB, uid pay.MerchantUID) (o store.Order) {
	t.Helper()
	f.read(t, func(ctx context.Context, tx *store.Tx) (err error) { o, err = tx.Order(ctx, shop, uid); return err })
	return o
}

func TestOrderIsPreparedOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Order(ctx, shop, "a"); !isNotFound(err) {
				t.Errorf("before: %v", err)
			}
			if err := tx.UpdatePrepared(ctx, shop, "a", 1, "KRW"); !isNotFound(err) {
				t.Errorf("changing what is not there: %v", err)
			}
			if err := tx.PrepareOrder(ctx, shop, "a", 1000, "KRW"); err != nil {
				return err
			}
			if err := tx.PrepareOrder(ctx, shop, "a", 2000, "KRW"); !errors.Is(err, store.ErrExists) {
				t.Errorf("twice: %v", err)
			}
			return tx.PrepareOrder(ctx, "other", "a", 3000, "KRW")
		})
		later := f.clock.Add(time.Minute)
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.UpdatePrepared(ctx, shop, "a", 500, "") })
		want := store.Order{Merchant: shop, MerchantUID: "a", Prepared: &pay.Money{Minor: 500}, Created: noon, Updated: later}
		if diff := cmp.Diff(want, f.order(t, "a")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOrderKnownFromItsPaymentCanBePrepared(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.Reserve(ctx, shop, "a", "imp_1") })
		if o := f.order(t, "a"); o.Prepared != nil || o.HeldBy != "imp_1" {
			t.Errorf("reserved: %+v", o)
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.UpdatePrepared(ctx, shop, "a", 1, "KRW"); !isNotFound(err) {
				t.Errorf("it was not prepared: %v", err)
			}
			return tx.PrepareOrder(ctx, shop, "a", 700, "KRW")
		})
		if o := f.order(t, "a"); o.Prepared == nil || *o.Prepared != pay.Won(700) || o.HeldBy != "imp_1" {
			t.Errorf("prepared: %+v", o)
		}
	})
}

func TestReservationIsHeldUntilItsHolderLetsGo(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, err := range []error{
				tx.PrepareOrder(ctx, shop, "a", 700, "KRW"),
				tx.Reserve(ctx, shop, "a", "imp_1"),
				tx.Reserve(ctx, shop, "a", "imp_1"), // again is fine
				tx.Release(ctx, shop, "a", "imp_2"), // not the holder: nothing happens
			} {
				if err != nil {
					return err
				}
			}
			if err := tx.Reserve(ctx, shop, "a", "imp_2"); !errors.Is(err, store.ErrReserved) {
				t.Errorf("held by another: %v", err)
			}
			for _, err := range []error{ // and the transaction goes on
				tx.Release(ctx, shop, "a", "imp_1"),
				tx.Reserve(ctx, shop, "a", "imp_2"),
				tx.Release(ctx, shop, "unknown", "imp_1"),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if o := f.order(t, "a"); o.HeldBy != "imp_2" || o.Prepared == nil {
			t.Errorf("%+v", o)
		}
	})
}

func TestOfFiftyWhoReserveOneHolds(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var mu sync.Mutex
		var holders []pay.PaymentID
		ctx := t.Context()
		together(50, func(i int) {
			id := numbered[pay.PaymentID]("imp_", i)
			err := f.Write(ctx, func(tx *store.Tx) error { return tx.Reserve(ctx, shop, "order", id) })
			switch {
			case err == nil:
				mu.Lock()
				holders = append(holders, id)
				mu.Unlock()
			case !errors.Is(err, store.ErrReserved):
				t.Error(err)
			}
		})
		if len(holders) != 1 || f.order(t, "order").HeldBy != holders[0] {
			t.Errorf("held by %v, the row says %s", holders, f.order(t, "order").HeldBy)
		}
	})
}

// A number is used while a payment holds it, and by one that is paid or was.
func TestUsedOrders(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Reserve(ctx, shop, "held", "p1"); err != nil {
				return err
			}
			if err := tx.PrepareOrder(ctx, shop, "free", 1000, "KRW"); err != nil {
				return err
			}
			if err := tx.Reserve(ctx, "other", "theirs", "p2"); err != nil {
				return err
			}
			paid := pay.Payment{
				Merchant: shop, ID: "p3", MerchantUID: "paid", Source: pay.SourceAPI, Mode: pay.ModeSandbox, Status: pay.StatusPaid,
				Amount: pay.Breakdown{Total: pay.Won(1000)}, PaidAt: tx.Now,
			}
			if err := tx.InsertPayment(ctx, paid); err != nil {
				return err
			}
			got, err := tx.UsedOrders(ctx, shop, []pay.MerchantUID{"paid", "free", "theirs", "nobody", "held"})
			if diff := cmp.Diff([]pay.MerchantUID{"held", "paid"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}
