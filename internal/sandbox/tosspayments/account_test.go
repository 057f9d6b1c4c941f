package tosspayments_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func accountOf(with ...fields) fields {
	return merged(fields{"amount": 33000, "orderId": "VA-0001", "orderName": "요가 매트", "customerName": "이구매", "bank": "국민", "validHours": 72}, with...)
}

// account issues one, takes its webhooks and returns the payment.
func (b *bench) account(with fields) fields {
	b.Helper()
	r := b.call("POST", "/v1/virtual-accounts", accountOf(with))
	if r.status != 200 {
		b.Fatalf("account: %s", r)
	}
	b.hooked("WAITING_FOR_DEPOSIT")
	return r.body
}

// hooked takes the two webhooks of an account's new status.
func (b *bench) hooked(status string) {
	b.Helper()
	one, two := b.hook(), b.hook()
	if one.body["eventType"] != nil || one.body["status"] != status || two.body["eventType"] != "PAYMENT_STATUS_CHANGED" || two.status() != status {
		b.Errorf("webhooks %v and %v, want DEPOSIT_CALLBACK and PAYMENT_STATUS_CHANGED of %s", one.body, two.body, status)
	}
}

// deposited issues an account that is paid into, and returns the payment's key.
func (b *bench) deposited(with fields) string {
	b.Helper()
	key := b.account(with)["paymentKey"].(string)
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 200, "")
	b.hooked("DONE")
	return key
}

func virtual(payment fields) fields { return payment["virtualAccount"].(map[string]any) }

var toAccount = fields{"bank": "신한", "accountNumber": "110000000000", "holderName": "이구매"}

func (b *bench) refund(key string, with fields) reply {
	b.Helper()
	return b.call("POST", "/v1/payments/"+key+"/cancel", merged(fields{"cancelReason": "변심", "refundReceiveAccount": toAccount}, with))
}

func TestAccountWaitsAndIsPaidInto(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.account(nil)
	a := virtual(p)
	if p["status"] != "WAITING_FOR_DEPOSIT" || p["approvedAt"] != nil || p["secret"] == nil || p["receipt"] == nil || p["method"] != "가상계좌" || p["balanceAmount"] != 33000.0 {
		t.Errorf("payment %v", p)
	}
	if a["bank"] != "국민" || a["bankCode"] != "06" || a["accountType"] != "일반" || a["dueDate"] != "2023-03-13T10:15:22+09:00" || a["expired"] != false ||
		a["refundStatus"] != "NONE" || a["settlementStatus"] != "INCOMPLETED" || a["customerName"] != "이구매" || !strings.HasPrefix(a["accountNumber"].(string), "X") || len(a["accountNumber"].(string)) != 14 {
		t.Errorf("account %v", a)
	}
	b.clock.set(began.Add(time.Hour))
	key := p["paymentKey"].(string)
	b.want(b.control("POST", "/payments/"+key+"/deposit", fields{"amount": 32999}), 400, "WRONG_AMOUNT")
	if got := b.get(key)["status"]; got != "WAITING_FOR_DEPOSIT" {
		t.Errorf("after a wrong amount: %v", got)
	}
	b.want(b.control("POST", "/payments/VA-0001/deposit", fields{"amount": 33000}), 200, "")
	callback, change := b.hook(), b.hook()
	done := b.get(key)
	if callback.body["secret"] != p["secret"] || callback.body["orderId"] != "VA-0001" || callback.body["status"] != "DONE" ||
		callback.body["transactionKey"] != done["lastTransactionKey"] || callback.body["createdAt"] != "2023-03-10T11:15:22.000000" || len(callback.body) != 5 {
		t.Errorf("callback %v", callback.body)
	}
	if change.status() != "DONE" || done["approvedAt"] != "2023-03-10T11:15:22+09:00" || done["lastTransactionKey"] == p["lastTransactionKey"] {
		t.Errorf("payment %v", done)
	}
	b.want(b.control("POST", "/payments/VA-0001/deposit", nil), 409, "NOT_WAITING_FOR_DEPOSIT")
	b.want(b.control("POST", "/payments/nothing/deposit", nil), 404, "NOT_FOUND_PAYMENT")
	list := decode[[]fields](t, b.call("GET", "/v1/transactions?startDate=2023-03-10&endDate=2023-03-11", nil).raw)
	if len(list) != 2 || list[0]["status"] != "WAITING_FOR_DEPOSIT" || list[0]["amount"] != 0.0 || list[1]["status"] != "DONE" || list[1]["amount"] != 33000.0 {
		t.Errorf("transactions %v", list)
	}
}

func TestAccountRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	day := func(days int) string {
		return began.In(time.FixedZone("KST", 9*3600)).AddDate(0, 0, days).Format("2006-01-02T15:04:05")
	}
	for i, c := range []struct {
		name string
		with fields
		code string // "" is accepted
	}{
		{"a bank by its code", fields{"bank": "06"}, ""},
		{"by its English name", fields{"bank": "KYONGNAMBANK"}, ""},
		{"by its full name", fields{"bank": "케이뱅크"}, ""},
		{"a bank that issues none", fields{"bank": "카카오"}, "INVALID_BANK"},
		{"a securities firm", fields{"bank": "키움증권"}, "INVALID_BANK"},
		{"an unknown bank", fields{"bank": "나루은행"}, "INVALID_BANK"},
		{"no bank", fields{"bank": nil}, "INVALID_REQUEST"},
		{"no customer", fields{"customerName": nil}, "INVALID_REQUEST"},
		{"no amount", fields{"amount": nil}, "INVALID_REQUEST"},
		{"an amount of one", fields{"amount": 1}, ""},
		{"dollars", fields{"currency": "USD"}, "INVALID_REQUEST"},
		{"a bad order", fields{"orderId": "1"}, "INVALID_ORDER_ID"},
		{"a bad phone", fields{"customerMobilePhone": "010-0000-1234"}, "INVALID_PHONE"},
		{"both kinds of due", fields{"dueDate": day(1)}, "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE"},
		{"no due", fields{"validHours": nil}, ""},
		{"a due date", fields{"validHours": nil, "dueDate": day(1)}, ""},
		{"a due date of now", fields{"validHours": nil, "dueDate": day(0)}, "INVALID_DATE"},
		{"a due date in the past", fields{"validHours": nil, "dueDate": day(-1)}, "INVALID_DATE"},
		{"a due date in words", fields{"validHours": nil, "dueDate": "tomorrow"}, "INVALID_DATE"},
		{"90 days", fields{"validHours": nil, "dueDate": day(90)}, ""},
		{"91 days", fields{"validHours": nil, "dueDate": day(91)}, "EXCEED_MAX_DUE_DATE"},
		{"2160 hours", fields{"validHours": 2160}, ""},
		{"2161 hours", fields{"validHours": 2161}, "EXCEED_MAX_VALID_HOURS"},
		{"no hours", fields{"validHours": 0}, "INVALID_REQUEST"},
		{"a receipt", fields{"cashReceipt": fields{"type": "지출증빙", "registrationNumber": "1234567890", "businessNumber": "1112223334"}}, ""},
		{"no receipt", fields{"cashReceipt": fields{"type": "미발행"}}, ""},
		{"a receipt of another kind", fields{"cashReceipt": fields{"type": "기부금"}}, "INVALID_REQUEST"},
		{"a receipt for nobody", fields{"cashReceipt": fields{"type": "소득공제"}}, "INVALID_REQUEST"},
		{"a receipt for a name", fields{"cashReceipt": fields{"type": "소득공제", "registrationNumber": "이구매"}}, "INVALID_REGISTRATION_NUMBER_TYPE"},
		{"a short business number", fields{"cashReceipt": fields{"type": "소득공제", "registrationNumber": "1", "businessNumber": "1"}}, "INVALID_BUSINESS_NUMBER"},
		{"an odd kind", fields{"accountType": "임시"}, "INVALID_VIRTUAL_ACCOUNT_TYPE"},
		{"a fixed account without a key", fields{"accountType": "고정"}, "REQUIRED_ACCOUNT_KEY"},
		{"a key of 14", fields{"accountType": "고정", "accountKey": "12345678901234"}, "INVALID_REQUEST"},
		{"escrow without goods", fields{"useEscrow": true}, "INVALID_REQUEST"},
		{"escrow", fields{"useEscrow": true, "escrowProducts": []fields{{"id": "1", "name": "매트", "code": "M", "unitPrice": 33000, "quantity": 1}}}, ""},
		{"goods twice", fields{"useEscrow": true, "escrowProducts": []fields{
			{"id": "1", "name": "매트", "code": "M", "unitPrice": 3, "quantity": 1}, {"id": "1", "name": "매트", "code": "M", "unitPrice": 3, "quantity": 1}}}, "INVALID_REQUEST"},
		{"a callback to nowhere", fields{"virtualAccountCallbackUrl": "shop"}, "INVALID_URL_FORMAT"},
		{"an unknown field", fields{"colour": "blue"}, "INVALID_REQUEST"},
		{"an unknown field of the receipt", fields{"cashReceipt": fields{"type": "미발행", "colour": "blue"}}, "INVALID_REQUEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := b.call("POST", "/v1/virtual-accounts", accountOf(fields{"orderId": fmt.Sprintf("REQUEST-%d", i)}, c.with))
			if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
				t.Errorf("answer %s, want %s", r, c.code)
			}
		})
	}
	// The year's stand decides the longest validity.
	old := setup(t, func(o *tosspayments.Options) { o.Legacy2022 = true })
	old.want(old.call("POST", "/v1/virtual-accounts", accountOf(fields{"validHours": 721})), 400, "EXCEED_MAX_VALID_HOURS")
	r := old.call("POST", "/v1/virtual-accounts", accountOf(fields{"validHours": 720}))
	old.want(r, 200, "")
	for _, name := range []string{"bankCode", "refundReceiveAccount"} {
		if _, ok := virtual(r.body)[name]; ok {
			t.Errorf("%s was not there in 2022", name)
		}
	}
}

func TestAnOrderGetsOneAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.account(nil)["paymentKey"].(string)
	b.want(b.call("POST", "/v1/virtual-accounts", accountOf()), 400, "DUPLICATED_ORDER_ID")
	b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심"}), 200, "")
	b.want(b.call("POST", "/v1/virtual-accounts", accountOf()), 400, "DUPLICATED_ORDER_ID")
}

func TestFixedAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fixed := func(order, bank, key string) string {
		p := b.account(fields{"orderId": order, "accountType": "고정", "accountKey": key, "bank": bank, "customerMobilePhone": "01000001234"})
		if virtual(p)["accountType"] != "고정" {
			t.Errorf("account %v", p["virtualAccount"])
		}
		return virtual(p)["accountNumber"].(string)
	}
	first := fixed("FIXED-1", "국민", "CUST-1")
	if fixed("FIXED-2", "KOOKMIN", "CUST-1") != first {
		t.Error("the same key gave another number")
	}
	if fixed("FIXED-3", "국민", "CUST-2") == first || fixed("FIXED-4", "신한", "CUST-1") == first {
		t.Error("another customer or bank gave the same number")
	}
	messages := b.control("GET", "/messages", nil).body["messages"].([]any)
	text := messages[0].(map[string]any)["text"].(string)
	for _, want := range []string{"국민", first, "33,000원", "2023-03-13 10:15"} {
		if !strings.Contains(text, want) {
			t.Errorf("the notice %q lacks %q", text, want)
		}
	}
	if len(messages) != 4 || messages[0].(map[string]any)["to"] != "01000001234" {
		t.Errorf("messages %v", messages)
	}
	without := setup(t, func(o *tosspayments.Options) { o.Shops[0].FixedAccounts = false })
	without.want(without.call("POST", "/v1/virtual-accounts", accountOf(fields{"accountType": "고정", "accountKey": "CUST-1"})), 400, "INVALID_VIRTUAL_ACCOUNT_TYPE")
}

func TestAccountsOwnCallbackAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var own = make(chan hook, 10)
	srv := b.hookServer(own)
	r := b.call("POST", "/v1/virtual-accounts", accountOf(fields{"virtualAccountCallbackUrl": srv + "/own"}))
	b.want(r, 200, "")
	if h := b.hook(); h.status() != "WAITING_FOR_DEPOSIT" || h.body["eventType"] != "PAYMENT_STATUS_CHANGED" {
		t.Errorf("registered address got %v", h.body)
	}
	select {
	case h := <-own:
		if h.body["status"] != "WAITING_FOR_DEPOSIT" || h.body["secret"] != r.body["secret"] {
			t.Errorf("own address got %v", h.body)
		}
	case <-time.After(patience):
		t.Fatal("nothing came to the account's own address")
	}
	other := setup(t, func(o *tosspayments.Options) { o.Shops[0].DepositURL = srv + "/deposits" })
	other.want(other.call("POST", "/v1/virtual-accounts", accountOf()), 200, "")
	select {
	case <-own:
	case <-time.After(patience):
		t.Fatal("nothing came to the address registered for deposits")
	}
	if h := other.hook(); h.body["eventType"] != "PAYMENT_STATUS_CHANGED" {
		t.Errorf("registered address got %v", h.body)
	}
}

func TestAccountsExpireWithoutAWord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.account(nil)["paymentKey"].(string)
	b.clock.set(began.Add(72*time.Hour - time.Second))
	if virtual(b.get(key))["expired"] != false {
		t.Error("expired too early")
	}
	b.clock.set(began.Add(72 * time.Hour))
	if p := b.get(key); virtual(p)["expired"] != true || p["status"] != "WAITING_FOR_DEPOSIT" {
		t.Errorf("at the due time: %v", p)
	}
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 409, "ACCOUNT_EXPIRED")
	if got := len(b.webhookLog()); got != 2 {
		t.Errorf("%d webhooks, want those of the issue", got)
	}
	b.want(b.control("POST", "/payments/"+key+"/deposit", fields{"late": true}), 200, "")
	if p := b.get(key); p["status"] != "DONE" || virtual(p)["expired"] != false {
		t.Errorf("after a late deposit: %v", p)
	}
	// By hand.
	other := b.call("POST", "/v1/virtual-accounts", accountOf(fields{"orderId": "VA-0002"})).body["paymentKey"].(string)
	b.want(b.control("POST", "/payments/VA-0002/expire", nil), 200, "")
	b.want(b.control("POST", "/payments/VA-0002/expire", nil), 403, "FORBIDDEN_REQUEST")
	if p := b.get(other); virtual(p)["expired"] != true {
		t.Errorf("expired by hand: %v", p)
	}
	b.want(b.control("POST", "/payments/VA-0002/deposit?late=true", nil), 200, "")
}

func TestDepositErrorGoesBackToWaiting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.deposited(nil)
	before := b.get(key)["lastTransactionKey"]
	b.want(b.control("POST", "/payments/"+key+"/deposit-error", nil), 200, "")
	h := b.hook()
	p := b.get(key)
	if h.body["eventType"] != nil || h.body["status"] != "WAITING_FOR_DEPOSIT" || h.body["transactionKey"] != p["lastTransactionKey"] || p["lastTransactionKey"] == before {
		t.Errorf("callback %v", h.body)
	}
	if p["status"] != "WAITING_FOR_DEPOSIT" || p["approvedAt"] != nil || p["balanceAmount"] != 33000.0 {
		t.Errorf("payment %v", p)
	}
	if n := len(b.webhookLog()); n != 5 {
		t.Errorf("%d webhooks, want 5: no PAYMENT_STATUS_CHANGED of a deposit error", n)
	}
	b.want(b.control("POST", "/payments/"+key+"/deposit-error", nil), 409, "NOT_DEPOSITED")
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 200, "")
	b.hooked("DONE")
	// The clock goes on for an account that waits again.
	b.want(b.control("POST", "/payments/"+key+"/deposit-error", nil), 200, "")
	b.clock.set(began.Add(72 * time.Hour))
	if virtual(b.get(key))["expired"] != true {
		t.Error("an account that waits again does not expire")
	}
}

// hookServer is another address that webhooks may go to.
func (b *bench) hookServer(into chan hook) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		into <- hook{r.Header, decode[map[string]any](b.T, body(b.T, r))}
	})
	return serve(b.T, mux)
}

func TestReceiptOfAnAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.account(nil)
	url := p["receipt"].(map[string]any)["url"].(string)
	if page := string(b.call("GET", url, nil, "Authorization", "").raw); !strings.Contains(page, "입금 대기") || !strings.Contains(page, virtual(p)["accountNumber"].(string)) || strings.Contains(page, "승인번호") {
		t.Errorf("page %s", page)
	}
	b.want(b.control("POST", "/payments/VA-0001/deposit", nil), 200, "")
	if page := string(b.call("GET", url, nil, "Authorization", "").raw); !strings.Contains(page, "입금일시") || strings.Contains(page, "입금 대기") {
		t.Errorf("page %s", page)
	}
}

func TestFaultsTellTheTwoWebhooksApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rule("webhook DEPOSIT_CALLBACK nth=1 drop")
	b.rule("webhook DEPOSIT_CALLBACK nth=2 twice")
	b.want(b.call("POST", "/v1/virtual-accounts", accountOf()), 200, "")
	if h := b.hook(); h.body["eventType"] != "PAYMENT_STATUS_CHANGED" {
		t.Errorf("webhook %v", h.body)
	}
	b.want(b.control("POST", "/payments/VA-0001/deposit", nil), 200, "")
	one, two, three := b.hook(), b.hook(), b.hook()
	if one.body["status"] != "DONE" || two.body["status"] != "DONE" || three.body["eventType"] != "PAYMENT_STATUS_CHANGED" {
		t.Errorf("webhooks %v, %v and %v", one.body, two.body, three.body)
	}
}
