package model_test

import (
	"fmt"

	"naru/internal/pay"
	"naru/internal/sandbox/tosspayments"
)

// register opens a billing window, in which a customer registers a card or the
// wallet.
func (s *story) register() {
	v := &visit{side: s.bill, number: s.number(), customer: s.maybeNew(), method: pay.MethodCard}
	if s.wbill != nil && s.chance(2) {
		v.side = s.wbill
	}
	s.card++
	v.user = fmt.Sprintf("user-%d", s.card)
	s.open(v, fields{
		"m_redirect_url": "https://shop.example/registered",
		"merchant_uid":   v.number, "name": "정기결제 등록", "channelKey": string(v.channel), "customer_uid": v.customer.uid, "customer_id": v.user,
		"buyer_name": "홍길동", "buyer_tel": "010-1234-5678",
	})
}

// agreeToKey has the customer agree that a key is issued. From then on it may come
// about, by whatever way it is learned.
func (s *story) agreeToKey(v *visit, gives bool) {
	s.t.Helper()
	if v.provider == pay.TossPay {
		s.agreeInApp(v, gives)
		return
	}
	if gives {
		v.fails = true
		v.back = s.inWindow(v, "cancel", fields{})
		return
	}
	m := s.newCard()
	v.back = s.inWindow(v, "approve", fields{
		"cardNumber": m.number, "cardExpirationMonth": "12", "cardExpirationYear": "35", "customerIdentityNumber": businessNumber,
		"cardPassword": "12", "phone": "01012345678", "verification": "000000",
	})
	v.fails = m.magic != nil && m.magic.When == tosspayments.AnyUse
	if v.back != "" && !v.fails {
		v.means = m
	}
}

func (s *story) agreeInApp(v *visit, gives bool) {
	s.t.Helper()
	m := &means{user: v.user, wallet: v.inApp()[len("/billing-keys/"):]}
	body, action := fields{"method": one(s, []string{"card", "bank", "money"})}, "/agree"
	if gives {
		body, action, v.fails = fields{}, "/cancel", true
	}
	var seen struct{ Next string }
	if code := s.bank(v.side, "POST", v.inApp()+action, body, &seen); code/100 != 2 {
		s.note("  → the app says %d", code)
		v.window = "" // its time is over
		return
	}
	s.secrets = append(s.secrets, m.wallet)
	if v.back = seen.Next; !gives { // the app tells us at once
		v.means = m
		s.mayHold(v.customer, m)
	}
}

// mayHold: a key was agreed to; whether it is the customer's the books will tell.
func (s *story) mayHold(c *customer, m *means) {
	c.asked, c.unsure = append(c.asked, m), true
}
