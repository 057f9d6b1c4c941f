package tosspayments_test

import (
	"maps"
	"strings"
	"testing"

	"naru/internal/sandbox/tosspayments"
)

const goodCard = "9410001234567890"

// merged is base with others over it; nil values remove.
func merged(base fields, with ...fields) fields {
	for _, w := range with {
		maps.Copy(base, w)
	}
	maps.DeleteFunc(base, func(_ string, v any) bool { return v == nil })
	return base
}

func cardOf(with ...fields) fields {
	return merged(fields{
		"customerKey": "cus_9f0c2b7e", "cardNumber": goodCard, "cardExpirationYear": "30", "cardExpirationMonth": "12",
		"cardPassword": "12", "customerIdentityNumber": "900101",
	}, with...)
}

func keyInOf(with ...fields) fields {
	return merged(cardOf(fields{"customerKey": nil, "amount": 14900, "orderId": "KEYIN-0001", "orderName": "원두 커피"}), with...)
}

func chargeOf(with fields) fields {
	return merged(fields{"customerKey": "cus_9f0c2b7e", "amount": 14900, "orderId": "SUB-0001", "orderName": "구독 3월"}, with)
}

// issue gives a billing key for a card.
func (b *bench) issue(with fields) string {
	b.Helper()
	r := b.call("POST", "/v1/billing/authorizations/card", cardOf(with))
	if r.status != 200 {
		b.Fatalf("issue: %s", r)
	}
	return r.body["billingKey"].(string)
}

func (b *bench) charge(key string, with fields) reply {
	b.Helper()
	return b.call("POST", "/v1/billing/"+key, chargeOf(with))
}

// control calls the simulator's knobs.
func (b *bench) control(method, path string, body any) reply {
	b.Helper()
	return b.call(method, b.root+"/control/tosspayments"+path, body, "Authorization", "")
}

func TestIssueByCard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.call("POST", "/v1/billing/authorizations/card", cardOf())
	b.want(r, 200, "")
	card := r.body["card"].(map[string]any)
	if r.body["customerKey"] != "cus_9f0c2b7e" || r.body["method"] != "카드" || r.body["authenticatedAt"] != "2023-03-10T10:15:22+09:00" ||
		card["issuerCode"] != "21" || card["company"] != "하나" || card["number"] != "94100012****789*" || card["ownerType"] != "개인" || r.body["cardNumber"] != "94100012****789*" {
		t.Errorf("billing %s", r)
	}
	if key := r.body["billingKey"].(string); len(key) != 44 || !strings.HasSuffix(key, "=") || key == b.issue(nil) {
		t.Errorf("billing key %q: want 44 characters, = at the end, and another one each time", key)
	}
	if company := b.call("POST", "/v1/billing/authorizations/card", cardOf(fields{"customerIdentityNumber": "1234567890"})); company.body["card"].(map[string]any)["ownerType"] != "법인" {
		t.Errorf("a business: %s", company)
	}
}

func TestIssueByCardIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name   string
		with   fields
		status int
		code   string
	}{
		{"no number", fields{"cardNumber": nil}, 400, "INVALID_REQUEST"},
		{"no month", fields{"cardExpirationMonth": nil}, 400, "INVALID_REQUEST"},
		{"no identity", fields{"customerIdentityNumber": nil}, 400, "INVALID_REQUEST"},
		{"no customer", fields{"customerKey": nil}, 400, "INVALID_REQUEST"},
		{"a short number", fields{"cardNumber": "941000"}, 400, "INVALID_CARD_NUMBER"},
		{"17 digits", fields{"cardNumber": goodCard + "1"}, 400, "INVALID_CARD_NUMBER"},
		{"dashes", fields{"cardNumber": "9410-0012-3456-7890"}, 400, "INVALID_CARD_NUMBER"},
		{"a 13th month", fields{"cardExpirationMonth": "13"}, 400, "INVALID_CARD_EXPIRATION"},
		{"a year of four digits", fields{"cardExpirationYear": "2030"}, 400, "INVALID_CARD_EXPIRATION"},
		{"last month", fields{"cardExpirationYear": "23", "cardExpirationMonth": "02"}, 400, "INVALID_CARD_EXPIRATION"},
		{"an identity of eight digits", fields{"customerIdentityNumber": "19900101"}, 400, "INVALID_BIRTH_DAY_FORMAT"},
		{"a whole password", fields{"cardPassword": "1234"}, 400, "INVALID_CARD_PASSWORD"},
		{"a Korean customer key", fields{"customerKey": "고객-1"}, 400, "INVALID_CUSTOMER_KEY"},
		{"a customer key of one letter", fields{"customerKey": "c"}, 400, "INVALID_CUSTOMER_KEY"},
		{"a customer key of 301", fields{"customerKey": strings.Repeat("c", 301)}, 500, "FAILED_DB_PROCESSING"},
		{"a bad e-mail", fields{"customerEmail": "someone"}, 400, "INVALID_EMAIL"},
		{"an unknown field", fields{"colour": "blue"}, 400, "INVALID_REQUEST"},
		{"3-D Secure with an unknown field", fields{"vbv": fields{"cavv": "x", "pin": "1"}}, 400, "INVALID_REQUEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.call("POST", "/v1/billing/authorizations/card", cardOf(c.with))
			if r.status != c.status || r.code() != c.code {
				t.Errorf("answer %s, want %d %s", r, c.status, c.code)
			}
			if number, ok := c.with["cardNumber"].(string); ok && strings.Contains(string(r.raw), number) {
				t.Errorf("the refusal shows the number: %s", r)
			}
		})
	}
	for _, with := range []fields{
		{"cardExpirationYear": "23", "cardExpirationMonth": "03"}, {"cardPassword": nil}, {"cardNumber": "371234567890123"},
		{"customerKey": strings.Repeat("c", 300)}, {"vbv": fields{"cavv": "x", "xid": "y", "eci": "05"}}, {"customerEmail": "a@b.example", "customerName": "이구매"},
	} {
		b.want(b.call("POST", "/v1/billing/authorizations/card", cardOf(with)), 200, "")
	}
	b.want(b.call("POST", "/v1/billing/authorizations/card", cardOf(), "Authorization", basic(liveKey)), 400, "NOT_SUPPORTED_METHOD")
	lenient := setup(t, func(o *tosspayments.Options) { o.Strict = false })
	lenient.want(lenient.call("POST", "/v1/billing/authorizations/card", cardOf(fields{"customerKey": "고객-1", "colour": "blue"})), 200, "")
}

// A lost answer is asked for again without the card: the body is no part of the key.
func TestAnIssueIsReplayedWithoutTheCard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const path = "/v1/billing/authorizations/card"
	b.rule("POST " + path + " nth=1 after drop")
	if r, err := b.send("POST", path, cardOf(), "Idempotency-Key", "k-1"); err == nil {
		t.Fatalf("answer %s, want none", r)
	}
	bare := fields{"customerKey": "cus_9f0c2b7e"}
	first, second := b.call("POST", path, bare, "Idempotency-Key", "k-1"), b.call("POST", path, bare, "Idempotency-Key", "k-1")
	if first.status != 200 || string(first.raw) != string(second.raw) {
		t.Fatalf("replays %s and %s", first, second)
	}
	b.want(b.charge(first.body["billingKey"].(string), nil), 200, "")
	// Nothing is stored under the key: the refusal is, and stays.
	refused := b.call("POST", path, bare, "Idempotency-Key", "k-2")
	b.want(refused, 400, "INVALID_REQUEST")
	if late := b.call("POST", path, cardOf(), "Idempotency-Key", "k-2"); string(late.raw) != string(refused.raw) {
		t.Errorf("after the refusal: %s", late)
	}
	b.want(b.call("POST", path, fields{}, "Idempotency-Key", "k-3"), 400, "INVALID_REQUEST")
}

func TestIssueByAuthKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const issue, old = "/v1/billing/authorizations/issue", "/v1/billing/authorizations/"
	agree := func() string {
		r := b.control("POST", "/billing-auths", fields{"mid": mid, "customerKey": "cus_9f0c2b7e", "company": "현대"})
		b.want(r, 200, "")
		return r.body["authKey"].(string)
	}
	b.want(b.call("POST", issue, fields{"authKey": "nothing", "customerKey": "cus_9f0c2b7e"}), 404, "NOT_FOUND_BILLING")
	b.want(b.call("POST", old+"nothing", fields{"customerKey": "cus_9f0c2b7e"}), 404, "NOT_FOUND_BILLING")
	b.want(b.call("POST", issue, fields{"customerKey": "cus_9f0c2b7e"}), 400, "INVALID_REQUEST")
	b.want(b.call("POST", issue, fields{"authKey": "nothing"}), 400, "INVALID_REQUEST")
	b.want(b.call("POST", issue, fields{"authKey": "nothing", "customerKey": "cus"}, "Authorization", basic(liveKey)), 400, "NOT_SUPPORTED_METHOD")
	key := agree()
	b.want(b.call("POST", issue, fields{"authKey": key, "customerKey": "somebody"}), 400, "NOT_MATCHES_CUSTOMER_KEY")
	r := b.call("POST", issue, fields{"authKey": key, "customerKey": "cus_9f0c2b7e"})
	b.want(r, 200, "")
	if r.body["cardCompany"] != "현대" {
		t.Errorf("billing %s", r)
	}
	b.want(b.charge(r.body["billingKey"].(string), nil), 200, "")
	b.want(b.call("POST", issue, fields{"authKey": key, "customerKey": "cus_9f0c2b7e"}), 400, "INVALID_BILLING_AUTH")
	b.want(b.call("POST", old+agree(), fields{"customerKey": "cus_9f0c2b7e"}), 200, "")
	b.want(b.control("POST", "/billing-auths", fields{"mid": "nobody", "customerKey": "c"}), 404, "NO_SUCH_SHOP")
	b.want(b.control("POST", "/billing-auths", fields{"mid": "vexample02", "customerKey": "c"}), 409, "NO_CONTRACT")
	b.want(b.control("POST", "/billing-auths", fields{"mid": mid}), 400, "BAD_BODY")
}

func TestBillingCharge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.issue(nil)
	r := b.charge(key, fields{"amount": 50000, "cardInstallmentPlan": 3, "customerMobilePhone": "01000001234"})
	b.want(r, 200, "")
	card := r.body["card"].(map[string]any)
	if r.body["type"] != "BILLING" || r.body["status"] != "DONE" || r.body["secret"] != nil || card["installmentPlanMonths"] != 3.0 ||
		card["number"] != "94100012****789*" || card["approveNo"] != "00000000" || r.body["receipt"] == nil {
		t.Errorf("payment %s", r)
	}
	if again := b.get(r.body["paymentKey"].(string)); again["type"] != "BILLING" {
		t.Errorf("inquiry %v", again)
	}
	if log := b.webhookLog(); len(log) != 0 {
		t.Errorf("an automatic payment was announced: %v", log)
	}
	// Its cancel is announced as any.
	b.want(b.call("POST", "/v1/payments/"+r.body["paymentKey"].(string)+"/cancel", fields{"cancelReason": "변심"}), 200, "")
	if got := b.hook().status(); got != "CANCELED" {
		t.Errorf("webhook of %s", got)
	}
	b.want(b.charge(key, fields{"amount": 50000}), 400, "DUPLICATED_ORDER_ID")
	list := decode[[]fields](t, b.call("GET", "/v1/transactions?startDate=2023-03-10&endDate=2023-03-11", nil).raw)
	if len(list) != 2 || list[0]["customerKey"] != "cus_9f0c2b7e" || list[0]["amount"] != 50000.0 || list[1]["amount"] != -50000.0 {
		t.Errorf("transactions %v", list)
	}
}

func TestBillingChargeIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.issue(nil)
	b.want(b.charge(key, nil), 200, "")
	for _, c := range []struct {
		name string
		key  string
		with fields
		code string
	}{
		{"another's key", key, fields{"customerKey": "somebody"}, "NOT_MATCHES_CUSTOMER_KEY"},
		{"an unknown key", "nothing", nil, "INVALID_BILL_KEY_REQUEST"},
		{"no amount", key, fields{"amount": nil}, "INVALID_REQUEST"},
		{"no customer", key, fields{"customerKey": nil}, "INVALID_REQUEST"},
		{"no order", key, fields{"orderId": nil}, "INVALID_REQUEST"},
		{"a bad order", key, fields{"orderId": "주문"}, "INVALID_ORDER_ID"},
		{"a long name", key, fields{"orderName": strings.Repeat("가", 101)}, "INVALID_ORDER_NAME"},
		{"99 won", key, fields{"amount": 99, "orderId": "SUB-0002"}, "BELOW_MINIMUM_AMOUNT"},
		{"nothing", key, fields{"amount": 0}, "INVALID_REQUEST"},
		{"one month", key, fields{"cardInstallmentPlan": 1}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{"13 months", key, fields{"cardInstallmentPlan": 13}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{"instalments of 49,999", key, fields{"amount": 49999, "cardInstallmentPlan": 2, "orderId": "SUB-0002"}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{"the same order", key, nil, "DUPLICATED_ORDER_ID"},
		{"more tax-free than there is", key, fields{"taxFreeAmount": 14901}, "INVALID_REQUEST"},
		{"an unknown field", key, fields{"colour": "blue"}, "INVALID_REQUEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := b.call("POST", "/v1/billing/"+c.key, chargeOf(c.with))
			if r.status != 400 || r.code() != c.code {
				t.Errorf("answer %s, want 400 %s", r, c.code)
			}
		})
	}
	b.want(b.charge(key, fields{"orderId": "SUB-0100", "amount": 100}), 200, "")
	b.want(b.call("POST", "/v1/billing/"+key, chargeOf(nil), "Authorization", basic(liveKey)), 400, "NOT_SUPPORTED_METHOD")
}

func TestRemovedBillingKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.issue(nil)
	b.want(b.call("DELETE", "/v1/billing/"+key, nil, "Authorization", basic(liveKey)), 404, "NOT_FOUND_BILLING")
	r := b.call("DELETE", "/v1/billing/"+strings.Replace(key, "=", "%3D", 1), nil)
	if r.status != 200 || len(r.raw) != 0 {
		t.Errorf("answer %s, want an empty 200", r)
	}
	b.want(b.charge(key, nil), 400, "ALREADY_REMOVED_BILLING_KEY")
	b.want(b.call("DELETE", "/v1/billing/"+key, nil), 400, "ALREADY_REMOVED_BILLING_KEY")
	b.want(b.call("DELETE", "/v1/billing/nothing", nil), 404, "NOT_FOUND_BILLING")
}
