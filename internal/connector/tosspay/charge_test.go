package tosspay_test

import (
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// What a good charge sends is in testdata/wire/charge*.txtar.
func TestAChargeThatCannotBeSentSaysWhy(t *testing.T) {
	t.Parallel()
	for say, change := range map[string]func(*pay.Secret, *connector.Charge){
		"the billing key is empty":          func(k *pay.Secret, _ *connector.Charge) { *k = "" },
		"the billing key has 51 characters": func(k *pay.Secret, _ *connector.Charge) { *k = pay.Secret(strings.Repeat("a", 51)) },
		`orderNo "주문/1"`:                    func(_ *pay.Secret, c *connector.Charge) { c.Order = "주문/1" },
		"amount 0 KRW":                      func(_ *pay.Secret, c *connector.Charge) { c.Amount.Total = pay.Won(0) },
		"amount 500 USD":                    func(_ *pay.Secret, c *connector.Charge) { c.Amount.Total = pay.Money{Minor: 500, Currency: "USD"} },
		"tax_free 84001":                    func(_ *pay.Secret, c *connector.Charge) { c.Amount.TaxFree = 84001 },
		"vat_amount 84001":                  func(_ *pay.Secret, c *connector.Charge) { c.Amount.VAT = ptr(int64(84001)) },
		"spreadOut 13":                      func(_ *pay.Secret, c *connector.Charge) { c.Options.Months = 13 },
		"spreadOut -1":                      func(_ *pay.Secret, c *connector.Charge) { c.Options.Months = -1 },
		`cashReceiptTradeOption "BOOKS"`:    func(_ *pay.Secret, c *connector.Charge) { c.Options.ReceiptCategory = "BOOKS" },
	} {
		key, c := pay.Secret("Hn6Tq2LwXr9BcJ4vYe7MsD"), connector.Charge{Order: "imps_410277350912", Name: "11월 구독", Amount: pay.Breakdown{Total: pay.Won(84000)}}
		change(&key, &c)
		_, err := open(t, settings("http://127.0.0.1:9")).(connector.BillingCharger).ChargeBillingKey(t.Context(), connector.Call{Key: "atm_c0ffee01"}, key, c)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), say) {
			t.Errorf("error %v, want a misconfiguration with %q", err, say)
		}
	}
}

func TestABillingKeyThatCannotBeAskedAboutIsNot(t *testing.T) {
	t.Parallel()
	c := open(t, settings("http://127.0.0.1:9"))
	for _, customer := range []string{"", "고객-1", "a b", strings.Repeat("a", 51)} {
		_, err := c.(connector.BillingReader).ReadBillingKey(t.Context(), customer)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), "userId must be 1 to 50") {
			t.Errorf("customer %q: %v", customer, err)
		}
	}
	for _, key := range []pay.Secret{"", pay.Secret(strings.Repeat("a", 51))} {
		_, err := c.(connector.BillingRevoker).RevokeBillingKey(t.Context(), connector.Call{Key: "key_c0ffee01"}, key)
		if connector.KindOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), "billing key") {
			t.Errorf("a key of %d characters: %v", len(key), err)
		}
	}
}
