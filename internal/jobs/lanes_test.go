package jobs_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"naru/internal/jobs"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// Lanes that are full, however many and however long their queues, keep no job of
// another lane from running.
func TestFullLanesHoldUpNobody(t *testing.T) {
	t.Parallel()
	for kind, dsn := range map[string]func() string{"sqlite": func() string { return "sqlite::memory:" }, "postgres": func() string { return pgtest.Lent(t) }} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			s, err := store.Open(ctx, dsn(), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			const lanes = 300 // more than one look takes from
			through, healthy := make(chan struct{}), make(chan string, 10)
			var most, busy sync.Map
			work := func(_ context.Context, j store.Job) error {
				if j.Lane == "zz healthy" {
					healthy <- j.Key
					return nil
				}
				n, _ := busy.LoadOrStore(j.Lane, new(int))
				*n.(*int)++ // one at a time in a lane: the race detector would see two
				most.Store(j.Lane, *n.(*int))
				<-through
				*n.(*int)--
				return nil
			}
			enqueue := func(key, lane string) {
				t.Helper()
				err := s.Write(ctx, func(tx *store.Tx) error {
					return tx.EnqueueJob(ctx, "work", store.NewJob{Merchant: "m", Key: key, Lane: lane, Arg: 0, RunAt: tx.Now})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for i := range lanes {
				enqueue(fmt.Sprint("a", i), fmt.Sprintf("lane %03d", i))
				enqueue(fmt.Sprint("b", i), fmt.Sprintf("lane %03d", i))
			}
			enqueue("first", "zz healthy")
			r := jobs.New(jobs.Options{
				Store: s, Workers: map[string]jobs.Worker{"work": work}, Concurrency: map[string]int{"work": 1000}, Poll: 20 * time.Millisecond,
				LaneLimit: map[string]func(string) int{"work": func(string) int { return 1 }},
			})
			r.Start(ctx)
			defer func() { _ = r.Stop(ctx) }()
			defer close(through)
			for _, want := range []string{"first", "second"} {
				select {
				case got := <-healthy:
					if got != want {
						t.Errorf("%s ran, want %s", got, want)
					}
				case <-ctx.Done():
					t.Fatalf("%s did not run beside lanes that are full", want)
				}
				if want == "first" {
					enqueue("second", "zz healthy")
				}
			}
			most.Range(func(lane, n any) bool {
				if n.(int) > 1 {
					t.Errorf("%d at once in %s", n, lane)
				}
				return true
			})
		})
	}
}

// What is enqueued by a process with room is handed to it: nothing is leased.
func TestHandOver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	s, err := store.Open(ctx, "sqlite::memory:", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	ran := make(chan store.Job, 10)
	r := jobs.New(jobs.Options{Store: s, Poll: time.Hour, Workers: map[string]jobs.Worker{
		"work": func(_ context.Context, j store.Job) error { ran <- j; return nil },
	}})
	r.Start(ctx)
	wake := make(chan struct{}, 10)
	defer s.OnEnqueue(func() { wake <- struct{}{} })()
	enqueue := func(key string, in time.Duration, after error) error {
		return s.Write(ctx, func(tx *store.Tx) error {
			if err := tx.Enqueue(ctx, "m", "work", key, 7, tx.Now.Add(in)); err != nil {
				return err
			}
			return after
		})
	}
	if err := enqueue("undone", 0, context.Canceled); err == nil {
		t.Fatal("the transaction was to fail")
	}
	if err := enqueue("later", time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	if err := enqueue("now", 0, nil); err != nil {
		t.Fatal(err)
	}
	select {
	case j := <-ran:
		if j.Key != "now" || j.Merchant != "m" || string(j.Arg) != "7" || j.Tries != 1 {
			t.Errorf("%+v", j)
		}
	case <-ctx.Done():
		t.Fatal("it did not run")
	}
	if err := r.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if len(wake) != 0 || len(ran) != 0 {
		t.Errorf("%d wakes, %d more runs", len(wake), len(ran))
	}
	if err := enqueue("stopped", 0, nil); err != nil { // nobody takes it any more: it waits
		t.Fatal(err)
	}
	var left []store.Job
	err = s.Write(ctx, func(tx *store.Tx) (err error) {
		left, err = tx.LeaseJobs(ctx, []string{"work"}, 10, time.Minute)
		return err
	})
	if err != nil || len(left) != 1 || left[0].Key != "stopped" {
		t.Errorf("left: %+v %v", left, err)
	}
}
