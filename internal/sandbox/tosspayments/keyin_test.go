package tosspayments_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func TestKeyIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.call("POST", "/v1/payments/key-in", keyInOf(fields{"amount": 50000, "cardInstallmentPlan": 2, "useFreeInstallmentPlan": true, "customerIp": "203.0.113.7"}))
	b.want(r, 200, "")
	card := r.body["card"].(map[string]any)
	if r.body["type"] != "NORMAL" || r.body["method"] != "카드" || r.body["secret"] == nil || card["isInterestFree"] != true || card["interestPayer"] != "MERCHANT" {
		t.Errorf("payment %s", r)
	}
	if got := b.hook().status(); got != "DONE" {
		t.Errorf("webhook of %s", got)
	}
	b.want(b.call("POST", "/v1/payments/key-in", keyInOf()), 400, "DUPLICATED_ORDER_ID")
	for _, c := range []struct {
		with fields
		code string
	}{
		{fields{"customerIdentityNumber": nil}, "INVALID_REQUEST"},
		{fields{"cardNumber": "1234"}, "INVALID_CARD_NUMBER"},
		{fields{"customerIdentityNumber": "12"}, "INVALID_BIRTH_DAY_FORMAT"},
		{fields{"cardExpirationYear": "22"}, "INVALID_CARD_EXPIRATION"},
		{fields{"amount": 99}, "BELOW_MINIMUM_AMOUNT"},
		{fields{"cardInstallmentPlan": 2}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{fields{"cardNumber": "4100004012345678", "useCardPoint": true}, "NOT_ALLOWED_POINT_USE"},
		{fields{"customerKey": "cus"}, "INVALID_REQUEST"},
	} {
		b.want(b.call("POST", "/v1/payments/key-in", keyInOf(fields{"orderId": "KEYIN-0002"}, c.with)), 400, c.code)
	}
	b.want(b.call("POST", "/v1/payments/key-in", keyInOf(), "Authorization", basic(liveKey)), 400, "NOT_SUPPORTED_METHOD")
	only := setup(t, func(o *tosspayments.Options) { o.Shops[0].Billing, o.Shops[0].KeyIn = false, true })
	only.want(only.call("POST", "/v1/payments/key-in", keyInOf()), 200, "")
	only.want(only.call("POST", "/v1/billing/authorizations/card", cardOf()), 400, "NOT_SUPPORTED_METHOD")
}

// A refused charge leaves a payment that failed, and the order may be tried again.
func TestARefusedChargeLeavesAnAbortedPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.issue(nil)
	b.want(b.control("PUT", "/shops/"+mid+"/next-decline", fields{"code": "REJECT_ACCOUNT_PAYMENT"}), 200, "")
	b.want(b.charge(key, nil), 403, "REJECT_ACCOUNT_PAYMENT")
	r := b.call("GET", "/v1/payments/orders/SUB-0001", nil)
	if failure, _ := r.body["failure"].(map[string]any); r.body["status"] != "ABORTED" || failure["code"] != "REJECT_ACCOUNT_PAYMENT" || r.body["card"] != nil || r.body["lastTransactionKey"] != nil {
		t.Errorf("payment %s", r)
	}
	b.want(b.charge(key, nil), 200, "")
	if r = b.call("GET", "/v1/payments/orders/SUB-0001", nil); r.body["status"] != "DONE" {
		t.Errorf("after the second try: %s", r)
	}
	if log := b.webhookLog(); len(log) != 0 {
		t.Errorf("webhooks %v", log)
	}
}

func TestMagicCards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen := map[string]bool{}
	for i, m := range tosspayments.Cards() {
		if seen[m.Type] || seen[m.Number] || m.What == "" || m.WhatKo == "" {
			t.Errorf("%+v: type and number must be its own, the texts be there", m)
		}
		seen[m.Type], seen[m.Number] = true, true
		order := func(n string) string { return "MAGIC-" + n + "-" + string(rune('a'+i)) }
		keyIn := func(n string) reply {
			return b.call("POST", "/v1/payments/key-in", keyInOf(fields{"cardNumber": m.Number, "orderId": order(n)}))
		}
		b.want(keyIn("k1"), m.Status, m.Code)
		issued := b.call("POST", "/v1/billing/authorizations/card", cardOf(fields{"cardNumber": m.Number}))
		if m.When == tosspayments.AnyUse {
			b.want(keyIn("k2"), m.Status, m.Code)
			b.want(issued, m.Status, m.Code)
			continue
		}
		b.want(issued, 200, "")
		key := issued.body["billingKey"].(string)
		b.want(b.charge(key, fields{"orderId": order("b1")}), m.Status, m.Code)
		if m.When == tosspayments.FirstCharge {
			b.want(b.charge(key, fields{"orderId": order("b1")}), 200, "")
			b.want(b.charge(key, fields{"orderId": order("b2")}), 200, "")
			b.want(keyIn("k1"), 200, "")
			b.want(keyIn("k2"), m.Status, m.Code)
			continue
		}
		b.want(b.charge(key, fields{"orderId": order("b2")}), m.Status, m.Code)
	}
	var listed []tosspayments.MagicCard
	if err := json.Unmarshal(b.control("GET", "/cards", nil).raw, &listed); err != nil || len(listed) != len(tosspayments.Cards()) || listed[0] != tosspayments.Cards()[0] {
		t.Errorf("listed %v, error %v", listed, err)
	}
	want := map[string]int{
		"REJECT_CARD_PAYMENT": 403, "REJECT_ACCOUNT_PAYMENT": 403, "INVALID_CARD_LOST_OR_STOLEN": 400, "INVALID_CARD_EXPIRATION": 400,
		"INVALID_CARD_PASSWORD": 400, "INVALID_CARD_IDENTITY": 400, "FAILED_CARD_COMPANY_RESPONSE": 500, "INVALID_CARD_NUMBER": 400,
		"INVALID_STOPPED_CARD": 400, "INVALID_REJECT_CARD": 400, "REJECT_CARD_COMPANY": 403, "NOT_SUPPORTED_CARD_TYPE": 400,
	}
	for _, m := range tosspayments.Cards() {
		if want[m.Code] != m.Status {
			t.Errorf("%s: status %d, documented is %d", m.Code, m.Status, want[m.Code])
		}
	}
}

func TestIssuersGoByTheFirstDigits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for number, code := range map[string]string{
		"9416050012345678": "41", "5433780112345678": "61", "5500000012345678": "61", "4330121234567890": "41", "9200000012345678": "31",
		"9409000012345678": "51", "9411000012345678": "71", "9999000012345678": "31", "371234567890123": "7A", "3512345678901234": "4J",
		"6212345678901234": "3C", "1234567890123456": "11", "5509240012345678": "24", "4100004012345678": "4V",
	} {
		r := b.call("POST", "/v1/billing/authorizations/card", cardOf(fields{"cardNumber": number}))
		card, _ := r.body["card"].(map[string]any)
		if card["issuerCode"] != code {
			t.Errorf("%s: %s, want %s", number, r, code)
		}
		if masked, _ := card["number"].(string); len(masked) != len(number) || masked[:8] != number[:8] || !strings.HasSuffix(masked, number[len(number)-4:len(number)-1]+"*") || !strings.Contains(masked, "***") {
			t.Errorf("%s is shown as %s", number, masked)
		}
	}
}

// A card is good until the end of its month in Seoul.
func TestCardsExpireWithTheirMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	march := fields{"cardExpirationYear": "23", "cardExpirationMonth": "03"}
	b.clock.set(time.Date(2023, 3, 31, 14, 59, 59, 0, time.UTC))
	b.want(b.call("POST", "/v1/payments/key-in", keyInOf(fields{"orderId": "MARCH-1"}, march)), 200, "")
	b.clock.set(time.Date(2023, 3, 31, 15, 0, 0, 0, time.UTC))
	b.want(b.call("POST", "/v1/payments/key-in", keyInOf(fields{"orderId": "MARCH-2"}, march)), 400, "INVALID_CARD_EXPIRATION")
}

func TestTestCodesWorkOnEveryPost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.issue(nil)
	for _, path := range []string{
		"/v1/billing/authorizations/card", "/v1/billing/authorizations/issue", "/v1/billing/authorizations/nothing", "/v1/billing/" + key,
		"/v1/payments/key-in", "/v1/virtual-accounts", "/v1/cash-receipts", "/v1/cash-receipts/nothing/cancel",
	} {
		b.want(b.call("POST", path, "not even JSON", "TossPayments-Test-Code", "REJECT_CARD_PAYMENT"), 403, "REJECT_CARD_PAYMENT")
		b.want(b.call("POST", path, fields{}, "TossPayments-Test-Code", "FAILED_CARD_COMPANY_RESPONSE"), 500, "FAILED_CARD_COMPANY_RESPONSE")
		b.want(b.call("POST", path, fields{}, "TossPayments-Test-Code", "NTS_ERROR"), 400, "INVALID_TEST_CODE")
		b.want(b.call("POST", path, fields{}, "Authorization", ""), 401, "UNAUTHORIZED_KEY")
		if path != "/v1/cash-receipts/nothing/cancel" {
			b.want(b.call("POST", path, nil), 400, "INVALID_REQUEST")
		}
	}
	b.want(b.call("DELETE", "/v1/billing/"+key, nil, "TossPayments-Test-Code", "REJECT_CARD_PAYMENT"), 200, "")
}

func TestTranscriptHoldsNothingOfCards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.issue(fields{"customerIdentityNumber": "770707", "cardPassword": "93", "vbv": fields{"cavv": "AAABBB", "xid": "XIDXID"}})
	b.want(b.charge(key, nil), 200, "")
	b.want(b.call("POST", "/v1/payments/key-in", keyInOf(fields{"cardNumber": "4330121234567890", "customerIdentityNumber": "1234567891"})), 200, "")
	b.call("POST", "/v1/billing/authorizations/secret-auth-key", fields{"customerKey": "cus_9f0c2b7e"})
	b.want(b.call("POST", "/v1/cash-receipts", cashOf(nil)), 200, "")
	raw := string(b.control("GET", "/transcript", nil).raw)
	for _, secret := range []string{goodCard, "4330121234567890", "770707", "1234567891", `\"93\"`, "AAABBB", "XIDXID", key, strings.TrimSuffix(key, "="), "secret-auth-key", "01000001234"} {
		if strings.Contains(raw, secret) {
			t.Errorf("the transcript holds %q", secret)
		}
	}
	for _, want := range []string{"/v1/billing/***", "/v1/billing/authorizations/***", "/v1/billing/authorizations/card", "94100012****789*", "/v1/payments/key-in"} {
		if !strings.Contains(raw, want) {
			t.Errorf("the transcript lacks %q", want)
		}
	}
}

func TestLegacyBilling(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Legacy2022 = true })
	card := b.call("POST", "/v1/billing/authorizations/card", cardOf()).body["card"].(map[string]any)
	if _, ok := card["issuerCode"]; ok || card["company"] != "하나" {
		t.Errorf("card %v", card)
	}
}

// Server-side billing may be set to the older numbered version.
func TestVersion14(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Shops[0].Version = "1.4" })
	r := b.charge(b.issue(nil), nil)
	b.want(r, 200, "")
	_, last := r.body["lastTransactionKey"]
	_, receipt := r.body["receipt"]
	if r.body["version"] != "1.4" || last || receipt || r.body["transactionKey"] == nil || r.body["card"].(map[string]any)["receiptUrl"] == nil {
		t.Errorf("payment %s", r)
	}
	key := b.deposited(nil)
	b.want(b.control("POST", "/payments/"+key+"/deposit-error", nil), 200, "")
	if h := b.hook(); h.body["status"] != "CANCELED" || b.get(key)["status"] != "CANCELED" {
		t.Errorf("deposit error: %v", h.body)
	}
	b.want(b.call("POST", "/v1/cash-receipts", cashOf(nil)), 400, "INVALID_REQUEST")
	b.want(b.call("POST", "/v1/cash-receipts", cashOf(fields{"customerIdentityNumber": nil, "registrationNumber": "01000001234"})), 200, "")
	b.want(b.call("GET", "/v1/cash-receipts?requestDate=2023-03-10", nil), 400, "API_VERSION_UPDATE_NEEDED")
}
