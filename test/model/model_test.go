// Package model_test tells the gateway random stories and holds it to an
// account of its own: V1 calls, deposits, moves of the clock, faults at the
// providers and deaths of the process, in sequences that a seed decides. After
// each step V1's answers, the books and the simulators' own ledgers must agree
// as far as they can by then, and in the end altogether.
//
// A story that fails prints its steps and how to tell it again:
//
//	go test ./test/model -run TestModel -seed 17 [-dsn postgres]
//	go test ./test/model -timeout 0 -seeds 2000     a long search
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

	"naru/internal/pay"
	"naru/internal/pgtest"
)

var (
	oneSeed  = flag.Int64("seed", -1, "tell the story of this seed alone")
	seeds    = flag.Int("seeds", 16, "how many stories to tell on SQLite in memory")
	first    = flag.Int("first", 1, "the seed of the first of them")
	steps    = flag.Int("steps", 0, "steps of each story; 0 leaves it to the seed, 40 to 80")
	logs     = flag.Bool("logs", false, "print the gateway's log of a story that fails")
	database = flag.String("dsn", "memory", "books of the story of -seed: memory, file or postgres")
)

// fewer is one story on a slower database for so many in memory.
const fewer = 8

// TestModel tells stories on SQLite in memory, and some of them on a SQLite
// file, which outlives a death, and on PostgreSQL as well.
func TestModel(t *testing.T) {
	t.Parallel()
	if *oneSeed >= 0 {
		tell(t, *database, uint64(*oneSeed))
		return
	}
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
				tell(t, kind, uint64(seed))
			})
		}
	}
}

func tell(t *testing.T, kind string, seed uint64) {
	t.Helper()
	dsn := memory
	switch kind {
	case "memory":
	case "file":
		dsn = "sqlite:" + filepath.Join(t.TempDir(), "books.db")
	case "postgres":
		dsn = pgtest.DSN(t)
	default:
		t.Fatalf("-dsn %q: must be memory, file or postgres", kind)
	}
	s := newStory(t, dsn, kind, seed)
	n := *steps
	if n <= 0 {
		n = 40 + s.rng.IntN(41)
	}
	for range n {
		s.step()
	}
	s.settle()
	if testing.Verbose() {
		t.Logf("the story:\n%s", strings.Join(s.told, "\n"))
	}
}

// story is a world with what is expected of it.
type story struct {
	*world
	rng       *rand.Rand
	kind      string
	told      []string // the steps so far
	client    *http.Client
	bearer    string
	tokenEnds time.Time
	budget    time.Duration // by how much the clock may still be moved in days

	customers []*customer
	payments  map[pay.PaymentID]*payment // as last seen on the books
	ids       []pay.PaymentID            // of them, the oldest first
	numbers   []string                   // order numbers in use
	bookings  []*booking
	prepared  map[string]int64
	claims    []claim
	receipts  map[string]*receipt
	cancels   map[string]bool // by cancellation_id: whether the merchant must hear of it
	card      int             // cards made so far
	secrets   []string
	// disturbed: since the step began a fault hit, a notice was kept back or the
	// gateway died, so that its outcome may be any that is honest.
	disturbed bool
	hits      int
}

func newStory(t *testing.T, dsn, kind string, seed uint64) *story {
	t.Helper()
	s := &story{
		world: newWorld(t, dsn, seed), rng: rand.New(rand.NewPCG(seed, 0x6e617275)), kind: kind, client: &http.Client{Transport: &http.Transport{}},
		budget: 200 * 24 * time.Hour, payments: map[pay.PaymentID]*payment{}, prepared: map[string]int64{}, receipts: map[string]*receipt{},
		cancels: map[string]bool{},
		secrets: []string{restSecret, cardSecret, billSecret, walletKey, walletBill, businessNumber, refundAccount},
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// step does one random thing, lets the world come to rest, and looks at it.
func (s *story) step() {
	s.t.Helper()
	s.disturbed, s.hits = false, s.faultHits()
	s.pass(time.Duration(1+s.rng.IntN(50)) * time.Millisecond) // no two things happen at once unless they are to
	op := s.pick()
	op(s)
	s.quiesce()
	s.look()
}

// ops are what a step may be, each as often as its weight says.
var ops = []struct {
	weight int
	do     func(*story)
}{
	{8, (*story).issueKey}, {4, (*story).linkWallet}, {2, (*story).deleteKey}, {2, (*story).breakWallet},
	{7, (*story).onetime}, {3, (*story).onetimeKeeping}, {12, (*story).again},
	{8, (*story).book}, {3, (*story).unschedule}, {3, (*story).move}, {2, (*story).rebook}, {3, (*story).retry},
	{8, (*story).issueAccount}, {7, (*story).deposit}, {2, (*story).reverse}, {2, (*story).expire}, {2, (*story).revoke},
	{14, (*story).cancel}, {2, (*story).officeCancel},
	{4, (*story).issueReceipt}, {2, (*story).cancelReceipt}, {3, (*story).externalReceipt},
	{3, (*story).prepare}, {8, (*story).readSomething},
	{11, (*story).sleep}, {12, (*story).breakProvider}, {3, (*story).mend}, {5, (*story).mark}, {6, (*story).race}, {2, (*story).deafen},
}

func (s *story) pick() func(*story) {
	sum := 0
	for _, o := range ops {
		sum += o.weight
	}
	n := s.rng.IntN(sum)
	for _, o := range ops {
		if n -= o.weight; n < 0 {
			return o.do
		}
	}
	return ops[0].do
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
	what := fmt.Sprintf(format, args...)
	if *logs {
		s.t.Log(s.log.String())
	}
	if s.kind == byHand {
		s.t.Fatal(what)
	}
	s.t.Fatalf("%s\n\nthe story so far:\n%s\n\ntell it again: go test ./test/model -run TestModel -seed %d -dsn %s -steps %d",
		what, strings.Join(s.told, "\n"), s.seed, s.kind, *steps)
}

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
	s.pass(d)
}

// pass moves the clock and follows the bookings that come due on the way.
func (s *story) pass(d time.Duration) {
	s.t.Helper()
	due := s.foresee(s.clock.In(d))
	s.advance(d)
	s.came(due)
}
