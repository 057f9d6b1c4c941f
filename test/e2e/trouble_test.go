package e2e

import (
	"strings"
	"testing"

	"naru/test/browser"
)

// These tests make a provider misbehave for everybody, so they run one at a
// time, before the others.

// faulty sets a rule at a simulator until the test ends.
func faulty(t *testing.T, sim, rule string) {
	t.Helper()
	stack.control(t, "POST", sim+"/faults", map[string]string{"rule": rule})
	t.Cleanup(func() { stack.control(t, "DELETE", sim+"/faults", nil) })
}

// The answer to the confirm is lost after the money moved: the buyer is told to
// wait, and then that it is paid; the shop hears once, and the money moved once.
func TestLostAnswer(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name(), func(t *testing.T) {
			sim, rule := "tosspayments", "POST /v1/payments/confirm nth=1 after garble"
			if w.provider == "tosspay_v2" {
				sim, rule = "tosspay", "POST /api/v2/execute nth=1 after garble"
			}
			faulty(t, sim, rule)
			b := visit(t, w, "")
			b.pay().approve()
			got := b.outcome()
			if got.keys() != w.keys(true) {
				t.Errorf("keys: %s\nwant: %s", got.keys(), w.keys(true))
			}
			b.once()
			p := stack.payment(t, got.str("imp_uid"))
			if p["status"] != "paid" || p["cancel_amount"] != float64(0) {
				t.Errorf("payment %v, cancelled %v", p["status"], p["cancel_amount"])
			}
			b.quiet()
		})
	}
}

// The provider cannot be reached when the window is to open: the buyer gets a
// page that says so, and the shop hears when it is closed.
func TestProviderIsDown(t *testing.T) {
	faulty(t, "tosspay", "POST /api/v2/payments before drop")
	b := visit(t, way{"tosspay_v2", "pay-tosspay", browser.Desktop}, "")
	b.pay()
	got := b.outcome()
	if got["error_code"] != "NARU_PROVIDER_DOWN" || got["success"] != false {
		t.Errorf("%v", got)
	}
	b.once()

	phone := visit(t, way{"tosspay_v2", "pay-tosspay", browser.Phone}, "")
	phone.pay()
	page := phone.tab.Frame(stack.Gateway + "/checkout/")
	page.See(id("back-to-shop"))
	if text := page.Text("h1"); !strings.Contains(text, "결제") {
		t.Errorf("the page says %q", text)
	}
	page.Click(id("back-to-shop"))
	if got := phone.outcome(); got["error_code"] != "NARU_PROVIDER_DOWN" {
		t.Errorf("back at the shop: %v", got)
	}
}
