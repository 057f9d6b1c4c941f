package crash_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"naru/internal/store"
)

// errDied is what a process that is dead gets for everything it still tries.
var errDied = errors.New("the process is dead")

// point is a place at which a process may die: the nth passing of a label since
// the operation began.
type point struct {
	label string
	nth   int
}

func (p point) String() string { return fmt.Sprintf("%s #%d", p.label, p.nth) }

// fate knows every point a process passes and ends it at one of them.
type fate struct {
	mu      sync.Mutex
	watched bool
	at      *point // nil: it lives
	passed  []point
	counts  map[string]int
}

// watch begins to count: from here on points have names. With at, the process
// that passes it dies there.
func (f *fate) watch(at *point) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watched, f.at, f.passed, f.counts = true, at, nil, map[string]int{}
}

// seen ends the counting and gives what was passed.
func (f *fate) seen() []point {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watched, f.at = false, nil
	return f.passed
}

// pass takes a process past a point. An error means that it is dead, here or
// since before.
func (f *fate) pass(l *life, label string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l.dead {
		return errDied
	}
	if !f.watched {
		return nil
	}
	f.counts[label]++
	p := point{label, f.counts[label]}
	f.passed = append(f.passed, p)
	if f.at != nil && *f.at == p {
		f.at, l.dead = nil, true
		return errDied
	}
	return nil
}

// died reports whether a process has met its end.
func (f *fate) died(l *life) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return l.dead
}

// commits names the points of a store's writes by who writes.
func (f *fate) commits(l *life) func(string) error {
	return func(at string) error {
		when := "before"
		if at == store.PointCommitted {
			when = "after"
		}
		return f.pass(l, when+" commit of "+writer())
	}
}

// writer is the function that called Store.Write.
func writer() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		name := strings.TrimPrefix(frame.Function, "naru/internal/")
		switch {
		case name == frame.Function, strings.HasPrefix(name, "store."):
		default:
			return closure.ReplaceAllString(name, "")
		}
		if !more {
			return "nobody"
		}
	}
}

// closure is what Go adds to the name of a function inside another.
var closure = regexp.MustCompile(`(\.func\d+|\.\d+|\[\.\.\.\])+$`)

// pattern is a request with the ids in its path left out.
func pattern(r *http.Request) string {
	parts := strings.Split(r.URL.Path, "/")
	for i, part := range parts {
		if part != "" && !word.MatchString(part) {
			parts[i] = "*"
		}
	}
	return r.Method + " " + strings.Join(parts, "/")
}

// word is a segment that is the same in every request.
var word = regexp.MustCompile(`^(v\d|[a-z]+(-[a-z]+)*)$`)
