package tosspay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	pollEvery    = time.Second      // real time between looks at the clock
	callbackWait = 10 * time.Second // real time a merchant may take to answer
	earlyWait    = 5 * time.Second  // real time an answer waits for its early callback
	sendAtOnce   = 8                // callbacks on their way at the same time
)

// sendCallbacks is the worker: it sends what is due by the simulator's clock
// until Close. It looks when it is woken and at least every second.
func (s *Simulator) sendCallbacks() {
	defer s.workers.Done()
	slots := make(chan struct{}, sendAtOnce)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		for _, cb := range s.takeDue() {
			select {
			case slots <- struct{}{}:
			case <-s.ctx.Done():
				return
			}
			s.workers.Add(1)
			go func() {
				defer s.workers.Done()
				s.deliver(cb)
				<-slots
				s.wakeUp()
			}()
		}
		select {
		case <-s.wake:
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
	}
}

// takeDue lets time do what it does and marks what is to be sent now.
func (s *Simulator) takeDue() []*callback {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.catchUp(now)
	s.pending = slices.DeleteFunc(s.pending, (*callback).idle)
	var due []*callback
	for _, cb := range s.pending {
		if cb.ready(now) {
			cb.sending, cb.byHand, cb.resend = true, cb.resend, false
			due = append(due, cb)
		}
	}
	return due
}

// deliver makes one try. Only HTTP 200 counts as received.
func (s *Simulator) deliver(cb *callback) {
	at := s.clock()
	t := try{At: stamp(at)}
	var err error
	t.Status, err = s.post(cb)
	if err != nil {
		t.Error = err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cb.settle(t, at)
	s.opts.Log.Info("tosspay sandbox: callback", "id", cb.id, "kind", cb.kind, "order_no", cb.orderNo, "user_id", cb.userID, "try", len(cb.tries), "status", t.Status, "state", cb.state, "error", t.Error)
}

func (s *Simulator) post(cb *callback) (int, error) {
	ctx, cancel := context.WithTimeout(s.ctx, callbackWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, cb.url, strings.NewReader(cb.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", cb.contentType)
	res, err := s.opts.HTTP.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	return res.StatusCode, err
}

// wakeUp lets the worker look at once.
func (s *Simulator) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it has been told already
	}
}

// splitEarly separates the callbacks that a fault rule wants before the answer.
func splitEarly(sent []*callback) (early, late []*callback) {
	for _, cb := range sent {
		if cb.early {
			early = append(early, cb)
		} else {
			late = append(late, cb)
		}
	}
	return early, late
}

// awaitFirstTry holds an answer back until its early callbacks were tried once.
func (s *Simulator) awaitFirstTry(ctx context.Context, early []*callback) {
	if len(early) == 0 {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, earlyWait, errors.New("early callback took too long"))
	defer cancel()
	s.wakeUp()
	for _, cb := range early {
		select {
		case <-cb.tried:
		case <-ctx.Done():
			s.opts.Log.Warn("tosspay sandbox: early callback", "id", cb.id, "error", context.Cause(ctx))
			return
		case <-s.ctx.Done():
			return
		}
	}
}
