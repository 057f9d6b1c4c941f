package gateway

import (
	"sync"
	"time"

	"naru/internal/pay"
)

// What notices may make us ask. They are not signed, and whoever pays knows the
// order number: without a bound, one who sends notices decides how often the
// provider is asked. (Numbers of ours: no document says any.)
const (
	// noticeFree is how many questions in a row that taught nothing are put at once:
	// providers tell us again what we have just learned from them ourselves.
	noticeFree = 8
	// noticeGap is the wait after one more of them, doubled each time.
	noticeGap     = 2 * time.Second
	longestGap    = 5 * time.Minute
	noticeForget  = time.Minute // after so long, or twice the gap, it is forgotten
	noticeKept    = 1024        // subjects from which on the forgotten are looked for
	noticeAtOnce  = 32          // questions of a channel under way
	noticePatient = 5 * time.Second
)

// noticeDesk sees to it that about one subject there is one question at a time:
// notices that come while it is under way share the next one, which begins after
// they came. Its memory is this process's.
type noticeDesk struct {
	mu       sync.Mutex
	subjects map[string]*subject
	sweepAt  int                              // how many subjects there are when the forgotten are looked for next
	channels map[pay.ChannelKey]chan struct{} // a place for each question under way
}

// subject is a payment or a customer that notices were about.
type subject struct {
	now, next *look
	fruitless int       // questions in a row that taught nothing
	last      time.Time // when the last one ended
	planned   time.Time // when a job will ask; zero is never
}

// look is one question, and its end.
type look struct {
	done chan struct{}
	err  error
}

func newLook() *look { return &look{done: make(chan struct{})} }

// place is what a notice finds at the desk.
type place struct {
	look   *look         // to wait for, or to lead
	lead   bool          // it is for this one to ask
	before *look         // to be waited for before asking
	wait   time.Duration // instead: a question would be too early by so much
}

// enter takes a notice about a subject. Forced, it waits for no gap.
func (d *noticeDesk) enter(name string, now time.Time, forced bool) place {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.subject(name, now)
	switch {
	case s.next != nil:
		return place{look: s.next}
	case s.now != nil:
		s.next = newLook()
		return place{look: s.next, lead: true, before: s.now}
	}
	if wait := s.early(now); wait > 0 && !forced {
		return place{wait: wait}
	}
	s.now = newLook()
	return place{look: s.now, lead: true}
}

// advance makes the next question the one under way, once the one before it has
// ended. It is false, with the time that is left, when that one taught too little.
func (d *noticeDesk) advance(name string, now time.Time, forced bool) (wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.subject(name, now)
	if wait := s.early(now); wait > 0 && !forced {
		return wait, false
	}
	s.now, s.next = s.next, nil
	return 0, true
}

// end tells everybody how a question ended. One that was not put has taught
// nothing and counts for nothing.
func (d *noticeDesk) end(name string, l *look, now time.Time, put, taught bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.subject(name, now)
	if s.now == l {
		s.now = nil
	} else if s.next == l {
		s.next = nil
	}
	switch {
	case taught:
		s.fruitless, s.last = 0, now
	case put:
		s.fruitless, s.last = s.fruitless+1, now
	}
	l.err = err
	close(l.done)
}

// isPlanned reports whether a job will ask; plan notes that one will.
func (d *noticeDesk) isPlanned(name string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.subject(name, now).planned.After(now)
}

func (d *noticeDesk) plan(name string, now, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.subject(name, now).planned = at
}

// subject is what is remembered of one; with d.mu.
func (d *noticeDesk) subject(name string, now time.Time) *subject {
	if d.subjects == nil {
		d.subjects = map[string]*subject{}
	}
	s := d.subjects[name]
	if s == nil {
		if len(d.subjects) >= max(noticeKept, d.sweepAt) {
			d.sweep(now)
			d.sweepAt = 2 * len(d.subjects) // not for each that comes: a busy gateway has many that are fresh
		}
		s = &subject{}
		d.subjects[name] = s
	}
	if s.forgotten(now) {
		s.fruitless = 0
	}
	return s
}

func (d *noticeDesk) sweep(now time.Time) {
	for name, s := range d.subjects {
		if s.now == nil && s.next == nil && !s.planned.After(now) && s.forgotten(now) {
			delete(d.subjects, name)
		}
	}
}

func (s *subject) forgotten(now time.Time) bool {
	return now.Sub(s.last) > max(noticeForget, 2*s.gap())
}

// gap is the time between the last question and the next.
func (s *subject) gap() time.Duration {
	if s.fruitless < noticeFree {
		return 0
	}
	wait := noticeGap
	for range s.fruitless - noticeFree {
		if wait *= 2; wait >= longestGap {
			return longestGap
		}
	}
	return wait
}

// early is how much too early a question would be now.
func (s *subject) early(now time.Time) time.Duration {
	return max(s.last.Add(s.gap()).Sub(now), 0)
}

// channel is the places of a channel's questions.
func (d *noticeDesk) channel(key pay.ChannelKey) chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.channels == nil {
		d.channels = map[pay.ChannelKey]chan struct{}{}
	}
	if d.channels[key] == nil {
		d.channels[key] = make(chan struct{}, noticeAtOnce)
	}
	return d.channels[key]
}
