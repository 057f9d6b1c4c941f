package v1

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/rest"
)

// TestOptionsOfACharge: the names V1 has had for cash receipts and the push, and
// which of them counts (decisions D10 to D12).
func TestOptionsOfACharge(t *testing.T) {
	t.Parallel()
	yes, no := new(true), new(false)
	bypass := func(s string) optionsIn { return optionsIn{Bypass: rest.Text(s)} }
	for name, c := range map[string]struct {
		in    optionsIn
		want  pay.ChargeOptions
		wrong string
	}{
		"nothing":                      {in: optionsIn{}},
		"anonymous":                    {in: optionsIn{CashReceiptType: "anonymous"}, want: pay.ChargeOptions{CashReceipt: no}},
		"person":                       {in: optionsIn{CashReceiptType: "person"}, want: pay.ChargeOptions{CashReceipt: yes}},
		"misspelt":                     {in: optionsIn{CashReciptType: "anonymous"}, want: pay.ChargeOptions{CashReceipt: no}},
		"the right spelling wins":      {in: optionsIn{CashReceiptType: "company", CashReciptType: "anonymous"}, want: pay.ChargeOptions{CashReceipt: yes}},
		"no such type":                 {in: optionsIn{CashReceiptType: "self"}, wrong: "cash_receipt_type"},
		"misspelt, no such type":       {in: optionsIn{CashReciptType: "self"}, wrong: "cash_recipt_type"},
		"cashReceipt":                  {in: bypass(`{"tosspay_v2":{"cashReceipt":false}}`), want: pay.ChargeOptions{CashReceipt: no}},
		"cashReceipt as text":          {in: bypass(`{"tosspay_v2":{"cashReceipt":"false"}}`), want: pay.ChargeOptions{CashReceipt: no}},
		"cashReceipt wins":             {in: optionsIn{CashReceiptType: "anonymous", Bypass: `{"tosspay_v2":{"cashReceipt":true}}`}, want: pay.ChargeOptions{CashReceipt: yes}},
		"cashReceipt, wrong":           {in: bypass(`{"tosspay_v2":{"cashReceipt":"never"}}`), wrong: "bypass.tosspay_v2.cashReceipt"},
		"category":                     {in: bypass(`{"tosspay_v2":{"cashReceiptTradeOption":"CULTURE"}}`), want: pay.ChargeOptions{ReceiptCategory: "CULTURE"}},
		"older category":               {in: bypass(`{"tosspay_v2":{"cashReceiptTradeType":"PUBLIC_TP"}}`), want: pay.ChargeOptions{ReceiptCategory: "PUBLIC_TP"}},
		"the newer category wins":      {in: bypass(`{"tosspay_v2":{"cashReceiptTradeType":"PUBLIC_TP","cashReceiptTradeOption":"GENERAL"}}`), want: pay.ChargeOptions{ReceiptCategory: "GENERAL"}},
		"no such category":             {in: bypass(`{"tosspay_v2":{"cashReceiptTradeType":"BOOKS"}}`), wrong: "bypass.tosspay_v2.cashReceiptTradeType"},
		"push":                         {in: bypass(`{"tosspay_v2":{"sendFailPush":true}}`), want: pay.ChargeOptions{FailPush: true}},
		"mislabelled push":             {in: bypass(`{"tosspay_v2":{"cashReceiptTradeOption":true}}`), want: pay.ChargeOptions{FailPush: true}},
		"mislabelled push as text":     {in: bypass(`{"tosspay_v2":{"cashReceiptTradeOption":"true","cashReceiptTradeType":"CULTURE"}}`), want: pay.ChargeOptions{FailPush: true, ReceiptCategory: "CULTURE"}},
		"the push of its own name":     {in: bypass(`{"tosspay_v2":{"cashReceiptTradeOption":true,"sendFailPush":false}}`)},
		"flat":                         {in: bypass(`{"cashReceiptTradeOption":"CULTURE","cashReceipt":false}`), want: pay.ChargeOptions{CashReceipt: no, ReceiptCategory: "CULTURE"}},
		"the inner level wins":         {in: bypass(`{"cashReceiptTradeOption":"CULTURE","tosspay_v2":{"cashReceiptTradeOption":"GENERAL"}}`), want: pay.ChargeOptions{ReceiptCategory: "GENERAL"}},
		"text within the object":       {in: bypass(`{"tosspay_v2":"{\"cashReceiptTradeOption\":\"CULTURE\"}"}`), want: pay.ChargeOptions{ReceiptCategory: "CULTURE"}},
		"null":                         {in: bypass(`null`)},
		"other providers":              {in: bypass(`{"kakaopay":{"custom_message":"x"}}`)},
		"a list":                       {in: bypass(`[]`), wrong: "bypass"},
		"no JSON":                      {in: bypass(`cashReceipt`), wrong: "bypass"},
		"a number in place of options": {in: bypass(`{"tosspay_v2":1}`), wrong: "bypass.tosspay_v2"},
		"an object for a category":     {in: bypass(`{"tosspay_v2":{"cashReceiptTradeOption":{}}}`), wrong: "bypass.tosspay_v2.cashReceiptTradeOption"},
	} {
		var k check
		got := c.in.read(&k, 1000, netip.Addr{})
		field := ""
		if f, ok := errors.AsType[*rest.FieldError](k.err); ok {
			field = f.Field
		}
		if field != c.wrong {
			t.Errorf("%s: refused %q (%v), want %q", name, field, k.err, c.wrong)
		}
		if c.wrong == "" && !cmp.Equal(c.want, got) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// TestInstallmentsAndBuyerIP: the floor is 50,000 won and belongs to it; the
// buyer's address is the caller's unless one was sent.
func TestInstallmentsAndBuyerIP(t *testing.T) {
	t.Parallel()
	caller := netip.MustParseAddr("198.51.100.7")
	for name, c := range map[string]struct {
		in     optionsIn
		amount int64
		months int
		ip     string
		wrong  string
	}{
		"at the floor":         {optionsIn{CardQuota: new(2)}, 50000, 2, "198.51.100.7", ""},
		"below":                {optionsIn{CardQuota: new(2)}, 49999, 0, "", "card_quota"},
		"lump sum below":       {optionsIn{CardQuota: new(0)}, 100, 0, "198.51.100.7", ""},
		"one month":            {optionsIn{CardQuota: new(1)}, 100, 0, "198.51.100.7", ""},
		"negative":             {optionsIn{CardQuota: new(-1)}, 60000, 0, "", "card_quota"},
		"IPv6":                 {optionsIn{BrowserIP: "2001:db8::1"}, 100, 0, "2001:db8::1", ""},
		"IPv4 in IPv6":         {optionsIn{BrowserIP: "::ffff:203.0.113.9"}, 100, 0, "203.0.113.9", ""},
		"with a port":          {optionsIn{BrowserIP: "203.0.113.9:4711"}, 100, 0, "203.0.113.9", ""},
		"the first of proxies": {optionsIn{BrowserIP: " 203.0.113.9, 10.0.0.1"}, 100, 0, "203.0.113.9", ""},
		"a name":               {optionsIn{BrowserIP: "localhost"}, 100, 0, "", "browser_ip"},
		"promotion":            {optionsIn{PromotionID: "promotion-id-x"}, 100, 0, "", "promotion_id"},
	} {
		var k check
		got := c.in.read(&k, c.amount, caller)
		field := ""
		if f, ok := errors.AsType[*rest.FieldError](k.err); ok {
			field = f.Field
		}
		if field != c.wrong || c.wrong == "" && (got.Months != c.months || got.BuyerIP != c.ip) {
			t.Errorf("%s: %+v, refused %q", name, got, field)
		}
	}
}
