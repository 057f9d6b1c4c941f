package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// balancer spreads requests over nodes in turn and leaves out those that do not
// say they are ready, as a merchant's load balancer does. One that cannot be
// connected to is passed over; a request that was sent is never sent again.
type balancer struct {
	*httptest.Server
	backends []*backend
	turn     atomic.Uint64
	stop     context.CancelFunc
	done     sync.WaitGroup
}

type backend struct {
	host      string
	transport *http.Transport
	ready     atomic.Bool
	drained   atomic.Bool  // taken out by hand, as before a node is replaced
	open      atomic.Int32 // requests it has not answered
}

// The balancer's own answers have this header.
const ownAnswer = "X-Balancer"

// What it says there.
const (
	lostAnswer = "answer lost"
	noNode     = "no node"
)

const (
	lookEvery   = 100 * time.Millisecond
	lookTimeout = time.Second
)

func newBalancer(t testing.TB, hosts []string) *balancer {
	t.Helper()
	b := &balancer{}
	for _, h := range hosts {
		one := &backend{host: h, transport: &http.Transport{MaxIdleConnsPerHost: 64, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext}}
		b.backends = append(b.backends, one)
	}
	b.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetXForwarded(); r.Out.Host = r.In.Host; r.Out.URL.Scheme = "http" },
		Transport:    b,
		ErrorHandler: answerLost,
		ErrorLog:     log.New(io.Discard, "", 0), // that a node went away in mid-answer
	})
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	for _, one := range b.backends {
		b.done.Go(func() { one.watch(ctx) })
	}
	t.Cleanup(func() {
		stop()
		b.done.Wait()
		b.CloseClientConnections()
		b.Close()
		for _, one := range b.backends {
			one.transport.CloseIdleConnections()
		}
	})
	return b
}

func answerLost(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set(ownAnswer, lostAnswer)
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "bad gateway: "+err.Error())
}

// RoundTrip sends a request to the next node that can be connected to.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for _, one := range b.order() {
		out := r.Clone(r.Context())
		out.URL.Host = one.host
		out.Body = http.NoBody
		if len(body) > 0 {
			out.Body = io.NopCloser(bytes.NewReader(body))
		}
		res, err := one.send(out)
		if notConnected(err) {
			one.ready.Store(false)
			continue
		}
		return res, err
	}
	return &http.Response{
		StatusCode: http.StatusServiceUnavailable, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{ownAnswer: {noNode}}, Body: io.NopCloser(strings.NewReader("no node is there\n")), ContentLength: -1,
	}, nil
}

// send counts the request as open until its answer has been read.
func (k *backend) send(r *http.Request) (*http.Response, error) {
	k.open.Add(1)
	res, err := k.transport.RoundTrip(r)
	if err != nil {
		k.open.Add(-1)
		return nil, err
	}
	res.Body = &counted{ReadCloser: res.Body, end: func() { k.open.Add(-1) }}
	return res, nil
}

// counted is an answer's body that tells of its end once.
type counted struct {
	io.ReadCloser
	once sync.Once
	end  func()
}

func (c *counted) Close() error {
	c.once.Do(c.end)
	return c.ReadCloser.Close()
}

// notConnected: nothing was sent.
func notConnected(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// order is the nodes to try: the ready ones, from the next in turn; when none is
// ready, all of them.
func (b *balancer) order() []*backend {
	n := len(b.backends)
	first := int(b.turn.Add(1) % uint64(n))
	var ready, others []*backend
	for i := range n {
		switch one := b.backends[(first+i)%n]; {
		case one.drained.Load():
		case one.ready.Load():
			ready = append(ready, one)
		default:
			others = append(others, one)
		}
	}
	if len(ready) > 0 {
		return ready
	}
	return others
}

// watch asks a node whether it is ready until ctx ends.
func (k *backend) watch(ctx context.Context) {
	client := &http.Client{Timeout: lookTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	for tick := time.NewTicker(lookEvery); ; {
		k.ready.Store(readyAt(ctx, client, k.host) == nil)
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// readyAt is nil when a node says that it is ready.
func readyAt(ctx context.Context, client *http.Client, host string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}
