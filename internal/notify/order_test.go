package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// TestOrderUnderLoad: of many events of a payment in a row, handed over, leased and
// woken as it comes, with tries that fail, each is first told after the one before.
func TestOrderUnderLoad(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const events = 12
		var n atomic.Int64
		r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1)%3 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		r.pays()
		one, other := r.newRunner(5*time.Millisecond, 64), r.newRunner(5*time.Millisecond, 64)
		one.Start(t.Context())
		other.Start(t.Context())
		for i := range events {
			r.happens(gateway.Event{Seq: int64(i + 2), Status: pay.StatusPartiallyCancelled, CancelID: fmt.Sprintf("cancel-%02d", i)})
		}
		told := func() (order []int) {
			seen := map[int]bool{}
			for _, q := range r.shop.requests() {
				i := 0
				if _, err := fmt.Sscanf(q.body[strings.Index(q.body, "cancel-"):], "cancel-%02d", &i); err != nil {
					t.Error(err)
				}
				if !seen[i] {
					seen[i], order = true, append(order, i)
				}
			}
			return order
		}
		waitFor(t, func() bool { r.clock.Advance(100 * time.Millisecond); return len(told()) == events })
		for _, run := range []interface{ Stop(context.Context) error }{one, other} {
			if err := run.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for at, i := range told() {
			if at != i {
				t.Fatalf("told in the order %v", told())
			}
		}
	})
}
