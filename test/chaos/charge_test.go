package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// asks is how often a merchant's server asks for one thing.
const asks = 6

// again charges a customer's billing key.
func (c *caller) again() {
	o := c.newOrder("again", "")
	c.charge(o, "/subscribe/payments/again", o.body(map[string]any{"customer_uid": one(c.rng, c.load.keys)}))
}

// onetime charges a card number.
func (c *caller) onetime() {
	o := c.newOrder("onetime", billChannel)
	c.charge(o, "/subscribe/payments/onetime", o.body(card(map[string]any{"channel_key": billChannel})))
}

// againTwice is a server that sends one order twice at once: a double click.
func (c *caller) againTwice() {
	o := c.newOrder("again", "")
	body := o.body(map[string]any{"customer_uid": one(c.rng, c.load.keys)})
	if c.token == "" && c.logIn().verdict() != done {
		return
	}
	var both [2]reply
	var all sync.WaitGroup
	for i := range both {
		all.Go(func() {
			both[i] = c.send(http.MethodPost, "/subscribe/payments/again", body, c.token)
		})
	}
	all.Wait()
	if both[0].verdict() == done && both[1].verdict() == done {
		c.load.wrong("%s: both of two calls at once were answered as paid: %s %s", o, both[0].raw, both[1].raw)
	}
	o.doubt = true // what one of them is told holds for both only once it is looked up
	for _, r := range both {
		c.hear(o, r)
	}
	if !o.paid {
		c.charge(o, "/subscribe/payments/again", body)
	}
}

// charge asks until something is said, always with the same order number, and
// looks the payment up when an answer was lost. A doubt remains when it could
// not be cleared up.
func (c *caller) charge(o *order, path string, body map[string]any) {
	for try := range asks {
		if try > 0 {
			c.rest(time.Duration(try) * 150 * time.Millisecond)
		}
		v := c.hear(o, c.call(http.MethodPost, path, body))
		switch v {
		case done, refused:
			return
		case used:
			if !o.doubt {
				c.load.wrong("%s: refused as used, and nobody has used it", o)
				return
			}
		case lost, unknown:
			o.doubt = true
		}
		if status := c.lookUp(o); status == "paid" || status == "cancelled" || status == "ready" {
			o.begun = o.begun || v == lost
			return
		}
	}
}

// hear notes what a reply to a charge says.
func (c *caller) hear(o *order, r reply) verdict {
	o.asked++
	v := r.verdict()
	switch v {
	case done:
		p, ok := r.payment()
		if !ok || p.Status != "paid" || p.Amount != o.amount || p.MerchantUID != o.uid {
			c.load.wrong("%s: answered as done with %s", o, r.raw)
			return v
		}
		c.isPaid(o, p)
	case refused:
		o.denied++
	}
	return v
}

func (c *caller) isPaid(o *order, p payment) {
	if o.paid {
		return
	}
	o.impUID, o.paid, o.left = p.ImpUID, true, o.amount-p.CancelAmount
	c.orders = append(c.orders, o)
}

// lookUp asks how the order stands: V1's status, or "" when it is not there or
// nothing is said.
func (c *caller) lookUp(o *order) string {
	for range asks {
		r := c.call(http.MethodGet, "/payments/find/"+o.uid, nil)
		if p, ok := r.payment(); ok {
			if p.Status == "paid" || p.Status == "cancelled" {
				c.isPaid(o, p)
			}
			return p.Status
		}
		if r.status == http.StatusNotFound {
			return ""
		}
		c.rest(200 * time.Millisecond)
	}
	return ""
}

// scheduleAt is when a booking is for: soon, on a whole second.
func (c *caller) scheduleAt() time.Time {
	return time.Now().Add(2*time.Second + time.Duration(c.rng.IntN(5000))*time.Millisecond).Truncate(time.Second)
}

// schedule books a charge that comes due soon, and takes some of them back at
// just that time.
func (c *caller) schedule() {
	customer, at := one(c.rng, c.load.keys), c.scheduleAt()
	o := c.newOrder("schedule", "")
	item := o.body(map[string]any{"schedule_at": at.Unix()})
	for try := range asks {
		if try > 0 {
			c.rest(time.Duration(try) * 150 * time.Millisecond)
		}
		o.asked++
		r := c.call(http.MethodPost, "/subscribe/payments/schedule", map[string]any{"customer_uid": customer, "schedules": []any{item}})
		switch v := r.verdict(); {
		case v == done:
			o.booked = true
		case v == lost:
			o.doubt = true
			if !c.isBooked(o) {
				if o.tooLate = time.Until(at) < time.Second; o.tooLate {
					return
				}
				continue
			}
		case v == refused && time.Until(at) <= 0: // the call took so long
			o.tooLate = true
			return
		case v == refused && !o.doubt && r.status == http.StatusOK:
			c.load.wrong("%s: not booked: %s", o, r.raw)
			return
		}
		break
	}
	if o.booked && c.rng.IntN(4) == 0 {
		c.unschedule(o, customer, at)
	}
}

func (c *caller) isBooked(o *order) bool {
	for range asks {
		r := c.call(http.MethodGet, "/subscribe/payments/schedule/"+o.uid, nil)
		if r.verdict() == done {
			o.booked = true
			return true
		}
		if r.verdict() != lost {
			return false
		}
		c.rest(200 * time.Millisecond)
	}
	return false
}

// unschedule revokes a booking about when it comes due.
func (c *caller) unschedule(o *order, customer string, at time.Time) {
	c.rest(time.Until(at) - time.Duration(c.rng.IntN(300))*time.Millisecond)
	for range asks {
		r := c.call(http.MethodPost, "/subscribe/payments/unschedule", map[string]any{"customer_uid": customer, "merchant_uid": []string{o.uid}})
		switch r.verdict() {
		case done:
			o.revoked = true
			return
		case refused:
			return
		}
		o.mayBeRevoked = true
		c.rest(150 * time.Millisecond)
	}
}

// account has a virtual account issued and paid into.
func (c *caller) account() {
	o := c.newOrder("virtual account", cardChannel)
	body := o.body(map[string]any{"channel_key": cardChannel, "vbank_code": "088", "vbank_due": time.Now().Add(26 * time.Hour).Unix()})
	for try := range asks {
		if try > 0 {
			c.rest(time.Duration(try) * 150 * time.Millisecond)
		}
		o.asked++
		r := c.call(http.MethodPost, "/vbanks", body)
		v := r.verdict()
		if v == refused {
			o.denied++
			return
		}
		if p, ok := r.payment(); ok {
			o.impUID, o.account = p.ImpUID, true
			break
		}
		if v == lost || v == unknown {
			// An account takes no order number: asked for again, there are two. This
			// merchant looks, and does not ask again.
			o.doubt = true
			c.findAccount(o)
			break
		}
	}
	if o.impUID != "" && c.rng.IntN(8) > 0 {
		c.deposit(o)
	}
}

// findAccount looks whether the account is there after all.
func (c *caller) findAccount(o *order) {
	r := c.call(http.MethodGet, "/payments/find/"+o.uid, nil)
	var p struct {
		payment
		Number *string `json:"vbank_num"`
	}
	if r.verdict() == done && json.Unmarshal(r.Response, &p) == nil && p.Status == "ready" && p.Number != nil && *p.Number != "" {
		o.impUID, o.account = p.ImpUID, true
	}
}

// deposit has the buyer pay at the bank, which is never ill here.
func (c *caller) deposit(o *order) {
	if err := c.load.s.control(http.MethodPost, "tosspayments/payments/"+o.impUID+"/deposit", nil, nil); err != nil {
		c.load.wrong("%s: it was told that the account %s waits, and the bank says %v", o, o.impUID, err)
		return
	}
	o.deposits++
}

// newToken signs in again.
func (c *caller) newToken() { c.logIn() }

// read reads a payment of which it was told that it is paid, from whichever node.
func (c *caller) read() {
	if len(c.orders) == 0 {
		return
	}
	o := one(c.rng, c.orders)
	path := "/payments/" + o.impUID
	if c.rng.IntN(2) == 0 {
		path = "/payments/find/" + o.uid
	}
	r := c.call(http.MethodGet, path, nil)
	p, ok := r.payment()
	switch v := r.verdict(); {
	case v == lost || r.status == http.StatusUnauthorized:
	case !ok || p.ImpUID != o.impUID || p.Status != "paid" && p.Status != "cancelled":
		c.load.wrong("%s was answered as paid, and %s tells %s", o, path, r.raw)
	case p.CancelAmount < o.cancelled():
		c.load.wrong("%s: %d were answered as cancelled, and %s tells of %d", o, o.cancelled(), path, p.CancelAmount)
	}
}

// cancelled is what was answered as given back.
func (o *order) cancelled() (sum int64) {
	for _, w := range o.cancels {
		if w.done {
			sum += w.amount
		}
	}
	return sum
}

func (w *cancel) String() string {
	return fmt.Sprintf("%d (done %v, in doubt %v)", w.amount, w.done, w.doubt)
}
