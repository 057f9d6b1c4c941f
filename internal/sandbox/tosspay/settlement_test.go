package tosspay

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

// settlementsOf asks for a page, without the time of each line unless timed.
func (b *bench) settlementsOf(key string, changes body, timed bool) body {
	b.t.Helper()
	in := body{"apiKey": key, "dateType": "SETTLE", "baseDate": "20261121"}
	maps.Copy(in, changes)
	maps.DeleteFunc(in, func(_ string, v any) bool { return v == nil })
	path := "/pay/api/v2/settlement-details"
	if timed {
		path += "?includeSettleDateTime=true"
	}
	return b.call(path, in)
}

func lines(answer body) []body {
	var out []body
	for _, l := range answer["transactionList"].([]any) {
		out = append(out, l.(body))
	}
	return out
}

// Test payments are listed without fee and day of payout.
func TestSettlementsOfTestPayments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 10_000}, Approval{PayMethod: "TOSS_MONEY"})
	key := b.activeKey(nil, Instrument{Method: "card"})
	b.billOK(key, nil)
	b.clock.Advance(24 * time.Hour)
	b.refundOK(token, body{"refundNo": "r1", "amount": 4_000, "amountTaxFree": 0})
	b.create(body{"orderNo": "never-paid"})

	answer := b.settlementsOf(testKey, nil, false)
	expectAbsent(t, answer, "code")
	expect(t, answer, body{"nextCursor": "", "totalAmount": 19_900, "totalFee": 0, "totalVat": 0, "totalFeeVatSum": 0})
	got := lines(answer)
	if len(got) != 2 {
		t.Fatalf("lines %v", got)
	}
	expect(t, got[0], body{"transactionType": "PAY", "amount": 10_000, "fee": 0, "vat": 0, "settleDate": "20261121", "dueDate": "", "payToken": token, "payMethod": "TOSS_MONEY"})
	expect(t, got[1], body{"transactionType": "PAY", "amount": 9_900, "orderNo": "sub-1", "payMethod": "CARD"})
	expectAbsent(t, got[0], "settleDateTime")
	got = lines(b.settlementsOf(testKey, body{"baseDate": "20261122"}, true))
	if len(got) != 1 {
		t.Fatalf("the refund's day: %v", got)
	}
	expect(t, got[0], body{"transactionType": "REFUND", "amount": -4_000, "settleDateTime": "20261122174402"})
	for name, c := range map[string]struct {
		in   body
		want int
	}{
		"money alone":      {body{"payMethod": "TOSS_MONEY"}, 1},
		"no reseller":      {body{"payMethod": "RESELLER_CARD"}, 0},
		"no day of payout": {body{"dateType": "DUE", "baseDate": "20261124"}, 0},
		"another day":      {body{"baseDate": "20261120"}, 0},
	} {
		if got := lines(b.settlementsOf(testKey, c.in, false)); len(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := lines(b.settlementsOf(liveKey, nil, false)); len(got) != 0 {
		t.Errorf("another key's: %v", got)
	}
}

func TestSettlementsByDayOfPayout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.paid(body{"apiKey": liveKey, "amount": 60_030}, Approval{PayMethod: "CARD"})
	got := lines(b.settlementsOf(liveKey, body{"dateType": "DUE", "baseDate": "20261124"}, false))
	if len(got) != 1 {
		t.Fatalf("lines %v", got)
	}
	expect(t, got[0], body{"amount": 60_030, "fee": 1_500, "vat": 150, "feeVatSum": 1_650, "dueDate": "20261124"})
}

func TestSettlementPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.paid(body{"amount": 10_000}, Approval{PayMethod: "TOSS_MONEY"})
	b.mu.Lock()
	p := b.payments[token]
	for i := range settlementPage {
		p.txns = append(p.txns, entry{id: fmt.Sprint(i), balance: balance{gross: 1}, at: p.paid})
	}
	b.mu.Unlock()
	first := b.settlementsOf(testKey, nil, false)
	if got := len(lines(first)); got != settlementPage {
		t.Errorf("the first page has %d lines", got)
	}
	expect(t, first, body{"nextCursor": "1000", "totalAmount": 10_000 + settlementPage})
	second := b.settlementsOf(testKey, body{"nextCursor": first["nextCursor"]}, false)
	if got := lines(second); len(got) != 1 || num(got[0]["amount"]) != 1 {
		t.Errorf("the second page: %v", got)
	}
	expect(t, second, body{"nextCursor": "", "totalAmount": 10_000 + settlementPage})
}

func TestSettlementsRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, in := range map[string]body{
		"no day":           {"baseDate": nil},
		"a day with lines": {"baseDate": "2026-11-21"},
		"no such day":      {"baseDate": "20261131"},
		"no kind of day":   {"dateType": nil},
		"another kind":     {"dateType": "settle"},
		"another method":   {"payMethod": "PHONE"},
		"another cursor":   {"nextCursor": "next"},
		"a cursor beyond":  {"nextCursor": "7"},
		"an unknown field": {"limit": 5},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, b.settlementsOf(testKey, in, false), "COMMON_INVALID_PARAMETER", "") })
	}
	wantCode(t, b.settlementsOf("sk_test_nobody", nil, false), "COMMON_INVALID_API_KEY", "")
}
