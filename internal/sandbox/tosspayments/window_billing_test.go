package tosspayments_test

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

const authPath = "/v1/billing/authorizations/issue"

func billingParams(with fields) fields {
	return merged(fields{"customerKey": "cus_9f0c2b7e", "successUrl": "https://shop.example/ok?a=1", "failUrl": "https://shop.example/ng"}, with)
}

// askBilling is what the script asks for.
func (b *bench) askBilling(method string, p fields, with ...fields) reply {
	b.Helper()
	in := fields{"clientKey": clientKey, "method": method, "nonce": "0123456789abcdef", "phone": false, "params": p}
	for _, w := range with {
		maps.Copy(in, w)
	}
	return b.call("POST", "/sdk/billing-auths", in, "Authorization", "", "Origin", "https://shop.example")
}

func (b *bench) billingWindow(with fields) string {
	b.Helper()
	r := b.askBilling("카드", billingParams(with))
	if r.status != 200 {
		b.Fatalf("window: %s", r)
	}
	return r.body["url"].(string)
}

// typed is what a customer types, changed by with.
func typed(with fields) fields {
	return merged(cardOf(fields{"customerKey": nil, "phone": "01000001234", "verification": "000000"}), with)
}

// landed is where the window leads, its query apart.
func landed(t *testing.T, r reply) (string, url.Values) {
	t.Helper()
	u, err := url.Parse(fmt.Sprint(r.body["url"]))
	if r.status != 200 || err != nil {
		t.Fatalf("answer %s", r)
	}
	query := u.Query()
	u.RawQuery = ""
	return u.String(), query
}

// authKey has a customer register the good card.
func (b *bench) authKey(chosen fields) string {
	b.Helper()
	_, query := landed(b.T, b.act(b.billingWindow(nil), "approve", chosen))
	return query.Get("authKey")
}

func TestTheBillingWindowGivesAKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	to, query := landed(t, b.act(b.billingWindow(nil), "approve", typed(nil)))
	key := query.Get("authKey")
	if to != "https://shop.example/ok" || query.Get("a") != "1" || query.Get("customerKey") != "cus_9f0c2b7e" || key == "" || len(key) > 300 || len(query) != 3 {
		t.Fatalf("leads to %s with %v", to, query)
	}
	in := fields{"authKey": key, "customerKey": "cus_9f0c2b7e"}
	b.want(b.call("POST", authPath, fields{"authKey": key, "customerKey": "somebody"}), 400, "NOT_MATCHES_CUSTOMER_KEY")
	first := b.call("POST", authPath, in, "Idempotency-Key", "k-1")
	b.want(first, 200, "")
	if card := part(first.body, "card"); card["number"] != "94100012****789*" || card["issuerCode"] != "21" || card["ownerType"] != "개인" {
		t.Errorf("billing %s", first)
	}
	// The answer is repeated under its key; without it the auth key is used up.
	if again := b.call("POST", authPath, in, "Idempotency-Key", "k-1"); string(again.raw) != string(first.raw) {
		t.Errorf("replay %s, want %s", again, first)
	}
	b.want(b.call("POST", authPath, in, "Idempotency-Key", "k-2"), 400, "INVALID_BILLING_AUTH")
	b.want(b.call("POST", authPath, in), 400, "INVALID_BILLING_AUTH")
	b.want(b.charge(first.body["billingKey"].(string), nil), 200, "")
	if n := len(b.webhookLog()); n != 0 {
		t.Errorf("%d webhooks tell of it", n)
	}
}

func TestBillingParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name, method string
		with         fields
		status       int
		code         string
	}{
		{"ordinary", "카드", nil, 200, ""},
		{"the method's code", "CARD", fields{"customerName": "이구매", "customerEmail": "a@b.example", "windowTarget": "self"}, 200, ""},
		{"another method", "계좌이체", nil, 400, "INVALID_PARAMETER"},
		{"no method", "", nil, 400, "INVALID_PARAMETER"},
		{"no customer", "카드", fields{"customerKey": nil}, 400, "INVALID_CUSTOMER_KEY"},
		{"a customer of one letter", "카드", fields{"customerKey": "c"}, 400, "INVALID_CUSTOMER_KEY"},
		{"a Korean customer", "카드", fields{"customerKey": "고객-1"}, 400, "INVALID_CUSTOMER_KEY"},
		{"every character there is", "카드", fields{"customerKey": "aZ9-_=.@"}, 200, ""},
		{"a customer of 301", "카드", fields{"customerKey": strings.Repeat("c", 301)}, 500, "FAILED_DB_PROCESSING"},
		{"no successUrl", "카드", fields{"successUrl": nil}, 400, "INVALID_SUCCESS_URL"},
		{"no addresses", "카드", fields{"successUrl": nil, "failUrl": nil}, 400, "INVALID_SUCCESS_URL"},
		{"a relative failUrl", "카드", fields{"failUrl": "/ng"}, 400, "INCORRECT_FAIL_URL_FORMAT"},
		{"a bad e-mail", "카드", fields{"customerEmail": "someone"}, 400, "INVALID_EMAIL"},
		{"an odd target", "카드", fields{"windowTarget": "popup"}, 400, "INVALID_PARAMETER"},
		{"an amount", "카드", fields{"amount": 100}, 400, "INVALID_PARAMETER"},
	} {
		if r := b.askBilling(c.method, billingParams(c.with)); r.status != c.status || c.code != "" && r.code() != c.code {
			t.Errorf("%s: %s, want %d %s", c.name, r, c.status, c.code)
		}
	}
	b.want(b.askBilling("카드", billingParams(nil), fields{"clientKey": "live_ck_cccccccccccccccccccccccccccc"}), 400, "NOT_SUPPORTED_METHOD")
	b.want(b.askBilling("카드", billingParams(nil), fields{"clientKey": secretKey}), 400, "INVALID_CLIENT_KEY")
	b.want(b.askBilling("카드", nil), 400, "INVALID_PARAMETER")
	for _, c := range []struct {
		phone  bool
		target any
		framed bool
	}{{false, nil, true}, {false, "self", false}, {true, nil, false}} {
		if r := b.askBilling("카드", billingParams(fields{"windowTarget": c.target}), fields{"phone": c.phone}); r.body["framed"] != c.framed {
			t.Errorf("phone %v, target %v: %s", c.phone, c.target, r)
		}
	}
}

// What is wrong in form the window shows; it stays open.
func TestTheBillingWindowChecksWhatIsTyped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.billingWindow(nil)
	for _, c := range []struct {
		with fields
		code string
	}{
		{fields{"cardNumber": "9410"}, "INVALID_CARD_NUMBER"}, {fields{"cardNumber": nil}, "INVALID_REQUEST"},
		{fields{"cardExpirationMonth": "13"}, "INVALID_CARD_EXPIRATION"}, {fields{"cardExpirationYear": "2030"}, "INVALID_CARD_EXPIRATION"},
		{fields{"cardPassword": "1"}, "INVALID_CARD_PASSWORD"}, {fields{"cardPassword": nil}, "INVALID_REQUEST"},
		{fields{"customerIdentityNumber": "19900101"}, "INVALID_BIRTH_DAY_FORMAT"}, {fields{"phone": "010-0000-1234"}, "INVALID_PHONE"},
		{fields{"phone": nil}, "INVALID_REQUEST"}, {fields{"verification": "111111"}, "INVALID_REQUEST"}, {fields{"verification": nil}, "INVALID_REQUEST"},
		{fields{"card": "good"}, "INVALID_REQUEST"}, {fields{"colour": "blue"}, "INVALID_REQUEST"}, {fields{"code": "NO_SUCH"}, "INVALID_REQUEST"},
	} {
		r := b.act(w, "approve", typed(c.with))
		if r.status != 400 || r.code() != c.code {
			t.Errorf("%v: %s, want %s", c.with, r, c.code)
		}
		for name, v := range typed(c.with) {
			if text := v.(string); name != "code" && name != "card" && name != "colour" && text != "000000" && len(text) > 2 && strings.Contains(string(r.raw), text) {
				t.Errorf("%s is shown: %s", name, r)
			}
		}
	}
	b.want(b.act(w, "approve", fields{"card": "platinum"}), 400, "INVALID_REQUEST")
	b.want(b.act(w, "approve", typed(nil)), 200, "")
	b.want(b.act(w, "approve", typed(nil)), 404, "NOT_FOUND_PAYMENT_SESSION")
	if page := b.page(w); !strings.Contains(page, `data-testid="ended"`) || strings.Contains(page, "원두") {
		t.Errorf("page %s", page)
	}
}

// Cards that the company refuses lead to the failure address, without an order.
func TestRefusedCardsEndTheBillingWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fails := func(r reply, code string) {
		t.Helper()
		to, query := landed(t, r)
		if to != "https://shop.example/ng" || query.Get("code") != code || query.Get("message") == "" || len(query) != 2 {
			t.Errorf("leads to %s with %v, want %s", to, query, code)
		}
	}
	for _, m := range tosspayments.Cards() {
		if m.When == tosspayments.AnyUse {
			fails(b.act(b.billingWindow(nil), "approve", typed(fields{"cardNumber": m.Number})), m.Code)
			fails(b.act(b.billingWindow(nil), "approve", fields{"card": m.Type}), m.Code)
			continue
		}
		key := b.authKey(fields{"card": m.Type})
		issued := b.call("POST", authPath, fields{"authKey": key, "customerKey": "cus_9f0c2b7e"})
		b.want(issued, 200, "")
		b.want(b.charge(issued.body["billingKey"].(string), fields{"orderId": "SUB-" + m.Number}), m.Status, m.Code)
	}
	fails(b.act(b.billingWindow(nil), "approve", typed(fields{"cardExpirationYear": "23", "cardExpirationMonth": "02"})), "INVALID_CARD_EXPIRATION")
	for action, code := range map[string]string{
		"cancel": "PAY_PROCESS_CANCELED", "leave": "PAY_PROCESS_CANCELED", "reject": "REJECT_CARD_COMPANY", "decline": "REJECT_CARD_COMPANY", "abort": "PAY_PROCESS_ABORTED",
	} {
		fails(b.act(b.billingWindow(nil), action, fields{}), code)
	}
}

// The tester may have the issue refused, which uses the auth key up.
func TestIssuesThatTheTesterHasRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := fields{"authKey": b.authKey(fields{"card": "good", "code": "REJECT_CARD_COMPANY"}), "customerKey": "cus_9f0c2b7e"}
	b.want(b.call("POST", authPath, in), 403, "REJECT_CARD_COMPANY")
	b.want(b.call("POST", authPath, in), 400, "INVALID_BILLING_AUTH")
}

func TestBillingWindowsExpire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now, later := b.billingWindow(nil), b.billingWindow(nil)
	b.want(b.act(now, "expire", fields{}), 200, "")
	b.later(29 * time.Minute)
	if page := b.page(later); !strings.Contains(page, `data-testid="window"`) {
		t.Errorf("after 29 minutes: %s", page)
	}
	b.later(time.Minute)
	for _, w := range []string{now, later} {
		if page := b.page(w); !strings.Contains(page, `data-testid="expired"`) {
			t.Errorf("page %s", page)
		}
		b.want(b.act(w, "approve", typed(nil)), 404, "NOT_FOUND_PAYMENT_SESSION")
		if _, query := landed(t, b.act(w, "leave", fields{})); query.Get("code") != "PAY_PROCESS_ABORTED" {
			t.Errorf("leaving: %v", query)
		}
	}
	// A card that was registered in time stays so.
	w := b.billingWindow(nil)
	b.want(b.act(w, "approve", fields{"card": "good"}), 200, "")
	b.later(time.Hour)
	if page := b.page(w); !strings.Contains(page, `data-testid="ended"`) {
		t.Errorf("page %s", page)
	}
}

func TestTheBillingPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.page(b.billingWindow(nil))
	for _, want := range []string{
		"카드 등록", "나루 상점", `data-testid="card-number"`, `data-testid="card-month"`, `data-testid="card-year"`, `data-testid="card-password"`,
		`data-testid="identity"`, `data-testid="phone"`, `data-testid="verification"`, `data-testid="fill-card"`, "9410 0012 3456 7890", "한도 초과",
		"실제 카드번호를 넣지 마세요", `data-month="03"`, `data-year="28"`, "billing.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if strings.Contains(page, "0원") || strings.Count(page, `autocomplete="off"`) != 7 {
		t.Error("the page shows an amount, or a field that browsers fill in")
	}
	english := b.page(b.billingWindow(fields{"language": "EN"}))
	if !strings.Contains(english, "Register a card") || strings.Contains(english, "카드") {
		t.Errorf("the English page %s", english)
	}
}

// Nothing of the card is left but its masked number.
func TestCardsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authKey(typed(nil))
	b.want(b.call("POST", authPath, fields{"authKey": key, "customerKey": "cus_9f0c2b7e"}), 200, "")
	b.askBilling("카드", billingParams(fields{"cardNumber": goodCard}))
	for _, list := range []string{"/transcript", "/windows", "/payments"} {
		raw := string(b.control("GET", list, nil).raw)
		for _, private := range []string{goodCard, key, "900101", "01000001234"} {
			if strings.Contains(raw, private) {
				t.Errorf("%s holds %s", list, private)
			}
		}
	}
}
