package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

// hanging is an endpoint that answers nothing until it is let go.
type hanging struct {
	*httptest.Server
	now, most atomic.Int64
}

func newHanging(t *testing.T, letGo <-chan struct{}) *hanging {
	t.Helper()
	h := &hanging{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := h.now.Add(1)
		defer h.now.Add(-1)
		for most := h.most.Load(); n > most && !h.most.CompareAndSwap(most, n); most = h.most.Load() {
		}
		select {
		case <-letGo:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// tells has an event of a payment of its own told to each address.
func (r *rig) tells(id int, addresses ...string) {
	r.t.Helper()
	r.write(func(ctx context.Context, tx *store.Tx) error {
		for i, address := range addresses {
			p := r.payment
			p.ID, p.Notify.URLs = pay.PaymentID(fmt.Sprintf("imp_%012d", id+i)), []string{address}
			if err := r.notifier.Tell(ctx, tx, p, notify.Event{Merchant: p.Merchant, Payment: p.ID, Seq: 2, Status: pay.StatusPaid}); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestHangingEndpointsDelayNobody: ten endpoints hang with a backlog each, some
// of it older than the process. All messages to one that is well arrive all the
// same, and no endpoint has more than its share under way.
func TestHangingEndpointsDelayNobody(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const slots = 100
		const endpoints, backlog, healthy = 10, 14, 40 // they hang on more than there are slots
		letGo := make(chan struct{})
		var hang []*hanging
		for range endpoints {
			hang = append(hang, newHanging(t, letGo))
		}
		id := 0
		tell := func(n int) {
			var to []string
			for _, h := range hang {
				to = append(to, slices.Repeat([]string{h.URL}, n)...)
			}
			r.tells(id+1, to...)
			id += len(to)
		}
		tell(backlog / 2)
		id++
		r.tells(id, r.shop.URL+"/old") // behind them all
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		runner := r.newRunner(time.Second, slots)
		runner.Start(ctx)
		waitFor(t, func() bool { return len(r.shop.requests()) == 1 })
		tell(backlog / 2)
		for range healthy {
			id++
			r.tells(id, r.shop.URL+"/new")
		}
		waitFor(t, func() bool { return len(r.shop.requests()) == 1+healthy })
		for i, h := range hang {
			if n := h.most.Load(); n < 2 || n > 8 {
				t.Errorf("endpoint %d had %d requests at once, want 2 to 8", i, n)
			}
		}
		close(letGo)
		waitFor(t, func() bool { // and then they get theirs
			var n int
			err := r.store.Read(t.Context(), func(tx *store.Tx) (err error) {
				n, err = tx.CountDeliveries(t.Context(), r.merchant.ID, store.DeliveryFilter{Status: store.DeliveryDelivered})
				return err
			})
			return err == nil && n == id
		})
		if err := runner.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
