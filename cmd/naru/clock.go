package main

import (
	"sync"
	"time"
)

// Clock is the one time of everything in a process: gateway, jobs, simulators
// and shop are given its Now. It can be moved ahead and held, so that days of
// retries pass in a moment; network deadlines use real time.
type Clock struct {
	base func() time.Time

	mu     sync.Mutex
	ahead  time.Duration
	frozen time.Time // zero: running
}

// NewClock is a running clock that shows base's time.
func NewClock(base func() time.Time) *Clock { return &Clock{base: base} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return c.base().Add(c.ahead)
}

// Set moves the clock on to t; a frozen clock stays frozen. It is false, and
// nothing is done, when t is in its past.
func (c *Clock) Set(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.frozen
	if now.IsZero() {
		now = c.base().Add(c.ahead)
	}
	switch {
	case t.Before(now):
		return false
	case c.frozen.IsZero():
		c.ahead += t.Sub(now)
	default:
		c.frozen = t
	}
	return true
}

// Ahead is how far the clock is ahead of its base; a frozen one falls behind.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen.Sub(c.base())
	}
	return c.ahead
}

// Frozen tells whether the clock is held.
func (c *Clock) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.frozen.IsZero()
}

// Freeze holds the clock where it is; Thaw lets it go on from there.
func (c *Clock) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen.IsZero() {
		c.frozen = c.base().Add(c.ahead)
	}
}

// Thaw lets a frozen clock go on from the time it shows.
func (c *Clock) Thaw() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		c.ahead, c.frozen = c.frozen.Sub(c.base()), time.Time{}
	}
}

// state tells how a clock that is driven stands; it is nil of none.
func (c *Clock) state() func() (ahead time.Duration, frozen bool) {
	if c == nil {
		return nil
	}
	return func() (time.Duration, bool) { return c.Ahead(), c.Frozen() }
}
