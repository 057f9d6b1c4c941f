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
	waiting         state = "WAITING_FOR_DEPOSIT"
	partialCanceled state = "PARTIAL_CANCELED"
	aborted         state = "ABORTED"
	expired         state = "EXPIRED"
)

// kind is Payment.type. A card-number payment is NORMAL; that is not documented.
type kind string

const (
	normal  kind = "NORMAL"
	billing kind = "BILLING"
)

// The clocks of "결제 상태": from opening the window to authentication, and from
// there to the confirm call.
const (
	windowTime  = 30 * time.Minute
	confirmTime = 10 * time.Minute
)

// payment is one payment key's life. Amounts are in the currency's smallest unit.
type payment struct {
	shop        *shop
	key         string
	kind        kind
	customerKey string // of automatic payments
	orderID     string
	orderName   string
	method      string // Korean name; "" is not chosen
	currency    string
	escrow      bool
	metadata    json.RawMessage // nil is null

	state         state
	requested     time.Time
	authenticated time.Time
	approved      time.Time

	total   int64
	balance int64
	taxFree int64 // of the balance
	exempt  int64 // of the balance: outside taxation

	card            *card
	easyPay         *easyPay
	promotion       *discountCard // takes a part off at once
	account         *account      // issued
	asked           *account      // chosen in the window, issued at the confirm
	transfer        *bank         // of the buyer's account
	phone           *phoneBill
	gift            *giftCertificate
	culture         bool // a culture expense, by what the shop says
	cash            cashSide
	cancels         []cancellation
	lastTransaction string
	secret          string
	receiptID       string // "" while no transaction exists
	failure         *apiError

	decline string // what the confirm will be refused with, chosen in the window
	window  *window
	alarm   *alarm // rings when it, or its account, expires
}

// card is how the customer pays by card.
type card struct {
	company       company
	number        string // masked; "" until it is approved, where none was typed
	bin           string // first eight digits of the number that it will get
	owner         string // Korean word; "" is a person
	months        int
	interestPayer string // who pays a plan's interest in place of the buyer; "" is nobody
	usePoint      bool
	check         bool
	part          int64 // what it pays of a payment that others pay of as well; 0 is all
	bare          bool  // a wallet's newer card, of which nothing is told
	approveNo     string
}

type cancellation struct {
	amount      int64
	taxFree     int64
	exempt      int64
	balance     int64 // after it
	reason      string
	at          time.Time
	transaction string
	receiptKey  string // of the cash receipt's cancel; "" is none
	points      int64  // of a wallet, given back
}

// transaction is one approval, issue of an account, deposit or cancel. Amount is
// 0 while a deposit is waited for, and negative for cancels that give money
// back; that sign is not documented.
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
	escrow, culture            bool
	metadata                   json.RawMessage
}

// create adds a READY payment, whose clock runs. The caller holds the lock.
func (s *Simulator) create(shop *shop, o order) *payment {
	p := s.add(shop, o)
	p.state = ready
	s.watch(p)
	return p
}

// add adds a payment that is not in any state yet. The caller holds the lock.
func (s *Simulator) add(shop *shop, o order) *payment {
	if !shop.TaxFree {
		o.taxFree = 0
	}
	p := &payment{
		shop: shop, key: s.newPaymentKey(), kind: normal, orderID: o.id, orderName: o.name, method: o.method, currency: o.currency,
		escrow: o.escrow, culture: o.culture, metadata: o.metadata, requested: s.opts.Now(),
		total: o.total, balance: o.total, taxFree: o.taxFree, exempt: o.exempt,
	}
	s.payments[p.key] = p
	s.newest = append(s.newest, p)
	k := orderKey{shop.MID, o.id}
	s.orders[k] = append(s.orders[k], p)
	return p
}

// deadline is when a READY or IN_PROGRESS payment expires.
func (p *payment) deadline() time.Time {
	if p.state == inProgress {
		return p.authenticated.Add(confirmTime)
	}
	return p.requested.Add(windowTime)
}

// watch has the clock of an open payment run.
func (s *Simulator) watch(p *payment) {
	p.alarm.off()
	p.alarm = s.after(p.deadline(), func() { s.expire(p) })
}

// used says whether the shop's order was approved before, or an account issued
// for it, by another payment than except; whether it was cancelled since does
// not matter. The caller holds the lock.
func (s *Simulator) used(shop *shop, orderID string, except *payment) bool {
	for _, p := range s.orders[orderKey{shop.MID, orderID}] {
		if p != except && p.lastTransaction != "" {
			return true
		}
	}
	return false
}

// expire ends a payment that waits for the customer or the confirm call.
func (s *Simulator) expire(p *payment) {
	p.state, p.failure = expired, refuse("EXPIRED_PAYMENT")
	p.alarm.off()
	s.enqueueAll(s.changed(p)) // there is no answer to be earlier than
}

// authenticate records what the customer chose in the window.
func (s *Simulator) authenticate(p *payment, chosen func(*payment), decline string) {
	p.state, p.authenticated, p.decline = inProgress, s.opts.Now(), decline
	chosen(p)
	s.watch(p)
}

// approve takes the money, or issues the account that the buyer chose. Automatic
// payments get no secret.
func (s *Simulator) approve(p *payment) {
	p.alarm.off()
	if p.asked != nil {
		s.issue(p)
		return
	}
	p.state, p.approved = done, s.opts.Now()
	if p.kind != billing {
		p.secret = s.newSecret()
	}
	s.giveReceipt(p)
	if p.card != nil {
		s.approveCard(p)
	}
	if p.gift != nil {
		p.gift.approveNo = s.newApproveNo(p.shop)
	}
	s.record(p, p.approved, p.total)
	s.move(p, Approval, p.total)
	s.issueCashFor(p)
}

func (s *Simulator) approveCard(p *payment) {
	if p.card.number == "" { // the window asks for none
		p.card.number = p.card.bin + "****" + s.random(3, digits) + "*"
	}
	if p.promotion != nil {
		p.promotion.Balance -= p.promotion.Amount
	}
	p.card.approveNo = s.newApproveNo(p.shop)
}

// newApproveNo is all zeros with test keys.
func (s *Simulator) newApproveNo(shop *shop) string {
	if shop.test() {
		return "00000000"
	}
	return s.random(8, digits)
}

// giveReceipt makes the address of the payment's sales slip.
func (s *Simulator) giveReceipt(p *payment) {
	p.receiptID = s.newReceiptID(p.shop.MID, p.requested)
	s.byReceipt[p.receiptID] = p
}

// abort ends a payment that the provider refused.
func (s *Simulator) abort(p *payment, why *apiError) []*delivery {
	p.state, p.failure = aborted, why
	p.alarm.off()
	return s.changed(p)
}

// record adds a transaction and makes it the payment's newest.
func (s *Simulator) record(p *payment, at time.Time, amount int64) {
	p.lastTransaction = s.newTransactionKey()
	p.shop.transactions = append(p.shop.transactions, transaction{p.lastTransaction, p, p.state, at, amount})
}
