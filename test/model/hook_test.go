package model_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"naru/internal/pay"
)

// The addresses of the merchant's server: its own one, and one that a charge names.
const (
	mainHook    = "/webhook"
	ownHook     = "/of-the-order"
	confirmHook = "/confirm/" // and what it answers: ok, stop or fail
)

// hook is the merchant's server, which takes webhooks.
type hook struct {
	server *httptest.Server
	mu     sync.Mutex
	heard  []webhook             // every try, in the order they came
	deaf   int                   // so many more tries are answered 503
	asked  map[pay.PaymentID]int // how often it was asked to confirm
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
	h := &hook{asked: map[pay.PaymentID]int{}}
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
	if says, confirms := strings.CutPrefix(r.URL.Path, confirmHook); confirms {
		h.asked[m.ImpUID]++
		confirm(w, says)
		return
	}
	h.heard = append(h.heard, m)
	if h.deaf > 0 {
		h.deaf--
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// confirm answers a confirm_url.
func confirm(w http.ResponseWriter, says string) {
	switch says {
	case "stop":
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"reason":"품절"}`)
	case "fail":
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (h *hook) confirmsOf(id pay.PaymentID) int { h.mu.Lock(); defer h.mu.Unlock(); return h.asked[id] }

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
