package model_test

import (
	"fmt"
	"net/http"
	"slices"

	"naru/internal/pay"
)

// race has two calls at once that want the same thing.
func (s *story) race() {
	one(s, []func(){s.raceCharges, s.raceCharges, s.raceCancels, s.raceRetries, s.raceDeposit, s.raceReturns, s.raceIssues, s.raceRevoke})()
}

// both puts calls at once; the seed says how they interleave.
func (s *story) both(reqs ...*http.Request) ([]answer, bool) {
	s.t.Helper()
	out := make([]answer, len(reqs))
	var all []func()
	for i, r := range reqs {
		s.did(s.doing)
		all = append(all, func() { out[i] = s.send(r) })
	}
	s.turns.race(all...)
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
			s.claims = append(s.claims, claim{what: what, id: s.shown(a.Response).ImpUID, paid: true})
		}
	}
	moved := s.moved() - before
	switch {
	case paid > 1 || s.calm() && moved != paid:
		s.failAs(doubleCharge, "%s: %d were answered as paid, %d movements at the providers", what, paid, moved)
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
		s.failAs(doubleCharge, "%s: %d were answered as done, %d movements more, %d left at the provider", what, n, s.moved()-before, left)
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
		s.failAs(doubleCharge, "%s: %d were answered as paid, %d movements more", what, paid, s.moved()-before)
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
	code, a := 0, answer{}
	s.did(s.doing)
	s.turns.race(func() { a = s.send(req) }, func() {
		s.turns.pass()
		code = s.bank(s.cards, "POST", "/payments/"+string(p.ID)+"/deposit", fields{"late": true}, nil)
	})
	s.answered(what, a, s.mourn(), 200, 400)
	v := s.judge(what, a, done, refused, declined)
	s.note("  → the bank says %d", code)
	if v == done && code == 200 {
		s.fail("%s: both went well", what)
	}
}

// raceReturns brings one buyer back twice at once: the window serves once.
func (s *story) raceReturns() {
	v := s.visit(func(v *visit) bool { return v.back != "" && !v.over() && !v.tried && !s.old(v) && v.customer == nil })
	if v == nil {
		return
	}
	what := "two at once: " + v.String() + " comes back"
	s.note("%s", what)
	before := s.moved()
	pages, died := s.bothPages(v.back, v.back)
	v.returned, v.tried = !died, true
	served := 0
	for _, p := range pages {
		if s.shownPage(what, p, died, 200, 302, 303, 409); p.status/100 == 3 || p.status == 200 {
			served++
		}
	}
	moved := s.moved() - before
	if moved > 1 || s.calm() && served != 1 {
		s.failAs(doubleCharge, "%s: %d were served, %d movements more: %v", what, served, moved, pages)
	}
	s.ended(what, v)
}

// raceIssues has two keys issued for one customer at once: one of them is its key
// afterwards.
func (s *story) raceIssues() {
	c := s.customer()
	if c == nil || c.unsure {
		return
	}
	reqs := []*http.Request{}
	what := fmt.Sprintf("two at once: keys for %s with", c)
	for range 2 {
		m := s.newCard()
		body := fields{"customer_id": "id-" + c.uid[7:], "customer_name": "홍길동"}
		m.into(body)
		what += " " + m.String()
		c.asked, c.unsure = append(c.asked, m), true // which one it is only the books tell
		reqs = append(reqs, s.request("POST", "/subscribe/customers/"+escape(c.uid), body))
	}
	c.known = len(c.asked) - 2
	s.note("%s", what)
	answers, died := s.both(reqs...)
	for i, a := range answers {
		s.answered(what, a, died)
		s.judge(what, a, c.asked[len(c.asked)-2+i].verdict(atIssue, false)...)
	}
}

// raceRevoke unschedules a booking while it is retried or moved.
func (s *story) raceRevoke() {
	b := s.booking(func(b *booking) bool { return b.status == pay.ScheduleBooked })
	if b == nil {
		return
	}
	at := s.later()
	what := fmt.Sprintf("two at once: unschedule %s, and move it to %s", b, at.Format("01-02 15:04:05"))
	s.note("%s", what)
	revoke := s.request("POST", "/subscribe/payments/unschedule", fields{"merchant_uid": b.number})
	move := s.request("PUT", "/subscribe/payments/schedule/"+escape(b.number), fields{"schedule_at": at.Unix()})
	answers, died := s.both(revoke, move)
	s.answered(what, answers[0], died)
	s.answered(what, answers[1], died, 200, 400)
	gone, moved := s.judge(what, answers[0], done, refused), s.judge(what, answers[1], done, refused)
	row := s.schedule(b.number)
	b.at, b.status = row.At, row.Status
	if !died && (gone != done || row.Status != pay.ScheduleRevoked || moved == done && !row.At.Equal(at)) {
		s.fail("%s: answered as %s and %s, the books have %s", what, gone, moved, plain(row))
	}
}
