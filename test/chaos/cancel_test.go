package chaos_test

import (
	"net/http"
	"sync"
	"time"
)

// wish draws a cancel of a payment of which nothing is in doubt; nil when there
// is none.
func (c *caller) wish() (*order, *cancel) {
	for range 10 {
		if len(c.orders) == 0 {
			return nil, nil
		}
		o := one(c.rng, c.orders)
		if o.left == 0 || o.impUID == "" || len(o.cancels) > 0 && o.cancels[len(o.cancels)-1].doubt {
			continue
		}
		w := &cancel{amount: o.left, hears: c.rng.IntN(3) == 0}
		if c.rng.IntN(2) == 0 && o.left >= 2000 {
			w.amount = 1000 * (1 + c.rng.Int64N(o.left/1000-1))
		}
		o.cancels = append(o.cancels, w)
		return o, w
	}
	return nil, nil
}

// body always carries what the merchant believes to be left: asked for twice,
// it is done once (V1, "POST /payments/cancel", checksum).
func (o *order) cancelBody(w *cancel) map[string]any {
	in := map[string]any{"imp_uid": o.impUID, "amount": w.amount, "checksum": o.left, "reason": "변심"}
	if w.hears {
		in["enable_webhook"] = true
	}
	return in
}

// cancelSome gives back a part or all of a payment, and asks again when the
// answer was lost.
func (c *caller) cancelSome() {
	o, w := c.wish()
	if w == nil {
		return
	}
	for try := range asks {
		if try > 0 {
			c.rest(time.Duration(try) * 150 * time.Millisecond)
		}
		if c.heardOf(o, w, c.call(http.MethodPost, "/payments/cancel", o.cancelBody(w))) {
			return
		}
		if c.lookForCancel(o, w) {
			return
		}
	}
}

// cancelTwice is an impatient clerk.
func (c *caller) cancelTwice() {
	o, w := c.wish()
	if w == nil {
		return
	}
	if c.token == "" && c.logIn().verdict() != done {
		w.doubt = true
		return
	}
	var both [2]reply
	var all sync.WaitGroup
	body := o.cancelBody(w)
	for i := range both {
		all.Go(func() { both[i] = c.send(http.MethodPost, "/payments/cancel", body, c.token) })
	}
	all.Wait()
	if both[0].verdict() == done && both[1].verdict() == done {
		c.load.wrong("%s: both of two cancels with one checksum were answered as done: %s %s", o, both[0].raw, both[1].raw)
	}
	w.doubt = true
	for _, r := range both {
		if r.verdict() == done {
			c.heardOf(o, w, r)
			return
		}
	}
	c.lookForCancel(o, w)
}

// heardOf notes what a reply to a cancel says, and is true when that is the end
// of it.
func (c *caller) heardOf(o *order, w *cancel, r reply) bool {
	switch r.verdict() {
	case done:
		p, ok := r.payment()
		if !ok || p.Status != "cancelled" || p.CancelAmount != o.amount-o.left+w.amount {
			c.load.wrong("%s: cancel of %d with %d left answered with %s", o, w.amount, o.left, r.raw)
		}
		w.done, w.doubt = true, false
		o.left -= w.amount
		return true
	case refused:
		if !w.doubt {
			w.amount = 0 // nothing was done, and it is not asked for again
			return true
		}
		return false // by its checksum, perhaps because it was done
	default:
		w.doubt = true
		return false
	}
}

// lookForCancel looks whether a cancel of which the answer was lost was made; it
// is true when that is known or nobody knows yet.
func (c *caller) lookForCancel(o *order, w *cancel) bool {
	r := c.call(http.MethodGet, "/payments/"+o.impUID, nil)
	p, ok := r.payment()
	if !ok {
		return false
	}
	if p.CancelAmount == o.amount-o.left+w.amount {
		w.done, w.doubt = true, false
		o.left -= w.amount
		return true
	}
	return false
}
