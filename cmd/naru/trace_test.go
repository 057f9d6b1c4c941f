package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/internal/alert"
	"naru/internal/config"
	"naru/internal/pay"
	"naru/internal/store"
)

// TestTracesAreOffUnlessAskedFor: then nothing stands in the way.
func TestTracesAreOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	none, err := newTracing(t.Context(), config.Watching{TraceSample: 1}, slog.Default())
	if none != nil || err != nil {
		t.Fatalf("%v, %v", none, err)
	}
	h := http.NewServeMux()
	if got := none.requests(h); got != http.Handler(h) {
		t.Error("requests pass through something")
	}
	if (&observer{}).steps() != nil {
		t.Error("the gateway tells its steps to nobody")
	}
	none.close(slog.Default())
}

// TestStrangersDoNotChooseWhatIsRecorded: their flag counts for nothing.
func TestStrangersDoNotChooseWhatIsRecorded(t *testing.T) {
	t.Parallel()
	for sample, want := range map[float64]bool{0: false, 1: true} {
		for _, flags := range []string{"00", "01"} {
			got := &heard{}
			traces, err := newTracing(t.Context(), config.Watching{OTLPEndpoint: got.server(t) + "/v1/traces", TraceSample: sample}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"+flags)
			traces.requests(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
			traces.close(slog.Default())
			if recorded := len(got.spans(t)) == 1; recorded != want {
				t.Errorf("a share of %v, flags %s: recorded %v", sample, flags, recorded)
			}
		}
	}
}

// TestTracesThatCannotBeSentAreDropped, without a word about what was sent along.
func TestTracesThatCannotBeSentAreDropped(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no: "+r.Header.Get("Authorization"), http.StatusForbidden)
	}))
	t.Cleanup(refusing.Close)
	var log bytes.Buffer
	traces, err := newTracing(t.Context(), config.Watching{
		OTLPEndpoint: refusing.URL + "/v1/traces", TraceSample: 1, OTLPHeaders: map[string]pay.Secret{"Authorization": "planted-secret"},
	}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	traces.requests(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	traces.close(slog.New(slog.DiscardHandler))
	if text := log.String(); !strings.Contains(text, "traces could not be sent") || strings.Contains(text, "planted-secret") {
		t.Errorf("the log says %q", text)
	}
}

// TestTheServerAlerts: the parts are put together so that an alarm on the books
// reaches the operator, also at a private address.
func TestTheServerAlerts(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Now)
	got := &heard{}
	a, err := newApp(t.Context(), appOptions{
		db: "sqlite::memory:", master: bytes.Repeat([]byte{7}, 32), migrate: true, publicURL: "https://pay.example.com", now: clock.Now,
		log: slog.New(slog.DiscardHandler), alerts: true, watching: config.Watching{AlertWebhook: pay.Secret(got.server(t)), LateQueue: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	err = a.store.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddAlarm(t.Context(), store.Alarm{ID: "amount:1", Kind: "amount", Text: "approved 10, asked for 20"}); err != nil {
			return err
		}
		return tx.Enqueue(t.Context(), "", alert.JobWatch, "all", nil, tx.Now)
	})
	if err == nil {
		err = a.runner.RunDue(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	headers, bodies := got.all()
	if len(bodies) != 1 || !strings.Contains(string(bodies[0]), "approved 10, asked for 20") || !strings.Contains(string(bodies[0]), "https://pay.example.com") || headers[0].Get("Traceparent") != "" {
		t.Errorf("told %q", bodies)
	}
}
