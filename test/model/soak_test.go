package model_test

import (
	"flag"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// mostBroken ends a run in which this many stories failed.
const mostBroken = 10

// soak tells stories on each database in turn until there were enough operations,
// or the time is up, and prints the report. One that fails does not end the run.
func soak(t *testing.T, run *ledgerOfRun) {
	lanes, next := lanes(), atomic.Int64{}
	next.Store(int64(*first))
	ended := make(chan struct{})
	go progress(run, ended)
	t.Run("lanes", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				for {
					all := run.total()
					if sumOf(all.ops) >= *ops || time.Since(run.began) > *within || all.broken >= mostBroken {
						return
					}
					seed := uint64(next.Add(1) - 1)
					kind := []string{"memory", "file", "postgres"}[seed%3]
					t.Run(fmt.Sprintf("%s/%d", kind, seed), func(t *testing.T) { tell(t, run, kind, seed) })
				}
			})
		}
	})
	close(ended)
	if n := sumOf(run.total().ops); n < *ops {
		t.Errorf("%d of %d operations were made in %s", n, *ops, *within)
	}
	fmt.Println(run.report()) // go test shows a test's own words only when it fails
}

// lanes is how many stories are told at a time.
func lanes() int {
	var n int
	if f := flag.Lookup("test.parallel"); f != nil {
		_, _ = fmt.Sscan(f.Value.String(), &n)
	}
	return max(n, 1)
}

// progress says every now and then how far a run has come.
func progress(run *ledgerOfRun, ended <-chan struct{}) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			all := run.total()
			fmt.Printf("%s: %d operations in %d stories, %d of them failed\n", time.Since(run.began).Round(time.Second), sumOf(all.ops), all.stories, all.broken)
		}
	}
}
