package notify_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

var errDied = errors.New("the process died")

// dies lets the process die at the next Write that passes a point.
func (r *rig) dies(at string) {
	done := false
	f := func(point string) error {
		if point == at && !done {
			done = true
			return errDied
		}
		return nil
	}
	r.faults.Store(&f)
}

// TestNothingIsTakenByADeath: whenever the process dies around the commit of the
// change itself, the merchant hears of it exactly when it happened.
func TestNothingIsTakenByADeath(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.pays()
		for i, c := range []struct {
			point string
			told  int
		}{{store.PointCommit, 0}, {store.PointCommitted, 1}} {
			r.dies(c.point)
			err := r.store.Write(t.Context(), func(tx *store.Tx) error {
				return r.notifier.Tell(t.Context(), tx, r.payment, notify.Event{Merchant: "m1", Payment: r.payment.ID, Seq: int64(i + 2), Status: pay.StatusPaid})
			})
			if !errors.Is(err, errDied) {
				t.Fatalf("%s: %v", c.point, err)
			}
			r.run() // the next process
			if n := len(r.shop.requests()); n != c.told {
				t.Errorf("died at %s: %d requests, want %d", c.point, n, c.told)
			}
		}
	})
}

// TestADeathAfterSending: a try that was made and not written down is made again;
// one that was written down is not.
func TestADeathAfterSending(t *testing.T) {
	for point, want := range map[string]int{store.PointCommit: 2, store.PointCommitted: 1} {
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.shop.says(func(http.ResponseWriter, *http.Request) { r.dies(point) })
				r.pays()
				r.paid()
				r.run()
				r.shop.says(func(http.ResponseWriter, *http.Request) {})
				r.after(2 * time.Minute) // the lease is out
				if n := len(r.shop.requests()); n != want {
					t.Errorf("%d requests, want %d", n, want)
				}
				if d, tries := r.only(); d.Status != store.DeliveryDelivered || d.Tries != 1 || len(tries) != 1 {
					t.Errorf("%s, %d tries, %d recorded", d.Status, d.Tries, len(tries))
				}
				r.noJobs()
			})
		})
	}
}

// deadTaker takes jobs as a process does that dies right then.
type deadTaker struct{}

func (deadTaker) Reserve(store.JobName, string) (time.Duration, bool) { return time.Minute, true }
func (deadTaker) Run(store.Job)                                       {}
func (deadTaker) Release(store.JobName)                               {}

// TestADeathAfterTaking: what a process took with the change itself is another's
// once its lease is out.
func TestADeathAfterTaking(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.pays()
		undo := r.store.HandOver(deadTaker{})
		r.paid()
		undo()
		r.run()
		if n := len(r.shop.requests()); n != 0 {
			t.Errorf("%d requests while the lease is another's", n)
		}
		r.after(time.Minute)
		if d, _ := r.only(); d.Status != store.DeliveryDelivered || len(r.shop.requests()) != 1 {
			t.Errorf("%s after %d requests", d.Status, len(r.shop.requests()))
		}
		r.noJobs()
	})
}

func (r *rig) noJobs() {
	r.t.Helper()
	err := r.store.Read(r.t.Context(), func(tx *store.Tx) error {
		next, err := tx.NextJobAt(r.t.Context())
		if err == nil && !next.IsZero() {
			r.t.Errorf("a job is left, for %s", next)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestOneCommitMore: a webhook that is delivered at once costs one commit besides
// the change's own.
func TestOneCommitMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.pays()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		runner := r.newRunner(time.Hour, notify.Slots) // it looks for nothing by itself
		runner.Start(ctx)
		delivered := func(n int) func() bool {
			return func() bool {
				all := r.deliveries()
				return len(all) == n && all[n-1].Status == store.DeliveryDelivered
			}
		}
		r.happens(gateway.Event{Seq: 2, Status: pay.StatusPaid})
		waitFor(t, delivered(1))
		before := r.commits.Load()
		const events = 5
		for i := range events {
			r.happens(gateway.Event{Seq: int64(i + 3), Status: pay.StatusPaid})
			waitFor(t, delivered(i+2))
		}
		if err := runner.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		// A commit is seen before it is counted: the last one of before may be counted after.
		if n := r.commits.Load() - before; n != 2*events && n != 2*events+1 {
			t.Errorf("%d commits for %d events, want two each", n, events)
		}
	})
}

// TestTellKeepsItsPromiseWhenRunTwice: a transaction that is run again tells once.
func TestTellKeepsItsPromiseWhenRunTwice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.pays()
		for range 2 {
			r.write(func(ctx context.Context, tx *store.Tx) error {
				for range 2 {
					if err := r.notifier.Tell(ctx, tx, r.payment, notify.Event{Merchant: "m1", Payment: r.payment.ID, Seq: 2, Status: pay.StatusPaid}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		r.run()
		if got := r.shop.requests(); len(got) != 1 || !strings.Contains(got[0].body, "paid") {
			t.Errorf("sent %+v", got)
		}
	})
}
