package tosspayments_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"naru/internal/sandbox/tosspayments"
)

// direct calls a simulator without a network and wants success.
func (b *bench) direct(h http.Handler, method, path string, body any) {
	b.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, bytes.NewReader(text)))
	if w.Code != http.StatusOK {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

func TestWindowParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	long := strings.Repeat("가", 101)
	for _, c := range []struct {
		name   string
		method string
		with   fields
		code   string // "" is accepted
	}{
		{"an ordinary payment", "카드", nil, ""},
		{"the method's code", "CARD", nil, ""},
		{"no method", "", nil, ""},
		{"an unknown method", "현금", nil, "INVALID_PARAMETER"},
		{"a method without contract", "해외간편결제", nil, "PAY_PROCESS_ABORTED"},
		{"its code", "FOREIGN_EASY_PAY", nil, "PAY_PROCESS_ABORTED"},
		{"no amount", "카드", fields{"amount": nil}, "INVALID_PARAMETER"},
		{"an amount of nothing", "카드", fields{"amount": 0}, "BELOW_ZERO_AMOUNT"},
		{"a negative amount", "카드", fields{"amount": -100}, "BELOW_ZERO_AMOUNT"},
		{"half a won", "카드", fields{"amount": 100.5}, "INVALID_MINOR_UNIT_FOR_CURRENCY"},
		{"a word for an amount", "카드", fields{"amount": "many"}, "INVALID_PARAMETER"},
		{"an endless amount", "카드", fields{"amount": json.Number("1e400")}, "INVALID_PARAMETER"},
		{"no order id", "카드", fields{"orderId": nil}, "INVALID_ORDER_ID"},
		{"an order id of 5", "카드", fields{"orderId": "12345"}, "INVALID_ORDER_ID"},
		{"an order id of 6", "카드", fields{"orderId": "a-_=12"}, ""},
		{"an order id of 64", "카드", fields{"orderId": strings.Repeat("x", 64)}, ""},
		{"an order id of 65", "카드", fields{"orderId": strings.Repeat("x", 65)}, "INVALID_ORDER_ID"},
		{"an order id with a dot", "카드", fields{"orderId": "order.1"}, "INVALID_ORDER_ID"},
		{"a Korean order id", "카드", fields{"orderId": "주문번호일이삼"}, "INVALID_ORDER_ID"},
		{"no order name", "카드", fields{"orderName": ""}, "INVALID_ORDER_NAME"},
		{"a long order name", "카드", fields{"orderName": long}, "INVALID_ORDER_NAME"},
		{"promise mode", "카드", fields{"successUrl": nil, "failUrl": nil}, ""},
		{"promise mode in place of the page", "카드", fields{"successUrl": nil, "failUrl": nil, "windowTarget": "self"}, "INVALID_SUCCESS_URL"},
		{"only a failUrl", "카드", fields{"successUrl": nil}, "INVALID_SUCCESS_URL"},
		{"a relative successUrl", "카드", fields{"successUrl": "/ok"}, "INCORRECT_SUCCESS_URL_FORMAT"},
		{"a script for a successUrl", "카드", fields{"successUrl": "javascript:alert(1)"}, "INCORRECT_SUCCESS_URL_FORMAT"},
		{"a relative failUrl", "카드", fields{"failUrl": "ng"}, "INCORRECT_FAIL_URL_FORMAT"},
		{"no failUrl", "카드", fields{"failUrl": nil}, "INCORRECT_FAIL_URL_FORMAT"},
		{"a bad e-mail", "카드", fields{"customerEmail": "someone"}, "INVALID_EMAIL"},
		{"a phone with dashes", "카드", fields{"customerMobilePhone": "010-0000-1234"}, "INVALID_PHONE"},
		{"an odd target", "카드", fields{"windowTarget": "popup"}, "INVALID_PARAMETER"},
		{"more tax-free than there is", "카드", fields{"taxFreeAmount": 58001}, "INVALID_PARAMETER"},
		{"dollars by a domestic card", "카드", fields{"currency": "USD"}, "INVALID_CURRENCY"},
		{"another currency", "카드", fields{"currency": "EUR"}, "INVALID_CURRENCY"},
		{"an unknown card company", "카드", fields{"cardCompany": "나루"}, "INVALID_CARD_COMPANY"},
		{"a company by its code", "카드", fields{"cardCompany": "3K"}, ""},
		{"a company by its English name", "카드", fields{"cardCompany": "HYUNDAI"}, ""},
		{"a domestic company abroad", "카드", fields{"cardCompany": "현대", "useInternationalCardOnly": true}, "INVALID_CARD_COMPANY"},
		{"an app card of a company without one", "카드", fields{"cardCompany": "비씨", "useAppCardOnly": true}, "INVALID_CARD_COMPANY"},
		{"both plans", "카드", fields{"cardInstallmentPlan": 3, "maxCardInstallmentPlan": 6}, "INVALID_CARD_INSTALLMENT_PLANS_WITH_MAX_AND_SINGLE"},
		{"one month", "카드", fields{"cardInstallmentPlan": 1}, "EXCEED_MIN_CARD_INSTALLMENT_PLAN"},
		{"thirteen months", "카드", fields{"maxCardInstallmentPlan": 13}, "EXCEED_MAX_CARD_INSTALLMENT_PLAN"},
		{"months in words", "카드", fields{"cardInstallmentPlan": "three"}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{"a plan for a small amount", "카드", fields{"cardInstallmentPlan": 3, "amount": 49999}, "INVALID_CARD_INSTALLMENT_AMOUNT"},
		{"a plan for a large one", "카드", fields{"cardInstallmentPlan": 3, "amount": 50000}, ""},
		{"a free plan", "카드", fields{"freeInstallmentPlans": []fields{{"company": "61", "months": []int{2, 3}}}}, ""},
		{"a free plan of an unknown company", "카드", fields{"freeInstallmentPlans": []fields{{"company": "나루", "months": []int{2}}}}, "INVALID_CARD_COMPANY"},
		{"a free plan of one month", "카드", fields{"freeInstallmentPlans": []fields{{"company": "61", "months": []int{1}}}}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{"DIRECT with nothing", "카드", fields{"flowMode": "DIRECT"}, "INVALID_FLOW_MODE_PARAMETERS"},
		{"DIRECT with both", "카드", fields{"flowMode": "DIRECT", "cardCompany": "현대", "easyPay": "토스페이"}, "INVALID_FLOW_MODE_PARAMETERS"},
		{"DIRECT with a company", "카드", fields{"flowMode": "DIRECT", "cardCompany": "현대"}, ""},
		{"DIRECT with an easy-pay service", "카드", fields{"flowMode": "DIRECT", "easyPay": "KAKAOPAY"}, ""},
		{"DIRECT with an unknown one", "카드", fields{"flowMode": "DIRECT", "easyPay": "나루페이"}, "INVALID_EASY_PAY"},
		{"an odd flow", "카드", fields{"flowMode": "FAST"}, "INVALID_PARAMETER"},
		{"app cards from abroad", "카드", fields{"useAppCardOnly": true, "useInternationalCardOnly": true}, "INVALID_PARAMETER"},
		{"points in words", "카드", fields{"useCardPoint": "yes"}, "INVALID_PARAMETER"},
		{"six pairs of metadata", "카드", fields{"metadata": fields{"1": "", "2": "", "3": "", "4": "", "5": "", "6": ""}}, "INVALID_PARAMETER"},
		{"a bracket in metadata", "카드", fields{"metadata": fields{"a[0]": "x"}}, "INVALID_PARAMETER"},
		{"a parameter of another method", "카드", fields{"validHours": 24}, ""},
		{"an unknown parameter", "카드", fields{"colour": "blue"}, "INVALID_PARAMETER"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.request(c.method, params(c.with))
			if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
				t.Errorf("answer %s, want %s", r, c.code)
			}
		})
	}
	b.want(b.request("카드", params(nil), fields{"clientKey": secretKey}), 400, "INVALID_CLIENT_KEY")
	b.want(b.request("카드", params(nil), fields{"nonce": "short"}), 400, "INVALID_PARAMETER")
	b.want(b.request("카드", nil), 400, "INVALID_PARAMETER")
}

func TestWindowIsAFrameOnDesktopsOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		phone  bool
		target any
		framed bool
	}{{false, nil, true}, {false, "iframe", true}, {false, "self", false}, {true, nil, false}, {true, "iframe", false}} {
		r := b.request("카드", params(fields{"windowTarget": c.target}), fields{"phone": c.phone})
		if r.body["framed"] != c.framed {
			t.Errorf("phone %v, target %v: %s", c.phone, c.target, r)
		}
	}
}

func TestScriptAndWindowMayBeUsedFromAnyOrigin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/js/v1", "/js/v1/payment"} {
		r := b.call("GET", path, nil, "Authorization", "")
		if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/javascript") || r.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
	pre := b.call("OPTIONS", "/sdk/payments", nil, "Authorization", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "POST")
	if pre.status != 204 || pre.header.Get("Access-Control-Allow-Origin") != "*" || pre.header.Get("Access-Control-Allow-Headers") != "Content-Type" {
		t.Errorf("preflight %d %v", pre.status, pre.header)
	}
	page := b.call("GET", b.window(params(nil)), nil, "Authorization", "")
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "frame-ancestors * http: https:") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	if bytes.Contains(page.raw, []byte("style=")) || bytes.Contains(page.raw, []byte("onclick")) {
		t.Error("the page has what its policy forbids")
	}
}

func TestWindowOffersWhatTheParametersSay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name string
		with fields
		has  []string
		not  []string
	}{
		{"all domestic cards, up to 12 months", nil, []string{"card-41", `value="12"`, `data-testid="point"`, "58,000원", "실제 결제가 아닙니다"}, []string{"card-4V"}},
		{"one company", fields{"cardCompany": "삼성"}, []string{"card-51"}, []string{"card-41"}},
		{"app cards", fields{"useAppCardOnly": true}, []string{"card-41", "card-33"}, []string{"card-31", "card-24"}},
		{"up to 3 months", fields{"maxCardInstallmentPlan": 3}, []string{`value="3"`}, []string{`value="4"`}},
		{"5 months and nothing else", fields{"cardInstallmentPlan": 5}, []string{`value="5"`}, []string{`<option value="0"`, `value="6"`}},
		{"a small amount", fields{"amount": 49999, "maxCardInstallmentPlan": 6}, []string{`<option value="0"`}, []string{`<option value="2"`}},
		{"no points", fields{"useCardPoint": false}, nil, []string{`data-testid="point"`}},
		{"points", fields{"useCardPoint": true}, []string{`data-testid="point" checked`}, nil},
		{"interest-free months", fields{"freeInstallmentPlans": []fields{{"company": "61", "months": []int{3, 2, 3}}}}, []string{`data-free="2 3 "`}, nil},
		{"international", fields{"useInternationalCardOnly": true}, []string{"card-4V", "card-4M", "card-3C", "Not a real payment", `lang="en"`, "KRW 58,000"}, []string{"card-41"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			page := string(b.call("GET", b.window(params(c.with)), nil, "Authorization", "").raw)
			for _, want := range c.has {
				if !strings.Contains(page, want) {
					t.Errorf("lacks %s", want)
				}
			}
			for _, no := range c.not {
				if strings.Contains(page, no) {
					t.Errorf("has %s", no)
				}
			}
		})
	}
}

func TestWindowTakesNoMoreThanItOffers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.window(params(fields{"cardCompany": "현대", "maxCardInstallmentPlan": 3, "useCardPoint": false}))
	b.want(b.act(w, "approve", fields{"company": "41"}), 400, "INVALID_CARD_COMPANY")
	b.want(b.act(w, "approve", fields{"company": "61", "installments": 4}), 400, "INVALID_CARD_INSTALLMENT_PLAN")
	b.want(b.act(w, "approve", fields{"company": "61", "point": true}), 400, "NOT_ALLOWED_POINT_USE")
	b.want(b.act(w, "approve", fields{"company": "61", "code": "NO_SUCH"}), 400, "INVALID_REQUEST")
	b.want(b.act(w, "dance", fields{}), 400, "INVALID_REQUEST")
	b.want(b.call("POST", w+"/approve", fields{"company": "61"}, "Sec-Fetch-Site", "cross-site"), 403, "")
	if got := b.newest()["status"]; got != "READY" {
		t.Fatalf("status %v", got)
	}
	b.want(b.act(w, "approve", fields{"company": "61", "installments": 3}), 200, "")
	b.want(b.act(w, "approve", fields{"company": "61"}), 404, "NOT_FOUND_PAYMENT_SESSION")
	b.want(b.act(b.url+"/window/nothing", "approve", fields{}), 404, "NOT_FOUND_PAYMENT_SESSION")
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action string
		with   fields
		url    string // "*" stands for the payment key
		status string
	}{
		{"approve", nil, "https://shop.example/ok?paymentKey=*&orderId=ORD-20230310-0001&amount=58000&paymentType=NORMAL", "IN_PROGRESS"},
		{"approve", fields{"successUrl": "https://shop.example/ok?a=%20b#top"}, "https://shop.example/ok?a=%20b&paymentKey=*&orderId=ORD-20230310-0001&amount=58000&paymentType=NORMAL#top", "IN_PROGRESS"},
		{"cancel", nil, "https://shop.example/ng?cart=7&code=PAY_PROCESS_CANCELED&message=" + url.PathEscape("구매자가 결제를 그만두었습니다."), "READY"},
		{"leave", nil, "https://shop.example/ng?cart=7&code=PAY_PROCESS_CANCELED&message=" + url.PathEscape("구매자가 결제를 그만두었습니다."), "READY"},
		{"decline", nil, "https://shop.example/ng?cart=7&code=REJECT_CARD_COMPANY&message=" + url.PathEscape("카드사에서 승인을 거절했습니다.") + "&orderId=ORD-20230310-0001", "READY"},
		{"abort", nil, "https://shop.example/ng?cart=7&code=PAY_PROCESS_ABORTED&message=" + url.PathEscape("결제가 중단되었습니다.") + "&orderId=ORD-20230310-0001", "READY"},
	} {
		t.Run(c.action, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			r := b.act(b.window(params(c.with)), c.action, fields{"company": "41"})
			p := b.newest()
			if want := strings.Replace(c.url, "*", p["paymentKey"].(string), 1); r.body["url"] != want {
				t.Errorf("goes to %v\nwant %s", r.body["url"], want)
			}
			if p["status"] != c.status {
				t.Errorf("status %v, want %s", p["status"], c.status)
			}
		})
	}
}

func TestPromiseOutcomes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	promise := params(fields{"successUrl": nil, "failUrl": nil})
	ok := b.act(b.window(promise), "approve", fields{"company": "41"})
	result, _ := ok.body["result"].(map[string]any)
	if len(result) != 3 || result["paymentKey"] != b.newest()["paymentKey"] || result["amount"] != 58000.0 || ok.body["url"] != nil {
		t.Errorf("approved: %s", ok)
	}
	no := b.act(b.window(promise), "cancel", fields{})
	if e, _ := no.body["error"].(map[string]any); e["code"] != "PAY_PROCESS_CANCELED" {
		t.Errorf("cancelled: %s", no)
	}
}

func TestExpiredWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.window(params(nil))
	b.want(b.act(w, "expire", fields{}), 200, "")
	if page := b.call("GET", w, nil, "Authorization", ""); !strings.Contains(string(page.raw), `data-testid="expired"`) {
		t.Errorf("page %s", page)
	}
	b.want(b.act(w, "approve", fields{"company": "41"}), 404, "NOT_FOUND_PAYMENT_SESSION")
	if r := b.act(w, "leave", fields{}); !strings.Contains(r.body["url"].(string), "code=PAY_PROCESS_ABORTED") {
		t.Errorf("leaving: %s", r)
	}
	if page := b.call("GET", b.url+"/window/nothing", nil, "Authorization", ""); page.status != 404 {
		t.Errorf("no such window: %d", page.status)
	}
}

func TestWindowsActByThemselvesWhenTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	auto := func(action string) {
		b.want(b.call("PUT", b.root+"/control/tosspayments/auto", fields{"action": action}), 200, "")
	}
	w := b.window(params(nil))
	auto("approve")
	if page := b.call("GET", w, nil, "Authorization", ""); !strings.Contains(string(page.raw), `"auto":"approve"`) {
		t.Error("the window does not know that it is to approve")
	}
	auto("off")
	if page := b.call("GET", w, nil, "Authorization", ""); !strings.Contains(string(page.raw), `"auto":""`) {
		t.Error("the window still acts by itself")
	}
}

func TestReceiptShowsThePaymentAndItsCancels(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.approved(nil)
	b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "재고 <없음>", "cancelAmount": 8000}), 200, "")
	receipt := b.get(key)["receipt"].(map[string]any)["url"].(string)
	page := string(b.call("GET", receipt, nil, "Authorization", "").raw)
	for _, want := range []string{"현대카드", "58,000원", "부분 취소", "-8,000원", "재고 &lt;없음&gt;", "50,000원", "SANDBOX"} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if r := b.call("GET", "/receipt/redirection?transactionId=nothing", nil, "Authorization", ""); r.status != 404 {
		t.Errorf("no such receipt: %d", r.status)
	}
}

func TestShopsAreChecked(t *testing.T) {
	t.Parallel()
	good := tosspayments.Shop{MID: mid, ClientKey: clientKey, SecretKey: secretKey}
	for name, c := range map[string]struct {
		change func(*tosspayments.Shop)
		want   string
	}{
		"no MID":               {func(s *tosspayments.Shop) { s.MID = "" }, "MID"},
		"a long MID":           {func(s *tosspayments.Shop) { s.MID = "fifteen-letters" }, "MID"},
		"a short key":          {func(s *tosspayments.Shop) { s.ClientKey = "sandbox_ck_x" }, "ClientKey"},
		"keys exchanged":       {func(s *tosspayments.Shop) { s.ClientKey, s.SecretKey = s.SecretKey, s.ClientKey }, "ClientKey"},
		"a mixed pair":         {func(s *tosspayments.Shop) { s.SecretKey = liveKey }, "pair"},
		"a version of 2024":    {func(s *tosspayments.Shop) { s.Version = "2024-06-01" }, "Version"},
		"deposits told to FTP": {func(s *tosspayments.Shop) { s.DepositURL = "ftp://shop" }, "DepositURL"},
		"a webhook to FTP":     {func(s *tosspayments.Shop) { s.WebhookURL = "ftp://shop" }, "WebhookURL"},
	} {
		s := good
		c.change(&s)
		_, err := tosspayments.New(tosspayments.Options{BaseURL: "http://sandbox", Shops: []tosspayments.Shop{s}})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "bbbb") {
			t.Errorf("%s: error %v, want one about %s", name, err, c.want)
		}
	}
	if _, err := tosspayments.New(tosspayments.Options{BaseURL: "sandbox"}); err == nil || !strings.Contains(err.Error(), "BaseURL") {
		t.Errorf("bad base: error %v", err)
	}
}

func TestShopsCanBeAddedAndChangedLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	added := tosspayments.Shop{MID: "tvlater", Name: "새 상점", ClientKey: "test_ck_dddddddddddddddddddddddddddd", SecretKey: "test_sk_dddddddddddddddddddddddddddd"}
	if err := b.sim.AddShop(added); err != nil {
		t.Fatal(err)
	}
	b.want(b.call("GET", "/v1/payments/nothing", nil, "Authorization", basic(added.SecretKey)), 404, "NOT_FOUND_PAYMENT")
	added.Name = "같은 상점"
	if err := b.sim.AddShop(added); err != nil {
		t.Errorf("the same shop again: %v", err)
	}
	added.SecretKey = "test_sk_eeeeeeeeeeeeeeeeeeeeeeeeeeee"
	if err := b.sim.AddShop(added); err == nil {
		t.Error("the shop took other keys")
	}
	added.MID, added.SecretKey = "tvthird", "test_sk_eeeeeeeeeeeeeeeeeeeeeeeeeeee"
	if err := b.sim.AddShop(added); err == nil {
		t.Error("two shops share a client key")
	}
}
