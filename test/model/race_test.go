package model_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"

	"naru/internal/pay"
)

// race has two calls at once that want the same thing.
func (s *story) race() {
	one(s, []func(){s.raceCharges, s.raceCharges, s.raceCancels, s.raceRetries, s.raceDeposit})()
}

// both puts two calls at once; notices run freely beside them.
func (s *story) both(reqs ...*http.Request) ([]answer, bool) {
	s.t.Helper()
	out := make([]answer, len(reqs))
	var wg sync.WaitGroup
	for i, r := range reqs {
		wg.Go(func() { out[i] = s.send(r) })
	}
	wg.Wait()
	return out, s.mourn()
}

// raceCharges charges one order number twice at once: one of them at most takes money.
func (s *story) raceCharges() {
	c := s.customer()
	if c == nil {
		return
	}
	number, amount := s.number(), s.amount()
	card := s.newCard()
	keyed, kept := s.order(number, amount), s.order(number, amount)
	card.into(keyed)
	kept["customer_uid"] = c.uid
	what := fmt.Sprintf("two at once: onetime %s %d with %s, and again with %s", number, amount, card, c)
	s.note("%s", what)
	use := s.usage(number, "")
	foreseen := [][]verdict{card.verdict(keyedIn, s.ordersDecline()), s.keyVerdict(c)}
	before := s.moved()
	answers, died := s.both(s.request("POST", "/subscribe/payments/onetime", keyed), s.request("POST", "/subscribe/payments/again", kept))
	paid := 0
	for i, a := range answers {
		s.answered(what, a, died)
		v := s.judge(what, a, append(slices.Clone(foreseen[i]), refused)...)
		if v == done {
			paid++
			s.claims = append(s.claims, claim{what, s.shown(a.Response).ImpUID, true})
		}
	}
	moved := s.moved() - before
	switch {
	case paid > 1 || s.calm() && moved != paid:
		s.fail("%s: %d were answered as paid, %d movements at the providers", what, paid, moved)
	case s.calm() && use == free && paid == 0 && slices.Equal(foreseen[0], []verdict{done}) && slices.Equal(foreseen[1], []verdict{done}):
		s.fail("%s: neither was paid: %v", what, answers)
	}
}

// raceCancels cancels a payment wholly twice at once.
func (s *story) raceCancels() {
	p := s.find(func(p *payment) bool { return taken(p.Status) && p.Left() > 0 && !p.open })
	if p == nil {
		return
	}
	body := fields{"imp_uid": string(p.ID), "refund_holder": "홍길동", "refund_bank": "088", "refund_account": refundAccount}
	if s.chance(2) {
		body["amount"] = (p.Left() + 1) / 2
	}
	what := fmt.Sprintf("two at once: cancel %s of %s with %d left: %v", p.ID, p.MerchantUID, p.Left(), body["amount"])
	s.note("%s", what)
	before := s.moved()
	n := 0
	answers, died := s.both(s.request("POST", "/payments/cancel", body), s.request("POST", "/payments/cancel", body))
	for _, a := range answers {
		s.answered(what, a, died)
		if s.judge(what, a, done, refused, declined) == done {
			n++
		}
	}
	if left := remains(s.ledger()[string(p.ID)]); left < 0 || s.calm() && s.moved()-before != n {
		s.fail("%s: %d were answered as done, %d movements more, %d left at the provider", what, n, s.moved()-before, left)
	}
}

// raceRetries retries one booking twice at once.
func (s *story) raceRetries() {
	b := s.booking(func(b *booking) bool {
		return b.status == pay.ScheduleRevoked || b.status == pay.ScheduleExecuted && s.failed(b)
	})
	if b == nil {
		return
	}
	what := "two at once: retry " + b.String()
	s.note("%s", what)
	path := "/subscribe/payments/schedule/" + escape(b.number) + "/retry"
	before := s.moved()
	answers, died := s.both(s.request("POST", path, nil), s.request("POST", path, nil))
	n, paid := 0, 0
	for _, a := range answers {
		s.answered(what, a, died, 200, 400, 404)
		switch v := s.judge(what, a, done, refused, unknown); v {
		case done, unknown:
			n++
			if p := s.maybe(a); p != nil && p.Status == "paid" {
				paid++
			}
		case lost:
			b.perhaps++
		}
	}
	if n > 0 || b.perhaps > 0 {
		b.status = pay.ScheduleExecuted
	}
	b.begun += n
	if paid > 1 || s.calm() && s.moved()-before != paid {
		s.fail("%s: %d were answered as paid, %d movements more", what, paid, s.moved()-before)
	}
}

// raceDeposit takes an account back while the buyer pays into it.
func (s *story) raceDeposit() {
	p := s.find(func(p *payment) bool { return isAccount(p, pay.StatusAwaitingDeposit) && !p.open })
	if p == nil {
		return
	}
	s.tick()
	what := fmt.Sprintf("two at once: revoke %s of %s, and its deposit", p.ID, p.MerchantUID)
	s.note("%s", what)
	req := s.request("DELETE", "/vbanks/"+string(p.ID), nil)
	code, done2 := 0, make(chan struct{})
	go func() {
		defer close(done2)
		code = s.control(s.cards.Control(), "POST", "/payments/"+string(p.ID)+"/deposit", fields{"late": true}, nil)
	}()
	a := s.send(req)
	<-done2
	s.answered(what, a, s.mourn(), 200, 400)
	v := s.judge(what, a, done, refused, declined)
	s.note("  → the bank says %d", code)
	if v == done && code == 200 {
		s.fail("%s: both went well", what)
	}
}
