package main

import (
	"bytes"

	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/vault"
)

const deliveryMaster = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// commands runs the program's short commands on one database.
type commands struct {
	t   *testing.T
	db  string
	now func() time.Time
}

func (c commands) run(want int, args ...string) string {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	env := map[string]string{"NARU_DB": c.db, "NARU_MASTER_KEY": deliveryMaster}
	m := &Main{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: c.now,
		Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
	}
	if code := m.Run(c.t.Context(), args); code != want {
		c.t.Fatalf("naru %s: exit %d, want %d: %s%s", strings.Join(args, " "), code, want, &stdout, &stderr)
	}
	return stdout.String()
}

// TestRetriesAsV1AndSentAgain: a merchant that has V1's five retries, one minute
// apart, gets them; what is given up is listed, shown and sent again by hand.
func TestRetriesAsV1AndSentAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	advance := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	var requests, status atomic.Int64
	status.Store(http.StatusInternalServerError)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte("out of\x1b[31m order"))
	}))
	defer shop.Close()
	c := commands{t, "sqlite:" + filepath.Join(t.TempDir(), "naru.db"), clock}
	c.run(0, "migrate")
	c.run(0, "merchant", "add", "--user-code", "imp12345678", "--webhook-url", shop.URL+"/hook", "Shop")
	c.run(0, "merchant", "set", "imp12345678", "--webhook-retries", "60,60,60,60,60", "--private-addresses")

	master, err := vault.ParseMaster(deliveryMaster)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(t.Context(), appOptions{db: c.db, master: master, publicURL: "http://127.0.0.1:1", now: clock, log: slog.New(slog.DiscardHandler), retries: []time.Duration{time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.close() }()
	due := func() {
		t.Helper()
		if err := a.runner.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	paid(t, a, "imp12345678")
	due()
	for i := range 5 {
		advance(54*time.Second - time.Microsecond)
		due()
		if n := requests.Load(); n != int64(i+1) {
			t.Fatalf("%d requests within 54 s of try %d", n, i+1)
		}
		advance(12*time.Second + time.Microsecond)
		due()
		if n := requests.Load(); n != int64(i+2) {
			t.Fatalf("%d requests within 66 s of try %d", n, i+1)
		}
	}
	advance(24 * time.Hour)
	due()
	if n := requests.Load(); n != 6 {
		t.Fatalf("%d requests, want V1's first and five more", n)
	}

	var page deliveryPage
	read(t, c.run(0, "delivery", "list", "imp12345678", "--status", "given_up", "--endpoint", shop.URL, "--limit", "1", "--json"), &page)
	if len(page.Deliveries) != 1 || page.Deliveries[0].Tries != 6 || page.Deliveries[0].Ended == nil || page.After == "" {
		t.Fatalf("list: %+v", page)
	}
	id := page.Deliveries[0].ID
	contains(t, "list", c.run(0, "delivery", "list", "imp12345678"), id, "given_up", "imp_000000000001", shop.URL+"/hook")
	if text := c.run(0, "delivery", "list", "imp12345678", "--after", page.After); strings.Contains(text, id) {
		t.Errorf("the next page begins with the last of the one before:\n%s", text)
	}
	shown := c.run(0, "delivery", "show", "imp12345678", id)
	contains(t, "show", shown, `"status":"paid"`, "out of�[31m order", " 500 ")
	if strings.Contains(shown, "\x1b") {
		t.Error("an answer steers the terminal")
	}

	status.Store(http.StatusOK)
	contains(t, "dry run", c.run(0, "delivery", "resend", "imp12345678", "--from", "2026-11-21", "--dry-run"), "1 would be sent again")
	contains(t, "resend", c.run(0, "delivery", "resend", "imp12345678", id), "1 to be sent again")
	due()
	var whole deliveryWhole
	read(t, c.run(0, "delivery", "show", "imp12345678", id, "--json"), &whole)
	if requests.Load() != 7 || whole.Status != store.DeliveryDelivered || len(whole.History) != 7 || !whole.History[6].Manual || whole.History[6].Status != 200 {
		t.Errorf("after the re-send, %d requests: %+v", requests.Load(), whole)
	}
}

// paid has a merchant told that a payment was paid.
func paid(t *testing.T, a *app, userCode string) {
	t.Helper()
	ctx := t.Context()
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.MerchantByUserCode(ctx, userCode)
		if err != nil {
			return err
		}
		p := pay.Payment{Merchant: m.ID, ID: "imp_000000000001", MerchantUID: "order-1"}
		return a.notifier.Tell(ctx, tx, p, notify.Event{Merchant: m.ID, Payment: p.ID, Seq: 2, Status: pay.StatusPaid})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
