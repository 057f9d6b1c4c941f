package guides_test

import (
	"net/http"
	"testing"
)

const (
	newYear     = "2028-01-01T00:00:00+09:00" // the requests' dates are after it, but those of cards that have expired
	afterCharge = "2028-01-05T10:01:00+09:00"
)

const orderUsed = `^이미 주문이 이루어진 건입니다\.`

// expired is what a card is refused with whose date lies in the past; valid is
// the edit that mends it.
var (
	expired = `유효기간`
	valid   = func(old string) []string { return []string{`"expiry": "` + old + `"`, `"expiry": "2032-09"`} }
)

func TestTossPayments(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	r.set(t, newYear)
	for _, s := range tossPaymentsSteps() {
		s.file = "toss-payments/" + s.file
		r.try(t, s)
	}
	r.set(t, afterCharge)
	for _, s := range []step{
		{file: "payment.sh", is: map[string]any{"status": "paid", "amount": 9700, "customer_uid": "guide-member-1", "customer_uid_usage": "payment.scheduled", "channel": "api"}},
		{file: "payment.sh", edits: []string{"guide-month-1", "guide-6-month-1"}, is: map[string]any{"status": "paid", "amount": 15000, "name": "정기배송 1월", "buyer_name": "최다온"}},
		{file: "unschedule.sh", code: 1, says: `^취소할 예약결제 기록이 존재하지 않습니다\.$`},
		{file: "schedules-of-customer.sh", edits: []string{"=scheduled", "=executed"}, is: map[string]any{"merchant_uid": "guide-month-1", "schedule_status": "executed", "payment_status": "paid"}},
	} {
		s.file = "toss-payments/" + s.file
		r.try(t, s)
	}
	r.allRan(t, "toss-payments")
	accountsStay(t, r)
	checkingGivenBack(t, r)
}

func tossPaymentsSteps() []step {
	card := map[string]any{"status": "paid", "channel": "api", "pay_method": "card", "pg_provider": "tosspayments", "cancel_amount": 0, "failed_at": 0}
	with := func(more map[string]any) map[string]any {
		out := map[string]any{}
		for _, m := range []map[string]any{card, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	return []step{
		{file: "onetime.sh", code: -1, says: `^카드정보 인증에 실패하였습니다\..*` + expired},
		{file: "onetime.sh", edits: valid("2019-05"), is: with(map[string]any{"amount": 12800, "name": nil, "buyer_name": nil, "customer_uid": nil, "customer_uid_usage": nil})},
		{file: "onetime.sh", edits: valid("2019-05"), code: 1, says: orderUsed},
		{file: "onetime-without-birth.sh", code: -1, says: `^결제에 실패하였습니다\. \[INVALID_REQUEST\] .*customerIdentityNumber`},
		{file: "onetime-named.sh", is: with(map[string]any{"amount": 72000, "card_quota": 3, "name": "원두 정기배송 첫 상자", "buyer_name": "박가람", "buyer_tel": "010-2345-6789", "pg_id": "tnarubill"})},

		{file: "again.sh", code: 1, says: `^등록되지 않은 구매자입니다\.$`},
		{file: "onetime-with-key.sh", code: -1, says: expired},
		{file: "again.sh", code: 1, says: `^등록되지 않은 구매자입니다\.$`},
		{file: "onetime-with-key.sh", edits: valid("2019-05"), is: with(map[string]any{"amount": 9700, "customer_uid": "guide-member-1"})},
		{file: "again.sh", is: with(map[string]any{"amount": 9700, "name": nil, "customer_uid": "guide-member-1", "customer_uid_usage": "payment"})},
		{file: "again.sh", code: 1, says: orderUsed},
		{file: "onetime-with-key-of-member.sh", is: with(map[string]any{"customer_uid": "guide-member-2-card", "name": "뉴스레터 1월호"})},

		{file: "key.sh", code: -1, says: `^카드정보 인증 및 빌키 발급에 실패하였습니다\..*` + expired},
		{file: "key.sh", edits: valid("2025-12"), is: map[string]any{"customer_uid": "guide-member-3", "pg_provider": "tosspayments", "pg_id": "tnarubill", "customer_name": nil, "card_type": 0}},
		{file: "key-without-birth.sh", code: -1, says: `^카드정보 인증 및 빌키 발급에 실패하였습니다\..*customerIdentityNumber`},
		{file: "key-of-member.sh", is: map[string]any{"customer_uid": "guide-member-4", "customer_id": "member-4", "customer_name": "박가람", "customer_tel": "010-2345-6789"}},
		{file: "again-named.sh", is: with(map[string]any{"name": "뉴스레터 1월호", "buyer_name": "박가람", "custom_data": `{"plan": "monthly"}`, "customer_uid": "guide-member-4"})},

		{file: "schedule.sh", is: map[string]any{"merchant_uid": "guide-month-1", "schedule_at": "1.8306468e+09", "schedule_status": "scheduled", "payment_status": nil, "imp_uid": nil, "executed_at": 0, "revoked_at": 0, "name": nil}},
		{file: "schedule.sh", code: 1, says: `.`},
		{file: "schedule-with-card.sh", is: map[string]any{"customer_uid": "guide-member-6", "customer_id": "member-6", "schedule_status": "scheduled", "buyer_name": "최다온"}},
		{file: "schedules-of-customer.sh", is: map[string]any{"merchant_uid": "guide-month-2", "schedule_status": "scheduled"}},
		{file: "unschedule.sh", is: map[string]any{"merchant_uid": "guide-month-2", "schedule_status": "revoked", "imp_uid": nil}},
		{file: "schedules-of-customer.sh", is: map[string]any{"merchant_uid": "guide-month-1"}},

		{file: "fixed-account.sh", is: map[string]any{"status": "ready", "pay_method": "vbank", "vbank_code": "088", "vbank_holder": nil, "paid_at": 0, "amount": 41000}},
	}
}

// accountsStay: the same vbank_key gives the same account, another one another.
func accountsStay(t *testing.T, r *reader) {
	t.Helper()
	number := func(edits ...string) any {
		a := r.run(t, "toss-payments/fixed-account.sh", edits...)
		return firstOf(a.Response)["vbank_num"]
	}
	first := number()
	again := number("guide-account-1", "guide-account-2")
	other := number("guide-account-1", "guide-account-3", "7700123", "7700124")
	if first == nil || first != again || first == other {
		t.Errorf("accounts %v, %v and for another vbank_key %v", first, again, other)
	}
}

// checkingGivenBack: the card that came with a booking was tried with 100 won,
// which its owner has again.
func checkingGivenBack(t *testing.T, r *reader) {
	t.Helper()
	var at struct {
		Payments []struct {
			TotalAmount, BalanceAmount int64
			Status                     string
		}
	}
	if err := r.Control(http.MethodGet, "tosspayments/payments?mid=tnarubill", nil, &at); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, p := range at.Payments {
		if p.TotalAmount == 100 {
			tried++
			if p.Status != "CANCELED" || p.BalanceAmount != 0 {
				t.Errorf("the checking amount is %s with %d won kept", p.Status, p.BalanceAmount)
			}
		}
	}
	if tried != 1 {
		t.Errorf("%d payments of 100 won at the provider, want the one of the checking amount", tried)
	}
}
