// Package model_test tells the gateway random stories and holds it to an
// account of its own: V1 calls of a merchant and its sub-store, buyers in payment
// and billing windows, deposits, moves of the clock, faults at the providers and
// deaths of the process, in sequences that a seed decides. After each step V1's
// answers, the books and the simulators' own ledgers must agree as far as they can
// by then, and in the end altogether.
//
// A seed tells one story and no other: also which of several calls made at once
// goes on is the seed's choice (turns). A story that fails prints its steps and
// how to tell it again:
//
//	go test ./test/model -run TestModel -seed 17 [-dsn postgres]
//	go test ./test/model -timeout 0 -seeds 2000                 a long search
//	go test ./test/model -timeout 0 -ops 100000 -for 2h         as "make soak" does
package model_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/pgtest"
)

var (
	oneSeed  = flag.Int64("seed", -1, "tell the story of this seed alone")
	seeds    = flag.Int("seeds", 12, "how many stories to tell on SQLite in memory")
	first    = flag.Int("first", 1, "the seed of the first of them")
	steps    = flag.Int("steps", 0, "steps of each story; 0 leaves it to the seed, 30 to 70 and now and then more")
	logs     = flag.Bool("logs", false, "print the gateway's log of a story that fails")
	database = flag.String("dsn", "memory", "books of the story of -seed: memory, file or postgres")
	ops      = flag.Int("ops", 0, "tell stories on all databases until so many operations were made, -parallel at a time")
	within   = flag.Duration("for", 2*time.Hour, "begin no more stories after this time, whatever -ops says")
)

// fewer is one story on a slower database for so many in memory.
const fewer = 6

// TestModel tells stories on SQLite in memory, and some of them on a SQLite
// file, which outlives a death, and on PostgreSQL as well.
func TestModel(t *testing.T) {
	run := newRun()
	if *ops > 0 {
		soak(t, run)
		return
	}
	t.Cleanup(func() { t.Log(run.report()) })
	if *oneSeed >= 0 {
		tell(t, run, *database, uint64(*oneSeed))
		return
	}
	t.Parallel()
	for seed := *first; seed < *first+*seeds; seed++ {
		kinds := []string{"memory"}
		switch seed % fewer {
		case 1:
			kinds = append(kinds, "postgres")
		case 2:
			kinds = append(kinds, "file")
		}
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s/%d", kind, seed), func(t *testing.T) {
				t.Parallel()
				tell(t, run, kind, uint64(seed))
			})
		}
	}
}

// tell tells a story and adds it to the run, however it ends.
func tell(t *testing.T, run *ledgerOfRun, kind string, seed uint64) {
	t.Helper()
	s := newStory(t, dsnOf(t, kind), kind, seed)
	defer func() { run.add(kind, s.tally) }()
	s.live()
	if testing.Verbose() && *ops == 0 {
		t.Logf("the story:\n%s", strings.Join(s.told, "\n"))
	}
}

func dsnOf(t *testing.T, kind string) string {
	t.Helper()
	switch kind {
	case "memory":
		return memory
	case "file":
		return "sqlite:" + filepath.Join(t.TempDir(), "books.db")
	case "postgres":
		return pgtest.Lent(t)
	}
	t.Fatalf("-dsn %q: must be memory, file or postgres", kind)
	return ""
}

// story is a world with what is expected of it.
type story struct {
	*world
	*shop     // whose step it is
	shops     []*shop
	rng       *rand.Rand
	kind      string
	told      []string // the steps so far
	client    *http.Client
	browser   *http.Client // follows nothing by itself
	bearer    string
	tokenEnds time.Time
	budget    time.Duration // by how much the clock may still be moved in days
	card      int           // cards made so far
	keys      int           // Idempotency-Keys used so far
	secrets   []string
	early     bool // the next call's notices come before its answer
	// disturbed: since the step began a fault hit, a notice was kept back or the
	// gateway died, so that its outcome may be any that is honest.
	disturbed bool
	hits      int
	settled   bool         // nothing is to happen any more
	planted   func(*story) // an error put in for a test of the checks
	// unverified: naru verify is not asked, so that another check finds what is planted.
	unverified bool
}

func newStory(t testing.TB, dsn, kind string, seed uint64) *story {
	t.Helper()
	s := &story{
		world: newWorld(t, dsn, seed), rng: rand.New(rand.NewPCG(seed, 0x6e617275)), kind: kind, client: &http.Client{Transport: &http.Transport{}},
		budget: 200 * 24 * time.Hour, secrets: planted(),
	}
	s.browser = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(s.client.CloseIdleConnections)
	t.Cleanup(s.browser.CloseIdleConnections)
	s.shops = newShops(s.world, s.contracts())
	s.shop = s.shops[0]
	return s
}

// live tells the story to its end.
func (s *story) live() {
	s.t.Helper()
	s.tally.stories++
	n := 30 + s.rng.IntN(41)
	if s.chance(12) {
		n *= 4
	}
	if *steps > 0 {
		n = *steps
	}
	for range n {
		s.step()
	}
	s.settle()
}

// step does one random thing, lets the world come to rest, and looks at it.
func (s *story) step() {
	s.t.Helper()
	s.tally.steps++
	s.disturbed, s.hits = false, s.faultHits()
	s.pass(time.Duration(1+s.rng.IntN(50)) * time.Millisecond) // no two things happen at once unless they are to
	s.shop = s.shops[0]
	if s.chance(6) {
		s.shop = s.shops[1]
	}
	op := s.pick()
	s.doing = op.name
	op.do(s)
	s.doing = ""
	s.quiesce()
	if s.planted != nil {
		s.planted(s)
	}
	s.look()
}

// op is what a step may be, as often as its weight says.
type op struct {
	name   string
	weight int
	do     func(*story)
}

func allOps() []op {
	return []op{
		{"issue a key", 7, (*story).issueKey}, {"link a wallet", 4, (*story).linkWallet}, {"delete a key", 2, (*story).deleteKey},
		{"wallet declines", 2, (*story).breakWallet},
		{"onetime", 7, (*story).onetime}, {"onetime, kept", 3, (*story).onetimeKeeping}, {"again", 10, (*story).again},
		{"under a key", 6, (*story).keyed},
		{"schedule", 8, (*story).book}, {"unschedule", 3, (*story).unschedule}, {"move a schedule", 3, (*story).move},
		{"schedule again", 2, (*story).rebook}, {"retry a schedule", 3, (*story).retry},
		{"issue an account", 8, (*story).issueAccount}, {"deposit", 7, (*story).deposit}, {"take a deposit back", 2, (*story).reverse},
		{"account expires", 2, (*story).expire}, {"revoke an account", 2, (*story).revoke},
		{"window", 14, (*story).pay}, {"billing window", 6, (*story).register}, {"buyer goes on", 14, (*story).goOn},
		{"cancel", 14, (*story).cancel}, {"cancel at the desk", 2, (*story).officeCancel},
		{"receipt", 4, (*story).issueReceipt}, {"cancel a receipt", 2, (*story).cancelReceipt}, {"receipt of others", 3, (*story).externalReceipt},
		{"prepare", 3, (*story).prepare}, {"read", 8, (*story).readSomething}, {"read another's", 1, (*story).stranger},
		{"move the clock", 11, (*story).sleep}, {"race", 8, (*story).race},
		{"break a provider", 12, (*story).breakProvider}, {"mend", 3, (*story).mend}, {"mark a death", 6, (*story).mark},
		{"restart", 1, (*story).restart}, {"deafen", 2, (*story).deafen},
	}
}

func (s *story) pick() op {
	sum, all := 0, allOps()
	for _, o := range all {
		sum += o.weight
	}
	n := s.rng.IntN(sum)
	for _, o := range all {
		if n -= o.weight; n < 0 {
			return o
		}
	}
	return all[0]
}

// note writes a line of the story down.
func (s *story) note(format string, args ...any) {
	s.told = append(s.told, fmt.Sprintf("%3d %s  ", len(s.told), s.clock.Now().Format("01-02 15:04:05"))+fmt.Sprintf(format, args...))
}

// byHand is the kind of a story that no seed tells.
const byHand = "by hand"

// fail ends the story and prints it.
func (s *story) fail(format string, args ...any) {
	s.t.Helper()
	s.failAs(otherwise, format, args...)
}

// failAs is fail with an error of a kind that the report counts.
func (s *story) failAs(kind wrong, format string, args ...any) {
	s.t.Helper()
	what := fmt.Sprintf(format, args...)
	s.tally.found[kind]++
	s.tally.broken++
	if *logs {
		s.t.Log(s.log.String())
	}
	if s.kind == byHand {
		s.t.Fatal(what)
	}
	again := fmt.Sprintf("tell it again: go test ./test/model -run TestModel -seed %d -dsn %s -steps %d", s.seed, s.kind, *steps)
	if *ops > 0 { // the story itself is printed when the whole run has ended
		fmt.Printf("%s\n%s\n", what, again)
	}
	s.t.Fatalf("%s\n\nthe story so far:\n%s\n\n%s", what, strings.Join(s.told, "\n"), again)
}

// looked counts what a check has looked at.
func (s *story) looked(kind wrong, n int) { s.tally.looked[kind] += n }

// chance is true in one of n cases.
func (s *story) chance(n int) bool { return s.rng.IntN(n) == 0 }

// one is one of all, which are not none.
func one[T any](s *story, all []T) T { return all[s.rng.IntN(len(all))] }

// number is an order number: mostly a new one, else one that was used before.
func (s *story) number() string {
	if len(s.numbers) > 0 && s.chance(5) {
		return one(s, s.numbers)
	}
	n := fmt.Sprintf("주문-%d-%d", s.seed, len(s.numbers)+1)
	s.numbers = append(s.numbers, n)
	return n
}

// amount is a sum that both providers take.
func (s *story) amount() int64 { return int64(1+s.rng.IntN(120)) * 1000 }

// sleep moves the clock by seconds to weeks.
func (s *story) sleep() {
	d := one(s, []time.Duration{
		3 * time.Second, 20 * time.Second, time.Minute, 3 * time.Minute, 20 * time.Minute, 2 * time.Hour, 9 * time.Hour, 26 * time.Hour,
		3 * 24 * time.Hour, 12 * 24 * time.Hour, 40 * 24 * time.Hour,
	})
	if d > s.budget {
		d = time.Minute
	}
	s.budget -= d
	s.note("sleep %s", d)
	s.did(s.doing)
	s.pass(d)
}

// pass moves the clock and follows the bookings that come due on the way.
func (s *story) pass(d time.Duration) {
	s.t.Helper()
	due := s.foresee(s.clock.In(d))
	s.advance(d)
	s.came(due)
}
