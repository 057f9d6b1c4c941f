package crash_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// line is the way of one process to the providers.
type line struct {
	w    *world
	l    *life
	to   *url.URL
	next http.RoundTripper

	mu    sync.Mutex
	calls map[string]int // made, by what they look like
}

// made is how many calls were made that look like what.
func (n *line) made(what string) int { n.mu.Lock(); defer n.mu.Unlock(); return n.calls[what] }

func (w *world) newLine(l *life) *line {
	to, err := url.Parse(w.sandbox.URL)
	w.must(err)
	return &line{w: w, l: l, to: to, next: &http.Transport{}, calls: map[string]int{}}
}

// RoundTrip passes a point before anything is sent and one when the answer is
// here: a process that dies at the second has had its question acted on.
func (n *line) RoundTrip(r *http.Request) (*http.Response, error) {
	what := pattern(r)
	if err := n.w.fate.pass(n.l, "before sending "+what); err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.calls[what]++
	n.mu.Unlock()
	here := r.Clone(r.Context())
	here.URL.Host, here.Host = n.to.Host, ""
	res, err := n.send(what, here)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if dead := n.w.fate.pass(n.l, "after the answer of "+what); dead != nil {
		return nil, dead
	}
	if res == nil {
		return nil, err
	}
	res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err})) // cut off where it was
	return res, nil
}

// send lets a call go its way, or what is planned for it instead.
func (n *line) send(what string, r *http.Request) (*http.Response, error) {
	if m := n.w.mishap; m != nil && m.happens(what) {
		return m.instead(n.next, r)
	}
	return n.next.RoundTrip(r)
}

// mishap befalls one call on its way: the nth of those that look like what.
type mishap struct {
	what    string
	nth     int
	instead func(next http.RoundTripper, r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	seen int
	hits int
}

func (m *mishap) happens(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if what != m.what {
		return false
	}
	if m.seen++; m.seen != m.nth {
		return false
	}
	m.hits++
	return true
}

// CloseIdleConnections is asked of http.Client's transports.
func (n *line) CloseIdleConnections() {
	if c, ok := n.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// failing is the end of a body.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
