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
	c.Advance(time.Hour)
	shows(time.Hour)
	c.Freeze()
	now = now.Add(time.Minute)
	shows(time.Hour)
	c.Advance(24 * time.Hour)
	c.Freeze()
	shows(25 * time.Hour)
	c.Thaw()
	c.Thaw()
	now = now.Add(time.Second)
	shows(25*time.Hour + time.Second)
}
