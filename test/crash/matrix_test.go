// Package crash_test ends the gateway's process at every point there is and
// loses every answer there is, operation by operation, and counts the money: it
// moved once at most, exactly once if anybody was told so, the books have what
// the provider has, everything owed was told, and nothing stays undecided.
//
//	go test ./test/crash                                  both matrices and the children
//	go test ./test/crash -run 'TestCrashes/again' -seed 7 one operation, as that seed chose
//	go test ./test/crash -every 1                         every point on PostgreSQL as well
package crash_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seed  = flag.Uint64("seed", uint64(time.Now().Unix()/86400), "chooses what runs on PostgreSQL as well; another one each day")
	every = flag.Uint64("every", 24, "one of so many runs is on PostgreSQL as well")
	logs  = flag.Bool("logs", false, "print the gateway's log of a run that fails")
)

// TestCrashes walks every operation once to learn its points and then once more
// for each of them, with a process that dies there.
func TestCrashes(t *testing.T) {
	b := newBooks(t)
	t.Logf("seed %d", *seed)
	var report tally
	t.Run("all", func(t *testing.T) {
		for _, op := range operations() {
			t.Run(op.name, func(t *testing.T) {
				t.Parallel()
				points := op.walk(newWorld(t, b.sqlite(t)))
				if len(points) < op.least {
					t.Fatalf("%d points were passed, its steps imply %d at least: %v", len(points), op.least, points)
				}
				report.add(op.name, len(points))
				for i, p := range points {
					t.Run(fmt.Sprintf("%02d %s", i+1, p), func(t *testing.T) {
						t.Parallel()
						op.mustDie(newWorld(t, b.sqlite(t)), p, i%2 == 1)
					})
					if chosen(op.name, p.String()) {
						t.Run(fmt.Sprintf("%02d %s, postgres", i+1, p), func(t *testing.T) {
							t.Parallel()
							op.mustDie(newWorld(t, b.postgres(t)), p, i%2 == 0)
						})
					}
				}
			})
		}
	})
	t.Log(report.String())
}

// TestCrashesAtWork is TestCrashes for some operations with jobs that begin as soon
// as they are written, in the hands of the process that wrote them. What comes
// first is then left to chance, so that a point may be missed.
func TestCrashesAtWork(t *testing.T) {
	b := newBooks(t)
	working := func(w *world) { w.working = true }
	for _, op := range operations() {
		if !slices.Contains([]string{"again, tosspayments", "partial cancel, tosspay", "window confirm, tosspay", "schedule due, tosspayments"}, op.name) {
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			points := op.walk(newWorld(t, b.sqlite(t), working))
			var deaths atomic.Int32
			t.Cleanup(func() {
				if n := int(deaths.Load()); n < op.least {
					t.Errorf("%d of %d points were met, its steps imply %d at least", n, len(points), op.least)
				}
			})
			for i, p := range points {
				t.Run(fmt.Sprintf("%02d %s", i+1, p), func(t *testing.T) {
					t.Parallel()
					if op.die(newWorld(t, b.sqlite(t), working), p, i%2 == 1) {
						deaths.Add(1)
					}
				})
			}
		})
	}
}

// chosen reports whether the seed has a run on PostgreSQL as well.
func chosen(name ...string) bool {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, *seed, name)
	return h.Sum64()%max(*every, 1) == 0
}

// tally is how many points or losses were walked of each operation.
type tally struct {
	mu    sync.Mutex
	lines []string
	all   int
}

func (y *tally) add(name string, n int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.lines, y.all = append(y.lines, fmt.Sprintf("%4d %s", n, name)), y.all+n
}

func (y *tally) String() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return fmt.Sprintf("walked:\n%s\n%4d in all", strings.Join(y.lines, "\n"), y.all)
}

// walk does the operation with nothing in its way and gives the points it passed.
func (op operation) walk(w *world) []point {
	w.t.Helper()
	op.prepare(w)
	w.fate.watch(nil)
	first := op.act(w)
	w.rest(op.span)
	points := w.fate.seen()
	if first.v != done && !(first.v == unknown && first.text == "nobody asked") {
		w.t.Fatalf("nothing is in its way, and it is answered as %s", first)
	}
	w.rest(bound)
	w.check("undisturbed")
	if n := op.effect(w); n != 1 {
		w.t.Fatalf("nothing is in its way, and it comes about %d times", n)
	}
	return points
}

func (op operation) prepare(w *world) {
	w.t.Helper()
	if op.setup != nil {
		op.setup(w)
	}
	w.rest(time.Minute)
	w.token()
}

func (op operation) mustDie(w *world, at point, atOnce bool) {
	w.t.Helper()
	if !op.die(w, at, atOnce) {
		w.t.Fatalf("the process did not come by %s", at)
	}
}

// die does the operation with a process that dies at a point, with the same
// request at once after the restart, if so. It reports whether it died.
func (op operation) die(w *world, at point, atOnce bool) bool {
	w.t.Helper()
	op.prepare(w)
	w.fate.watch(&at)
	first := op.act(w)
	second := told{refused, "not asked"}
	if w.reborn() && atOnce {
		second = op.repeats(w)
	}
	w.rest(op.span)
	w.fate.seen()
	op.judge(w, first, second)
	return w.deaths == 1
}

func (op operation) repeats(w *world) told {
	w.t.Helper()
	if op.again != nil {
		return op.again(w)
	}
	return op.act(w)
}

// judge lets every bound pass and holds what was told against what is so; then
// the request comes once more.
func (op operation) judge(w *world, told ...told) {
	w.t.Helper()
	w.rest(bound)
	w.check("in the end")
	n := op.effect(w)
	said, most := 0, max(op.effects, 1)
	for _, t := range told {
		switch t.v {
		case done:
			said++
		case "malformed":
			w.t.Errorf("the answer is none that is documented: %s", t)
		}
	}
	switch {
	case n > most, n > 1 && said == 0:
		w.t.Errorf("it came about %d times; told were %v", n, told)
	case said > 0 && n == 0:
		w.t.Errorf("told were %v, and it did not come about", told)
	case n > 0 && saidNo(told[0]) && (len(told) == 1 || saidNo(told[1])) && !op.outside:
		w.t.Errorf("told were %v, and it came about %d times", told, n)
	case op.outside && n != 1:
		w.t.Errorf("it came about %d times", n)
	}
	if op.also != nil {
		op.also(w, n > 0)
	}
	last, want := op.repeats(w), done
	if n > 0 {
		want = op.repeat
	}
	if last.v != want || want == refused && !strings.Contains(last.text, op.words) {
		w.t.Errorf("it had come about %d times; the same request is answered as %s, not as %s (%s)", n, last, want, op.words)
	}
	w.rest(bound)
	w.check("after the repetition")
	if after := op.effect(w); after < 1 || after > max(n, 1)+most-1 {
		w.t.Errorf("it had come about %d times, and after the repetition %d", n, after)
	}
}

// saidNo reports whether somebody was told that nothing was done.
func saidNo(t told) bool { return t.v == declined || t.v == refused }
