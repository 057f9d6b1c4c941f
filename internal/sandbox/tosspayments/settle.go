package tosspayments

import (
	"context"
	"errors"
	"time"
)

// Due is when the simulator will next do something by itself: send a webhook
// that waits, let a payment or an account expire, complete a refund or a cash
// receipt. It is zero when nothing is planned, and not after the clock when
// something is due that was not done yet.
func (s *Simulator) Due() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due time.Time
	if a := s.firstAlarm(); a != nil {
		due = a.at
	}
	for _, shop := range s.shops {
		for _, d := range shop.queue {
			if due.IsZero() || d.due.Before(due) {
				due = d.due
			}
		}
	}
	return due
}

var errClosed = errors.New("tosspayments sandbox: closed")

// Settle does everything that is due by the clock now, webhooks included, and
// returns when it is done: each due webhook was tried once, and what the shops
// made of them is done as well. It ends early, with an error, when ctx ends or
// the simulator is closed.
func (s *Simulator) Settle(ctx context.Context) error {
	until := s.opts.Now()
	for {
		stopped := s.working(until)
		if stopped == nil {
			return nil
		}
		select {
		case <-stopped:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return errClosed
		}
	}
}

// working does what is due and starts the sending of webhooks. It returns nil
// when nothing is left to do until then, or what is closed when a sender stops.
func (s *Simulator) working(until time.Time) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	for _, shop := range s.shops {
		if shop.sending {
			return s.stopped
		}
		for _, d := range shop.queue {
			if !until.Before(d.due) {
				return s.stopped
			}
		}
	}
	return nil
}
