package tosspay

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

// charge is a good charge of a key with changes; a nil value removes a field.
func chargeOf(key string, changes body) body {
	in := body{
		"apiKey": testKey, "billingKey": key, "orderNo": "sub-1", "productDesc": "월간 멤버십 12월",
		"amount": 9900, "amountTaxFree": 0, "cashReceipt": true,
	}
	maps.Copy(in, changes)
	maps.DeleteFunc(in, func(_ string, v any) bool { return v == nil })
	return in
}

func (b *bench) bill(key string, changes body) body {
	b.t.Helper()
	return b.call("/api/v1/billing-key/bill", chargeOf(key, changes))
}

func (b *bench) billOK(key string, changes body) body {
	b.t.Helper()
	return want(b.t, b.bill(key, changes))
}

func TestChargeIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	card := b.activeKey(nil, Instrument{Method: "card", CardCompanyCode: 3})
	check := b.activeKey(body{"userId": "check"}, Instrument{Method: "card", CardCompanyCode: 4})
	money := b.activeKey(body{"userId": "money"}, Instrument{Method: "money"})
	waiting := b.createKey(body{"userId": "waiting"})
	slow := b.createKey(body{"userId": "slow"})
	b.ctlOK("POST", "/billing-keys/"+slow+"/agree", Agreement{Instrument: Instrument{Method: "card"}, Slow: true})
	cancelled := b.createKey(body{"userId": "cancelled"})
	b.ctlOK("POST", "/billing-keys/"+cancelled+"/cancel", nil)
	gone := b.activeKey(body{"userId": "gone"}, Instrument{Method: "card"})
	b.ctlOK("POST", "/billing-keys/"+gone+"/remove", nil)
	poor := b.activeKey(body{"apiKey": noCardKey, "userId": "poor"}, Instrument{Method: "money"})

	const bad, none = "COMMON_INVALID_PARAMETER", "COMMON_BILLING_KEY_NOT_FOUND"
	for _, c := range []struct {
		name, key string
		in        body
		code, msg string
	}{
		{"no billing key", card, body{"billingKey": nil}, bad, "billingKey 는 필수값"},
		{"an unknown one", "nothing", nil, none, "자동결제 정보를 찾을 수 없습니다."},
		{"another API key's", card, body{"apiKey": liveKey}, none, ""},
		{"one that waits", waiting, nil, none, ""},
		{"one that is authenticated only", slow, nil, none, ""},
		{"a cancelled one", cancelled, nil, none, ""},
		{"a removed one", gone, nil, none, ""},
		{"no contract", card, body{"apiKey": sandboxKey}, "NOT_SUPPORTED_BILLING_KEY_SHOP", ""},
		{"no orderNo", card, body{"orderNo": nil}, bad, "orderNo 는 필수값"},
		{"an orderNo of 51", card, body{"orderNo": strings.Repeat("1", 51)}, bad, "orderNo 는 50자 이하"},
		{"an orderNo with a slash", card, body{"orderNo": "a/b"}, bad, "orderNo 는 숫자, 영문"},
		{"no description", card, body{"productDesc": nil}, bad, "productDesc 는 필수값"},
		{"no amount", card, body{"amount": nil}, bad, "amount 는 필수값"},
		{"nothing", card, body{"amount": 0}, bad, "amount 는 1 이상"},
		{"a quoted amount", card, body{"amount": "9900"}, bad, "amount 는 따옴표 없는"},
		{"more than anything", card, body{"amount": maxWon + 1}, bad, "amount 는 따옴표 없는 0 이상 1000000000"},
		{"no tax-free part", card, body{"amountTaxFree": nil}, bad, "amountTaxFree 는 필수값"},
		{"parts that do not fit", card, body{"amountTaxable": 9000, "amountVat": 901}, bad, "amount 는 amountTaxable"},
		{"more tax-free than all", card, body{"amountTaxFree": 9901}, bad, "amountTaxFree + amountServiceFee"},
		{"thirteen months", card, body{"amount": 60000, "spreadOut": 13}, bad, "spreadOut 는 따옴표 없는 0 이상 12 이하"},
		{"quoted months", card, body{"amount": 60000, "spreadOut": "3"}, bad, "spreadOut 는 따옴표 없는"},
		{"a receipt as text", card, body{"cashReceipt": "true"}, bad, "cashReceipt 는 true 또는 false"},
		{"a receipt of no kind", card, body{"cashReceiptTradeOption": "BOOKS"}, bad, "GENERAL, CULTURE, PUBLIC_TP"},
		{"a push as text", card, body{"sendFailPush": "no"}, bad, "sendFailPush 는 true 또는 false"},
		{"a field of another request", card, body{"retUrl": shopReturn}, bad, "retUrl 는 알 수 없는"},
		{"months with a check card", check, body{"amount": 60000, "spreadOut": 3}, "CARD_SPREADOUT_ERROR", ""},
		{"99 won by card", card, body{"amount": 99}, "CARD_MIN_AMOUNT_ERROR", ""},
		{"too much money", money, body{"amount": maxMoney + 1}, "COMMON_EXCEED_LIMIT", "한도를 초과"},
		{"too much without cards", poor, body{"apiKey": noCardKey, "amount": maxWithoutCard + 1}, "COMMON_EXCEED_LIMIT", ""},
	} {
		t.Run(c.name, func(t *testing.T) { // one after the other: none may use the number up
			wantCode(t, b.bill(c.key, c.in), c.code, c.msg)
		})
	}
	wantCode(t, b.call("/api/v2/status", body{"apiKey": testKey, "orderNo": "sub-1"}), "TRANSACTION_NOT_FOUND", "")
	if len(b.Ledger()) != 0 {
		t.Errorf("money moved: %+v", b.Ledger())
	}
	b.billOK(card, nil) // the number is still free
	if err := b.AddShop(Shop{MID: "narushop", APIKey: testKey, Billing: true, Suspended: true}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.bill(card, body{"orderNo": "sub-2"}), "PAYMENT_SHOP_STATE_NOT_NORMAL", "")
	wantCode(t, b.call("/api/v1/billing-key", registration(body{"userId": "late"})), "PAYMENT_SHOP_STATE_NOT_NORMAL", "")
}

func TestMonthsHaveAFloor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	card := b.activeKey(nil, Instrument{Method: "card", CardCompanyCode: 3}) // interest-free up to three
	money := b.activeKey(body{"userId": "money"}, Instrument{Method: "money"})
	for i, c := range []struct {
		key            string
		amount, months int
		want           any
		free           any
	}{
		{card, 50_000, 3, 3, true},
		{card, 50_000, 12, 12, false},
		{card, 49_999, 3, 0, false},
		{card, 50_000, 1, 0, false},
		{card, 50_000, 0, 0, false},
		{money, 50_000, 3, nil, nil},
	} {
		got := b.billOK(c.key, body{"orderNo": fmt.Sprint("m", i), "amount": c.amount, "spreadOut": c.months})
		expect(t, got, body{"spreadOut": c.want, "noInterest": c.free})
	}
	wantCode(t, b.bill(money, body{"orderNo": "x", "amount": 50_000, "spreadOut": 13}), "COMMON_INVALID_PARAMETER", "spreadOut")
}

func TestChargeKeepsItsParts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "money"})
	for i, c := range []struct {
		in   body
		want parts
	}{
		{body{}, parts{9000, 0, 900, 0}},
		{body{"amountTaxFree": 900}, parts{8181, 900, 819, 0}},
		{body{"amountTaxFree": 9900}, parts{0, 9900, 0, 0}},
		{body{"amountTaxable": 8000, "amountVat": 800, "amountTaxFree": 600, "amountServiceFee": 500}, parts{8000, 600, 800, 500}},
		{body{"amountVat": 0}, parts{9900, 0, 0, 0}},
		{body{"cashReceipt": false}, parts{9900, 0, 0, 0}},
		{body{"cashReceipt": nil}, parts{9000, 0, 900, 0}},
	} {
		c.in["orderNo"] = fmt.Sprint("p", i)
		got := b.status(b.billOK(key, c.in)["payToken"].(string))
		expect(t, got, body{"amountTaxable": c.want.Taxable, "amountTaxFree": c.want.TaxFree, "amountVat": c.want.VAT, "amountServiceFee": c.want.ServiceFee})
	}
}

func TestWhatAChargeSaysIsVisibleAtTheControlPort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "money"})
	first := b.billOK(key, body{"orderNo": "a"})
	second := b.billOK(key, body{"orderNo": "b", "cashReceipt": false, "cashReceiptTradeOption": "CULTURE", "sendFailPush": false})
	got := b.ctlOK("GET", "/payments/"+first["payToken"].(string), nil)
	expect(t, got, body{"cashReceipt": true, "cashReceiptTradeOption": "GENERAL", "sendFailPush": true, "billingKey": key, "payStatus": "PAY_COMPLETE"})
	expectAbsent(t, got, "checkoutPage", "expiresTs", "next")
	expect(t, b.ctlOK("GET", "/payments/"+second["payToken"].(string), nil), body{"cashReceipt": false, "cashReceiptTradeOption": "CULTURE", "sendFailPush": false})
	if res, _ := b.open("/payfront/auth?payToken=" + first["payToken"].(string)); res.StatusCode != 404 {
		t.Errorf("a charge has a checkout page: %d", res.StatusCode)
	}
	receipts := map[string]bool{"r1": true, "r2": false}
	for no, token := range map[string]any{"r1": first["payToken"], "r2": second["payToken"]} {
		if _, there := b.refundOK(token.(string), body{"refundNo": no})["cashReceiptMgtKey"]; there != receipts[no] {
			t.Errorf("%s: receipt %v", no, there)
		}
	}
}

func TestOrderNumberIsChargedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	live := b.activeKey(body{"apiKey": liveKey}, Instrument{Method: "card"})
	const dup = "PAYMENT_DUPLICATION_ORDER_NO"
	var wg sync.WaitGroup
	answers := make([]body, 8)
	for i := range answers {
		wg.Go(func() { answers[i] = b.bill(key, nil) })
	}
	wg.Wait()
	good := 0
	for _, a := range answers {
		if num(a["code"]) == 0 {
			good++
		} else {
			wantCode(t, a, dup, "중복된 주문번호")
		}
	}
	if good != 1 || len(b.Ledger()) != 1 {
		t.Errorf("%d charges, %d movements, want one", good, len(b.Ledger()))
	}
	wantCode(t, b.bill(live, body{"apiKey": liveKey}), dup, "") // test and live share numbers
	wantCode(t, b.call("/api/v2/payments", order(body{"orderNo": "sub-1"})), "PAYMENT_EXISTING_PAYMENT", "")
	b.create(body{"orderNo": "waits"})
	wantCode(t, b.bill(key, body{"orderNo": "waits"}), dup, "")
}

func TestBuyersAppDeclinesCharges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	declines := func(code string, always bool) {
		b.ctlOK("PUT", "/billing-keys/"+key+"/charge-fail", body{"errorCode": code, "always": always})
	}
	declines("CARD_NOT_ENOUGH_BALANCE", false)
	wantCode(t, b.bill(key, body{"orderNo": "a"}), "CARD_NOT_ENOUGH_BALANCE", "잔고 부족")
	expect(t, want(t, b.call("/api/v2/status", body{"apiKey": testKey, "orderNo": "a"})), body{"payStatus": "PAY_CANCEL", "amount": 9900})
	wantCode(t, b.bill(key, body{"orderNo": "a"}), "PAYMENT_DUPLICATION_ORDER_NO", "") // declined numbers are used up
	b.billOK(key, body{"orderNo": "b"})

	declines("COMMON_EXCEED_LIMIT", true)
	for i := range 3 {
		wantCode(t, b.bill(key, body{"orderNo": fmt.Sprint("c", i)}), "COMMON_EXCEED_LIMIT", "")
	}
	declines("", false)
	b.billOK(key, body{"orderNo": "d"})
	if list := b.Ledger(); len(list) != 2 {
		t.Errorf("%d movements, want the two that went well: %+v", len(list), list)
	}
	if n := len(b.callbacks(1)); n != 1 { // the activation: charges are never told
		t.Errorf("%d callbacks", n)
	}
}

func TestChargeInDoubtGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	b.ctlOK("PUT", "/billing-keys/"+key+"/charge-fail", body{"errorCode": "COMMON_TIMEOUT"})
	wantCode(t, b.bill(key, nil), "COMMON_TIMEOUT", "")
	ask := func() body { return want(t, b.call("/api/v2/status", body{"apiKey": testKey, "orderNo": "sub-1"})) }
	expect(t, ask(), body{"payStatus": "PAY_PROGRESS"})
	wantCode(t, b.bill(key, nil), "PAYMENT_DUPLICATION_ORDER_NO", "")
	b.clock.Advance(progressTime)
	expect(t, ask(), body{"payStatus": "PAY_COMPLETE", "refundableAmount": 9900, "paidTs": "2026-11-21 17:44:12"})
	if list := b.ctlOK("GET", "/pushes", nil)["pushes"].([]any); len(list) != 0 {
		t.Errorf("the buyer was told of a failure: %v", list)
	}
}

func TestFailPushComesAtMostOnceAnHour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	other := b.activeKey(body{"userId": "other"}, Instrument{Method: "card"})
	for _, k := range []string{key, other} {
		b.ctlOK("PUT", "/billing-keys/"+k+"/charge-fail", body{"errorCode": "CARD_EXCEED_LIMIT", "always": true})
	}
	n := 0
	fail := func(key string, push any) {
		n++
		wantCode(t, b.bill(key, body{"orderNo": fmt.Sprint("n", n), "sendFailPush": push}), "CARD_EXCEED_LIMIT", "")
	}
	fail(key, false) // not wanted
	fail(key, true)  // n2
	fail(key, true)
	fail(other, nil) // n4: wanted unless said otherwise
	b.clock.Advance(time.Hour - time.Second)
	fail(key, true)
	b.clock.Advance(time.Second)
	fail(key, nil)                                                           // n6
	wantCode(t, b.bill(key, body{"amount": 1}), "CARD_MIN_AMOUNT_ERROR", "") // fails too, but within the hour
	var orders []any
	for _, p := range b.ctlOK("GET", "/pushes", nil)["pushes"].([]any) {
		orders = append(orders, p.(body)["orderNo"])
	}
	if fmt.Sprint(orders) != "[n2 n4 n6]" {
		t.Errorf("pushes for %v, want n2, n4 and n6", orders)
	}
	list := b.ctlOK("GET", "/billing-keys/other/pushes", nil)["pushes"].([]any)
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	expect(t, list[0].(body), body{"billingKey": other, "userId": "other", "orderNo": "n4", "errorCode": "CARD_EXCEED_LIMIT", "at": start})
	expect(t, b.ctlOK("GET", "/billing-keys/"+key, nil), body{"pushes": 2, "chargeFail": "CARD_EXCEED_LIMIT", "chargeFailAlways": true})
}

func TestChargeUsesWhatTheBuyerHasChosenSince(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	key := b.activeKey(body{"resultCallback": l.url}, Instrument{Method: "card", CardCompanyCode: 7})
	l.next(t)
	expect(t, b.billOK(key, body{"orderNo": "a"}), body{"payMethod": "CARD", "cardCompanyCode": 7, "cardAuthorizationNo": "00000000"})
	b.ctlOK("PUT", "/billing-keys/cust-8841/instrument", Instrument{Method: "bank", AccountBankCode: "088"})
	if m := l.next(t); !strings.Contains(m.body, `"action":"ACTIVATED"`) || !strings.Contains(m.body, `"accountBankCode":"088"`) {
		t.Errorf("told %s", m.body)
	}
	got := b.billOK(key, body{"orderNo": "b"})
	expect(t, got, body{"payMethod": "TOSS_MONEY", "accountNumber": "110******676"})
	expectAbsent(t, got, "stateMsg", "cashReceiptMgtKey", "cardCompanyCode")
	b.ctlOK("PUT", "/billing-keys/cust-8841/instrument", Instrument{Method: "money"})
	l.next(t)
	expect(t, b.billOK(key, body{"orderNo": "c"}), body{"payMethod": "TOSS_MONEY", "accountBankCode": "888"})
	st := want(t, b.call("/api/v2/status", body{"apiKey": testKey, "orderNo": "a"})) // what was charged stays
	expect(t, st["card"].(body), body{"cardCompanyCode": 7})

	b.ctlOK("POST", "/billing-keys/cust-8841/remove", nil)
	if m := l.next(t); !strings.Contains(m.body, `"action":"REMOVED"`) || !strings.Contains(m.body, key) {
		t.Errorf("told %s", m.body)
	}
	wantCode(t, b.bill(key, body{"orderNo": "d"}), "COMMON_BILLING_KEY_NOT_FOUND", "")
	expect(t, want(t, b.keyStatus("cust-8841", "")), body{"status": "REMOVE"})
}

// TestChargeWithPartsIsRefundedInParts takes a charge with all four parts
// apart, refund after refund.
func TestChargeWithPartsIsRefundedInParts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card", CardCompanyCode: 3})
	token := b.billOK(key, body{"amount": 100_000, "amountTaxable": 70_000, "amountVat": 7_000, "amountTaxFree": 13_000, "amountServiceFee": 10_000})["payToken"].(string)
	refundInParts(t, b, token)
}
