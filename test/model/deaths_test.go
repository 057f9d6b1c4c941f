package model_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"syscall"

	"naru/internal/store"
)

// deaths ends a gateway at a named point of its three steps, or at a commit. A
// dead one does nothing any more: it commits nothing, asks nobody and answers
// nobody.
type deaths struct {
	mu       sync.Mutex
	at       string // the next of these kills; "" none
	left     int    // so many of them pass before
	happened string
}

var errDied = errors.New("the process has died")

// points are where a gateway may die, for each kind of call.
func points() (out []string) {
	for _, kind := range []string{"confirm", "charge", "keyin", "cancel", "issue_account", "revoke_account", "issue_key", "receipt"} {
		for _, point := range []string{"intended", "answered", "learned"} {
			out = append(out, kind+":"+point)
		}
	}
	return out
}

// arm has the gateway die when it has passed a point skip times and comes to it
// again.
func (d *deaths) arm(point string, skip int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.left = point, skip
}

// dies reports whether the gateway is dead, or dies here.
func (d *deaths) dies(point string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.happened != "":
		return true
	case d.at != point:
		return false
	case d.left > 0:
		d.left--
		return false
	}
	d.at, d.happened = "", point
	return true
}

func (d *deaths) dead() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.happened != "" }

// take is where the gateway died since the last time, "" nowhere.
func (d *deaths) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.happened
	d.happened = ""
	return at
}

// meet is the gateway's fault point. A panic runs nothing of ours any more, and
// cuts the merchant's connection as a death does.
func (w *world) meet(point string) error {
	w.turns.pass()
	if w.deaths.dies(point) {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// commits is the store's fault point.
func (w *world) commits(point string) error {
	if point == store.PointCommitted {
		w.turns.pass()
	}
	if w.deaths.dies(point) {
		return errDied
	}
	return nil
}

// line is the way to the providers. It can be unplugged for some calls, which
// then never leave.
type line struct {
	w         *world
	unplugged atomic.Int32 // calls that find no connection
	hits      atomic.Int32
	*http.Transport
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.w.turns.pass()
	refuse := l.w.deaths.dead()
	for n := l.unplugged.Load(); n > 0 && !refuse; n = l.unplugged.Load() {
		if refuse = l.unplugged.CompareAndSwap(n, n-1); refuse {
			l.hits.Add(1)
		}
	}
	if refuse {
		if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GetConn != nil { // as a transport says that it looks for a connection
			t.GetConn(r.URL.Host)
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return l.Transport.RoundTrip(r)
}

// face answers for the gateway while it lives. A call of the providers or of a
// browser that finds it dead is cut.
func (w *world) face(rw http.ResponseWriter, r *http.Request) {
	if w.deaths.dead() {
		panic(http.ErrAbortHandler)
	}
	kept := httptest.NewRecorder()
	(*w.handler.Load()).ServeHTTP(kept, r)
	if w.deaths.dead() {
		panic(http.ErrAbortHandler)
	}
	for name, values := range kept.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(kept.Code)
	_, _ = rw.Write(kept.Body.Bytes()) // whoever asked is gone
}

// mark has the gateway die at one of its points, or at one of its next commits.
func (s *story) mark() {
	at, skip := one(s, points()), 0
	if s.chance(3) {
		at, skip = one(s, []string{store.PointCommit, store.PointCommitted}), s.rng.IntN(8)
	}
	s.note("the gateway will die at %s, after %d others", at, skip)
	s.deaths.arm(at, skip)
}

// restart stops the gateway in good order and starts it again.
func (s *story) restart() {
	s.note("the gateway is restarted")
	s.did("restart")
	s.tally.restarts++
	s.reborn()
}

// mourn starts the gateway again if it died, and says whether it did.
func (s *story) mourn() bool {
	s.t.Helper()
	at := s.deaths.take()
	if at == "" {
		return false
	}
	s.tally.deaths[at]++
	s.reborn()
	s.note("  (the gateway died at %s and was started again)", at)
	s.disturbed = true
	return true
}
