package tosspayments

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// run watches the clocks until Close.
func (s *Simulator) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		s.look()
		select {
		case <-s.ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

func (s *Simulator) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
}

// sweep does what is due and starts a sender for each shop with webhooks due.
// One sender per shop keeps them in order and keeps a shop that does not answer
// from holding up the others. The caller holds the lock.
func (s *Simulator) sweep() {
	s.catchUp()
	if s.ctx.Err() != nil {
		return
	}
	for _, shop := range s.shops {
		if !shop.sending && shop.firstDue(s.opts.Now()) != nil {
			shop.sending = true
			s.workers.Go(func() { s.sendDue(shop) })
		}
	}
}

// sendDue sends a shop's due webhooks, the one due first before the others.
func (s *Simulator) sendDue(shop *shop) {
	for {
		d := s.nextDue(shop)
		if d == nil {
			return
		}
		s.sendNow([]*delivery{d})
	}
}

func (s *Simulator) nextDue(shop *shop) *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := shop.firstDue(s.opts.Now())
	if next == nil || s.ctx.Err() != nil {
		shop.sending = false
		close(s.stopped)
		s.stopped = make(chan struct{})
		return nil
	}
	return next
}

// firstDue is the webhook to be sent now, nil for none.
func (shop *shop) firstDue(now time.Time) *delivery {
	var next *delivery
	for _, d := range shop.queue {
		if !now.Before(d.due) && (next == nil || d.due.Before(next.due)) {
			next = d
		}
	}
	return next
}

// sendNow tries each of the webhooks once, or twice if a fault rule said so.
func (s *Simulator) sendNow(ds []*delivery) {
	for _, d := range ds {
		t := s.try(d)
		if s.ctx.Err() != nil {
			return // closing: it was not the shop that failed
		}
		s.settleTry(d, t)
		if d.twice {
			d.twice = false
			s.noteTry(d, s.try(d))
		}
	}
}

// try posts a webhook. Only an answer of 200 within ten seconds counts.
func (s *Simulator) try(d *delivery) try {
	ctx, cancel := context.WithTimeout(s.ctx, answerTime)
	defer cancel()
	s.mu.Lock()
	at, retried, url := s.opts.Now(), len(d.tries), d.url
	s.mu.Unlock()
	t := try{At: at}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.body))
	if err != nil {
		t.Error = err.Error()
		return t
	}
	h := req.Header
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("User-Agent", "TossPayments-Webhook (sandbox)")
	h.Set("Tosspayments-Webhook-Transmission-Id", d.transmission)
	h.Set("Tosspayments-Webhook-Transmission-Time", at.In(seoul).Format(time.RFC3339))
	h.Set("Tosspayments-Webhook-Transmission-Retried-Count", strconv.Itoa(retried))
	resp, err := s.opts.HTTP.Do(req)
	if err != nil {
		t.Error = err.Error()
		return t
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, bodyLimit)) // lets the connection be used again
	t.Status = resp.StatusCode
	s.opts.Log.Debug("sandbox tosspayments webhook", "id", d.id, "kind", d.kind, "try", retried+1, "status", t.Status)
	return t
}
