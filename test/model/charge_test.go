package model_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/sandbox/tosspayments"
)

// verdict is what an answer means to a merchant.
type verdict string

const (
	done     verdict = "done"     // code 0
	refused  verdict = "refused"  // by the gateway's own rules: nothing was asked
	declined verdict = "declined" // by the provider
	unknown  verdict = "unknown"  // nobody knows yet
	lost     verdict = "lost"     // no answer
)

const unknownWords = "아직 알 수 없어"

func verdictOf(a answer) verdict {
	switch {
	case a.lost():
		return lost
	case a.ok():
		return done
	case strings.Contains(a.text(), unknownWords):
		return unknown
	case *a.Code == 1 && !strings.HasPrefix(a.text(), "카드정보 확인에"), a.status == 400, a.status == 404, a.status == 501:
		return refused
	default:
		return declined
	}
}

// judge fails unless the verdict is one of those foreseen. Disturbance allows
// for an answer that is not known yet as well; a line that was dead, for one
// that says that nothing was done.
func (s *story) judge(what string, a answer, foreseen ...verdict) verdict {
	s.t.Helper()
	v := verdictOf(a)
	s.note("  → %s %s", v, a.text())
	if v == lost || slices.Contains(foreseen, v) {
		return v
	}
	if !s.calm() && (v == unknown || v == done || v == declined && strings.Contains(a.text(), "결제대행사에 연결하지 못")) {
		return v
	}
	s.fail("%s: %v was foreseen, the answer is %s: %s", what, foreseen, v, a)
	return v
}

// shown is V1's payment, as much of it as the model looks at.
type shown struct {
	ImpUID        pay.PaymentID `json:"imp_uid"`
	MerchantUID   string        `json:"merchant_uid"`
	PayMethod     string        `json:"pay_method"`
	Channel       string        `json:"channel"`
	PGProvider    string        `json:"pg_provider"`
	PGTID         *string       `json:"pg_tid"`
	Status        string        `json:"status"`
	Amount        int64         `json:"amount"`
	CancelAmount  int64         `json:"cancel_amount"`
	StartedAt     int64         `json:"started_at"`
	PaidAt        int64         `json:"paid_at"`
	FailedAt      int64         `json:"failed_at"`
	CancelledAt   int64         `json:"cancelled_at"`
	FailReason    *string       `json:"fail_reason"`
	VbankNum      *string       `json:"vbank_num"`
	CustomerUID   *string       `json:"customer_uid"`
	Usage         *string       `json:"customer_uid_usage"`
	CancelHistory []struct {
		PGTID          string `json:"pg_tid"`
		Amount         int64  `json:"amount"`
		CancelledAt    int64  `json:"cancelled_at"`
		CancellationID string `json:"cancellation_id"`
	} `json:"cancel_history"`
}

func (p shown) String() string { return plain(p) }

// plain is a value as JSON: without the addresses in this process's memory, so that
// a failure reads the same each time.
func plain(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (s *story) shown(raw json.RawMessage) (p shown) {
	s.t.Helper()
	decode(s.t, raw, &p)
	return p
}

// charged looks at the answer of a call that was to take money at once: what it
// says must be so at the provider already, and stay so.
func (s *story) charged(what, number string, amount int64, v verdict, a answer, before int) {
	s.t.Helper()
	moved := s.moved() - before
	switch v {
	case done:
		p := s.shown(a.Response)
		if p.Status != "paid" || p.Amount != amount || p.MerchantUID != number || p.Channel != "api" || !strings.HasPrefix(string(p.ImpUID), "imps_") || p.PaidAt == 0 {
			s.fail("%s: paid, but the answer says %+v", what, p)
		}
		if got := s.ledger()[string(p.ImpUID)]; !slices.Equal(got, []entry{{"approval", amount}}) || moved != 1 {
			s.failAs(doubleCharge, "%s: answered as paid; of %s the provider has %v, in all %d movements more", what, p.ImpUID, got, moved)
		}
		s.claims = append(s.claims, claim{what: what, id: p.ImpUID, paid: true})
	case refused, declined:
		if moved != 0 {
			s.failAs(doubleCharge, "%s: answered as %s, but %d movements more are at the providers: %v", what, v, moved, s.ledger())
		}
	}
}

// newFailed claims that the payments that a declined call left are without money.
func (s *story) newFailed(what, number string, v verdict) {
	s.t.Helper()
	if v != declined && v != refused {
		return
	}
	before := len(s.ids)
	s.look()
	for _, id := range s.ids[before:] {
		if string(s.payments[id].MerchantUID) == number {
			s.claims = append(s.claims, claim{what: what, id: id})
		}
	}
	if n := len(s.ids) - before; v == refused && n > 0 {
		s.fail("%s was refused and left %d payments", what, n)
	}
}

// order is what every charge is given besides.
func (s *story) order(number string, amount int64) fields {
	f := fields{"merchant_uid": number, "amount": amount, "name": "나루 머그컵", "buyer_name": "홍길동", "buyer_tel": "010-1234-5678"}
	if s.chance(3) {
		f["notice_url"] = s.hook.url(ownHook)
	}
	if s.chance(6) {
		f["tax_free"] = amount / 4
	}
	return f
}

// onetime keys a card in.
func (s *story) onetime() {
	number, amount, c := s.number(), s.amount(), s.newCard()
	body := s.order(number, amount)
	c.into(body)
	what := fmt.Sprintf("onetime %s %d with %s", number, amount, c)
	s.note("%s", what)
	use, foreseen := s.usage(number, ""), s.orderVerdict(number, c.verdict(keyedIn, s.ordersDecline()))
	before := s.moved()
	a := s.call("POST", "/subscribe/payments/onetime", body)
	v := s.judge(what, a, foreseen...)
	s.charged(what, number, amount, v, a, before)
	if use == free {
		s.newFailed(what, number, v)
	}
}

// orderVerdict is what a charge of a number comes to, if the card decides of a
// free one.
func (s *story) orderVerdict(number string, card []verdict) []verdict {
	switch s.usage(number, "") {
	case used:
		return []verdict{refused}
	case unsure:
		return append(slices.Clone(card), refused)
	default:
		return card
	}
}

// ordersDecline reports whether the desk was told to decline the next charge.
func (s *story) ordersDecline() bool {
	var in struct{ Code *string }
	s.bank(s.bill, "GET", "/shops/"+s.bill.mid+"/next-decline", nil, &in)
	return in.Code != nil
}

// again charges a customer's key.
func (s *story) again() {
	c := s.customer()
	if c == nil {
		return
	}
	number, amount := s.number(), s.amount()
	body := s.order(number, amount)
	body["customer_uid"] = c.uid
	what := fmt.Sprintf("again %s %s %d", c, number, amount)
	s.note("%s", what)
	foreseen := s.keyVerdict(c)
	if !slices.Equal(foreseen, []verdict{refused}) {
		foreseen = s.orderVerdict(number, foreseen)
	}
	before := s.moved()
	a := s.call("POST", "/subscribe/payments/again", body)
	v := s.judge(what, a, foreseen...)
	s.charged(what, number, amount, v, a, before)
	if p := s.maybe(a); p != nil && (p.CustomerUID == nil || *p.CustomerUID != c.uid || p.Usage == nil || *p.Usage != "payment") {
		s.fail("%s: the payment names customer %v, used as %v", what, p.CustomerUID, p.Usage)
	}
	s.newFailed(what, number, v)
}

// maybe is the payment of an answer, nil when it has none.
func (s *story) maybe(a answer) *shown {
	if !a.ok() {
		return nil
	}
	p := s.shown(a.Response)
	return &p
}

// keyVerdict is what a charge with a customer's key comes to.
func (s *story) keyVerdict(c *customer) []verdict {
	switch {
	case c.unsure:
		return []verdict{done, declined, refused, unknown}
	case c.holds == nil:
		return []verdict{refused}
	case c.holds.wallet != "":
		return s.walletVerdict(c.holds)
	}
	return c.holds.verdict(byKey, false)
}

// manner is how a card is charged.
type manner int

const (
	keyedIn manner = iota
	byKey
	atIssue
)

// verdict is what a card comes to. That the first charge alone is declined is
// left open: faults decide which one the provider takes to be the first.
func (c *means) verdict(m manner, ordered bool) []verdict {
	if ordered && m == keyedIn {
		return []verdict{declined}
	}
	switch {
	case c.magic == nil, m == atIssue && c.magic.When != tosspayments.AnyUse:
		return []verdict{done}
	case c.magic.When == tosspayments.FirstCharge:
		return []verdict{done, declined}
	case c.magic.Status/100 == 5: // of which the provider does not say that nothing was done
		return []verdict{unknown, declined}
	}
	return []verdict{declined}
}
