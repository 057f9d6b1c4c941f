package tosspayments_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAccountWindowParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := func(d time.Duration) string {
		return began.In(time.FixedZone("KST", 9*3600)).Add(d).Format("2006-01-02T15:04:05")
	}
	const day = 24 * time.Hour
	for _, c := range []struct {
		name string
		with fields
		code string // "" is accepted
	}{
		{"an hour", fields{"validHours": 1}, ""},
		{"no hour", fields{"validHours": 0}, "INVALID_PARAMETER"},
		{"90 days", fields{"validHours": 2160}, ""},
		{"more", fields{"validHours": 2161}, "EXCEED_MAX_VALID_HOURS"},
		{"hours in words", fields{"validHours": "many"}, "INVALID_PARAMETER"},
		{"a date", fields{"dueDate": in(day)}, ""},
		{"the last date", fields{"dueDate": in(90 * day)}, ""},
		{"a later one", fields{"dueDate": in(90*day + time.Second)}, "EXCEED_MAX_DUE_DATE"},
		{"a date in the past", fields{"dueDate": in(-time.Second)}, "INVALID_DATE"},
		{"a date without time", fields{"dueDate": "2023-03-12"}, "INVALID_DATE"},
		{"both", fields{"validHours": 24, "dueDate": in(day)}, "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE"},
		{"a callback", fields{"virtualAccountCallbackUrl": "https://shop.example/deposit"}, ""},
		{"a relative callback", fields{"virtualAccountCallbackUrl": "/deposit"}, "INVALID_URL_FORMAT"},
		{"the phone hidden", fields{"showCustomerMobilePhone": false}, ""},
		{"the phone hidden in words", fields{"showCustomerMobilePhone": "no"}, "INVALID_PARAMETER"},
		{"a long name", fields{"customerName": strings.Repeat("가", 101)}, "INVALID_PARAMETER"},
		{"won", fields{"currency": "KRW"}, ""},
		{"a receipt", fields{"cashReceipt": fields{"type": "지출증빙"}}, ""},
		{"an unknown receipt", fields{"cashReceipt": fields{"type": "문화"}}, "INVALID_PARAMETER"},
		{"bad goods", fields{"useEscrow": true, "escrowProducts": fields{}}, "INVALID_PARAMETER"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.request("가상계좌", params(c.with))
			if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
				t.Errorf("answer %s, want %s", r, c.code)
			}
		})
	}
}

func TestAccountWindowTakesNoMoreThanItOffers(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	for _, c := range []struct {
		with, chosen fields
		code         string // "" is accepted
	}{
		{nil, fields{"bank": "90"}, "INVALID_BANK"}, // issues none
		{nil, fields{"bank": "37"}, "INVALID_BANK"}, // by the API only
		{nil, fields{"name": nil}, "INVALID_REQUEST"},
		{nil, fields{"name": strings.Repeat("가", 101)}, "INVALID_REQUEST"},
		{nil, fields{"phone": "01000001234"}, ""},
		{nil, fields{"phone": "0212345678"}, "INVALID_PHONE"},
		{fields{"showCustomerMobilePhone": false}, fields{"phone": "01000001234"}, "INVALID_PHONE"},
		{nil, fields{"accountKey": "1"}, "INVALID_REQUEST"},
		{nil, fields{"receipt": "소득공제", "receiptNumber": "1"}, "INVALID_CASH_RECEIPT_INFO"},
		{fields{"useEscrow": false}, fields{"escrow": true}, "INVALID_REQUEST"},
	} {
		r := b.act(b.open("가상계좌", c.with), "approve", choices("가상계좌", c.chosen))
		if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
			t.Errorf("%v, chosen %v: %s, want %s", c.with, c.chosen, r, c.code)
		}
	}
	for show, there := range map[any]bool{nil: true, true: true, false: false} {
		if page := b.page(b.open("가상계좌", fields{"showCustomerMobilePhone": show, "customerName": "이구매"})); strings.Contains(page, `data-testid="phone"`) != there || !strings.Contains(page, `value="이구매"`) {
			t.Errorf("showCustomerMobilePhone %v: field %v", show, !there)
		}
	}
}

func TestAccountIsIssuedAtTheConfirm(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	w := b.open("가상계좌", fields{"validHours": 24, "customerName": "이구매", "useEscrow": true, "cultureExpense": true})
	b.clock.set(began.Add(2 * time.Minute))
	b.want(b.act(w, "approve", choices("가상계좌", fields{"bank": "88", "name": "박입금", "receipt": "소득공제", "receiptNumber": "01000001234"})), 200, "")
	if p := b.newest(); p["status"] != "IN_PROGRESS" || p["virtualAccount"] != nil {
		t.Errorf("before the confirm: %v", p)
	}
	b.clock.set(began.Add(3 * time.Minute))
	r := b.confirm()
	b.hooked("WAITING_FOR_DEPOSIT")
	p, a := r.body, virtual(r.body)
	if p["status"] != "WAITING_FOR_DEPOSIT" || p["approvedAt"] != nil || p["method"] != "가상계좌" || p["useEscrow"] != true || p["cultureExpense"] != true ||
		p["cashReceipt"] != nil || p["secret"] == nil || p["receipt"] == nil || p["lastTransactionKey"] == nil {
		t.Errorf("payment %v", p)
	}
	if a["bank"] != "신한" || a["bankCode"] != "88" || a["customerName"] != "박입금" || a["accountType"] != "일반" || a["expired"] != false ||
		a["dueDate"] != "2023-03-11T10:18:22+09:00" || !strings.HasPrefix(a["accountNumber"].(string), "X") {
		t.Errorf("account %v", a)
	}
	if _, n := b.moved(); n != 0 {
		t.Error("money moved before the deposit")
	}
	key := p["paymentKey"].(string)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 400, "ALREADY_PROCESSED_PAYMENT")
	list := decode[[]fields](t, b.call("GET", "/v1/transactions?startDate=2023-03-10&endDate=2023-03-11", nil).raw)
	if len(list) != 1 || list[0]["amount"] != 0.0 || list[0]["transactionAt"] != "2023-03-10T10:18:22+09:00" {
		t.Errorf("transactions %v", list)
	}
	if desk := b.desk("?lang=ko"); !strings.Contains(desk, a["accountNumber"].(string)) || !strings.Contains(desk, "박입금") {
		t.Error("the account is not on the page of deposits")
	}
	b.want(b.control("POST", "/payments/"+key+"/deposit", fields{"amount": 58000}), 200, "")
	b.hooked("DONE")
	done := b.get(key)
	if done["status"] != "DONE" || done["approvedAt"] == nil || done["cashReceipt"].(map[string]any)["amount"] != 58000.0 {
		t.Errorf("after the deposit: %v", done)
	}
	part := b.refund(key, fields{"cancelAmount": 8000})
	b.hooked("PARTIAL_CANCELED")
	if part.status != 200 || virtual(part.body)["refundStatus"] != "PENDING" || part.body["cashReceipt"].(map[string]any)["amount"] != 50000.0 {
		t.Errorf("partial refund: %s", part)
	}
	if sum, n := b.moved(); sum != 50000 || n != 2 {
		t.Errorf("%d movements with the sum %d", n, sum)
	}
}

func TestAccountOfTheWindowIsCalledOff(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	p := b.pay("가상계좌", nil, nil)
	b.hooked("WAITING_FOR_DEPOSIT")
	key := p["paymentKey"].(string)
	b.want(b.cancelled(key, fields{"cancelAmount": 1000}), 403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT")
	b.want(b.cancelled(key, nil), 200, "")
	b.hooked("CANCELED")
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 409, "NOT_WAITING_FOR_DEPOSIT")
	if _, n := b.moved(); n != 0 {
		t.Error("money moved")
	}
}

func TestAccountOfTheWindowExpires(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	p := b.pay("가상계좌", fields{"dueDate": "2023-03-10T11:00:00"}, nil)
	key := p["paymentKey"].(string)
	if virtual(p)["dueDate"] != "2023-03-10T11:00:00+09:00" {
		t.Errorf("due %v", virtual(p)["dueDate"])
	}
	b.clock.set(began.Add(44*time.Minute + 38*time.Second))
	if got := b.get(key); virtual(got)["expired"] != true || got["status"] != "WAITING_FOR_DEPOSIT" {
		t.Errorf("past its due date: %v", got)
	}
	b.clock.set(began)
	w := b.open("가상계좌", fields{"orderId": "VA-LATE-1", "dueDate": "2023-03-10T10:20:00"})
	b.clock.set(began.Add(5 * time.Minute))
	b.want(b.act(w, "approve", choices("가상계좌", nil)), 400, "INVALID_DATE")
}

func TestAccountCallbackOfTheWindow(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	own := make(chan hook, 10)
	b.pay("가상계좌", fields{"virtualAccountCallbackUrl": b.hookServer(own)}, nil)
	select {
	case h := <-own:
		if h.body["status"] != "WAITING_FOR_DEPOSIT" || h.body["orderId"] != "ORD-20230310-0001" {
			t.Errorf("callback %v", h.body)
		}
	case <-time.After(patience):
		t.Fatal("no callback came")
	}
	if h := b.hook(); h.body["eventType"] != "PAYMENT_STATUS_CHANGED" {
		t.Errorf("webhook %v", h.body)
	}
}

func TestFixedAccountsStayWithTheCustomer(t *testing.T) {
	t.Parallel()
	b := setup(t) // the shop has the contract
	if page := b.page(b.open("가상계좌", nil)); !strings.Contains(page, `data-testid="account-key"`) || !strings.Contains(page, "고객번호 (고유식별번호)") {
		t.Error("the window does not ask for the customer's number")
	}
	w := b.open("가상계좌", nil)
	b.want(b.act(w, "approve", choices("가상계좌", nil)), 400, "REQUIRED_ACCOUNT_KEY")
	b.want(b.act(w, "approve", choices("가상계좌", fields{"accountKey": "12345678901234"})), 400, "INVALID_REQUEST")
	b.want(b.act(w, "approve", choices("가상계좌", fields{"accountKey": "CUST1"})), 400, "INVALID_REQUEST")
	number := func(i int, bank, key, phone string) string {
		p := b.pay("가상계좌", fields{"orderId": fmt.Sprintf("FIXED-%d", i), "customerMobilePhone": "01000001234"},
			fields{"bank": bank, "accountKey": key, "phone": phone})
		if a := virtual(p); a["accountType"] != "고정" {
			t.Errorf("account %v", a)
		}
		return virtual(p)["accountNumber"].(string)
	}
	one := number(1, "06", "1000000000001", "")
	if again := number(2, "06", "1000000000001", "01099998888"); again != one {
		t.Errorf("the same customer got %s and %s", one, again)
	}
	if other := number(3, "06", "1000000000002", ""); other == one {
		t.Error("two customers share an account")
	}
	if other := number(4, "88", "1000000000001", ""); other == one {
		t.Error("two banks share an account")
	}
	api := b.call("POST", "/v1/virtual-accounts", accountOf(fields{"accountType": "고정", "accountKey": "1000000000001"}))
	if virtual(api.body)["accountNumber"] != one {
		t.Errorf("the API gives another account: %s", api)
	}
	sent := b.call("GET", b.root+"/control/tosspayments/messages", nil).body["messages"].([]any)
	if first, second := sent[0].(map[string]any), sent[1].(map[string]any); len(sent) != 5 || first["to"] != "01000001234" || second["to"] != "01099998888" ||
		!strings.Contains(first["text"].(string), one) || !strings.Contains(first["text"].(string), "58,000원") {
		t.Errorf("messages %v", sent)
	}
}
