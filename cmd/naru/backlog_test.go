package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// held is a log that takes nothing until it is let go.
type held struct {
	let chan struct{}
	bytes.Buffer
	writes int
}

func (h *held) Write(p []byte) (int, error) {
	<-h.let
	h.writes++
	return h.Buffer.Write(p)
}

// TestNoLineIsLost of many who log at once: each is whole, and each one's are in
// the order they were logged; close waits for the last, and what comes later is
// written as well.
func TestNoLineIsLost(t *testing.T) {
	t.Parallel()
	to := &held{let: make(chan struct{})}
	b := newBacklog(to)
	const callers, each = 8, 200
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range each {
				if n, err := fmt.Fprintf(b, "%d %d\n", c, i); err != nil || n == 0 {
					t.Errorf("%d, %v", n, err)
				}
			}
		})
	}
	all.Wait() // nobody waited for the log
	close(to.let)
	b.close()
	if _, err := fmt.Fprintln(b, "late 0"); err != nil {
		t.Error(err)
	}
	next := map[string]int{}
	for line := range strings.Lines(to.String()) {
		who, n, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if n != fmt.Sprint(next[who]) {
			t.Fatalf("%q, but %d comes next", line, next[who])
		}
		next[who]++
	}
	if len(next) != callers+1 || next["3"] != each || next["late"] != 1 {
		t.Errorf("%v", next)
	}
	if to.writes > 10 {
		t.Errorf("%d writes for lines that waited together", to.writes)
	}
}

// TestALogThatStandsStillIsWaitedFor, once too much waits for it.
func TestALogThatStandsStillIsWaitedFor(t *testing.T) {
	t.Parallel()
	to := &held{let: make(chan struct{})}
	b := newBacklog(to)
	line := bytes.Repeat([]byte("x"), 64<<10)
	behind := make(chan int, 100)
	go func() {
		for i := range 100 {
			_, _ = b.Write(line)
			behind <- i
		}
		close(behind)
	}()
	for i := range mostBehind / len(line) { // these fit
		if got := <-behind; got != i {
			t.Fatalf("%d, not %d", got, i)
		}
	}
	close(to.let)
	for range behind { // and so do the others, now
	}
	b.close()
	if to.Len() != 100*len(line) {
		t.Errorf("%d bytes", to.Len())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if most := cap(b.spare) + cap(b.lines); most > 8*mostBehind {
		t.Errorf("%d bytes are held", most)
	}
}

// TestLinesWhileItCloses come behind those before them, and one at a time.
func TestLinesWhileItCloses(t *testing.T) {
	t.Parallel()
	to := &held{let: make(chan struct{})}
	b := newBacklog(to)
	_, _ = fmt.Fprintln(b, "early")
	var all sync.WaitGroup
	all.Go(b.close)
	all.Go(func() {
		b.mu.Lock()
		for !b.closed {
			b.turn.Wait()
		}
		b.mu.Unlock()
		_, _ = fmt.Fprintln(b, "late")
	})
	b.mu.Lock()
	for !b.closed {
		b.turn.Wait()
	}
	b.mu.Unlock()
	close(to.let)
	all.Wait()
	if got := to.String(); got != "early\nlate\n" {
		t.Errorf("%q", got)
	}
}
