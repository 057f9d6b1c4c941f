package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// receiver is the merchant's side of webhooks, in this process: it takes each at
// once and remembers when. Below /hang/ it does not answer.
type receiver struct {
	url, port string
	got       atomic.Int64
	seen      sync.Map // imp_uid to time.Time, of the first
	server    *http.Server
	over      chan struct{}
}

// receive listens on every loopback address, so that there may be many endpoints.
func receive() (*receiver, error) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://127.0.0.1:" + port, port: port, over: make(chan struct{})}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = r.server.Serve(l) }()
	return r, nil
}

func (r *receiver) close() {
	close(r.over)
	_ = r.server.Close()
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	at := time.Now()
	body, _ := io.ReadAll(io.LimitReader(q.Body, 64<<10))
	if strings.HasPrefix(q.URL.Path, "/hang/") {
		select {
		case <-r.over:
		case <-q.Context().Done():
		}
		return
	}
	var in struct {
		ImpUID string `json:"imp_uid"`
	}
	_ = json.Unmarshal(body, &in)
	r.seen.LoadOrStore(in.ImpUID, at)
	r.got.Add(1)
}

// lag is how long after an answer the webhook of a payment came; false while it has not.
func (r *receiver) lag(impUID string, answered time.Time) (time.Duration, bool) {
	at, ok := r.seen.Load(impUID)
	if !ok {
		return 0, false
	}
	return max(0, at.(time.Time).Sub(answered)), true
}
