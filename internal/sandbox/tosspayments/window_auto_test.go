package tosspayments_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// told is what a page's script is told to do.
type told struct {
	Auto, Code, Problem string
	Choices             any
}

func (b *bench) told(address string) told {
	b.Helper()
	_, rest, ok := strings.Cut(b.page(address), `id="config">`)
	raw, _, _ := strings.Cut(rest, "</script>")
	if !ok {
		b.Fatalf("%s has no configuration", address)
	}
	return decode[told](b.T, []byte(raw))
}

func (b *bench) order(in fields) {
	b.Helper()
	b.want(b.control("PUT", "/next-buyer", in), 200, "")
}

func TestTheAddressSaysWhatTheWindowDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	windows := map[string]func() string{
		"card":     func() string { return b.open("카드", nil) },
		"transfer": func() string { return b.open("계좌이체", nil) },
		"wallet":   func() string { return b.open("카드", atWallet("KAKAOPAY")) },
		"billing":  func() string { return b.billingWindow(nil) },
	}
	for name, window := range windows {
		for word, want := range map[string]told{
			"approve": {Auto: "approve"}, "decline:REJECT_CARD_PAYMENT": {Auto: "approve", Code: "REJECT_CARD_PAYMENT"}, "reject": {Auto: "reject"},
			"cancel": {Auto: "cancel"}, "abort": {Auto: "abort"}, "close": {Auto: "close"}, "hang": {}, "off": {}, "": {},
		} {
			if got := b.told(window() + "?auto=" + url.QueryEscape(word)); got != want {
				t.Errorf("%s with %q: %+v, want %+v", name, word, got, want)
			}
		}
	}
	for _, word := range []string{"dance", "decline", "decline:NO_SUCH", "approve:REJECT_CARD_PAYMENT", "decline:INVALID_CLIENT_KEY"} {
		if got := b.told(b.open("카드", nil) + "?auto=" + word); got.Auto != "" || !strings.Contains(got.Problem, "auto: ") {
			t.Errorf("%q: %+v, want a problem", word, got)
		}
	}
}

// The standing setting counts where neither an order nor the address says else.
func TestOrdersComeBeforeAddressesAndSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.control("PUT", "/auto", fields{"action": "decline:FDS_ERROR"}), 200, "")
	if r := b.control("GET", "/auto", nil); r.body["action"] != "decline:FDS_ERROR" {
		t.Errorf("setting %s", r)
	}
	if got := b.told(b.open("카드", nil)); got.Auto != "approve" || got.Code != "FDS_ERROR" {
		t.Errorf("by the setting: %+v", got)
	}
	if got := b.told(b.open("카드", nil) + "?auto=cancel"); got.Auto != "cancel" {
		t.Errorf("by the address: %+v", got)
	}
	b.order(fields{"action": "hang"})
	if got := b.told(b.open("카드", nil) + "?auto=cancel"); got != (told{}) {
		t.Errorf("by the order: %+v", got)
	}
	for _, bad := range []string{"", "dance", "decline", "decline:NO_SUCH"} {
		b.want(b.control("PUT", "/auto", fields{"action": bad}), 400, "BAD_BODY")
	}
	b.want(b.control("PUT", "/auto", fields{"action": "off"}), 200, "")
	if got := b.told(b.open("카드", nil)); got != (told{}) {
		t.Errorf("after off: %+v", got)
	}
}

func TestTheNextBuyerTakesAnOrderOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.order(fields{"method": "BILLING", "action": "approve", "choices": fields{"card": "refused_by_company"}})
	b.order(fields{"method": "카카오페이", "action": "decline", "code": "REJECT_CARD_COMPANY", "choices": fields{"pay": "money"}})
	b.order(fields{"method": "TRANSFER", "mid": mid, "action": "cancel"})
	b.order(fields{"action": "reject"})
	b.order(fields{"mid": "vexample02", "action": "abort"})
	card := b.open("카드", nil)
	if got := b.told(card); got.Auto != "reject" {
		t.Errorf("any window: %+v", got)
	}
	if got := b.told(card); got.Auto != "reject" {
		t.Errorf("the same window again: %+v", got)
	}
	if got := b.told(b.open("카드", nil)); got != (told{}) {
		t.Errorf("the window after it: %+v", got)
	}
	wallet := b.open("카드", atWallet("KAKAOPAY"))
	got := b.told(wallet)
	if got.Auto != "approve" || got.Code != "REJECT_CARD_COMPANY" || fmt.Sprint(got.Choices) != "map[pay:money]" {
		t.Errorf("the wallet: %+v", got)
	}
	if got := b.told(b.open("계좌이체", nil)); got.Auto != "cancel" {
		t.Errorf("the transfer: %+v", got)
	}
	if got := b.told(b.billingWindow(nil)); got.Auto != "approve" || fmt.Sprint(got.Choices) != "map[card:refused_by_company]" {
		t.Errorf("the billing window: %+v", got)
	}
	left := b.control("GET", "/next-buyer", nil).body["orders"].([]any)
	if len(left) != 1 || left[0].(map[string]any)["mid"] != "vexample02" {
		t.Errorf("left are %v", left)
	}
	b.want(b.control("DELETE", "/next-buyer", nil), 200, "")
	if left := b.control("GET", "/next-buyer", nil).body["orders"].([]any); len(left) != 0 {
		t.Errorf("after DELETE: %v", left)
	}
	// What the page is told to send does what was ordered.
	b.want(b.act(wallet, "approve", fields{"pay": "money", "code": "REJECT_CARD_COMPANY"}), 200, "")
}

// A window that is driven without a browser takes no orders.
func TestOrdersWaitForABrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.order(fields{"action": "reject"})
	b.want(b.act(b.open("카드", nil), "approve", fields{"company": "41"}), 200, "")
	if left := b.control("GET", "/next-buyer", nil).body["orders"].([]any); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

func TestBadChoicesOfOrdersShowOnThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		order  fields
		window func() string
		named  string
	}{
		{fields{"action": "approve", "choices": fields{"company": "99"}}, func() string { return b.open("카드", nil) }, `"99"`},
		{fields{"action": "decline", "code": "FDS_ERROR", "choices": fields{"points": 99999}}, func() string { return b.open("카드", atWallet("TOSSPAY")) }, "99999"},
		{fields{"action": "approve", "choices": fields{"bank": "99"}}, func() string { return b.open("계좌이체", nil) }, `"99"`},
		{fields{"action": "approve", "choices": fields{"card": "gold"}}, func() string { return b.billingWindow(nil) }, `"gold"`},
	} {
		b.order(c.order)
		w := c.window()
		if got := b.told(w); got.Auto != "" || got.Choices != nil || !strings.Contains(got.Problem, "next-buyer: ") || !strings.Contains(got.Problem, c.named) {
			t.Errorf("%v: %+v", c.order, got)
		}
		if left := b.control("GET", "/next-buyer", nil).body["orders"].([]any); len(left) != 0 {
			t.Errorf("left are %v", left)
		}
	}
}

func TestOrdersAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, bad := range []fields{
		{}, {"action": "dance"}, {"action": "decline"}, {"action": "decline", "code": "NO_SUCH"}, {"action": "approve", "code": "FDS_ERROR"},
		{"action": "approve", "method": "현금"}, {"action": "approve", "choices": 5}, {"action": "approve", "choices": []int{1}},
		{"action": "cancel", "choices": fields{"company": "41"}}, {"action": "approve", "colour": "blue"},
		{"action": "approve", "choices": fields{"cardNumber": goodCard}}, {"action": "approve", "choices": fields{"cardPassword": "12"}},
	} {
		r := b.control("PUT", "/next-buyer", bad)
		b.want(r, 400, "BAD_BODY")
		if strings.Contains(string(r.raw), goodCard) {
			t.Errorf("the refusal shows the number: %s", r)
		}
	}
	b.want(b.control("PUT", "/next-buyer", fields{"action": "approve", "mid": "nobody"}), 404, "NO_SUCH_SHOP")
	for range 100 {
		b.order(fields{"action": "hang"})
	}
	b.want(b.control("PUT", "/next-buyer", fields{"action": "hang"}), 409, "QUEUE_FULL")
}

// listed is what the list of windows says of the newest.
func (b *bench) listed(query string) fields {
	b.Helper()
	list := b.control("GET", "/windows"+query, nil).body["windows"].([]any)
	if len(list) == 0 {
		b.Fatalf("no window is listed for %s", query)
	}
	return list[0].(map[string]any)
}

func TestWindowsAreListedWithWhatWasSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sent := params(fields{"flowMode": "DIRECT", "cardCompany": "현대", "cardInstallmentPlan": 3, "customerMobilePhone": "01000001234"})
	r := b.request("CARD", sent)
	w := b.listed("")
	want, _ := json.Marshal(sent)
	if got, _ := json.Marshal(w["params"]); string(got) != string(want) {
		t.Errorf("parameters %s, want %s", got, want)
	}
	if w["mid"] != mid || w["method"] != "CARD" || w["call"] != "requestPayment" || w["by"] != "script" || w["origin"] != "https://shop.example" ||
		w["orderId"] != "ORD-20230310-0001" || w["customerKey"] != nil || w["state"] != "open" || w["url"] != r.body["url"] || w["paymentKey"] != b.newest()["paymentKey"] {
		t.Errorf("listed %v", w)
	}
	b.act(r.body["url"].(string), "approve", fields{})
	if w = b.listed(""); w["state"] != "approved" || w["code"] != nil {
		t.Errorf("approved: %v", w)
	}
	other := b.billingWindow(nil)
	if w = b.listed(""); w["call"] != "requestBillingAuth" || w["customerKey"] != "cus_9f0c2b7e" || w["orderId"] != nil || w["paymentKey"] != nil {
		t.Errorf("a billing window: %v", w)
	}
	b.act(other, "cancel", fields{})
	if w = b.listed("?customerKey=cus_9f0c2b7e"); w["state"] != "failed" || w["code"] != "PAY_PROCESS_CANCELED" {
		t.Errorf("cancelled: %v", w)
	}
	gone := b.open("카드", fields{"orderId": "ORD-20230310-0003"})
	b.act(gone, "expire", fields{})
	if w = b.listed("?orderId=ORD-20230310-0003"); w["state"] != "expired" {
		t.Errorf("expired: %v", w)
	}
	b.order(fields{"action": "hang"})
	b.page(b.open("카드", nil))
	if w = b.listed("?mid=" + mid); part(w, "nextBuyer")["action"] != "hang" || w["state"] != "open" {
		t.Errorf("with an order: %v", w)
	}
}

func TestRefusedWindowsAreListedToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request("카드", params(fields{"amount": -1}))
	if w := b.listed(""); w["state"] != "refused" || w["code"] != "BELOW_ZERO_AMOUNT" || w["mid"] != mid || w["url"] != nil || part(w, "params")["amount"] != -1.0 {
		t.Errorf("listed %v", w)
	}
	b.request("카드", params(nil), fields{"clientKey": secretKey})
	if w := b.listed(""); w["code"] != "INVALID_CLIENT_KEY" || w["mid"] != nil || strings.Contains(fmt.Sprint(w), secretKey) {
		t.Errorf("listed %v", w)
	}
	b.request("카드", params(fields{"orderName": strings.Repeat("가", 20000)}))
	if w := b.listed(""); !strings.Contains(fmt.Sprint(w["params"]), "bytes") {
		t.Errorf("listed %.200v", w)
	}
	b.call("POST", "/v1/payments", merged(params(nil), fields{"method": "카드"}))
	if w := b.listed(""); w["by"] != "api" || w["call"] != "POST /v1/payments" || w["state"] != "open" {
		t.Errorf("listed %v", w)
	}
	for range 210 {
		b.request("카드", params(nil))
	}
	if n := len(b.control("GET", "/windows", nil).body["windows"].([]any)); n != 200 {
		t.Errorf("%d are kept", n)
	}
}
