package model_test

import (
	"testing"
	"time"

	"naru/internal/pay"
)

// What random stories found, told as short as it goes.

// found begins a story that is told by hand.
func found(t *testing.T) *story {
	t.Helper()
	t.Parallel()
	return newStory(t, memory, byHand, 1)
}

// account has an account issued for an order and gives its payment.
func (s *story) account(number string) pay.PaymentID {
	s.t.Helper()
	body := fields{"merchant_uid": number, "amount": int64(76000), "buyer_name": "홍길동", "vbank_code": "088", "vbank_due": s.clock.In(90 * time.Hour).Unix()}
	a := s.call("POST", "/vbanks", body)
	s.quiesce()
	return s.shown(a.Response).ImpUID
}

// atBank has something happen to an account at the bank; nothing is heard of it
// before quiesce.
func (s *story) atBank(id pay.PaymentID, what string) {
	s.t.Helper()
	s.clock.Set(s.clock.In(2 * time.Second))
	if code := s.bank(s.cards, "POST", "/payments/"+string(id)+"/"+what, nil, nil); code != 200 {
		s.fail("%s of %s: the bank says %d", what, id, code)
	}
}

// A cancel that lacks the account to refund to is refused, not an error inside.
func TestRefundAccountIsMissing(t *testing.T) {
	s := found(t)
	id := s.account("o1")
	s.atBank(id, "deposit")
	s.quiesce()
	a := s.call("POST", "/payments/cancel", fields{"imp_uid": string(id), "refund_bank": "088", "refund_holder": "홍길동"})
	if verdictOf(a) != refused {
		s.fail("%s", a)
	}
}

// A bank took a deposit back, and the merchant cancels before the gateway has
// heard of it: the provider closes the account and moves nothing.
func TestCancelOfDepositThatTheBankTookBack(t *testing.T) {
	s := found(t)
	id := s.account("o1")
	s.atBank(id, "deposit")
	s.quiesce()
	_, err := s.cards.faults.Add("webhook * late=40s")
	s.must(err)
	s.atBank(id, "deposit-error")
	a := s.call("POST", "/payments/cancel", fields{"imp_uid": string(id), "refund_bank": "088", "refund_account": refundAccount, "refund_holder": "홍길동"})
	if a.ok() && s.shown(a.Response).Status == "paid" {
		t.Errorf("a cancel is answered as done, and the payment as paid: %s", a)
	}
	s.settle()
}

// A merchant deletes a customer's key while the issue of another one is open.
// What is learned of that one later does not bring the customer back.
func TestDeletedKeyStaysDeleted(t *testing.T) {
	s := found(t)
	card := func(n string) fields {
		return fields{"card_number": n, "expiry": "2035-12", "birth": businessNumber, "pwd_2digit": "12"}
	}
	s.call("POST", "/subscribe/customers/c1", card("4330000173910001"))
	s.deaths.arm("issue_key:answered", 0)
	s.clock.Set(s.clock.In(time.Second))
	s.call("POST", "/subscribe/customers/c1", card("4330000273910002"))
	s.clock.Set(s.clock.In(time.Second))
	if a := s.call("DELETE", "/subscribe/customers/c1", nil); !a.ok() {
		s.fail("%s", a)
	}
	s.advance(settled)
	if a := s.call("GET", "/subscribe/customers/c1", nil, 200, 404); a.status != 404 {
		s.fail("the customer is there again: %s", a)
	}
}

// Two accounts of one order are paid into, and the bank takes the first deposit
// back: the second counts then, and nobody is told to refund it any more.
func TestSecondDepositCountsInTheEnd(t *testing.T) {
	s := found(t)
	one, two := s.account("o1"), s.account("o1")
	for _, id := range []pay.PaymentID{one, two} {
		s.atBank(id, "deposit")
		s.quiesce()
	}
	s.atBank(one, "deposit-error")
	s.settle()
	if p := s.payments[two]; p.Status == pay.StatusPaid && s.personKnows(two) {
		s.fail("payment %s is paid, and a person is still told to refund it", two)
	}
}
