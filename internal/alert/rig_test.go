package alert_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"naru/internal/alert"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

var noon = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)

const (
	shop    pay.MerchantID = "m_shop"
	channel pay.ChannelKey = "channel-key-1"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is an installation whose operator listens.
type rig struct {
	t      *testing.T
	clock  *clock
	store  *store.Store
	alerts *alert.Alerter
	log    *lockedBuffer

	mu     sync.Mutex
	status int // of the operator's answers
	got    []alert.Message
	raw    []string
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}
func (b *lockedBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// secretPath is what an operator's address must not be shown by.
const secretPath = "/hooks/T0P-S3CRET"

// each runs a test on both databases.
func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	t.Parallel()
	for kind, dsn := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Lent} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(newRig(t, dsn(t)))
		})
	}
}

func newRig(t *testing.T, dsn string) *rig {
	t.Helper()
	r := &rig{t: t, clock: &clock{now: noon}, log: &lockedBuffer{}, status: http.StatusOK}
	var err error
	r.store, err = store.Open(t.Context(), dsn, store.Options{Now: r.clock.Now})
	r.must(err)
	t.Cleanup(func() { _ = r.store.Close() })
	r.must(r.store.Migrate(t.Context()))
	r.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.InsertMerchant(ctx, pay.Merchant{ID: shop, UserCode: "imp00000001", Name: "나루 상점"}); err != nil {
			return err
		}
		return tx.InsertChannel(ctx, pay.Channel{Merchant: shop, Key: channel, Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeSandbox, Kind: pay.ChannelPayment})
	})
	server := httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(server.Close)
	r.alerts = r.node(alert.Options{Webhook: pay.Secret(server.URL + secretPath), From: "https://pay.example.com", QueueAge: 5 * time.Minute, Patient: []string{"verify_day"}})
	return r
}

// node is an Alerter on the rig's database.
func (r *rig) node(o alert.Options) *alert.Alerter {
	r.t.Helper()
	o.Store, o.Now, o.Log = r.store, r.clock.Now, slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := alert.New(o)
	r.must(err)
	return a
}

func (r *rig) receive(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status == http.StatusOK {
		var m alert.Message
		if err := json.Unmarshal(body, &m); err != nil || req.URL.Path != secretPath || req.Header.Get("Content-Type") != "application/json" {
			r.t.Errorf("a message to %s: %v", req.URL.Path, err)
		}
		r.got, r.raw = append(r.got, m), append(r.raw, string(body))
	}
	w.WriteHeader(r.status)
}

func (r *rig) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// told is what the operator was told since the last time, by kind and state.
func (r *rig) told() map[string]alert.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]alert.Message{}
	for _, m := range r.got {
		key := m.Kind + " " + m.State
		if _, twice := out[key]; twice {
			r.t.Errorf("%s was told twice", key)
		}
		out[key] = m
	}
	r.got = nil
	return out
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) write(fn func(ctx context.Context, tx *store.Tx) error) {
	r.t.Helper()
	ctx := r.t.Context()
	r.must(r.store.Write(ctx, func(tx *store.Tx) error { return fn(ctx, tx) }))
}

// alarm raises one of a kind.
func (r *rig) alarm(kind, id string) {
	r.t.Helper()
	r.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddAlarm(ctx, store.Alarm{ID: kind + ":" + id, Merchant: shop, Payment: pay.PaymentID("imp_" + id), Kind: kind, Text: "look at " + id})
	})
}

// pass lets time pass and the jobs of a run.
func (r *rig) pass(a *alert.Alerter, d time.Duration) {
	r.t.Helper()
	r.clock.add(d)
	r.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Enqueue(ctx, "", alert.JobWatch, "all", nil, tx.Now)
	})
	run := jobs.New(jobs.Options{Store: r.store, Now: r.clock.Now, Workers: a.Workers()})
	r.must(run.RunDue(r.t.Context()))
}

// open is the ids of the open alarms.
func (r *rig) open() (ids []string) {
	r.t.Helper()
	r.write(func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.ListAlarms(ctx, true)
		for _, a := range all {
			ids = append(ids, a.ID)
		}
		return err
	})
	return ids
}

// job is the one job of a kind that waits.
func (r *rig) job(kind string) (j store.Job) {
	r.t.Helper()
	r.clock.add(time.Hour)
	r.write(func(ctx context.Context, tx *store.Tx) error {
		js, err := tx.LeaseJobs(ctx, []string{kind}, 10, time.Minute)
		if err == nil && len(js) != 1 {
			r.t.Fatalf("%d jobs of kind %s", len(js), kind)
		}
		j = js[0]
		return err
	})
	return j
}
