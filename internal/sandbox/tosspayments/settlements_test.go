package tosspayments_test

import (
	"testing"
	"time"

	"naru/internal/sandbox/tosspayments"
)

func (b *bench) settlements(query string) []fields {
	b.Helper()
	r := b.call("GET", "/v1/settlements?"+query, nil)
	b.want(r, 200, "")
	return decode[[]fields](b.T, r.raw)
}

func TestSettlements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.approved(nil)
	b.clock.set(began.Add(time.Hour))
	b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심", "cancelAmount": 20050}), 200, "")
	if got := b.settlements("startDate=2023-03-11&endDate=2023-03-11"); len(got) != 0 {
		t.Errorf("before the day of sale: %v", got)
	}
	b.clock.set(began.Add(24 * time.Hour))
	all := b.settlements("startDate=2023-03-11T00:00:00&endDate=2023-03-11")
	if len(all) != 2 || all[0]["payOutAmount"] != 56086.0 {
		t.Fatalf("settlements %v", all)
	}
	// 3 % of 20050 is 601.5
	if c := all[1]; c["amount"] != -20050.0 || c["supplyAmount"] != -601.0 || c["vat"] != -60.0 || c["payOutAmount"] != -19389.0 || c["soldDate"] != "2023-03-11" {
		t.Errorf("the cancel's settlement %v", c)
	}
	const day = "startDate=2023-03-11&endDate=2023-03-12"
	if got := b.settlements(day + "&page=2&size=1"); len(got) != 1 || got[0]["amount"] != -20050.0 {
		t.Errorf("second page %v", got)
	}
	if got := b.settlements(day + "&page=3&size=1"); len(got) != 0 {
		t.Errorf("third page %v", got)
	}
	if got := b.settlements("startDate=2023-03-16&endDate=2023-03-16&dateType=paidOutDate"); len(got) != 2 {
		t.Errorf("by payout %v", got)
	}
	for query, code := range map[string]string{
		"startDate=2023-03-11":                         "INVALID_DATE",
		"startDate=2023-03-12&endDate=2023-03-11":      "INVALID_DATE",
		day + "&dateType=approvedAt":                   "INVALID_REQUEST",
		day + "&page=0":                                "INVALID_REQUEST",
		day + "&size=10001":                            "INVALID_REQUEST",
		day + "&limit=5":                               "INVALID_REQUEST",
		"startDate=2023-03-11&endDate=11.03.2023":      "INVALID_DATE",
		day + "&page=9223372036854775807&size=nothing": "INVALID_REQUEST",
	} {
		b.want(b.call("GET", "/v1/settlements?"+query, nil), 400, code)
	}
	if got := b.settlements(day + "&page=9223372036854775807&size=10000"); len(got) != 0 {
		t.Errorf("a page beyond any %v", got)
	}
}

// A deposit that the bank took back is not paid out, and one that came after it is.
func TestSettlementsOfDeposits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.deposited(nil)
	b.want(b.control("POST", "/payments/"+key+"/deposit-error", nil), 200, "")
	b.clock.set(began.Add(48 * time.Hour))
	if got := b.settlements("startDate=2023-03-10&endDate=2023-03-15"); len(got) != 0 {
		t.Fatalf("settled although it was taken back: %v", got)
	}
	b.want(b.control("POST", "/payments/"+key+"/deposit", nil), 200, "")
	b.clock.set(began.Add(72 * time.Hour))
	if got := b.settlements("startDate=2023-03-10&endDate=2023-03-15"); len(got) != 1 || got[0]["soldDate"] != "2023-03-13" {
		t.Errorf("settlements %v, want that of the second deposit", got)
	}
}

// The provider's own test environment settles nothing.
func TestTestShopsAreNotSettled(t *testing.T) {
	t.Parallel()
	const client, secret = "test_ck_dddddddddddddddddddddddddddd", "test_sk_eeeeeeeeeeeeeeeeeeeeeeeeeeee"
	b := setup(t, func(o *tosspayments.Options) {
		o.Shops = append(o.Shops, tosspayments.Shop{MID: "tvexample03", ClientKey: client, SecretKey: secret, Billing: true})
	})
	card := fields{"amount": 5000, "orderId": "ORD-TEST-0001", "orderName": "x", "cardNumber": "9410001234567890", "cardExpirationYear": "30",
		"cardExpirationMonth": "12", "customerIdentityNumber": "900101", "cardPassword": "12"}
	b.want(b.call("POST", "/v1/payments/key-in", card, "Authorization", basic(secret)), 200, "")
	b.clock.set(began.Add(48 * time.Hour))
	r := b.call("GET", "/v1/settlements?startDate=2023-03-10&endDate=2023-03-15", nil, "Authorization", basic(secret))
	if b.want(r, 200, ""); string(r.raw) != "[]" {
		t.Errorf("settlements %s", r)
	}
}
