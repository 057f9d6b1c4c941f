package tosspayments_test

import (
	"encoding/json"
	"testing"
)

func decode[T any](t *testing.T, raw []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// The sums of the documentation: VAT is an eleventh of the taxed balance, half
// up, and the parts add up to the balance.
func TestTaxFollowsTheBalance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ total, taxFree, exempt, vat, supplied int64 }{
		{58000, 0, 0, 5273, 52727},
		{15000, 0, 0, 1364, 13636},
		{10000, 3000, 0, 636, 6364},
		{200, 0, 0, 18, 182},
		{50000, 0, 0, 4545, 45455},
		{10000, 10000, 0, 0, 0},
		{10000, 1000, 500, 773, 7727},
	} {
		b := setup(t)
		key := b.approved(fields{"amount": c.total, "taxFreeAmount": c.taxFree, "taxExemptionAmount": c.exempt})
		p := b.get(key)
		got := [...]any{p["vat"], p["suppliedAmount"], p["taxFreeAmount"], p["taxExemptionAmount"], p["balanceAmount"]}
		want := [...]any{float64(c.vat), float64(c.supplied), float64(c.taxFree), float64(c.exempt), float64(c.total)}
		if got != want {
			t.Errorf("of %d with %d tax-free and %d exempt: %v, want %v", c.total, c.taxFree, c.exempt, got, want)
		}
	}
}

func TestTaxFreeAmountsCountOnlyForTaxFreeShops(t *testing.T) {
	t.Parallel()
	b := setup(t, taxable)
	p := b.get(b.approved(fields{"taxFreeAmount": 10000}))
	if p["taxFreeAmount"] != 0.0 || p["vat"] != 5273.0 {
		t.Errorf("tax-free %v, VAT %v", p["taxFreeAmount"], p["vat"])
	}
}

// step is one cancel call and what must come of it.
type step struct {
	body    fields
	status  int
	code    string
	state   string
	balance float64
}

func TestCancelRules(t *testing.T) {
	t.Parallel()
	full := fields{"cancelReason": "변심"}
	part := func(amount int, more ...any) fields {
		f := fields{"cancelReason": "변심", "cancelAmount": amount}
		for i := 0; i+1 < len(more); i += 2 {
			f[more[i].(string)] = more[i+1]
		}
		return f
	}
	for _, c := range []struct {
		name  string
		order fields
		steps []step
	}{
		{"a full cancel, and again", nil, []step{
			{full, 200, "", "CANCELED", 0},
			{full, 400, "ALREADY_CANCELED_PAYMENT", "CANCELED", 0},
		}},
		{"a full cancel by amount", nil, []step{{part(58000), 200, "", "CANCELED", 0}}},
		{"parts that empty the balance", nil, []step{
			{part(20000), 200, "", "PARTIAL_CANCELED", 38000},
			{part(38001), 403, "NOT_CANCELABLE_AMOUNT", "PARTIAL_CANCELED", 38000},
			{full, 200, "", "PARTIAL_CANCELED", 0},
			{full, 403, "NOT_CANCELABLE_AMOUNT", "PARTIAL_CANCELED", 0},
			{part(1), 403, "NOT_CANCELABLE_AMOUNT", "PARTIAL_CANCELED", 0},
		}},
		{"more than there is", nil, []step{{part(58001), 403, "NOT_CANCELABLE_AMOUNT", "DONE", 58000}}},
		{"a wrong idea of the balance", nil, []step{
			{part(1000, "refundableAmount", 57000), 400, "NOT_MATCHES_REFUNDABLE_AMOUNT", "DONE", 58000},
			{part(1000, "refundableAmount", 58000), 200, "", "PARTIAL_CANCELED", 57000},
		}},
		{"bad requests", nil, []step{
			{fields{}, 400, "INVALID_REQUEST", "DONE", 58000},
			{fields{"cancelReason": ""}, 400, "INVALID_REQUEST", "DONE", 58000},
			{fields{"cancelReason": string(make([]byte, 201))}, 400, "INVALID_REQUEST", "DONE", 58000},
			{part(0), 400, "INVALID_REQUEST", "DONE", 58000},
			{part(-1), 400, "INVALID_REQUEST", "DONE", 58000},
			{fields{"cancelReason": "변심", "cancelAmount": 10.5}, 400, "INVALID_MINOR_UNIT_FOR_CURRENCY", "DONE", 58000},
			{part(1000, "currency", "USD"), 400, "INVALID_CURRENCY", "DONE", 58000},
		}},
		{"a refund account is not used with cards", nil, []step{
			{part(1000, "refundReceiveAccount", fields{"bank": "신한", "accountNumber": "1", "holderName": "이구매"}), 200, "", "PARTIAL_CANCELED", 57000},
		}},
		{"tax-free parts", fields{"taxFreeAmount": 8000}, []step{
			{part(1000, "taxFreeAmount", 1001), 400, "INVALID_REQUEST", "DONE", 58000},
			{part(9000, "taxFreeAmount", 8001), 403, "NOT_CANCELABLE_AMOUNT", "DONE", 58000},
			{part(50001), 403, "NOT_CANCELABLE_AMOUNT", "DONE", 58000},
			{part(10000, "taxFreeAmount", 3000), 200, "", "PARTIAL_CANCELED", 48000},
			{full, 200, "", "PARTIAL_CANCELED", 0},
		}},
		{"exempt amounts are cancelled in full only", fields{"taxExemptionAmount": 300}, []step{
			{part(1000), 403, "NOT_ALLOWED_PARTIAL_REFUND", "DONE", 58000},
			{full, 200, "", "CANCELED", 0},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			key := b.approved(c.order)
			for i, s := range c.steps {
				r := b.call("POST", "/v1/payments/"+key+"/cancel", s.body)
				b.want(r, s.status, s.code)
				p := b.get(key)
				if p["status"] != s.state || p["balanceAmount"] != s.balance {
					t.Errorf("step %d: %v with balance %v, want %s with %v", i+1, p["status"], p["balanceAmount"], s.state, s.balance)
				}
				parts := p["suppliedAmount"].(float64) + p["vat"].(float64) + p["taxFreeAmount"].(float64) + p["taxExemptionAmount"].(float64)
				if parts != p["balanceAmount"] {
					t.Errorf("step %d: the parts make %v of %v", i+1, parts, p["balanceAmount"])
				}
			}
		})
	}
}

func TestUnapprovedPaymentsCannotBeCancelled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.window(params(nil))
	ready := b.newest()["paymentKey"].(string)
	inProgress := b.authenticated(nil)
	for _, key := range []string{ready, inProgress} {
		b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심"}), 403, "NOT_CANCELABLE_PAYMENT")
	}
	b.want(b.call("POST", "/v1/payments/nothing/cancel", fields{"cancelReason": "변심"}), 404, "NOT_FOUND_PAYMENT")
	done := b.approved(fields{"orderId": "ORD-other"})
	b.want(b.call("POST", "/v1/payments/"+done+"/cancel", fields{"cancelReason": "변심"}, "Authorization", basic(liveKey)), 404, "NOT_FOUND_PAYMENT")
}

func TestForeignCurrenciesKeepTheirDecimals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.window(params(fields{"useInternationalCardOnly": true, "currency": "USD", "amount": 10.5}))
	b.want(b.act(w, "approve", fields{"company": "4V"}), 200, "")
	key := b.newest()["paymentKey"].(string)
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, fields{"amount": 10.5})), 200, "")
	r := b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심", "cancelAmount": 0.25, "currency": "USD"})
	if r.body["currency"] != "USD" || r.body["totalAmount"] != 10.5 || r.body["balanceAmount"] != 10.25 {
		t.Errorf("answer %s", r)
	}
}
