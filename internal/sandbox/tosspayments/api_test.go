package tosspayments_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	encode := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		name   string
		header []string
		status int
		code   string
	}{
		{"no header", []string{"Authorization", ""}, 401, "UNAUTHORIZED_KEY"},
		{"another scheme", []string{"Authorization", "Bearer " + secretKey}, 401, "UNAUTHORIZED_KEY"},
		{"an unknown key", []string{"Authorization", basic("sandbox_sk_zzzzzzzzzzzzzzzzzzzzzzzzzzzz")}, 401, "UNAUTHORIZED_KEY"},
		{"the client key", []string{"Authorization", basic(clientKey)}, 401, "UNAUTHORIZED_KEY"},
		{"no colon", []string{"Authorization", encode(secretKey)}, 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		{"a password", []string{"Authorization", encode(secretKey + ":x")}, 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		{"not base64", []string{"Authorization", "Basic " + secretKey + ":"}, 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		{"a widget key", []string{"Authorization", basic("test_gsk_zzzzzzzzzzzzzzzzzzzzzzzzzzzz")}, 400, "NOT_SUPPORTED_WIDGET_KEY"},
		{"from a browser", []string{"Origin", "https://shop.example"}, 403, "INSECURE_KEY_USAGE"},
		{"right", nil, 404, "NOT_FOUND_PAYMENT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.call("GET", "/v1/payments/nothing", nil, c.header...)
			if r.status != c.status || r.code() != c.code {
				t.Errorf("answer %s, want %d %s", r, c.status, c.code)
			}
		})
	}
}

func TestEveryAnswerCarriesATraceAndEchoesTheIdempotencyKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.call("GET", "/v1/payments/nothing", nil, "Idempotency-Key", "k-1")
	second := b.call("GET", "/v1/payments/nothing", nil)
	trace := first.header.Get("X-Tosspayments-Trace-Id")
	if trace == "" || trace == second.header.Get("X-Tosspayments-Trace-Id") {
		t.Errorf("traces %q and %q", trace, second.header.Get("X-Tosspayments-Trace-Id"))
	}
	if first.header.Get("Idempotency-Key") != "k-1" || second.header.Get("Idempotency-Key") != "" {
		t.Error("the idempotency key must be echoed when there is one")
	}
	if got := first.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.call("GET", "/v1/nothing", nil), 404, "NOT_FOUND")
	b.want(b.call("DELETE", "/v1/payments/confirm", nil), 404, "NOT_FOUND_HTTP_METHOD")
	b.want(b.call("GET", "/v2/payments", nil), 404, "NOT_FOUND")
}

func TestErrorsAreInTheLanguageAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.call("GET", "/v1/payments/nothing", nil).body["message"]; got != "결제 정보를 찾을 수 없습니다." {
		t.Errorf("message %q", got)
	}
	if got := b.call("GET", "/v1/payments/nothing", nil, "Accept-Language", "en-US,en;q=0.9").body["message"]; got != "Unknown payment." {
		t.Errorf("message %q", got)
	}
	key := b.approved(nil)
	p := b.call("GET", "/v1/payments/"+key, nil, "Accept-Language", "en-US").body
	card := p["card"].(map[string]any)
	if p["method"] != "CARD" || card["company"] != "HYUNDAI" || card["cardType"] != "CREDIT" || card["ownerType"] != "PERSONAL" {
		t.Errorf("method %v, card %v", p["method"], card)
	}
}

// The body is looked at only after authentication, idempotency and test code.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	long := strings.Repeat("k", 301)
	for _, c := range []struct {
		name   string
		body   any
		header []string
		status int
		code   string
	}{
		{"key before everything", "not JSON", []string{"Authorization", "", "Idempotency-Key", long}, 401, "UNAUTHORIZED_KEY"},
		{"idempotency key before test code", "not JSON", []string{"Idempotency-Key", long, "TossPayments-Test-Code", "FDS_ERROR"}, 400, "INVALID_IDEMPOTENCY_KEY"},
		{"test code before the body", "not JSON", []string{"TossPayments-Test-Code", "FDS_ERROR"}, 403, "FDS_ERROR"},
		{"unknown test code", "{}", []string{"TossPayments-Test-Code", "NO_SUCH"}, 400, "INVALID_TEST_CODE"},
		{"content type", "{}", []string{"Content-Type", "text/plain"}, 400, "INVALID_REQUEST"},
		{"broken JSON", `{"paymentKey":`, nil, 400, "INVALID_REQUEST"},
		{"no object", `null`, nil, 400, "INVALID_REQUEST"},
		{"two objects", `{}{}`, nil, 400, "INVALID_REQUEST"},
		{"fields before the payment", fields{"paymentKey": "nothing", "orderId": "x"}, nil, 400, "INVALID_REQUEST"},
		{"unknown field", confirmation(key, fields{"extra": 1}), nil, 400, "INVALID_REQUEST"},
		{"a number in quotes", confirmation(key, fields{"amount": "58000"}), nil, 400, "INVALID_REQUEST"},
		{"the payment before the amount", confirmation("nothing", fields{"amount": 1}), nil, 404, "NOT_FOUND_PAYMENT"},
		{"another order id", confirmation(key, fields{"orderId": "another"}), nil, 400, "INVALID_REQUEST"},
		{"another amount", confirmation(key, fields{"amount": 57999}), nil, 400, "INVALID_REQUEST"},
		{"a fraction of a won", confirmation(key, fields{"amount": 58000.5}), nil, 400, "INVALID_MINOR_UNIT_FOR_CURRENCY"},
		{"another shop's key", confirmation(key, nil), []string{"Authorization", basic(liveKey)}, 400, "INVALID_API_KEY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.call("POST", "/v1/payments/confirm", c.body, c.header...)
			if r.status != c.status || r.code() != c.code {
				t.Errorf("answer %s, want %d %s", r, c.status, c.code)
			}
		})
	}
}

func TestTestCodesAreIgnoredWithLiveKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.call("POST", "/v1/payments/confirm", confirmation("nothing", nil), "Authorization", basic(liveKey), "TossPayments-Test-Code", "FDS_ERROR")
	b.want(r, 404, "NOT_FOUND_PAYMENT")
}

func TestTestCodesHaveTheStatusesThatWereMeasured(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for code, status := range map[string]int{
		"REJECT_CARD_PAYMENT": 403, "ALREADY_PROCESSED_PAYMENT": 400, "DUPLICATED_ORDER_ID": 400, "IDEMPOTENT_REQUEST_PROCESSING": 409,
		"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING": 500, "COMMON_ERROR": 500,
	} {
		b.want(b.call("POST", "/v1/payments/confirm", fields{}, "TossPayments-Test-Code", code), status, code)
	}
}

func TestLenientModeTakesUnknownFieldsAndQuotedNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Strict = false })
	key := b.authenticated(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, fields{"amount": "58000", "extra": true})), 200, "")
}

func TestConfirmAlsoWorksWithTheKeyInThePath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	r := b.call("POST", "/v1/payments/"+key, fields{"orderId": "ORD-20230310-0001", "amount": 58000})
	if r.status != 200 || r.body["status"] != "DONE" {
		t.Errorf("answer %s", r)
	}
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 400, "ALREADY_PROCESSED_PAYMENT")
}

func TestClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		authenticated bool
		wait          time.Duration
		status        string
		confirm       string
	}{
		{"the window is open for 30 minutes", false, 30*time.Minute - time.Second, "READY", "NOT_FOUND_PAYMENT_SESSION"},
		{"and no longer", false, 30 * time.Minute, "EXPIRED", "NOT_FOUND_PAYMENT_SESSION"},
		{"confirm may come for 10 minutes", true, 10*time.Minute - time.Second, "IN_PROGRESS", ""},
		{"and no longer", true, 10 * time.Minute, "EXPIRED", "NOT_FOUND_PAYMENT_SESSION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.window(params(nil))
			key := b.newest()["paymentKey"].(string)
			if c.authenticated {
				key = b.authenticated(nil)
			}
			b.clock.set(began.Add(c.wait))
			if got := b.get(key)["status"]; got != c.status {
				t.Errorf("status %v, want %s", got, c.status)
			}
			r := b.call("POST", "/v1/payments/confirm", confirmation(key, nil))
			if c.confirm == "" && r.status == 200 {
				return
			}
			b.want(r, 404, c.confirm)
		})
	}
}

// Nobody has to ask for a payment to expire: the shop hears of it.
func TestExpiryIsNoticedByItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.window(params(nil))
	b.later(30 * time.Minute)
	h := b.hook()
	if h.status() != "EXPIRED" {
		t.Errorf("webhook %v", h.body)
	}
	failure := h.body["data"].(map[string]any)["failure"].(map[string]any)
	if failure["code"] != "EXPIRED_PAYMENT" {
		t.Errorf("failure %v", failure)
	}
}

func TestInquiryByOrderGivesTheNewestTry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.window(params(nil))
	first := b.newest()["paymentKey"]
	b.window(params(nil))
	got := b.call("GET", "/v1/payments/orders/ORD-20230310-0001", nil).body["paymentKey"]
	if got == first || got != b.newest()["paymentKey"] {
		t.Errorf("payment %v, first was %v", got, first)
	}
	b.want(b.call("GET", "/v1/payments/orders/ORD-20230310-0009", nil), 404, "NOT_FOUND_PAYMENT")
	b.want(b.call("GET", "/v1/payments/orders/ORD-20230310-0001", nil, "Authorization", basic(liveKey)), 404, "NOT_FOUND_PAYMENT")
}

func TestAnOrderIsPaidOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.authenticated(nil)
	b.approved(nil)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(other, nil)), 400, "DUPLICATED_ORDER_ID")
	b.want(b.request("카드", params(nil)), 400, "DUPLICATED_ORDER_ID")
}

func TestDeclinedConfirmAbortsThePayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.window(params(nil))
	if r := b.act(w, "approve", fields{"company": "61", "code": "FDS_ERROR"}); r.status != http.StatusOK {
		t.Fatalf("approve: %s", r)
	}
	key := b.newest()["paymentKey"].(string)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 403, "FDS_ERROR")
	p := b.get(key)
	if p["status"] != "ABORTED" || p["failure"].(map[string]any)["code"] != "FDS_ERROR" || p["lastTransactionKey"] != nil || p["card"] != nil {
		t.Errorf("payment %v", p)
	}
	if got := b.hook().status(); got != "ABORTED" {
		t.Errorf("webhook of %s", got)
	}
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 400, "ALREADY_PROCESSED_PAYMENT")
	b.approved(nil) // the order may be tried again
}

func TestCardsPayFromAHundredWon(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(fields{"amount": 99})
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, fields{"amount": 99})), 400, "BELOW_MINIMUM_AMOUNT")
}

func TestTestShopsGetNoApprovalNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.approved(nil)
	if got := b.get(key)["card"].(map[string]any)["approveNo"]; got != "00000000" {
		t.Errorf("approveNo %v", got)
	}
}

func TestLegacyAnswersLackTheLaterKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Legacy2022 = true })
	w := b.window(params(nil))
	r := b.act(w, "approve", fields{"company": "61"})
	if url := r.body["url"].(string); strings.Contains(url, "paymentType") {
		t.Errorf("success address %s", url)
	}
	key := b.newest()["paymentKey"].(string)
	p := b.call("POST", "/v1/payments/confirm", confirmation(key, nil)).body
	for _, name := range []string{"taxExemptionAmount", "isPartialCancelable", "cashReceipts", "metadata"} {
		if _, ok := p[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
	card := p["card"].(map[string]any)
	if _, ok := card["issuerCode"]; ok || card["company"] != "현대" {
		t.Errorf("card %v", card)
	}
}

func TestServerSideCreationOpensTheWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := params(fields{"method": "카드"})
	r := b.call("POST", "/v1/payments", in)
	if r.status != 200 || r.body["status"] != "READY" {
		t.Fatalf("answer %s", r)
	}
	url := r.body["checkout"].(map[string]any)["url"].(string)
	to := b.call("GET", url, nil, "Authorization", "")
	if to.status != http.StatusSeeOther || !strings.HasPrefix(to.header.Get("Location"), b.url+"/window/") {
		t.Fatalf("checkout: %d to %s", to.status, to.header.Get("Location"))
	}
	if page := b.call("GET", to.header.Get("Location"), nil, "Authorization", ""); page.status != 200 || !strings.Contains(string(page.raw), `data-testid="card-61"`) {
		t.Errorf("window: %d", page.status)
	}
	b.want(b.call("POST", "/v1/payments", params(fields{"method": "카드", "successUrl": nil, "failUrl": nil})), 400, "INVALID_SUCCESS_URL")
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.approved(nil)
	b.clock.set(began.Add(time.Hour))
	b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심", "cancelAmount": 20000}), 200, "")
	list := func(query string) []fields {
		return decode[[]fields](t, b.call("GET", "/v1/transactions?"+query, nil).raw)
	}
	day := "startDate=2023-03-10&endDate=2023-03-11T00:00:00"
	all := list(day)
	if len(all) != 2 || all[0]["amount"] != 58000.0 || all[1]["amount"] != -20000.0 || all[1]["status"] != "PARTIAL_CANCELED" {
		t.Fatalf("transactions %v", all)
	}
	if got := list(day + "&startingAfter=" + all[0]["transactionKey"].(string)); len(got) != 1 || got[0]["transactionKey"] != all[1]["transactionKey"] {
		t.Errorf("second page %v", got)
	}
	if got := list(day + "&limit=1"); len(got) != 1 || got[0]["amount"] != 58000.0 {
		t.Errorf("limited page %v", got)
	}
	if got := list("startDate=2023-03-10T10:15:22.000&endDate=2023-03-10T10:15:22"); len(got) != 1 {
		t.Errorf("both ends belong to the range: %v", got)
	}
	if got := list("startDate=2023-03-11&endDate=2023-03-12"); len(got) != 0 {
		t.Errorf("another day: %v", got)
	}
	for query, code := range map[string]string{
		"startDate=2023-03-10":                        "INVALID_DATE",
		"startDate=soon&endDate=2023-03-11":           "INVALID_DATE",
		"startDate=2023-03-12&endDate=2023-03-11":     "INVALID_DATE",
		day + "&startingAfter=nothing":                "INVALID_TRANSACTION_KEY",
		day + "&limit=10001":                          "EXCEED_MAX_QUERY_LIMIT",
		day + "&limit=0":                              "INVALID_REQUEST",
		"startDate=2023-03-10T10:15:22Z&endDate=2024": "INVALID_DATE",
	} {
		b.want(b.call("GET", "/v1/transactions?"+query, nil), 400, code)
	}
}
