package model_test

import (
	"fmt"
	"time"

	"naru/internal/pay"
)

// issueAccount has a virtual account issued.
func (s *story) issueAccount() {
	number, amount := s.number(), s.amount()
	body := s.order(number, amount)
	lasts := one(s, []time.Duration{time.Hour, 10 * time.Hour, 24 * time.Hour, 4 * 24 * time.Hour})
	body["vbank_code"], body["vbank_due"], body["channel_key"] = one(s, []string{"088", "004", "020"}), s.clock.In(lasts).Unix(), string(s.cards.channel)
	what := fmt.Sprintf("account for %s %d, open for %s", number, amount, lasts)
	s.note("%s", what)
	foreseen := s.orderVerdict(number, []verdict{done})
	before := s.moved()
	a := s.call("POST", "/vbanks", body)
	v := s.judge(what, a, foreseen...)
	if s.moved() != before {
		s.fail("%s moved money", what)
	}
	if v == done {
		p := s.shown(a.Response)
		if p.Status != "ready" || p.VbankNum == nil || *p.VbankNum == "" || p.Amount != amount || p.PayMethod != "vbank" || p.PaidAt != 0 {
			s.fail("%s: the answer shows %+v", what, p)
		}
	}
}

// isAccount reports whether a payment is a virtual account in one of the states.
func isAccount(p *payment, in ...pay.Status) bool {
	for _, st := range in {
		if p.Method == pay.MethodVbank && p.Status == st {
			return true
		}
	}
	return false
}

// tick moves the clock to the next second but one: what a bank does to one account
// it does not do twice in a second, by which providers tell it apart.
func (s *story) tick() { s.pass(2 * time.Second) }

// deposit has the buyer pay into an account: in time or late, once in a while
// without a notice reaching the gateway.
func (s *story) deposit() {
	p := s.find(func(p *payment) bool { return isAccount(p, pay.StatusAwaitingDeposit) })
	if p == nil {
		return
	}
	due := p.Details.Account.Due
	late := !s.clock.Now().Before(due)
	silent := !late && due.Sub(s.clock.Now()) > time.Hour && s.chance(4)
	s.tick()
	s.note("deposit of %d into %s of %s, late %v, silent %v", p.Amount.Total.Minor, p.ID, p.MerchantUID, late, silent)
	muted := 0
	if silent {
		rule, err := s.cards.faults.Add("webhook * drop")
		s.must(err)
		muted = rule.ID
	}
	code := s.bank(s.cards, "POST", "/payments/"+string(p.ID)+"/deposit", fields{"late": late}, nil)
	if silent {
		s.counted(s.cards.faults.Rules()[len(s.cards.faults.Rules())-1:])
		s.cards.faults.Remove(muted)
		s.hits = s.faultHits()
	}
	if code != 200 {
		s.note("  → the bank says %d", code)
		return
	}
	if silent || s.messagesBroken() {
		return // it is found by asking
	}
	use, open := s.usage(string(p.MerchantUID), p.ID), p.open
	s.heeded()
	s.look()
	now := s.payments[p.ID]
	want := pay.StatusPaid
	if use == used {
		want = pay.StatusFailed
	}
	if s.calm() && use != unsure && !open && now.Status != want {
		s.fail("after the deposit into %s of %s it is %s, not %s", p.ID, p.MerchantUID, now.Status, want)
	}
}

// reverse has the bank take a deposit back.
func (s *story) reverse() {
	p := s.find(func(p *payment) bool { return isAccount(p, pay.StatusPaid) && !p.open })
	if p == nil {
		return
	}
	s.tick()
	code := s.bank(s.cards, "POST", "/payments/"+string(p.ID)+"/deposit-error", nil, nil)
	s.note("the bank takes the deposit of %s of %s back: %d", p.ID, p.MerchantUID, code)
	if code != 200 || s.messagesBroken() {
		return
	}
	s.heeded()
	s.look()
	if now := s.payments[p.ID]; s.calm() && now.Status != pay.StatusAwaitingDeposit {
		s.fail("after the bank took the deposit of %s back it is %s", p.ID, now.Status)
	}
}

// expire ends the time of an account at the bank; V1 leaves such a payment ready.
func (s *story) expire() {
	p := s.find(func(p *payment) bool { return isAccount(p, pay.StatusAwaitingDeposit) })
	if p == nil {
		return
	}
	code := s.bank(s.cards, "POST", "/payments/"+string(p.ID)+"/expire", nil, nil)
	s.note("the account of %s of %s expires: %d", p.ID, p.MerchantUID, code)
}

// revoke takes an account back.
func (s *story) revoke() {
	p := s.find(func(p *payment) bool { return p.Method == pay.MethodVbank || s.chance(4) })
	if p == nil {
		return
	}
	waits := isAccount(p, pay.StatusAwaitingDeposit)
	paidIn := remains(s.ledger()[string(p.ID)]) > 0 // and not heard of yet
	what := fmt.Sprintf("revoke the account %s of %s, %s", p.ID, p.MerchantUID, p.Status)
	s.note("%s", what)
	foreseen := []verdict{refused}
	switch {
	case p.open || waits && paidIn:
		foreseen = []verdict{done, refused, declined, unknown}
	case waits:
		foreseen = []verdict{done}
	}
	before := s.moved()
	a := s.call("DELETE", "/vbanks/"+string(p.ID), nil, 200, 400)
	v := s.judge(what, a, foreseen...)
	if s.moved() != before {
		s.fail("%s moved money", what)
	}
	if v == done {
		if got := s.shown(a.Response); got.Status != "failed" || got.ImpUID != p.ID || paidIn {
			s.fail("%s: the answer shows %+v, paid into: %v", what, got, paidIn)
		}
	}
}
