package model_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// wrong is a kind of error that the report counts. Each check says what it looked
// at, and what it found.
type wrong string

const (
	doubleCharge wrong = "double charges"        // more money taken than once, or than the merchant was told
	lostMovement wrong = "lost movements"        // the books and the provider's ledger differ
	stillUnknown wrong = "unknown past bound"    // a call is undecided when nobody asks any more
	undelivered  wrong = "webhooks undelivered"  // owed to the merchant and not heard
	contradicted wrong = "books at odds"         // naru verify finds something
	otherwise    wrong = "other errors"          // anything else that is not as it must be
	noAnswer     wrong = "answers against V1"    // no answer, an error inside, or not in V1's form
	showsSecret  wrong = "secrets shown or kept" // in an answer, a log, a webhook or the books
)

// wrongs are all kinds with what is looked at for them.
func wrongs() []struct {
	wrong
	of string
} {
	return []struct {
		wrong
		of string
	}{
		{doubleCharge, "orders at every step"}, {lostMovement, "movements at every step"}, {stillUnknown, "payments in the end"},
		{undelivered, "webhooks owed"}, {noAnswer, "answers"}, {showsSecret, "texts"}, {contradicted, "rows at every step"}, {otherwise, "payments at every step"},
	}
}

// tally counts what stories did and what their checks looked at.
type tally struct {
	stories, steps, restarts, broken int
	moved                            time.Duration  // by the clock
	ops                              map[string]int // operations by kind
	deaths                           map[string]int // by point
	faults                           map[string]int // that hit, by what they did
	looked, found                    map[wrong]int
}

func newTally() *tally {
	return &tally{ops: map[string]int{}, deaths: map[string]int{}, faults: map[string]int{}, looked: map[wrong]int{}, found: map[wrong]int{}}
}

func (t *tally) add(o *tally) {
	t.stories, t.steps, t.restarts, t.broken, t.moved = t.stories+o.stories, t.steps+o.steps, t.restarts+o.restarts, t.broken+o.broken, t.moved+o.moved
	for _, m := range []struct{ into, from map[string]int }{{t.ops, o.ops}, {t.deaths, o.deaths}, {t.faults, o.faults}} {
		for k, n := range m.from {
			m.into[k] += n
		}
	}
	for k, n := range o.looked {
		t.looked[k] += n
	}
	for k, n := range o.found {
		t.found[k] += n
	}
}

func sumOf[K comparable](m map[K]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

// did counts an operation: something a merchant, a buyer, a bank, a provider's
// desk or the clock did. What the checks ask is none.
func (w *world) did(kind string) {
	if kind != "" {
		w.tally.ops[kind]++
	}
}

// ledgerOfRun is what all stories of a run came to, by database.
type ledgerOfRun struct {
	mu    sync.Mutex
	began time.Time
	kinds map[string]*tally
}

func newRun() *ledgerOfRun { return &ledgerOfRun{began: time.Now(), kinds: map[string]*tally{}} }

func (r *ledgerOfRun) add(kind string, t *tally) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds[kind] == nil {
		r.kinds[kind] = newTally()
	}
	r.kinds[kind].add(t)
}

// total is the sum of all databases.
func (r *ledgerOfRun) total() *tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := newTally()
	for _, t := range r.kinds {
		all.add(t)
	}
	return all
}

// report is the run in a table, a column for each database.
func (r *ledgerOfRun) report() string {
	names := slices.Sorted(maps.Keys(r.kinds))
	all := r.total()
	columns := []*tally{}
	for _, n := range names {
		columns = append(columns, r.kinds[n])
	}
	columns, names = append(columns, all), append(names, "all")
	var b strings.Builder
	row := func(name string, cell func(*tally) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, t := range columns {
			fmt.Fprintf(&b, " %s |", cell(t))
		}
		b.WriteString("\n")
	}
	number := func(name string, n func(*tally) int) {
		row(name, func(t *tally) string { return fmt.Sprint(n(t)) })
	}
	fmt.Fprintf(&b, "model run of %s\n\n| | %s |\n|---|%s\n", time.Since(r.began).Round(time.Second), strings.Join(names, " | "), strings.Repeat("---:|", len(names)))
	number("stories", func(t *tally) int { return t.stories })
	number("operations", func(t *tally) int { return sumOf(t.ops) })
	number("faults that hit", func(t *tally) int { return sumOf(t.faults) })
	number("deaths", func(t *tally) int { return sumOf(t.deaths) })
	number("restarts in order", func(t *tally) int { return t.restarts })
	row("days the clock moved", func(t *tally) string { return fmt.Sprintf("%.0f", t.moved.Hours()/24) })
	for _, w := range wrongs() {
		row("**"+string(w.wrong)+"** (of "+w.of+")", func(t *tally) string { return fmt.Sprintf("**%d** (%d)", t.found[w.wrong], t.looked[w.wrong]) })
	}
	number("stories that failed", func(t *tally) int { return t.broken })
	b.WriteString("\noperations by kind: " + most(all.ops) + "\n")
	b.WriteString("faults by what they did: " + most(all.faults) + "\n")
	b.WriteString("deaths by point: " + most(all.deaths) + "\n")
	return b.String()
}

// most lists counts, the most first.
func most(m map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s %d", k, m[k])
	}
	return strings.Join(keys, ", ")
}
