package parameters_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// shop is the merchant's server: it hears webhooks and the question before an
// approval, and agrees to everything.
type shop struct {
	*httptest.Server
	mu    sync.Mutex
	heard map[string]chan message // by path
}

// message is what a webhook and the question have in common.
type message struct {
	Payment string `json:"imp_uid"`
	Order   string `json:"merchant_uid"`
}

func newShop() *shop {
	s := &shop{heard: map[string]chan message{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.hear))
	return s
}

// address is the host of one window's own addresses.
func (s *shop) address(unique string) string { return s.URL + "/" + unique }

// messages at an address. The first use of an address must come before it is told
// to the gateway, or at least before anything can be sent there.
func (s *shop) messages(path string) chan message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard[path] == nil {
		s.heard[path] = make(chan message, 8)
	}
	return s.heard[path]
}

func (s *shop) hear(w http.ResponseWriter, r *http.Request) {
	var m message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case s.messages(r.URL.Path) <- m:
	default: // nobody waits for so many
	}
}

// expect waits for a message about a payment at an address of ours.
func (s *shop) expect(address, payment string) error {
	end := time.NewTimer(patience)
	defer end.Stop()
	select {
	case m := <-s.messages(strings.TrimPrefix(address, s.URL)):
		if m.Payment != payment {
			return fmt.Errorf("%s heard of %s, want %s", address, m.Payment, payment)
		}
		return nil
	case <-end.C:
		return fmt.Errorf("%s heard nothing within %s", address, patience)
	}
}
