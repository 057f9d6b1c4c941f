package gateway

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

// TestLooksAreShared: one question at a time, and those that come meanwhile share
// the next one, which begins after they came.
func TestLooksAreShared(t *testing.T) {
	t.Parallel()
	var d noticeDesk
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	first := d.enter("p", now, false)
	second := d.enter("p", now, false)
	third := d.enter("p", now, false)
	other := d.enter("q", now, false)
	if !first.lead || first.before != nil || !second.lead || second.before != first.look || third.lead || third.look != second.look || !other.lead {
		t.Fatalf("%+v, %+v, %+v, %+v", first, second, third, other)
	}
	failed := errors.New("no answer")
	d.end("p", first.look, now, true, false, failed)
	<-first.look.done
	if first.look.err != failed {
		t.Errorf("the first heard %v", first.look.err)
	}
	if late := d.enter("p", now, false); late.look != second.look || late.lead {
		t.Errorf("before the second began: %+v", late)
	}
	if wait, ok := d.advance("p", now, false); !ok {
		t.Fatalf("the second waits %s", wait)
	}
	fourth := d.enter("p", now, false)
	if !fourth.lead || fourth.before != second.look {
		t.Errorf("after the second began: %+v", fourth)
	}
	d.end("p", second.look, now, true, true, nil)
	<-third.look.done
	if third.look.err != nil {
		t.Errorf("the third heard %v", third.look.err)
	}
}

// TestGapsGrow: what teaches nothing is asked about less and less, until something
// is learned or it has been quiet for long.
func TestGapsGrow(t *testing.T) {
	t.Parallel()
	var d noticeDesk
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	ask := func(taught bool) time.Duration {
		t.Helper()
		p := d.enter("p", now, true)
		if !p.lead {
			t.Fatal("nobody leads")
		}
		d.end("p", p.look, now, true, taught, nil)
		next := d.enter("p", now, false)
		if next.lead {
			d.end("p", next.look, now, false, false, errNotAsked) // not put: it counts for nothing
		}
		return next.wait
	}
	for i, want := range []time.Duration{0, 0, 0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		if got := ask(false); got != want*time.Second {
			t.Errorf("after %d questions: a gap of %s, want %d s", i+1, got, want)
		}
	}
	now = now.Add(5*time.Minute - 1)
	if p := d.enter("p", now, false); p.lead || p.wait != 1 {
		t.Errorf("just before: %+v", p)
	}
	if got := ask(true); got != 0 {
		t.Errorf("after something was learned: %s", got)
	}
}

// TestManyFreshSubjectsCostLittle: where thousands of payments a minute have notices,
// those that are remembered are not all looked at for each that comes.
func TestManyFreshSubjectsCostLittle(t *testing.T) {
	t.Parallel()
	var d noticeDesk
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	sweeps := 0
	for i := range 64 * noticeKept { // within the minute
		name, at := strconv.Itoa(i), d.sweepAt
		p := d.enter(name, now, false)
		d.end(name, p.look, now, true, false, nil)
		if d.sweepAt != at {
			sweeps++
		}
	}
	if sweeps == 0 || sweeps > 8 {
		t.Errorf("looked through %d times", sweeps)
	}
	now = now.Add(2 * noticeForget)
	for i := range 2*noticeKept + len(d.subjects) { // and then they go
		d.end(strconv.Itoa(-i), d.enter(strconv.Itoa(-i), now, false).look, now, true, true, nil)
		now = now.Add(noticeForget / noticeKept)
	}
	if n := len(d.subjects); n > 4*noticeKept {
		t.Errorf("%d are kept", n)
	}
}

// TestQuietSubjectsAreForgotten: whom notices were about is kept no longer than it
// matters.
func TestQuietSubjectsAreForgotten(t *testing.T) {
	t.Parallel()
	var d noticeDesk
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	for i := range 4 * noticeKept {
		name := strconv.Itoa(i)
		p := d.enter(name, now, false)
		d.end(name, p.look, now, true, false, nil)
		now = now.Add(noticeForget / noticeKept * 2)
	}
	if n := len(d.subjects); n > noticeKept {
		t.Errorf("%d are kept", n)
	}
}
