// Package chaos_test runs several `naru serve` processes on one PostgreSQL
// behind a load balancer, has merchants' servers and buyers use them, and breaks
// what can break meanwhile: nodes are killed and stopped, their leases run out
// under them, the database is cut off, providers fail and merchants' servers do
// not answer. When it is quiet again, the books, the providers' ledgers, V1 and
// what the merchant heard must tell one story, to the won.
//
// A seed decides what is asked for and what breaks when. Processes and networks
// decide the rest, so that a seed does not tell the very same story twice.
//
//	go test ./test/chaos                                       the short form
//	go test -v -timeout 0 ./test/chaos -run Chaos -for 3m -seed 7 -nodes 3
//	go test -v ./test/chaos -run Rolling -before ./naru-of-the-release-before
package chaos_test

import (
	"flag"
	"testing"
	"time"
)

var (
	lasts   = flag.Duration("for", 0, "how long to break things; 0 is the short form, which ages leases by hand")
	seed    = flag.Uint64("seed", 1, "what is asked for, and what breaks when")
	nodes   = flag.Int("nodes", 3, "how many naru serve processes")
	callers = flag.Int("callers", 16, "how many merchants' servers call at once")
	before  = flag.String("before", "", "program of the release before, for TestRollingUpgrade: it is replaced by the program as it is, and its own migrations")
	keep    = flag.String("keep", "", "folder to keep the processes' logs in")
)

// shortForm is how long things are broken in the short form: less than a lease
// lasts. A stopped node's leases are then made to run out in the database.
const shortForm = 16 * time.Second

// TestChaos is the whole story.
func TestChaos(t *testing.T) {
	t.Parallel()
	span := *lasts
	if span <= 0 {
		span = shortForm
	}
	s := newStage(t, stageOptions{nodes: *nodes, seed: *seed})
	var times stopwatch
	times.lap("built up")
	load := s.newLoad(*callers, *seed)
	load.begin(t)
	times.lap("the load began")
	m := s.newMonkey(*seed, *lasts > 0)
	m.rage(span)
	times.lap("broken")
	m.mend()
	load.end()
	times.lap("mended")
	s.calm(t)
	times.lap("calm, and nodes ended")
	s.afterwards(t)
	times.lap("four days later")
	found := s.audit(t, load)
	times.lap("audited")
	report(t, s, load, m, found, times)
}

// stopwatch is how long each part took.
type stopwatch struct {
	last time.Time
	laps []string
}

func (s *stopwatch) lap(what string) {
	now := time.Now()
	if !s.last.IsZero() {
		s.laps = append(s.laps, what+" "+now.Sub(s.last).Round(100*time.Millisecond).String())
	}
	s.last = now
}
