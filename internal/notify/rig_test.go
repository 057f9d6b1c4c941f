package notify_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *safeLog) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// rig is a notifier over a real store, and a merchant's server.
type rig struct {
	t        testing.TB
	clock    *clock
	store    *store.Store
	notifier *notify.Notifier
	runner   *jobs.Runner
	log      *safeLog
	outcomes *outcomes
	shop     *shop
	faults   atomic.Pointer[func(point string) error] // of the store
	commits  atomic.Int64
	merchant pay.Merchant
	payment  pay.Payment
}

type outcomes struct {
	mu   sync.Mutex
	seen []string
}

func (o *outcomes) add(_ context.Context, s string, _ store.DeliveryTry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = append(o.seen, s)
}

// arrived is a request the merchant's server got.
type arrived struct {
	path, kind, agent, body string
	signed                  signed
}

// signed is the headers of Standard Webhooks.
type signed struct{ id, timestamp, signature string }

func (s signed) header() http.Header {
	h := http.Header{}
	h.Set("webhook-id", s.id)
	h.Set("webhook-timestamp", s.timestamp)
	h.Set("webhook-signature", s.signature)
	return h
}

// shop answers as it is told, and remembers.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	got    []arrived
	answer func(w http.ResponseWriter, r *http.Request)
}

func newShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{answer: func(http.ResponseWriter, *http.Request) {}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, arrived{r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("User-Agent"), string(body), signed{
			r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature"),
		}})
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) says(f func(w http.ResponseWriter, r *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *shop) saysStatus(status int) {
	s.says(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

func (s *shop) requests() []arrived {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrived(nil), s.got...)
}

// each runs a test on both databases.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, newRig(t, "sqlite::memory:", nil)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, newRig(t, pgtest.Lent(t), nil)) })
}

// onSQLite runs a test of what no database decides.
func onSQLite(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Parallel()
	f(t, newRig(t, "sqlite::memory:", nil))
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// newRig makes a rig whose notifier may reach loopback, unless change says otherwise.
func newRig(t testing.TB, dsn string, change func(*notify.Options)) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}, log: &safeLog{}, outcomes: &outcomes{}, shop: newShop(t)}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if r.store, err = store.Open(t.Context(), dsn, store.Options{Now: r.clock.Now, Log: log, Faults: r.fault, Begin: pgtest.Migrated(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	if err := r.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := notify.Options{
		Store: r.store, Log: log, Version: "test", Retries: []time.Duration{time.Minute, time.Hour}, AllowPrivate: loopback, Tried: r.outcomes.add,
		Chance: func() float64 { return 0.5 }, // waits are as the list says
	}
	if change != nil {
		change(&o)
	}
	r.notifier = notify.New(o)
	t.Cleanup(r.notifier.Close)
	r.runner = r.newRunner(time.Second, notify.Slots)
	r.merchant = pay.Merchant{ID: "m1", UserCode: "imp00000001", Name: "상점", Settings: pay.Settings{WebhookURL: r.shop.URL + "/own"}}
	r.payment = pay.Payment{
		Merchant: "m1", ID: "imp_000000000001", MerchantUID: "주문-1", Channel: "channel-key-1", Provider: pay.TossPayments, MID: "tnaru",
		Mode: pay.ModeSandbox, Source: pay.SourceWindow, Status: pay.StatusCreated, Amount: pay.Breakdown{Total: pay.Won(1000)},
	}
	r.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertMerchant(ctx, r.merchant) })
	return r
}

// fault counts commits, and does what the test asks for.
func (r *rig) fault(point string) error {
	if point == store.PointCommitted {
		r.commits.Add(1)
	}
	if f := r.faults.Load(); f != nil {
		return (*f)(point)
	}
	return nil
}

// newRunner is a process's, as cmd makes it but for its slots.
func (r *rig) newRunner(poll time.Duration, slots int) *jobs.Runner {
	return jobs.New(jobs.Options{
		Store: r.store, Now: r.clock.Now, Log: slog.New(slog.DiscardHandler), Workers: r.notifier.Workers(), Poll: poll,
		Concurrency: map[string]int{notify.JobDeliver: slots},
		LaneLimit:   map[string]func(string) int{notify.JobDeliver: r.notifier.LaneLimit, notify.JobResend: r.notifier.LaneLimit},
	})
}

func (r *rig) write(fn func(ctx context.Context, tx *store.Tx) error) {
	r.t.Helper()
	if err := r.store.Write(r.t.Context(), func(tx *store.Tx) error { return fn(r.t.Context(), tx) }); err != nil {
		r.t.Fatal(err)
	}
}

// settings changes the merchant's settings.
func (r *rig) settings(change func(*pay.Settings)) {
	r.t.Helper()
	change(&r.merchant.Settings)
	r.write(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateMerchant(ctx, r.merchant) })
}

// pays inserts the payment, with notice_url set to urls.
func (r *rig) pays(urls ...string) {
	r.t.Helper()
	r.payment.Notify.URLs = urls
	r.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertPayment(ctx, r.payment) })
}

// happens tells of an event as the gateway does.
func (r *rig) happens(e gateway.Event) {
	r.t.Helper()
	e.Merchant, e.Payment = r.merchant.ID, r.payment.ID
	r.write(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Payment(ctx, e.Merchant, e.Payment)
		if err != nil {
			return err
		}
		return r.notifier.Tell(ctx, tx, p, notify.Event(e))
	})
}

// paid is the event most tests need.
func (r *rig) paid() { r.t.Helper(); r.happens(gateway.Event{Seq: 2, Status: pay.StatusPaid}) }

func (r *rig) run() {
	r.t.Helper()
	if err := r.runner.RunDue(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// after moves the clock and runs what is due then.
func (r *rig) after(d time.Duration) { r.t.Helper(); r.clock.Advance(d); r.run() }

func (r *rig) deliveries() []store.Delivery {
	r.t.Helper()
	var out []store.Delivery
	err := r.store.Read(r.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.ListDeliveries(r.t.Context(), r.merchant.ID, r.payment.ID)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// only is the one delivery there is, with its tries.
func (r *rig) only() (store.Delivery, []store.DeliveryTry) {
	r.t.Helper()
	all := r.deliveries()
	if len(all) != 1 {
		r.t.Fatalf("%d deliveries, want 1", len(all))
	}
	return all[0], r.tries(all[0])
}

func (r *rig) tries(d store.Delivery) []store.DeliveryTry {
	r.t.Helper()
	var out []store.DeliveryTry
	err := r.store.Read(r.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.DeliveryTries(r.t.Context(), d.Merchant, d.ID)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}
