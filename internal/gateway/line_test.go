package gateway_test

import (
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"
)

// line is the way to the providers, which can be unplugged: then no connection
// is made at all.
type line struct {
	unplugged atomic.Bool
	slow      atomic.Pointer[delay]
}

// delay holds the next answer back: arrived is closed when it is there, through
// lets it pass.
type delay struct {
	to               string // how the path of what is asked ends
	arrived, through chan struct{}
}

// holdNext makes the answer to what is asked next wait on its way to us.
func (l *line) holdNext() *delay { return l.holdNextTo("") }

// holdNextTo is holdNext of what is asked of a path that ends so.
func (l *line) holdNextTo(path string) *delay {
	d := &delay{path, make(chan struct{}), make(chan struct{})}
	l.slow.Store(d)
	return d
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.unplugged.Load() {
		if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GetConn != nil { // as a transport says that it looks for a connection
			t.GetConn(r.URL.Host)
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	d := l.slow.Load()
	held := d != nil && strings.HasSuffix(r.URL.Path, d.to) && l.slow.CompareAndSwap(d, nil)
	res, err := http.DefaultTransport.RoundTrip(r)
	if held {
		close(d.arrived)
		<-d.through
	}
	return res, err
}
