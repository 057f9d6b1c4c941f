package model_test

import (
	"fmt"
	"slices"

	"naru/internal/pay"
)

// refundAccount is a secret: nothing shows it.
const refundAccount = "11022033044055"

// cancelling is a cancel to ask for, and what is expected of it.
type cancelling struct {
	p      *payment
	body   fields
	amount int64 // that is to go back
	wrong  string
	open   bool // another cancel is undecided, or was made at the desk and not heard of
}

// cancel gives back all or part of a payment; some of the calls are wrong.
func (s *story) cancel() {
	p := s.find(func(p *payment) bool { return taken(p.Status) && (p.Left() > 0 || s.chance(6)) || s.chance(20) })
	if p == nil {
		return
	}
	c := s.cancelOf(p)
	what := fmt.Sprintf("cancel %s of %s, %s with %d left: %v", p.ID, p.MerchantUID, p.Status, p.Left(), c.hide())
	s.note("%s", what)
	foreseen := []verdict{done}
	switch {
	case c.wrong != "":
		foreseen = []verdict{refused}
	case c.open:
		foreseen = []verdict{done, refused, declined, unknown}
	case p.Amount.TaxFree > 0 && c.amount < p.Left():
		foreseen = []verdict{done, declined} // too little of the rest may be taxed
	}
	before := s.moved()
	a := s.call("POST", "/payments/cancel", c.body)
	v := s.judge(what, a, foreseen...)
	s.cancelled(what, c, v, a, before)
}

// hide is the request without the account.
func (c cancelling) hide() fields {
	out := fields{}
	for k, v := range c.body {
		if k != "refund_account" {
			out[k] = v
		}
	}
	return out
}

// cancelOf draws a cancel of a payment.
func (s *story) cancelOf(p *payment) cancelling {
	left := p.Left()
	c := cancelling{p: p, amount: left, open: p.open || remains(s.ledger()[string(p.ID)]) != left && taken(p.Status), body: fields{"reason": "변심", "imp_uid": string(p.ID)}}
	if s.chance(3) && s.usage(string(p.MerchantUID), p.ID) != used {
		delete(c.body, "imp_uid")
		c.body["merchant_uid"] = string(p.MerchantUID)
	}
	if s.chance(3) {
		c.body["enable_webhook"] = true
	}
	if left >= 2 && s.chance(2) {
		c.amount = 1 + s.rng.Int64N(left-1)
		if s.chance(2) { // small and round ones meet again
			c.amount = min(left, 1000)
		}
		c.body["amount"] = c.amount
	}
	if s.chance(4) {
		c.body["checksum"] = left
	}
	if p.Method == pay.MethodVbank {
		c.body["refund_holder"], c.body["refund_bank"], c.body["refund_account"] = "홍길동", "088", refundAccount
	}
	switch {
	case p.registers():
		c.wrong = "nothing was paid"
	case !taken(p.Status):
		c.wrong = "not paid"
	case left == 0:
		c.wrong = "nothing is left"
	case s.chance(10):
		c.body["amount"], c.wrong = left+1+s.rng.Int64N(5000), "too much"
	case s.chance(10):
		c.body["checksum"], c.wrong = left+1, "wrong checksum"
	case p.Method == pay.MethodVbank && s.chance(4):
		delete(c.body, "refund_account")
		c.wrong = "no account"
	}
	if c.open && c.wrong == "too much" {
		c.amount = 0
	}
	return c
}

// cancelled checks the answer of a cancel against the provider's ledger.
func (s *story) cancelled(what string, c cancelling, v verdict, a answer, before int) {
	s.t.Helper()
	theirs := s.ledger()[string(c.p.ID)]
	more := s.moved() - before
	switch v {
	case done:
		p := s.shown(a.Response)
		n := len(p.CancelHistory)
		if p.Status == "failed" && c.p.Method == pay.MethodVbank && sum(theirs, "reversal") > 0 && remains(theirs) == 0 && more == 0 {
			return // the bank had taken the deposit back: the account was closed instead
		}
		if p.ImpUID != c.p.ID || p.Status != "cancelled" || n == 0 || p.CancelAmount != sum(theirs, "cancel") || p.Amount != c.p.Amount.Total.Minor {
			s.fail("%s: the answer shows %+v, the provider has %v", what, p, theirs)
		}
		var told int64
		for _, h := range p.CancelHistory {
			told += h.Amount
		}
		if last := p.CancelHistory[n-1]; told != p.CancelAmount || !c.open && (last.Amount != c.amount || p.CancelAmount != c.p.Cancelled+c.amount) {
			s.fail("%s: %d were to go back; the answer shows %+v", what, c.amount, p)
		}
		if !c.open {
			if more != 1 {
				s.failAs(doubleCharge, "%s: %d movements more at the providers", what, more)
			}
			wanted, _ := c.body["enable_webhook"].(bool)
			s.cancels[p.CancelHistory[n-1].CancellationID] = wanted
		}
	case refused, declined:
		if more != 0 {
			s.failAs(lostMovement, "%s: answered as %s, but %d movements more are at the providers: %v", what, v, more, theirs)
		}
	}
}

// officeCancel is a cancel made at Toss Payments' own desk: the gateway hears of
// it by notice only, and so does the merchant.
func (s *story) officeCancel() {
	p := s.find(func(p *payment) bool {
		return p.Provider == pay.TossPayments && p.Left() > 0 && slices.Contains([]pay.Status{pay.StatusPaid, pay.StatusPartiallyCancelled}, p.Status)
	})
	if p == nil {
		return
	}
	body := fields{"reason": "상점관리자 취소"}
	if s.chance(2) {
		body["amount"] = min(p.Left(), 1000)
	}
	code := s.bank(s.sideOf(p), "POST", "/payments/"+string(p.ID)+"/cancel", body, nil)
	s.note("the desk cancels %v of %s of %s: %d", body["amount"], p.ID, p.MerchantUID, code)
	if code != 200 || s.messagesBroken() {
		return
	}
	s.heeded()
	s.look()
	now, theirs := s.payments[p.ID], s.ledger()[string(p.ID)]
	if s.calm() && now.Cancelled != sum(theirs, "cancel") {
		s.fail("the desk cancelled %s; the books have %d cancelled, the provider %v", p.ID, now.Cancelled, theirs)
	}
	if s.calm() && !p.open {
		for _, m := range now.moves[len(p.moves):] {
			s.cancels[m.CancelID] = true
		}
	}
}
