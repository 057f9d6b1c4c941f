package pay_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
)

func TestNothingOfThePersonIsLeft(t *testing.T) {
	t.Parallel()
	const mark = "planted"
	due := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := pay.Payment{
		ID: "imp_1", MerchantUID: "order", Name: "goods", Amount: pay.Breakdown{Total: pay.Won(1000)}, Cancelled: 10,
		Buyer:  pay.Buyer{Name: mark, Email: mark, Tel: mark, Address: mark, Postcode: mark},
		Custom: `{"memo":"` + mark + `"}`, UserAgent: mark,
		Details: pay.Details{
			ApprovalNo: "00000001", ReceiptURL: "https://slip", Months: 3,
			Card:    &pay.Card{Issuer: "361", Acquirer: "366", Number: mark, Type: "credit"},
			Account: &pay.VirtualAccount{Bank: "088", Number: mark, Holder: mark, Due: due},
		},
	}
	card := p.Details.Card
	bare := p.WithoutPerson()
	text, err := json.Marshal(bare)
	if err != nil || strings.Contains(string(text), mark) {
		t.Errorf("%s (%v)", text, err)
	}
	for _, kept := range []string{"imp_1", "order", "goods", "361", "366", "credit", "088", "00000001", "https://slip"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("%q is lost: %s", kept, text)
		}
	}
	if bare.Cancelled != 10 || !bare.Details.Account.Due.Equal(due) || bare.Details.Months != 3 {
		t.Errorf("the books changed: %+v", bare)
	}
	if card.Number != mark {
		t.Error("the payment it was made of changed")
	}
	if (pay.Payment{}).WithoutPerson().Details.Card != nil {
		t.Error("a card came from nowhere")
	}
	if got := p.Buyer.Values(); len(got) != 5 {
		t.Errorf("values: %v", got)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	now := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"5y": time.Date(2023, 3, 1, 12, 0, 0, 0, time.UTC), "100y": time.Date(1928, 2, 29, 12, 0, 0, 0, time.UTC),
		"1d": now.Add(-24 * time.Hour), "1826d": now.Add(-1826 * 24 * time.Hour), "off": {},
	} {
		r, err := pay.ParseRetention(text)
		if err != nil || !r.Before(now).Equal(want) {
			t.Errorf("%s: %s, want %s (%v)", text, r.Before(now), want, err)
		}
	}
	for _, text := range []string{"", "y", "d", "5", "0d", "-5y", "+5y", "5w", "5yy", "101y", "36526d", "1e3d", " 5y", "5 y", "99999999999999999999y", "off "} {
		if r, err := pay.ParseRetention(text); err == nil || !strings.Contains(err.Error(), "5y") {
			t.Errorf("%q became %q (%v)", text, r, err)
		}
	}
	if !pay.Retention("nonsense").Before(now).IsZero() {
		t.Error("what cannot be read erases")
	}
}
