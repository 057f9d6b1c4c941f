package tosspay

import (
	"fmt"
	"slices"
	"time"
)

// Status is a payment's payStatus ("토스페이 API 소개, 결제 상태").
type Status string

// The states of a payment.
const (
	Standby          Status = "PAY_STANDBY"
	Approved         Status = "PAY_APPROVED"
	Progress         Status = "PAY_PROGRESS"
	Complete         Status = "PAY_COMPLETE"
	Cancelled        Status = "PAY_CANCEL"
	RefundProgress   Status = "REFUND_PROGRESS"
	Refunded         Status = "REFUND_SUCCESS"
	Settled          Status = "SETTLEMENT_COMPLETE"
	SettledAndRefund Status = "SETTLEMENT_REFUND_COMPLETE"
)

// steps are all changes a payment may undergo. A declined capture goes back to
// the state it was asked in; Toss Pay's documentation does not name it.
var steps = map[Status][]Status{
	Standby:        {Approved, Progress, Cancelled},
	Approved:       {Progress, Cancelled},
	Progress:       {Complete, Standby, Approved},
	Complete:       {RefundProgress, Settled},
	RefundProgress: {Refunded},
	Refunded:       {RefundProgress, SettledAndRefund},
}

// payment is one payToken. The simulator's mutex guards it.
type payment struct {
	token, orderNo string
	shop           *Shop
	amount         int64
	parts          parts // of the whole amount
	given          given // what the creation stated of them
	desc           string

	returnURL, cancelURL, appScheme string
	callbackURL, callbackVersion    string
	auto                            bool // capture right after authentication
	money, card                     bool // methods the checkout offers
	cards                           []int
	installments, cashReceipt       bool
	tradeOption                     string

	status           Status
	created, expires time.Time
	authenticated    bool      // got as far as PAY_APPROVED or beyond
	choice           *choice   // once authenticated
	executeFail      string    // errorCode that captures are to fail with
	refundFail       string    // errorCode that refunds are to fail with
	decline          *failure  // the latest shown in the app
	ended            string    // why PAY_CANCEL: "buyer", "expired" or "declined"
	ending           Ending    // of the authentication
	version          string    // of the callback, whatever the creation asked for; "" is as it asked
	inApp            bool      // the app was opened on it
	deed             *deed     // what a script has its buyer do
	captureAt        time.Time // when PAY_PROGRESS ends
	paid             time.Time // zero before completion
	authNo           string    // cardAuthorizationNo
	receiptKey       string    // cashReceiptMgtKey
	txns             []entry   // one PAY and one REFUND each

	billed       *billingKey // of a charge: what it was charged with
	sendFailPush bool        // of a charge
}

// entry is a row of a payment's transactions, amounts positive.
type entry struct {
	id      string
	refund  bool
	parts   parts
	balance balance
	at      time.Time
}

// to changes the state. A change that is not in steps is a mistake of the
// simulator, not of its caller.
func (p *payment) to(next Status) {
	if !slices.Contains(steps[p.status], next) {
		panic(fmt.Sprintf("tosspay sandbox: payment %s cannot go from %s to %s", p.token, p.status, next))
	}
	p.status = next
}

// whole is the balance right after capture.
func (p *payment) whole() balance {
	b := balance{gross: p.amount}
	if c := p.choice; c != nil {
		b.discount, b.points = c.discount, c.points
	}
	b.paid = b.gross - b.discount - b.points
	return b
}

// refundable is the gross amount that is left.
func (p *payment) refundable() int64 {
	if p.paid.IsZero() {
		return 0
	}
	n := p.amount
	for _, t := range p.txns {
		if t.refund {
			n -= t.balance.gross
		}
	}
	return n
}

// partsLeft is how what is left is taxed.
func (p *payment) partsLeft() parts {
	left := p.parts
	for _, t := range p.txns {
		if t.refund {
			left = left.minus(t.parts)
		}
	}
	return left
}

// payTransaction is the id of the approval, or "".
func (p *payment) payTransaction() string {
	for _, t := range p.txns {
		if !t.refund {
			return t.id
		}
	}
	return ""
}

func (p *payment) byCard() bool { return p.choice != nil && p.choice.card != nil }

// find is the payment of a payToken, brought up to date. The caller holds the lock.
func (s *Simulator) find(token string, now time.Time) *payment {
	p := s.payments[token]
	if p != nil {
		s.refresh(p, now)
	}
	return p
}

// refresh lets time do what it does: lapse what nobody paid, end captures that
// were in doubt, close what is a year old. The caller holds the lock.
func (s *Simulator) refresh(p *payment, now time.Time) {
	switch p.status {
	case Standby, Approved:
		if !now.Before(p.expires) {
			s.end(p, "expired")
		}
	case Progress:
		if !now.Before(p.captureAt) {
			s.complete(p, p.captureAt)
			s.refresh(p, now)
		}
	case Complete:
		if !now.Before(p.paid.AddDate(1, 0, 0)) {
			p.to(Settled)
		}
	case Refunded:
		if !now.Before(p.paid.AddDate(1, 0, 0)) {
			p.to(SettledAndRefund)
		}
	}
}

// end makes a waiting payment PAY_CANCEL. No callback tells of it.
func (s *Simulator) end(p *payment, why string) {
	p.to(Cancelled)
	p.ended = why
}

// progressTime is how long a capture lasts whose answer left the merchant in doubt.
const progressTime = 10 * time.Second

// capture takes the money of an authenticated payment, or fails the way the
// tester asked for. The caller holds the lock.
func (s *Simulator) capture(p *payment, now time.Time) *failure {
	before := p.status
	p.to(Progress)
	switch code := p.executeFail; {
	case code == "":
		s.complete(p, now)
		return nil
	case inDoubt(code):
		p.captureAt = now.Add(progressTime)
		return refuse(code)
	default:
		p.to(before)
		return refuse(code)
	}
}

// complete ends PAY_PROGRESS with the money taken.
func (s *Simulator) complete(p *payment, at time.Time) {
	p.to(Complete)
	p.paid = at
	p.txns = append(p.txns, entry{id: s.uuid(), parts: p.parts, balance: p.whole(), at: at})
	s.book(p, approvalKind)
	if p.byCard() {
		p.authNo = s.authorizationNo(p.shop)
	} else if p.cashReceipt && p.whole().paid > 0 {
		p.receiptKey = s.receiptKey(at)
	}
	s.enqueue(p, at)
}

// clock is the simulator's time in Korea.
func (s *Simulator) clock() time.Time { return s.opts.Now().In(seoul) }

// seoul has had no summer time since 1988, so a fixed offset needs no zone files.
var seoul = time.FixedZone("KST", 9*60*60)

const timeForm = "2006-01-02 15:04:05"

func stamp(t time.Time) string { return t.In(seoul).Format(timeForm) }
