package tosspayments

import (
	"cmp"
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

// statusChanged is the event of a payment's life, depositCallback that of a
// virtual account's; the latter names no event in its body.
const (
	statusChanged   = "PAYMENT_STATUS_CHANGED"
	depositCallback = "DEPOSIT_CALLBACK"
)

// changed makes the webhooks of a payment's new status. It returns those only
// that a fault rule wants sent before the API answer; all others go by
// themselves. The caller holds the lock.
func (s *Simulator) changed(p *payment) []*delivery {
	early := s.depositChanged(p)
	if p.destination(statusChanged) == "" {
		return early
	}
	var data any = s.paymentObject(p, korean)
	if p.shop.ShortWebhook {
		data = object{{"paymentKey", p.key}, {"status", p.state}, {"orderId", p.orderID}}
	}
	return append(early, s.announce(p, statusChanged, object{
		{"eventType", statusChanged}, {"createdAt", s.webhookTime()}, {"data", data},
	})...)
}

// depositChanged makes the webhook about a virtual account, if p has one.
func (s *Simulator) depositChanged(p *payment) []*delivery {
	if p.account == nil {
		return nil
	}
	return s.announce(p, depositCallback, object{
		{"createdAt", s.webhookTime()}, {"secret", p.secret}, {"status", p.state}, {"transactionKey", p.lastTransaction}, {"orderId", p.orderID},
	})
}

// webhookTime is the clock in Seoul, without an offset.
func (s *Simulator) webhookTime() string {
	return s.opts.Now().In(seoul).Format("2006-01-02T15:04:05.000000")
}

// destination is where webhooks of the kind go, "" for nowhere. An account's own
// address takes the place of the registered one; that is not documented.
func (p *payment) destination(kind string) string {
	switch {
	case kind != depositCallback:
		return p.shop.WebhookURL
	case p.account.callback != "":
		return p.account.callback
	}
	return cmp.Or(p.shop.DepositURL, p.shop.WebhookURL)
}

// announce makes one webhook, as changed says.
func (s *Simulator) announce(p *payment, kind string, body object) []*delivery {
	url := p.destination(kind)
	if url == "" {
		return nil
	}
	now := s.opts.Now()
	fate := s.faults.Message(kind)
	s.lastDelivery++
	d := &delivery{
		id: s.lastDelivery, transmission: "whtrans_" + s.random(26, alphanumeric),
		shop: p.shop, url: url, kind: kind, payment: p, created: now, body: encode(body),
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

func (s *Simulator) enqueueAll(ds []*delivery) {
	for _, d := range ds {
		s.enqueue(d)
	}
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
