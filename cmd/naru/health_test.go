package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"naru/internal/store"
)

// asked is what /readyz answers.
func asked(t *testing.T, h http.Handler) (int, health) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	var got health
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%q: %v", w.Body, err)
	}
	return w.Code, got
}

func openBooks(t *testing.T, migrate bool) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if migrate {
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestReadinessTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	books := openBooks(t, true)
	enqueueOf := func(kind string, age time.Duration) {
		t.Helper()
		err := books.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Enqueue(t.Context(), "", kind, "a", nil, tx.Now.Add(-age))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	enqueue := func(age time.Duration) { t.Helper(); enqueueOf("deliver", age) }
	fresh := func(s *store.Store) *readiness { return &readiness{books: s, log: log, lateFrom: time.Minute} }

	code, h := asked(t, fresh(books))
	if code != 200 || h.Status != healthOK || h.Checks["database"].Status != "ok" || h.Checks["migrations"].Status != "ok" || *h.Checks["queue"].Due != 0 {
		t.Errorf("all is well: %d %+v", code, h)
	}
	enqueue(30 * time.Second)
	if code, h := asked(t, fresh(books)); code != 200 || h.Status != healthOK || *h.Checks["queue"].OldestSeconds < 29 {
		t.Errorf("a queue that is not late: %d %+v", code, h)
	}
	enqueueOf("reconcile_day", 7*24*time.Hour)
	if code, h := asked(t, fresh(books)); code != 200 || h.Status != healthOK || *h.Checks["queue"].Due != 2 {
		t.Errorf("a night that is caught up with: %d %+v", code, h)
	}
	enqueue(2 * time.Minute)
	if code, h := asked(t, fresh(books)); code != 200 || h.Status != healthDegraded || h.Checks["queue"].Status != "late" {
		t.Errorf("an old queue keeps no payments away: %d %+v", code, h)
	}
	if code, h := asked(t, fresh(openBooks(t, false))); code != 503 || h.Status != healthNotReady || h.Checks["migrations"].Status != "pending" || h.Checks["database"].Status != "ok" {
		t.Errorf("not migrated: %d %+v", code, h)
	}
	gone := openBooks(t, true)
	_ = gone.Close()
	if code, h := asked(t, fresh(gone)); code != 503 || h.Checks["database"].Status != "unreachable" {
		t.Errorf("no database: %d %+v", code, h)
	}
}

// TestReadinessSparesTheDatabase: whoever asks often is told what was found a
// moment ago, but for a node that is about to stop.
func TestReadinessSparesTheDatabase(t *testing.T) {
	t.Parallel()
	books := openBooks(t, true)
	r := &readiness{books: books, log: slog.New(slog.DiscardHandler)}
	asked(t, r)
	_ = books.Close()
	r.at = time.Now().Add(-readyFor / 2)
	if code, _ := asked(t, r); code != 200 {
		t.Errorf("it looked again: %d", code)
	}
	r.at = time.Now().Add(-readyFor)
	if code, _ := asked(t, r); code != 503 {
		t.Errorf("it did not look again: %d", code)
	}
	r.drain()
	if code, h := asked(t, r); code != 503 || h.Status != healthDraining {
		t.Errorf("draining: %d %+v", code, h)
	}
}

// TestADrainingNodeSaysSoAndGoesOn: the load balancer hears of it before any
// connection closes.
func TestADrainingNodeSaysSoAndGoesOn(t *testing.T) {
	t.Parallel()
	env, args := serveArgs(t, "--drain-delay", "3s")
	r := start(t, env, args...)
	r.cancel()
	waitFor(t, func() bool {
		resp, err := http.Get(r.at.Gateway + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode == http.StatusServiceUnavailable
	})
	contains(t, "readiness", r.get(503, r.at.Gateway+"/readyz"), "draining")
	contains(t, "health", r.get(200, r.at.Gateway+"/healthz"), "ok")
	contains(t, "an ordinary request", r.get(200, r.at.Gateway+"/v1/iamport.js"), "IMP")
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}
