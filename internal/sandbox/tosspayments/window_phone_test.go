package tosspayments_test

import (
	"strings"
	"testing"
)

func TestPhoneParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		carriers any
		code     string   // "" is accepted
		offered  []string // and no others
	}{
		{nil, "", []string{"SKT", "KT", "LGU", "HELLO", "KCT", "SK7"}},
		{[]string{"KT", "SK7"}, "", []string{"KT", "SK7"}},
		{"LGU", "", []string{"LGU"}},
		{[]string{"SKT", "SKT"}, "", []string{"SKT"}},
		{[]string{"OLLEH"}, "NOT_SUPPORTED_CARRIER", nil},
		{"kt", "NOT_SUPPORTED_CARRIER", nil},
		{[]string{}, "INVALID_PARAMETER", nil},
		{7, "INVALID_PARAMETER", nil},
	} {
		r := b.request("휴대폰", params(fields{"mobileCarrier": c.carriers, "customerMobilePhone": "01000001234"}))
		if c.code != "" {
			b.want(r, 400, c.code)
			continue
		}
		page := b.page(r.body["url"].(string))
		if strings.Count(page, `data-testid="carrier-`) != len(c.offered) || !strings.Contains(page, `value="01000001234"`) {
			t.Errorf("%v: %d carriers", c.carriers, strings.Count(page, `data-testid="carrier-`))
		}
		for _, code := range c.offered {
			if !strings.Contains(page, `"carrier-`+code+`"`) {
				t.Errorf("%v lacks %s", c.carriers, code)
			}
		}
	}
}

func TestPhoneTakesNoMoreThanItOffers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		with, chosen fields
		code         string // "" is accepted
	}{
		{nil, fields{"carrier": "OLLEH"}, "NOT_SUPPORTED_CARRIER"},
		{fields{"mobileCarrier": []string{"KT"}}, nil, "NOT_SUPPORTED_CARRIER"},
		{fields{"mobileCarrier": []string{"KT"}}, fields{"carrier": "KT"}, ""},
		{nil, fields{"phone": ""}, "INVALID_PHONE"},
		{nil, fields{"phone": "010-0000-1234"}, "INVALID_PHONE"},
		{nil, fields{"phone": "0212345678"}, "INVALID_PHONE"},
		{nil, fields{"phone": "0111234567"}, ""},
		{nil, fields{"birth": "19900101"}, "INVALID_BIRTH_DAY_FORMAT"},
		{nil, fields{"birth": "901301"}, "INVALID_BIRTH_DAY_FORMAT"},
		{nil, fields{"birth": "900230"}, "INVALID_BIRTH_DAY_FORMAT"},
		{nil, fields{"sms": "000001"}, "INVALID_AUTHORIZE_AUTH"},
		{nil, fields{"sms": nil}, "INVALID_AUTHORIZE_AUTH"},
		{nil, fields{"sms": 0}, "INVALID_REQUEST"},
	} {
		r := b.act(b.open("휴대폰", c.with), "approve", choices("휴대폰", c.chosen))
		if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.code() != c.code) {
			t.Errorf("%v, chosen %v: %s, want %s", c.with, c.chosen, r, c.code)
		}
	}
}

func TestPhoneBillsHaveAMonthlyLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if p := b.pay("휴대폰", fields{"amount": 1000000, "orderId": "LIMIT-1"}, nil); p["status"] != "DONE" {
		t.Errorf("at the limit: %v", p)
	}
	w := b.open("휴대폰", fields{"amount": 1000001, "orderId": "LIMIT-2"})
	if page := b.page(w); !strings.Contains(page, "한도보다 커서") {
		t.Error("the window does not say that the amount is above the limit")
	}
	b.want(b.act(w, "approve", choices("휴대폰", nil)), 200, "")
	b.want(b.confirm(), 400, "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT")
}
