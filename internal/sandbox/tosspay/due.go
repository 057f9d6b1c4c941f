package tosspay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

var errClosed = errors.New("the simulator is closed")

// Due is when the simulator will next do something by itself: send a callback
// that waits, end a capture or an activation that takes its time, let a payment
// or the link of a billing key expire. It may be in the past, and it is zero
// when nothing is planned. That payments are closed a year after approval is
// not planned: it is seen when somebody asks.
func (s *Simulator) Due() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next time.Time
	plan := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, p := range s.open {
		plan(p.due())
	}
	for _, k := range s.openKeys {
		plan(k.due())
	}
	for _, cb := range s.pending {
		switch {
		case cb.sending || cb.resend:
			plan(s.clock())
		case cb.state == callbackWaiting:
			plan(cb.due)
		}
	}
	return next
}

// Settle does what is due by the clock now and waits until each callback that
// is due, or on its way already, was tried once; callbacks that come up
// meanwhile are waited for too. The error says that ctx or the simulator ended
// first, with callbacks still under way.
func (s *Simulator) Settle(ctx context.Context) error {
	seen := map[*callback]bool{}
	for {
		tries := s.tries(seen)
		if len(tries) == 0 {
			return nil
		}
		s.wakeUp()
		for _, done := range tries {
			select {
			case <-done:
			case <-ctx.Done():
				return fmt.Errorf("tosspay sandbox: waiting for callbacks: %w", context.Cause(ctx))
			case <-s.ctx.Done():
				return fmt.Errorf("tosspay sandbox: waiting for callbacks: %w", errClosed)
			}
		}
	}
}

// tries catches up and lists what ends with the tries that are due or on their
// way, of callbacks that were not seen before.
func (s *Simulator) tries(seen map[*callback]bool) []<-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.catchUp(now)
	var list []<-chan struct{}
	for _, cb := range s.pending {
		if seen[cb] || !(cb.sending || cb.ready(now)) {
			continue
		}
		seen[cb] = true
		if cb.awaited == nil {
			cb.awaited = make(chan struct{})
		}
		list = append(list, cb.awaited)
	}
	return list
}

// catchUp lets time do what it does to all payments and keys that are still
// open. The caller holds the lock.
func (s *Simulator) catchUp(now time.Time) {
	for _, p := range s.open {
		s.refresh(p, now)
	}
	s.open = slices.DeleteFunc(s.open, func(p *payment) bool { return p.due().IsZero() })
	for _, k := range s.openKeys {
		s.refreshKey(k, now)
	}
	s.openKeys = slices.DeleteFunc(s.openKeys, func(k *billingKey) bool { return k.due().IsZero() })
}

// due is when time next changes the payment; zero is never, or in a year.
func (p *payment) due() time.Time {
	switch p.status {
	case Standby, Approved:
		return p.expires
	case Progress:
		return p.captureAt
	}
	return time.Time{}
}

// due is when time next changes the key; zero is never.
func (k *billingKey) due() time.Time {
	switch k.status {
	case KeyCreate:
		return k.expires
	case KeyAuth:
		return k.activateAt
	}
	return time.Time{}
}
