package gateway_test

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"naru/internal/gateway"
	"naru/internal/store"
)

// gate holds one request back before it reaches the provider: arrived is closed
// when it is there, through lets it pass.
type gate struct{ arrived, through chan struct{} }

// hold has the nth request of a method whose path has the part wait at a gate.
func (r *rig) hold(method, part string, nth int) *gate {
	g := &gate{make(chan struct{}), make(chan struct{})}
	var mu sync.Mutex
	r.through(func(inner http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			mine := false
			if req.Method == method && strings.Contains(req.URL.Path, part) {
				nth--
				mine = nth == 0
			}
			mu.Unlock()
			if mine {
				close(g.arrived)
				<-g.through
			}
			inner.ServeHTTP(w, req)
		}
	})
	return g
}

// cut takes the providers off the net, so that calls are proven not to have left;
// what it gives puts them back. (rig.line leaves open whether a call left.)
func (r *rig) cut() (back func()) {
	address := r.sandbox.Listener.Addr().String()
	_ = r.sandbox.Listener.Close()
	r.sandbox.CloseClientConnections()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return func() {
		l, err := net.Listen("tcp", address)
		must2(r.t, err)
		r.t.Cleanup(func() { _ = l.Close() })
		go func() { _ = r.sandbox.Config.Serve(l) }()
	}
}

// sent counts the calls that came to the providers' paths of a beginning.
func (r *rig) sent(path string) (n int) {
	for _, e := range slices.Concat(r.payments.Transcript().Entries(), r.toss.Transcript().Entries()) {
		if e.Method == "POST" && strings.HasPrefix(e.Path, path) {
			n++
		}
	}
	return n
}

func (r *rig) hasJob(kind string) bool {
	r.t.Helper()
	found := false
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		found, err = tx.HasJob(r.ctx, kind)
		return err
	}))
	return found
}

var external = gateway.ReceiptRequest{MerchantUID: "offline-1", Name: "매장 판매", Amount: 11000, Identifier: "01077889911"}
