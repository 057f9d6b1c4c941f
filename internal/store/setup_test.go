package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// noon is when tests begin.
var noon = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)

// clock is a Now that only moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// fixture is a migrated database with one merchant in it.
type fixture struct {
	*store.Store
	clock *clock
}

const shop pay.MerchantID = "shop"

// each runs a test on both databases, at the same time.
func each(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	t.Parallel()
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "sqlite::memory:" },
		"postgres": pgtest.DSN,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, url(t)))
		})
	}
}

// open opens and migrates a database for one test.
func open(t testing.TB, url string) fixture {
	t.Helper()
	f := fixture{clock: &clock{now: noon}}
	var err error
	if f.Store, err = store.Open(t.Context(), url, store.Options{Now: f.clock.Now, Begin: pgtest.Migrated(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := f.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertMerchant(ctx, pay.Merchant{ID: shop, UserCode: "imp00000001", Name: "나루 상점"})
	})
	return f
}

// write runs fn in a transaction that must succeed.
func (f fixture) write(t testing.TB, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := f.Write(ctx, func(tx *store.Tx) error { return fn(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// read runs fn in a reading transaction that must succeed.
func (f fixture) read(t testing.TB, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := f.Read(ctx, func(tx *store.Tx) error { return fn(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// payment is a new payment of 1000 won of an order.
func payment(id pay.PaymentID, uid pay.MerchantUID) pay.Payment {
	return pay.Payment{
		Merchant: shop, ID: id, MerchantUID: uid, Channel: "channel-key-1", Provider: pay.TossPayments, MID: "mid",
		Mode: pay.ModeSandbox, Source: pay.SourceWindow, Status: pay.StatusCreated, Method: pay.MethodCard,
		Name: "사과 한 상자", Amount: pay.Breakdown{Total: pay.Won(1000)}, Ref: pay.Ref{Order: string(id)},
	}
}

// insert adds payments.
func (f fixture) insert(t testing.TB, ps ...pay.Payment) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		for _, p := range ps {
			if err := tx.InsertPayment(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// step takes a payment through events, each in a transaction of its own.
func (f fixture) step(t testing.TB, id pay.PaymentID, evs ...pay.Event) pay.Payment {
	t.Helper()
	var p pay.Payment
	for _, ev := range evs {
		f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			if p, err = tx.Payment(ctx, shop, id); err == nil {
				p, err = tx.StepPayment(ctx, p, ev, "test")
			}
			return err
		})
	}
	return p
}

// inserted adds a payment and takes it through events.
func (f fixture) inserted(t testing.TB, p pay.Payment, evs ...pay.Event) pay.Payment {
	t.Helper()
	f.insert(t, p)
	return f.step(t, p.ID, evs...)
}

// together runs fn n times at once and waits for all.
func together(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}

func numbered[T ~string](what string, i int) T { return T(fmt.Sprintf("%s%03d", what, i)) }

func paymentID(id string) pay.PaymentID { return pay.PaymentID(id) }
