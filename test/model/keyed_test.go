package model_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"time"

	"naru/internal/pay"
)

// keyedCall is a write that a merchant's server sends under an Idempotency-Key, as
// often as it takes to learn what became of it.
type keyedCall struct {
	method, path, key string
	raw               []byte
	may               string // a field that another request would have
}

// keyed charges or cancels under a key: the server that heard nothing, or that the
// outcome is not known, sends the same again; then once more, and must be told the
// same to the byte; and then another request under the key, which is refused.
func (s *story) keyed() {
	s.keys++
	c := keyedCall{method: "POST", key: fmt.Sprintf("key-%d-%d", s.seed, s.keys)}
	if s.chance(3) {
		s.keyedCancel(c)
		return
	}
	s.keyedCharge(c)
}

func (s *story) keyedCharge(c keyedCall) {
	s.t.Helper()
	s.numbers = append(s.numbers, fmt.Sprintf("주문-%d-%d", s.seed, len(s.numbers)+1)) // of its own
	number, amount := s.numbers[len(s.numbers)-1], s.amount()
	body := s.order(number, amount)
	c.path, c.may = "/subscribe/payments/onetime", "card_quota"
	var foreseen []verdict
	if m, of := s.newCard(), s.customer(); of != nil && s.chance(2) {
		c.path, body["customer_uid"], foreseen = "/subscribe/payments/again", of.uid, s.keyVerdict(of)
	} else {
		m.into(body)
		foreseen = m.verdict(keyedIn, s.ordersDecline())
	}
	c.raw = encode(s.t, body)
	what := fmt.Sprintf("%s %s %d under %s", c.path, number, amount, c.key)
	s.note("%s", what)
	a := s.insist(what, c)
	if !s.calm() { // nobody charged what never arrived, and the server was told so in the end
		foreseen = append(slices.Clone(foreseen), declined)
	}
	v := s.judge(what, a, foreseen...)
	if v == done {
		if p := s.shown(a.Response); p.Status != "paid" || p.MerchantUID != number {
			s.fail("%s: the answer shows %s", what, p)
		}
	}
	s.look()
	ledger, taken := s.ledger(), int64(0)
	for _, id := range s.ids {
		if p := s.payments[id]; string(p.MerchantUID) == number {
			taken += sum(ledger[string(id)], "approval")
			if v == declined || v == refused {
				s.claims = append(s.claims, claim{what: what, id: id})
			}
		}
	}
	if v == done && taken != amount || (v == declined || v == refused) && taken != 0 || taken > amount {
		s.failAs(doubleCharge, "%s: answered as %s, and %d were taken", what, v, taken)
	}
	s.repeated(what, c, a, v)
}

func (s *story) keyedCancel(c keyedCall) {
	s.t.Helper()
	p := s.find(func(p *payment) bool {
		return taken(p.Status) && p.Left() > 1000 && !p.open && p.Method != pay.MethodVbank
	})
	if p == nil {
		return
	}
	c.path, c.may, c.raw = "/payments/cancel", "tax_free", encode(s.t, fields{"imp_uid": string(p.ID), "amount": 1000, "reason": "변심"})
	what := fmt.Sprintf("cancel 1000 of %s of %s with %d left under %s", p.ID, p.MerchantUID, p.Left(), c.key)
	s.note("%s", what)
	before := sum(s.ledger()[string(p.ID)], "cancel")
	a := s.insist(what, c)
	v := s.judge(what, a, done, refused, declined)
	if more := sum(s.ledger()[string(p.ID)], "cancel") - before; v == done && more != 1000 || v != done && v != unknown && more != 0 || more > 1000 {
		s.failAs(doubleCharge, "%s: answered as %s, and %d went back", what, v, more)
	}
	s.repeated(what, c, a, v)
}

// insist sends a call under its key until it is answered with what became of it. A
// key whose gateway died is free again after a minute.
func (s *story) insist(what string, c keyedCall) (a answer) {
	s.t.Helper()
	for range 12 {
		a, _ = s.underKey(c)
		s.answered(what, a, s.mourn(), http.StatusOK, http.StatusConflict)
		if !a.lost() && a.status != http.StatusConflict && verdictOf(a) != unknown {
			return a
		}
		s.note("  → %s %s: once more", verdictOf(a), a.text())
		s.disturbed = true
		s.pass(35 * time.Second)
	}
	if a.lost() || a.status == http.StatusConflict {
		s.failAs(stillUnknown, "%s: the key is not free after seven minutes: %s", what, a)
	}
	return a
}

// underKey sends a call, and says whether it was answered from memory.
func (s *story) underKey(c keyedCall) (a answer, replayed bool) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.ctx, c.method, s.front.URL+c.path, bytes.NewReader(c.raw))
	s.must(err)
	req.Header.Set("Authorization", "Bearer "+s.token())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", c.key)
	if s.tier != "" {
		req.Header.Set("Tier", s.tier)
	}
	s.did(s.doing)
	s.promptly(func() { a = s.send(req) })
	return a, a.head.Get("Idempotency-Replayed") == "true"
}

// repeated: the same call is told the same, and does nothing; another under its
// key is refused.
func (s *story) repeated(what string, c keyedCall, first answer, v verdict) {
	s.t.Helper()
	if v == unknown {
		return
	}
	before := s.moved()
	a, replayed := s.underKey(c)
	if s.mourn(); a.lost() {
		return
	}
	if !replayed || a.status != first.status || !bytes.Equal(a.raw, first.raw) {
		s.fail("%s once more: %s\nit was first: %s (replayed: %v)", what, a, first, replayed)
	}
	c.raw = slices.Concat(c.raw[:len(c.raw)-1], []byte(`,"`+c.may+`":1}`))
	if a, _ = s.underKey(c); !a.lost() && a.status != http.StatusUnprocessableEntity {
		s.fail("%s: another request under its key: %s", what, a)
	}
	s.mourn()
	if s.moved() != before {
		s.failAs(doubleCharge, "%s: sending it again moved money", what)
	}
}
