package tosspayments

import (
	"container/heap"
	"time"
)

// alarm is something the simulator does by itself at a time.
type alarm struct {
	at    time.Time
	order int    // alarms of one time ring in the order they were set
	ring  func() // nil: called off, or over
}

// off calls an alarm off; one that is over or nil may be called off as well.
func (a *alarm) off() {
	if a != nil {
		a.ring = nil
	}
}

// alarms are a heap, the first to ring in front.
type alarms []*alarm

func (h alarms) Len() int { return len(h) }
func (h alarms) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}
func (h alarms) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *alarms) Push(x any)   { *h = append(*h, x.(*alarm)) }
func (h *alarms) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}

// after has ring called, with the lock held, once the clock shows at. The
// caller holds the lock.
func (s *Simulator) after(at time.Time, ring func()) *alarm {
	s.alarmCount++
	a := &alarm{at: at, order: s.alarmCount, ring: ring}
	heap.Push(&s.alarms, a)
	return a
}

// firstAlarm is the next to ring, nil for none. The caller holds the lock.
func (s *Simulator) firstAlarm() *alarm {
	for len(s.alarms) > 0 && s.alarms[0].ring == nil {
		heap.Pop(&s.alarms)
	}
	if len(s.alarms) == 0 {
		return nil
	}
	return s.alarms[0]
}

// catchUp does what the clock says is due, except sending webhooks, in the
// order it was due. The caller holds the lock.
func (s *Simulator) catchUp() {
	now := s.opts.Now()
	for a := s.firstAlarm(); a != nil && !now.Before(a.at); a = s.firstAlarm() {
		heap.Pop(&s.alarms)
		ring := a.ring
		a.ring = nil
		ring()
	}
}
