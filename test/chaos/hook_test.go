package chaos_test

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// hook is the merchant's server that takes webhooks. It may be ill for a while.
type hook struct {
	*httptest.Server

	mu    sync.Mutex
	rng   *rand.Rand
	ill   illness
	tries int
	bad   []string              // messages that could not be read
	taken map[message]time.Time // those answered with 200, and when first
	lost  int                   // those that were read, and whose answer was lost
}

// message is what a webhook says.
type message struct {
	ImpUID      string `json:"imp_uid"`
	MerchantUID string `json:"merchant_uid"`
	Status      string `json:"status"`
	CancelID    string `json:"cancellation_id"`
}

// illness is how a merchant's server fails, one message in so many.
type illness string

const (
	well    illness = ""
	refuses illness = "answers 503"
	hangs   illness = "hangs"
	cuts    illness = "reads and hangs up"
)

func newHook(t testing.TB, seed uint64) *hook {
	t.Helper()
	h := &hook{taken: map[message]time.Time{}, rng: rand.New(rand.NewPCG(seed, 3))}
	h.Server = httptest.NewServer(http.HandlerFunc(h.take))
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return h
}

func (h *hook) fall(i illness) { h.mu.Lock(); defer h.mu.Unlock(); h.ill = i }

func (h *hook) take(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var m message
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	h.mu.Lock()
	h.tries++
	ill := h.ill
	if ill != well && h.rng.IntN(2) == 0 {
		ill = well
	}
	switch {
	case err != nil:
		h.bad = append(h.bad, string(raw))
	case ill == well:
		if _, known := h.taken[m]; !known {
			h.taken[m] = time.Now()
		}
	case ill == cuts:
		h.lost++
	}
	h.mu.Unlock()
	switch ill {
	case refuses:
		w.WriteHeader(http.StatusServiceUnavailable)
	case hangs:
		select {
		case <-time.After(2 * time.Second):
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	case cuts:
		panic(http.ErrAbortHandler)
	}
}

// heard is what was taken so far.
func (h *hook) heard() map[message]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[message]time.Time, len(h.taken))
	for m, at := range h.taken {
		out[m] = at
	}
	return out
}
