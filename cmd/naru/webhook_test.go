package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/notify"
	"naru/internal/store"
	"naru/internal/vault"
)

// TestWebhookAndStatusCommands: what the console's pages of webhooks and of the
// system do, by commands.
func TestWebhookAndStatusCommands(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.URL.Path + " " + r.Header.Get("Content-Type")
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("no such order"))
	}))
	defer shop.Close()
	c := commands{t, "sqlite:" + filepath.Join(t.TempDir(), "naru.db"), time.Now}
	c.run(0, "migrate")
	c.run(0, "merchant", "add", "--user-code", "imp12345678", "Shop")
	c.run(1, "webhook", "test", "imp12345678")
	c.run(1, "merchant", "set", "imp12345678", "--webhook-test-type", "xml")
	c.run(1, "merchant", "set", "imp12345678", "--webhook-test-url", "shop")
	c.run(0, "merchant", "set", "imp12345678", "--webhook-url", "http://127.0.0.1:1/", "--webhook-test-url", shop.URL+"/test", "--webhook-test-type", "form", "--webhook-first", "--private-addresses")

	var answer webhookTestJSON
	read(t, c.run(0, "webhook", "test", "imp12345678", "--mode", "test", "--json"), &answer)
	if sent := <-got; sent != "/test application/x-www-form-urlencoded" {
		t.Errorf("sent %q", sent)
	}
	if answer.Taken || answer.Status != 404 || answer.Answer != "no such order" || answer.AnswerType != "text/plain" || !strings.Contains(answer.Body, string(notify.TestPayment)) {
		t.Errorf("answer %+v", answer)
	}
	contains(t, "no answer", c.run(0, "webhook", "test", "imp12345678"), "no answer", "refused")

	db, err := store.Open(t.Context(), c.db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddAlarm(context.Background(), store.Alarm{ID: "amount:1", Kind: "amount", Text: "x"})
	})
	if err != nil {
		t.Fatal(err)
	}
	var status statusJSON
	read(t, c.run(0, "status", "--json"), &status)
	if status.Database.Kind != "sqlite" || status.Database.Bytes == 0 || status.Database.Behind || status.Alarms["amount"] != 1 || status.Vault.Keys != 1 || len(status.Nodes) != 0 || len(status.Nights) != 2 {
		t.Errorf("status %+v", status)
	}
	contains(t, "status", c.run(0, "status"), "sqlite", "alarm amount", "verify_day")
	if code := c.run(1, "alarm", "ask", "imp12345678", "amount:1"); strings.Contains(code, "known") {
		t.Errorf("asked about another's: %s", code)
	}
}

// TestNodesAreSeen: a process that serves is seen while it does, and not after.
func TestNodesAreSeen(t *testing.T) {
	t.Parallel()
	c := commands{t, "sqlite:" + filepath.Join(t.TempDir(), "naru.db"), time.Now}
	c.run(0, "migrate")
	master, err := vault.ParseMaster(deliveryMaster)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(t.Context(), appOptions{db: c.db, master: master, publicURL: "http://127.0.0.1:9", listen: "127.0.0.1:9", now: time.Now, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.close() }()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); a.presence.run(ctx) }()
	nodes := func() (n []store.Node) {
		t.Helper()
		err := a.store.Read(t.Context(), func(tx *store.Tx) (err error) {
			n, err = tx.Nodes(t.Context(), 10)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(time.Minute); len(nodes()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the node is not seen")
		}
	}
	if n := nodes()[0]; n.Address != "127.0.0.1:9" || n.Version == "" || n.Started.IsZero() || n.Name == "" {
		t.Errorf("%+v", n)
	}
	stop()
	<-ended
	if left := nodes(); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
}
