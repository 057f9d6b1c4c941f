package tosspayments

import (
	"net/http"
	"slices"
	"time"
)

// What "웹훅 연결하기" says: seven more tries at growing distances, and ten
// seconds for the shop to answer.
var retryGaps = []time.Duration{
	time.Minute, 4 * time.Minute, 16 * time.Minute, 64 * time.Minute,
	256 * time.Minute, 1024 * time.Minute, 4096 * time.Minute,
}

const answerTime = 10 * time.Second

// deliveryLog is how many webhooks the log keeps.
const deliveryLog = 10000

// deliveryState is where a webhook stands.
type deliveryState string

const (
	pending   deliveryState = "pending"
	delivered deliveryState = "delivered"
	gaveUp    deliveryState = "failed"  // the last try failed
	dropped   deliveryState = "dropped" // a fault rule kept it back
)

// delivery is one webhook with its tries.
type delivery struct {
	id           int
	transmission string
	shop         *shop
	url          string
	kind         string
	payment      *payment
	body         []byte
	created      time.Time
	state        deliveryState
	due          time.Time
	twice        bool
	tries        []try
	failures     int // since it was made or sent again by hand
}

type try struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// statusChanged is the event of a card payment's life.
const statusChanged = "PAYMENT_STATUS_CHANGED"

// changed makes the webhook of a payment's new status. It returns it only if a
// fault rule wants it sent before the API answer; all others go by themselves.
// The caller holds the lock.
func (s *Simulator) changed(p *payment) []*delivery {
	if p.shop.WebhookURL == "" {
		return nil
	}
	now := s.opts.Now()
	var data any = s.paymentObject(p, korean)
	if p.shop.ShortWebhook {
		data = object{{"paymentKey", p.key}, {"status", p.state}, {"orderId", p.orderID}}
	}
	fate := s.faults.Message(statusChanged)
	s.lastDelivery++
	d := &delivery{
		id: s.lastDelivery, transmission: "whtrans_" + s.random(26, alphanumeric),
		shop: p.shop, url: p.shop.WebhookURL, kind: statusChanged, payment: p, created: now,
		body: encode(object{
			{"eventType", statusChanged},
			{"createdAt", now.In(seoul).Format("2006-01-02T15:04:05.000000")},
			{"data", data},
		}),
		state: pending, due: now.Add(fate.Late), twice: fate.Twice,
	}
	s.deliveries = append(s.deliveries, d)
	if len(s.deliveries) > deliveryLog {
		s.deliveries = s.deliveries[1:]
	}
	switch {
	case fate.Drop:
		d.state = dropped
	case fate.Early:
		return []*delivery{d}
	default:
		s.enqueue(d)
	}
	return nil
}

// enqueue leaves a webhook to the sender of its shop. The caller holds the lock.
func (s *Simulator) enqueue(d *delivery) {
	if !slices.Contains(d.shop.queue, d) {
		d.shop.queue = append(d.shop.queue, d)
	}
	s.Wake()
}

// settleTry records how a try ended and when the next one is due.
func (s *Simulator) settleTry(d *delivery, t try) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.tries = append(d.tries, t)
	switch {
	case t.Status == http.StatusOK:
		d.state = delivered
	case d.failures >= len(retryGaps):
		d.state = gaveUp
	default:
		d.due = t.At.Add(retryGaps[d.failures])
		d.failures++
		s.enqueue(d)
		return
	}
	d.shop.queue = slices.DeleteFunc(d.shop.queue, func(q *delivery) bool { return q == d })
}

// noteTry records a try that changes nothing: the second of a doubled webhook.
func (s *Simulator) noteTry(d *delivery, t try) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.tries = append(d.tries, t)
}
