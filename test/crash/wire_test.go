package crash_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"naru/internal/pay"
)

// wire is what befalls a connection that is kept between calls.
type wire string

const (
	brokenAfter   wire = "a kept connection breaks, the provider acted"
	brokenBefore  wire = "a kept connection breaks, the provider heard nothing"
	cutShort      wire = "the answer is cut short"
	answeredTwice wire = "the answer comes twice"
	answeredStale wire = "the answer comes again for the next call"
)

// proxy stands between the gateway and the simulators and takes connections as
// they come: it forwards one request after the other, and does to one of them
// what its wire says.
type proxy struct {
	to     string // host of the simulators
	how    wire
	target string // what the one request looks like
	nth    int    // which of those
	listen net.Listener
	done   sync.WaitGroup
	left   chan struct{} // closed when a connection on which the worst was done is given up

	before int // calls like the target that were made before

	mu    sync.Mutex
	seen  int // requests like the target that came over the wire
	hits  int
	keyed bool   // the target carried an Idempotency-Key
	stale []byte // an answer that is still to come again
	told  []byte // the answer to the one request
	conns []net.Conn
}

// newProxy starts one; it ends with the test.
func newProxy(t testing.TB, to string, how wire, target string, nth int) *proxy {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: to, how: how, target: target, nth: nth, listen: listen, left: make(chan struct{})}
	p.done.Go(p.accept)
	t.Cleanup(func() {
		_ = listen.Close()
		p.mu.Lock()
		for _, conn := range p.conns {
			_ = conn.Close()
		}
		p.mu.Unlock()
		p.done.Wait()
	})
	return p
}

// through sends every call of the operation over one kept connection through a
// proxy. The connection is there before the first of them.
func (w *world) through(how wire, c call) {
	w.t.Helper()
	p := newProxy(w.t, w.line.to.Host, how, c.label, c.nth)
	p.before = w.line.made(c.label)
	tr := &http.Transport{
		MaxConnsPerHost: 1,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.listen.Addr().String())
		},
	}
	w.t.Cleanup(tr.CloseIdleConnections)
	w.proxy, w.line.next = p, tr
	res, err := (&http.Client{Transport: tr}).Get(w.line.to.String() + "/warm") // the calls' host: their connection
	w.must(err)
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// wired is a loss on a kept connection.
func wired(how wire) loss {
	return loss{name: string(how), arm: func(w *world, c call) { w.t.Helper(); w.through(how, c) }, hit: broke}
}

// broke: the wire did its worst, and a call that carries a key for that Go sent
// again by itself: it came over the wire more often than it was made.
func broke(w *world, c call) {
	w.t.Helper()
	p := w.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hits != 1 {
		w.t.Errorf("%s was not met on the wire", c)
	}
	if c.provider == pay.TossPayments && strings.HasPrefix(c.label, "POST ") && !p.keyed {
		w.t.Errorf("%s carries no key to know it by", c)
	}
	want := w.line.made(c.label) - p.before
	if p.keyed && (p.how == brokenAfter || p.how == brokenBefore) {
		want++
	}
	if p.seen != want {
		w.t.Errorf("%s was made %d times and came over the wire %d times, not %d", c.label, w.line.made(c.label)-p.before, p.seen, want)
	}
}

func (p *proxy) accept() {
	for {
		conn, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, conn)
		p.mu.Unlock()
		p.done.Go(func() {
			defer func() { _ = conn.Close() }()
			p.serve(conn)
		})
	}
}

// serve forwards what comes over one connection.
func (p *proxy) serve(conn net.Conn) {
	in, worst := bufio.NewReader(conn), false
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			if worst {
				close(p.left)
			}
			return
		}
		if r.URL.Path == "/warm" {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			continue
		}
		hit := p.meets(r)
		worst = worst || hit
		if hit && p.how == brokenBefore {
			return
		}
		answer, err := p.forward(r)
		if err != nil || !p.answer(conn, answer, hit) {
			return
		}
	}
}

// meets reports whether a request is the one.
func (p *proxy) meets(r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pattern(r) != p.target {
		return false
	}
	if p.seen++; p.seen != p.nth {
		return false
	}
	p.hits, p.keyed = p.hits+1, r.Header.Get("Idempotency-Key") != ""
	return true
}

// forward asks the simulator and gives its answer as it goes over the wire.
func (p *proxy) forward(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	out := r.Clone(context.Background())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", p.to
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return httputil.DumpResponse(res, true)
}

// answer writes an answer, or what is made of it, and reports whether the
// connection goes on.
func (p *proxy) answer(conn net.Conn, answer []byte, hit bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stale != nil:
		answer, p.stale = p.stale, nil
	case !hit:
	case p.how == brokenAfter:
		return false
	case p.how == cutShort:
		_, _ = conn.Write(answer[:len(answer)-len(answer)/4])
		return false
	case p.how == answeredTwice:
		p.told = answer
		answer = append(bytes.Clone(answer), answer...)
	case p.how == answeredStale:
		p.stale = answer
	}
	_, err := conn.Write(answer)
	return err == nil
}
