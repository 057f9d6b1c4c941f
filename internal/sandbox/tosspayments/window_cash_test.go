package tosspayments_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func TestCashWindowsAskForWhatTheMethodNeeds(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	for method, has := range map[string][]string{
		"계좌이체":    {`data-testid="bank-88"`, `data-testid="bank-90"`, `data-testid="receipt-person"`, `data-testid="receipt-none" checked`, `data-testid="escrow"`, "이체하기"},
		"가상계좌":    {`data-testid="bank-39"`, `data-testid="depositor" value=""`, `data-testid="phone"`, `data-testid="receipt-company"`, "2023년 3월 17일 10:15까지", "가상계좌 발급받기"},
		"휴대폰":     {`data-testid="carrier-SKT"`, `data-testid="carrier-SK7"`, `data-testid="birth"`, "000000", "1,000,000원"},
		"문화상품권":   {`data-brand="culture"`, "컬쳐랜드", `data-testid="gift-password"`, "500,000원", "442,000원"},
		"도서문화상품권": {`data-brand="book"`, "북앤라이프"},
		"게임문화상품권": {`data-brand="game"`, "스마트문상"},
	} {
		for _, name := range []string{method, methodCodes[method]} {
			page := b.page(b.open(name, nil))
			has := append(has, "58,000원", "나루 상점", "SANDBOX", `data-testid="panel-approve"`, `data-testid="decline-code"`, `data-testid="approve"`, "/static/cash.")
			for _, want := range has {
				if !strings.Contains(page, html(want)) {
					t.Errorf("%s lacks %s", name, want)
				}
			}
			for _, no := range []string{"style=\"", "onclick", `data-testid="account-key"`, "card-41"} {
				if strings.Contains(page, no) {
					t.Errorf("%s has %s", name, no)
				}
			}
		}
	}
}

func TestCashWindowsSpeakEnglish(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for method, want := range map[string]string{
		"계좌이체": "Which bank do you pay from?", "가상계좌": "Customer number", "휴대폰": "Send me the code", "문화상품권": "Log in to Cultureland",
		"도서문화상품권": "BookNLife", "게임문화상품권": "Smart Munsang",
	} {
		page := b.page(b.open(method, fields{"language": "EN"}))
		for _, want := range []string{want, `lang="en"`, "KRW 58,000", "Not a real payment", "Test tools"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", method, want)
			}
		}
		if korean := b.page(b.open(method, nil)); strings.Contains(korean, want) && !strings.Contains(want, "Life") {
			t.Errorf("%s: the Korean page says %s", method, want)
		}
	}
	r := b.act(b.open("휴대폰", fields{"language": "EN"}), "approve", choices("휴대폰", fields{"sms": "123456"}))
	if b.want(r, 400, "INVALID_AUTHORIZE_AUTH"); !strings.Contains(fmt.Sprint(r.body["message"]), "authentication") {
		t.Errorf("refusal %s", r)
	}
}

func TestCashParametersOfEveryMethod(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, method := range cashMethods {
		for _, c := range []struct {
			with fields
			code string // "" is accepted
		}{
			{nil, ""},
			{fields{"cardCompany": "현대", "useEscrow": false}, ""}, // cards' own have no meaning
			{fields{"taxFreeAmount": 8000}, ""},
			{fields{"customerMobilePhone": "01000001234"}, ""},
			{fields{"customerMobilePhone": "010-0000-1234"}, "INVALID_PHONE"},
			{fields{"currency": "USD"}, "INVALID_CURRENCY"},
			{fields{"amount": 0}, "BELOW_ZERO_AMOUNT"},
			{fields{"amount": 1}, ""}, // the smallest amounts are the confirm's business
			{fields{"cultureExpense": "yes"}, "INVALID_PARAMETER"},
			{fields{"language": "FR"}, "INVALID_PARAMETER"},
			{fields{"colour": "blue"}, "INVALID_PARAMETER"},
			{fields{"successUrl": "/ok"}, "INCORRECT_SUCCESS_URL_FORMAT"},
		} {
			r := b.request(method, params(c.with))
			if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
				t.Errorf("%s %v: %s, want %s", method, c.with, r, c.code)
			}
		}
	}
}

func TestCashWindowsEndAsCardsDo(t *testing.T) {
	t.Parallel()
	rejections := map[string]string{"계좌이체": "REJECT_ACCOUNT_PAYMENT", "가상계좌": "NOT_AVAILABLE_BANK", "휴대폰": "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT"}
	for _, method := range cashMethods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := setup(t, plainAccounts)
			for action, code := range map[string]string{"cancel": "PAY_PROCESS_CANCELED", "abort": "PAY_PROCESS_ABORTED", "reject": rejections[method]} {
				if code == "" {
					code = "INVALID_AUTHORIZE_AUTH_TYPE_GIFT_CERTIFICATE"
				}
				r := b.act(b.open(method, nil), action, fields{})
				if address, _ := r.body["url"].(string); !strings.HasPrefix(address, "https://shop.example/ng?cart=7&code="+code+"&") {
					t.Errorf("%s: %s, want %s", action, r, code)
				}
				if p := b.newest(); p["status"] != "READY" || p["method"] != method {
					t.Errorf("%s leaves %v %v", action, p["method"], p["status"])
				}
			}
			w := b.open(method, nil)
			b.want(b.act(w, "expire", fields{}), 200, "")
			if b.hook().status() != "EXPIRED" || !strings.Contains(b.page(w), `data-testid="expired"`) {
				t.Error("the window is not expired")
			}
			r := b.act(b.open(method, nil), "approve", choices(method, nil))
			p := b.newest()
			want := "https://shop.example/ok?paymentKey=" + p["paymentKey"].(string) + "&orderId=ORD-20230310-0001&amount=58000&paymentType=NORMAL"
			if r.body["url"] != want || p["status"] != "IN_PROGRESS" || p["approvedAt"] != nil {
				t.Errorf("approved: %s, status %v", r, p["status"])
			}
			for _, name := range []string{"card", "transfer", "mobilePhone", "giftCertificate", "virtualAccount", "cashReceipt", "receipt", "secret", "cancels"} {
				if p[name] != nil {
					t.Errorf("before the confirm %s is %v", name, p[name])
				}
			}
			if sum, n := b.moved(); sum != 0 || n != 0 {
				t.Errorf("%d won moved", sum)
			}
		})
	}
}

func TestCashDeclinesAtTheConfirm(t *testing.T) {
	t.Parallel()
	for method, code := range map[string]string{
		"계좌이체": "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", "가상계좌": "NOT_AVAILABLE_BANK", "휴대폰": "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT",
		"문화상품권": "INVALID_AUTHORIZE_AUTH_TYPE_GIFT_CERTIFICATE", "도서문화상품권": "PROVIDER_ERROR", "게임문화상품권": "EXCEED_MAX_ONE_DAY_AMOUNT",
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := setup(t, plainAccounts)
			w := b.open(method, nil)
			if page := b.page(w); !strings.Contains(page, `value="`+code+`"`) {
				t.Errorf("the panel does not offer %s", code)
			}
			b.want(b.act(w, "approve", choices(method, fields{"code": code})), 200, "")
			if r := b.confirm(); r.status < 400 || r.code() != code {
				t.Errorf("confirm: %s, want %s", r, code)
			}
			h := b.hook()
			p := b.newest()
			if h.body["eventType"] != "PAYMENT_STATUS_CHANGED" || h.status() != "ABORTED" || p["status"] != "ABORTED" || p["virtualAccount"] != nil || p["lastTransactionKey"] != nil {
				t.Errorf("webhook %v, payment %v", h.body, p)
			}
			if failure, _ := p["failure"].(map[string]any); failure["code"] != code {
				t.Errorf("failure %v", p["failure"])
			}
			b.want(b.cancelled(p["paymentKey"], nil), 403, "NOT_CANCELABLE_PAYMENT")
		})
	}
}

func TestSmallestAmounts(t *testing.T) {
	t.Parallel()
	for method, least := range map[string]int{"계좌이체": 200, "가상계좌": 1, "휴대폰": 300, "문화상품권": 1} {
		b := setup(t, plainAccounts)
		for amount, status := range map[int]int{least - 1: 400, least: 200} {
			if amount == 0 {
				continue
			}
			b.want(b.act(b.open(method, fields{"amount": amount, "orderId": fmt.Sprintf("LEAST-%d", amount)}), "approve", choices(method, nil)), 200, "")
			r := b.confirm()
			if r.status != status || status == 400 && r.code() != "BELOW_MINIMUM_AMOUNT" {
				t.Errorf("%s of %d won: %s", method, amount, r)
			}
		}
	}
}

// The whole life of each method that takes the money at the confirm.
func TestCashPaymentsAreApprovedAndCancelled(t *testing.T) {
	t.Parallel()
	for method, own := range map[string]struct {
		name, json string // of the member that is not null
		partial    bool
		slip       string // what the sales slip says
	}{
		"계좌이체":    {"transfer", `{"bank":"신한","bankCode":"88","settlementStatus":"INCOMPLETED"}`, true, "신한은행"},
		"휴대폰":     {"mobilePhone", `{"customerMobilePhone":"01000001234","receiptUrl":"*","settlementStatus":"INCOMPLETED"}`, true, "010-****-1234"},
		"문화상품권":   {"giftCertificate", `{"approveNo":"00000000","settlementStatus":"INCOMPLETED"}`, false, "문화상품권"},
		"도서문화상품권": {"giftCertificate", `{"approveNo":"00000000","settlementStatus":"INCOMPLETED"}`, false, "도서문화상품권"},
		"게임문화상품권": {"giftCertificate", `{"approveNo":"00000000","settlementStatus":"INCOMPLETED"}`, false, "게임문화상품권"},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.pay(method, fields{"cultureExpense": true}, nil)
			slip := p["receipt"].(map[string]any)["url"].(string)
			got, _ := json.Marshal(p[own.name])
			if text := strings.Replace(string(got), strings.ReplaceAll(slip, "&", `\u0026`), "*", 1); text != own.json {
				t.Errorf("%s is %s, want %s", own.name, text, own.json)
			}
			for _, name := range []string{"card", "transfer", "virtualAccount", "mobilePhone", "giftCertificate", "easyPay", "cashReceipt", "cashReceipts", "cancels", "failure"} {
				if name != own.name && p[name] != nil {
					t.Errorf("%s is %v", name, p[name])
				}
			}
			if p["status"] != "DONE" || p["method"] != method || p["type"] != "NORMAL" || p["useEscrow"] != false || p["cultureExpense"] != (method == "계좌이체") ||
				p["isPartialCancelable"] != own.partial || p["approvedAt"] == nil || p["secret"] == nil || p["balanceAmount"] != 58000.0 || p["vat"] != 5273.0 {
				t.Errorf("payment %v", p)
			}
			if h := b.hook(); h.status() != "DONE" {
				t.Errorf("webhook %v", h.body)
			}
			if page := b.page(slip); !strings.Contains(page, own.slip) || strings.Contains(page, "01000001234") {
				t.Errorf("slip lacks %s", own.slip)
			}
			en := b.call("GET", "/v1/payments/"+p["paymentKey"].(string), nil, "Accept-Language", "en-US")
			if en.body["method"] != methodCodes[method] {
				t.Errorf("method in English: %v", en.body["method"])
			}
			part := b.cancelled(p["paymentKey"], fields{"cancelAmount": 8000})
			if own.partial {
				if b.hook(); part.status != 200 || part.body["status"] != "PARTIAL_CANCELED" || part.body["balanceAmount"] != 50000.0 {
					t.Errorf("partial cancel: %s", part)
				}
			} else {
				b.want(part, 403, "NOT_ALLOWED_PARTIAL_REFUND")
			}
			rest := b.cancelled(p["paymentKey"], nil)
			list, _ := rest.body["cancels"].([]any)
			if rest.status != 200 || rest.body["balanceAmount"] != 0.0 || len(list) == 0 || list[0].(map[string]any)["receiptKey"] != nil || b.hook().status() != rest.body["status"] {
				t.Errorf("cancel: %s", rest)
			}
			if sum, n := b.moved(); sum != 0 || n < 2 {
				t.Errorf("after the cancel the ledger has %d movements with the sum %d", n, sum)
			}
			if slip := b.page(slip); !strings.Contains(slip, "취소 금액") {
				t.Error("the slip does not show the cancel")
			}
		})
	}
}

func TestCashAnswersOf2022(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Legacy2022 = true; plainAccounts(o) })
	p := b.pay("계좌이체", nil, nil)
	transfer := p["transfer"].(map[string]any)
	if _, code := transfer["bankCode"]; code || transfer["bank"] != "신한" || len(transfer) != 2 {
		t.Errorf("transfer %v", transfer)
	}
	for _, name := range []string{"isPartialCancelable", "cashReceipts", "metadata", "taxExemptionAmount"} {
		if _, there := p[name]; there {
			t.Errorf("%s is there", name)
		}
	}
	b.want(b.request("가상계좌", params(fields{"validHours": 721})), 400, "EXCEED_MAX_VALID_HOURS")
	a := b.pay("가상계좌", fields{"orderId": "VA-2022-1", "validHours": 720}, nil)["virtualAccount"].(map[string]any)
	if _, code := a["bankCode"]; code || a["bank"] != "국민" || a["dueDate"] != "2023-04-09T10:15:22+09:00" {
		t.Errorf("account %v", a)
	}
}

// What buyers type must not be found in the transcript, on pages, or in refusals.
func TestPersonalValuesStayOut(t *testing.T) {
	t.Parallel()
	b := setup(t, plainAccounts)
	b.pay("휴대폰", fields{"orderId": "PERSONAL-1", "amount": 900}, fields{"phone": "01077665544", "birth": "771231"})
	b.pay("계좌이체", fields{"orderId": "PERSONAL-2", "customerMobilePhone": "01077665544"}, fields{"receipt": "소득공제", "receiptNumber": "01077665544"})
	p := b.pay("가상계좌", fields{"orderId": "PERSONAL-3"}, fields{"phone": "01077665544", "receipt": "지출증빙", "receiptNumber": "7766554433"})
	b.control("POST", "/payments/"+p["paymentKey"].(string)+"/deposit", nil)
	w := b.open("휴대폰", fields{"orderId": "PERSONAL-4"})
	refusals := []reply{
		b.act(w, "approve", choices("휴대폰", fields{"phone": "077665544"})),
		b.act(w, "approve", choices("휴대폰", fields{"birth": "771399"})),
		b.act(b.open("문화상품권", fields{"orderId": "PERSONAL-5"}), "approve", fields{"id": "someone7766", "password": "7766554433"}),
		b.act(b.open("계좌이체", fields{"orderId": "PERSONAL-6"}), "approve", choices("계좌이체", fields{"receipt": "소득공제", "receiptNumber": "77665544"})),
	}
	for _, r := range refusals {
		if r.status == 200 || strings.Contains(string(r.raw), "7766") || strings.Contains(string(r.raw), "7713") {
			t.Errorf("refusal %s", r)
		}
	}
	said, err := json.Marshal(b.sim.Transcript().Entries())
	if err != nil || strings.Contains(string(said), "77665544") || strings.Contains(string(said), "771231") || !strings.Contains(string(said), "PERSONAL-1") {
		t.Error("the transcript has what a buyer typed")
	}
	for _, p := range []string{"PERSONAL-1", "PERSONAL-2", "PERSONAL-3"} {
		r := b.call("GET", "/v1/payments/orders/"+p, nil)
		if page := b.page(r.body["receipt"].(map[string]any)["url"].(string)); strings.Contains(page, "77665544") {
			t.Errorf("the slip of %s shows a number", p)
		}
	}
}

func TestShopsWithoutTheContract(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, method := range cashMethods {
		b.want(b.control("PUT", "/shops/"+url.PathEscape(mid)+"/methods", fields{methodCodes[method]: false}), 200, "")
		b.want(b.request(method, params(nil)), 400, "PAY_PROCESS_ABORTED")
	}
}

func TestCancelsComeTooLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		at     time.Time
		status int
	}{
		{"계좌이체", began.Add(180 * 24 * time.Hour), 200},
		{"계좌이체", began.Add(180*24*time.Hour + time.Second), 403},
		{"휴대폰", time.Date(2023, 3, 31, 14, 59, 59, 0, time.UTC), 200}, // the last second of March in Seoul
		{"휴대폰", time.Date(2023, 3, 31, 15, 0, 0, 0, time.UTC), 403},
		{"문화상품권", began.AddDate(2, 0, 0), 200},
	} {
		b := setup(t)
		p := b.pay(c.method, nil, nil)
		b.clock.set(c.at)
		r := b.cancelled(p["paymentKey"], nil)
		if r.status != c.status || c.status == 403 && r.code() != "EXCEED_MAX_REFUND_DUE" {
			t.Errorf("%s at %s: %s", c.method, c.at, r)
		}
	}
}

func TestPaymentsCreatedByTheServerHaveTheirWindows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, method := range cashMethods {
		in := params(fields{"orderId": fmt.Sprintf("SERVER-%d", i)})
		in["method"] = method
		r := b.call("POST", "/v1/payments", in)
		if r.status != 200 || r.body["status"] != "READY" || r.body["method"] != method {
			t.Fatalf("%s: %s", method, r)
		}
		to := b.call("GET", r.body["checkout"].(map[string]any)["url"].(string), nil, "Authorization", "")
		if to.status != 303 || !strings.Contains(b.page(to.header.Get("Location")), "data-cash=") {
			t.Errorf("%s: checkout %d", method, to.status)
		}
	}
}

// A script that plays the buyer sends what the page would.
func TestNextBuyersOfCashWindows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.control("PUT", "/next-buyer", fields{"method": "TRANSFER", "action": "approve", "choices": fields{"bank": "90", "escrow": true}}), 200, "")
	b.want(b.control("PUT", "/next-buyer", fields{"method": "가상계좌", "action": "approve", "choices": fields{"bank": "90", "name": "이구매"}}), 200, "")
	if page := b.page(b.open("휴대폰", nil)); !strings.Contains(page, `"auto":""`) {
		t.Error("an order for transfers was given to a phone bill")
	}
	if page := b.page(b.open("계좌이체", nil)); !strings.Contains(page, `"auto":"approve"`) || !strings.Contains(page, `"choices":{"bank":"90","escrow":true}`) {
		t.Error("the window does not know its order")
	}
	if page := b.page(b.open("가상계좌", nil)); !strings.Contains(page, `"problem":"next-buyer: 은행을 확인해 주세요.`) {
		t.Error("a bank without accounts was not refused")
	}
}
