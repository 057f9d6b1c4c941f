package main

import (
	"testing"
	"time"
)

func TestClockMovesAheadAndHolds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	start := now
	c := NewClock(func() time.Time { return now })
	shows := func(want time.Duration) {
		t.Helper()
		if got := c.Now().Sub(start); got != want {
			t.Errorf("the clock is %s ahead, want %s", got, want)
		}
	}
	set := func(to time.Duration, want bool) {
		t.Helper()
		if got := c.Set(start.Add(to)); got != want {
			t.Errorf("set %s ahead: %v, want %v", to, got, want)
		}
	}
	set(time.Hour, true)
	shows(time.Hour)
	now = now.Add(time.Minute)
	set(time.Hour, false)
	shows(time.Hour + time.Minute)
	c.Freeze()
	now = now.Add(time.Minute)
	shows(time.Hour + time.Minute)
	if !c.Frozen() || c.Ahead() != time.Hour-time.Minute {
		t.Errorf("frozen %v, %s ahead of a base that went on a minute", c.Frozen(), c.Ahead())
	}
	set(25*time.Hour, true)
	set(24*time.Hour, false)
	c.Freeze()
	shows(25 * time.Hour)
	c.Thaw()
	c.Thaw()
	now = now.Add(time.Second)
	shows(25*time.Hour + time.Second)
	if c.Frozen() || c.Ahead() != 25*time.Hour-2*time.Minute {
		t.Errorf("frozen %v, %s ahead", c.Frozen(), c.Ahead())
	}
}
