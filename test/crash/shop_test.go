package crash_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"

	"naru/internal/pay"
)

// The addresses of the merchant's server.
const (
	mainHook   = "/webhook"
	confirming = "/confirm"
	thanks     = "/thanks"
)

// shop is the merchant's server, which takes webhooks.
type shop struct {
	w      *world
	server *httptest.Server
	mu     sync.Mutex
	heard  []webhook // every message that arrived, in order
	asked  int       // questions at confirm_url
}

// webhook is one message as it came in.
type webhook struct {
	ImpUID      pay.PaymentID `json:"imp_uid"`
	MerchantUID string        `json:"merchant_uid"`
	Status      string        `json:"status"`
	CancelID    string        `json:"cancellation_id"`
}

func newShop(w *world) *shop {
	s := &shop{w: w}
	s.server = httptest.NewServer(http.HandlerFunc(s.take))
	w.t.Cleanup(s.server.Close)
	return s
}

func (s *shop) url(path string) string { return s.server.URL + path }

// take hears a message. The process that sends it may die before it sends, and
// when it was heard.
func (s *shop) take(w http.ResponseWriter, r *http.Request) {
	l := s.w.serving.Load()
	if l == nil || s.w.fate.pass(l, "before sending POST "+r.URL.Path) != nil {
		panic(http.ErrAbortHandler)
	}
	raw, err := io.ReadAll(r.Body)
	m := webhook{}
	if err != nil || json.Unmarshal(raw, &m) != nil {
		m.Status = "unreadable: " + string(raw)
	}
	s.mu.Lock()
	if r.URL.Path == confirming {
		s.asked++
	} else {
		s.heard = append(s.heard, m)
	}
	s.mu.Unlock()
	if s.w.fate.pass(l, "after the answer of POST "+r.URL.Path) != nil {
		panic(http.ErrAbortHandler)
	}
}

// all is everything heard so far.
func (s *shop) all() []webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]webhook{}, s.heard...)
}
