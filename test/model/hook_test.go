package model_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"

	"naru/internal/pay"
)

// The addresses of the merchant's server: its own one, and one that a charge names.
const (
	mainHook = "/webhook"
	ownHook  = "/of-the-order"
)

// hook is the merchant's server, which takes webhooks.
type hook struct {
	server *httptest.Server
	mu     sync.Mutex
	heard  []webhook // every try, in the order they came
	deaf   int       // so many more tries are answered 503
}

// webhook is one message as it came in.
type webhook struct {
	path, raw   string
	ImpUID      pay.PaymentID `json:"imp_uid"`
	MerchantUID string        `json:"merchant_uid"`
	Status      string        `json:"status"`
	CancelID    string        `json:"cancellation_id"`
}

func newHook(w *world) *hook {
	h := &hook{}
	h.server = httptest.NewServer(http.HandlerFunc(h.take))
	w.t.Cleanup(h.server.Close)
	return h
}

func (h *hook) url(path string) string { return h.server.URL + path }

func (h *hook) take(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	m := webhook{path: r.URL.Path, raw: string(raw)}
	if err != nil || json.Unmarshal(raw, &m) != nil {
		m.Status = "unreadable"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, m)
	if h.deaf > 0 {
		h.deaf--
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// all is everything heard so far.
func (h *hook) all() []webhook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]webhook{}, h.heard...)
}

func (h *hook) deafen(n int) { h.mu.Lock(); defer h.mu.Unlock(); h.deaf = n }

// deafen has the merchant's server fail for some messages.
func (s *story) deafen() {
	n := 1 + s.rng.IntN(3)
	s.note("the merchant's server fails for the next %d webhooks", n)
	s.hook.deafen(n)
}
