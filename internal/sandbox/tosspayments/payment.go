package tosspayments

import (
	"encoding/json"
	"time"
)

// state is Payment.status.
type state string

const (
	ready           state = "READY"
	inProgress      state = "IN_PROGRESS"
	done            state = "DONE"
	canceled        state = "CANCELED"
	partialCanceled state = "PARTIAL_CANCELED"
	aborted         state = "ABORTED"
	expired         state = "EXPIRED"
)

// The clocks of "결제 상태": from opening the window to authentication, and from
// there to the confirm call.
const (
	windowTime  = 30 * time.Minute
	confirmTime = 10 * time.Minute
)

// payment is one payment key's life. Amounts are in the currency's smallest unit.
type payment struct {
	shop      *shop
	key       string
	orderID   string
	orderName string
	method    string // Korean name; "" is not chosen
	currency  string
	metadata  json.RawMessage // nil is null

	state         state
	requested     time.Time
	authenticated time.Time
	approved      time.Time

	total   int64
	balance int64
	taxFree int64 // of the balance
	exempt  int64 // of the balance: outside taxation

	card            *card
	cancels         []cancellation
	lastTransaction string
	secret          string
	receiptID       string // "" while no transaction exists
	failure         *apiError

	decline string // what the confirm will be refused with, chosen in the window
	window  *window
}

// card is how the customer pays by card.
type card struct {
	company      company
	number       string // masked
	months       int
	interestFree bool
	usePoint     bool
	check        bool
	approveNo    string
}

type cancellation struct {
	amount      int64
	taxFree     int64
	exempt      int64
	balance     int64 // after it
	reason      string
	at          time.Time
	transaction string
}

// transaction is one approval or cancel. Amount is negative for cancels; the
// sign is not documented.
type transaction struct {
	key     string
	payment *payment
	state   state
	at      time.Time
	amount  int64
}

type orderKey struct{ mid, orderID string }

// order is what a payment is created from.
type order struct {
	id, name, method, currency string
	total, taxFree, exempt     int64
	metadata                   json.RawMessage
}

// create adds a READY payment. The caller holds the lock.
func (s *Simulator) create(shop *shop, o order) *payment {
	if !shop.TaxFree {
		o.taxFree = 0
	}
	p := &payment{
		shop: shop, key: s.newPaymentKey(), orderID: o.id, orderName: o.name, method: o.method, currency: o.currency,
		metadata: o.metadata, state: ready, requested: s.opts.Now(),
		total: o.total, balance: o.total, taxFree: o.taxFree, exempt: o.exempt,
	}
	s.payments[p.key] = p
	s.newest = append(s.newest, p)
	k := orderKey{shop.MID, o.id}
	s.orders[k] = append(s.orders[k], p)
	s.watch(p)
	return p
}

// deadline is when a READY or IN_PROGRESS payment expires.
func (p *payment) deadline() time.Time {
	if p.state == inProgress {
		return p.authenticated.Add(confirmTime)
	}
	return p.requested.Add(windowTime)
}

// watch has the clock of an open payment looked at in time.
func (s *Simulator) watch(p *payment) {
	s.open[p] = struct{}{}
	if at := p.deadline(); s.firstExpiry.IsZero() || at.Before(s.firstExpiry) {
		s.firstExpiry = at
	}
}

// used says whether the shop's order was approved before, by another payment
// than except. The caller holds the lock.
func (s *Simulator) used(shop *shop, orderID string, except *payment) bool {
	for _, p := range s.orders[orderKey{shop.MID, orderID}] {
		if p != except && !p.approved.IsZero() {
			return true
		}
	}
	return false
}

// refresh lets a payment's clock run out. The caller holds the lock.
func (s *Simulator) refresh(p *payment) {
	if (p.state == ready || p.state == inProgress) && !s.opts.Now().Before(p.deadline()) {
		s.expire(p)
	}
}

// expire ends a payment that waits for the customer or the confirm call.
func (s *Simulator) expire(p *payment) {
	p.state, p.failure = expired, refuse("EXPIRED_PAYMENT")
	delete(s.open, p)
	for _, d := range s.changed(p) { // there is no answer to be earlier than
		s.enqueue(d)
	}
}

// authenticate records what the customer chose in the window.
func (s *Simulator) authenticate(p *payment, c card, decline string) {
	p.state, p.authenticated = inProgress, s.opts.Now()
	p.method, p.card, p.decline = "카드", &c, decline
	s.watch(p)
}

// approve takes the money. It returns the webhooks that must go out before the
// API answer.
func (s *Simulator) approve(p *payment) []*delivery {
	now := s.opts.Now()
	p.state, p.approved = done, now
	p.secret, p.receiptID = s.newSecret(), s.newReceiptID(p.shop.MID, p.requested)
	s.byReceipt[p.receiptID] = p
	p.card.number = p.card.company.bin + "****" + s.random(3, "0123456789") + "*"
	p.card.approveNo = "00000000" // what test keys get
	if !p.shop.test() {
		p.card.approveNo = s.random(8, "0123456789")
	}
	delete(s.open, p)
	s.record(p, now, p.total)
	return s.changed(p)
}

// abort ends a payment that the provider refused.
func (s *Simulator) abort(p *payment, why *apiError) []*delivery {
	p.state, p.failure = aborted, why
	delete(s.open, p)
	return s.changed(p)
}

// record adds a transaction and makes it the payment's newest.
func (s *Simulator) record(p *payment, at time.Time, amount int64) {
	p.lastTransaction = s.newTransactionKey()
	p.shop.transactions = append(p.shop.transactions, transaction{p.lastTransaction, p, p.state, at, amount})
}
