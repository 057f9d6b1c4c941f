package tosspayments

import (
	"context"
	"net/http"
	"time"
	"unicode/utf8"
)

// What "멱등키" says: up to 300 characters, kept for 15 days from the first use.
const (
	repeatKeyLimit = 300
	repeatLife     = 15 * 24 * time.Hour
)

// repeatKey is what makes two calls the same: not the body.
type repeatKey struct{ key, secret, method, path string }

// repeat is the first call of its key.
type repeat struct {
	began   time.Time
	trace   string
	answer  answer // empty until the call was performed
	running bool
}

type slotKey struct{}

// slot carries the repeat that a request began from the API handler out to release.
type slot struct {
	key   repeatKey
	first *repeat
}

// release ends the running of a call's idempotency key once the answer is
// written, delayed or thrown away. A call that a fault kept from being
// performed leaves no trace.
func (s *Simulator) release(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sl := &slot{}
		defer func() {
			if sl.first == nil {
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			sl.first.running = false
			if sl.first.answer.status == 0 { // the handler did not come to its end
				delete(s.repeats, sl.key)
			}
		}()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), slotKey{}, sl)))
	})
}

// begin registers the first use of a key. Repeated is true if its answer is
// there to be given again.
func (s *Simulator) begin(r *http.Request, shop *shop, trace string) (first *repeat, repeated bool, err error) {
	key := r.Header.Get("Idempotency-Key")
	if utf8.RuneCountInString(key) > repeatKeyLimit {
		return nil, false, refuse("INVALID_IDEMPOTENCY_KEY")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.forget(now)
	k := repeatKey{key, shop.SecretKey, r.Method, r.URL.Path}
	if old, ok := s.repeats[k]; ok && now.Sub(old.began) < repeatLife {
		if old.running {
			return nil, false, refuse("IDEMPOTENT_REQUEST_PROCESSING")
		}
		return old, true, nil
	}
	first = &repeat{began: now, trace: trace, running: true}
	s.repeats[k] = first
	s.repeatAge = append(s.repeatAge, k)
	if sl, ok := r.Context().Value(slotKey{}).(*slot); ok {
		sl.key, sl.first = k, first
	}
	return first, false, nil
}

// remember keeps the answer, refusals included. Whether the provider also
// keeps answers of status 5xx is not known; this one does.
func (s *Simulator) remember(first *repeat, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first.answer = a
}

// forget drops keys past their life. The caller holds the lock.
func (s *Simulator) forget(now time.Time) {
	for len(s.repeatAge) > 0 {
		k := s.repeatAge[0]
		if r, ok := s.repeats[k]; ok && now.Sub(r.began) < repeatLife {
			return
		}
		delete(s.repeats, k)
		s.repeatAge = s.repeatAge[1:]
	}
}
