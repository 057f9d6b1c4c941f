package e2e

import (
	"net/url"
	"strings"
	"testing"

	"naru/test/browser"
)

// Reloading inside the window: our own page says that it was used, the
// provider's goes on where it can; either way the shop hears once.
func TestReload(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		b := visit(t, w, "")
		b.pay()
		f := b.window()
		f.Value(`location.reload()`, nil)
		b.leave()
		got := b.outcome()
		if got.keys() != w.keys(false) {
			t.Errorf("keys: %s\nwant: %s", got.keys(), w.keys(false))
		}
		b.once()
		b.quiet()
	})
}

// Reloading our own page in the layer is refused, changes nothing, and the
// callback comes when the layer is closed.
func TestReloadOfTheLayer(t *testing.T) {
	t.Parallel()
	b := visit(t, way{"tosspayments", "pay-card", browser.Desktop}, "")
	b.pay().window()
	layer := b.tab.Frame(stack.Gateway + "/checkout/")
	layer.Value(`location.reload()`, nil)
	layer.Until(`document.body.innerText.includes("비정상 접근입니다.")`)
	b.tab.Page().Click(".imp-close")
	if got := b.outcome(); got["error_code"] != "PAY_PROCESS_CANCELED" {
		t.Errorf("%v", got)
	}
	b.once()
}

// A browser that blocks popups: a visible button goes on. On phones and for
// Toss Payments no popup is needed, and none is asked for.
func TestBlockedPopup(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		b := &buyer{t: t, tab: stack.Browser.Open(t, w.device), how: w}
		b.tab.BlockPopups(".imp-dialog")
		b.tab.Go(stack.Shop + "/?stay=1")
		b.pay()
		if w.provider == "tosspay_v2" && !w.device.Mobile {
			b.tab.Page().Click(`.imp-actions [data-action="open"]`)
		}
		b.approve()
		got := b.outcome()
		if got.keys() != w.keys(true) {
			t.Errorf("keys: %s\nwant: %s", got.keys(), w.keys(true))
		}
		b.once()
		b.quiet()
	})
}

// The provider's page cuts window.opener: the shop learns from the gateway.
func TestOpenerIsCut(t *testing.T) {
	b := visit(t, way{"tosspay_v2", "pay-tosspay", browser.Desktop}, "")
	stack.control(t, "PUT", "tosspay/page", map[string]any{"cutOpener": true})
	defer stack.control(t, "PUT", "tosspay/page", map[string]any{"cutOpener": false})
	b.pay().approve()
	got := b.outcome()
	if got.keys() != b.how.keys(true) {
		t.Errorf("keys: %s", got.keys())
	}
	b.once()
}

// The popup vanishes without a word.
func TestPopupVanishes(t *testing.T) {
	t.Parallel()
	b := visit(t, way{"tosspay_v2", "pay-tosspay", browser.Desktop}, "")
	b.pay().window()
	b.tab.ClosePopup(b.how.window())
	got := b.outcome()
	if got.keys() != b.how.keys(false) {
		t.Errorf("keys: %s", got.keys())
	}
	b.once()
	if p := stack.payment(t, got.str("imp_uid")); p["status"] != "ready" {
		t.Errorf("status %v: nobody knows yet what became of it", p["status"])
	}
}

// Escape closes the window; focus and scroll are given back.
func TestEscapeAndFocus(t *testing.T) {
	t.Parallel()
	b := visit(t, way{"tosspayments", "pay-card", browser.Desktop}, "")
	page := b.tab.Page()
	page.See(id("pay-card"))
	page.Value(`document.body.style.minHeight = "3000px", scrollTo(0, 37), document.querySelector('[data-testid="pay-card"]').focus()`, nil)
	b.pay().window()
	b.tab.Page().Value(`document.querySelector(".imp-close").focus()`, nil)
	b.tab.Press("Escape")
	b.outcome()
	page.Until(`!document.querySelector(".imp-dialog iframe")`)
	page.Until(`scrollY === 37`)
	page.Until(`document.activeElement && document.activeElement.dataset.testid === "pay-card"`)
	b.once()
}

// A merchant whose confirm_url says no: nothing is charged, and the documented
// sentence carries the reason.
func TestMerchantStops(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		b := visit(t, w, "&variant=soldout")
		b.pay().approve()
		got := b.outcome()
		if !strings.HasPrefix(got.str("error_msg"), "고객사 요청에 의해 결제를 중단합니다. (상세사유 : ") {
			t.Errorf("error_msg %q", got.str("error_msg"))
		}
		if p := stack.payment(t, got.str("imp_uid")); p["status"] != "failed" || p["fail_reason"] != got["error_msg"] {
			t.Errorf("payment %v %v", p["status"], p["fail_reason"])
		}
		b.once()
	})
}

// A phone without m_redirect_url: the buyer gets a page of ours.
func TestPhoneWithoutRedirect(t *testing.T) {
	t.Parallel()
	for _, w := range []way{{"tosspayments", "pay-card", browser.Phone}, {"tosspay_v2", "pay-tosspay", browser.Phone}} {
		t.Run(w.name(), func(t *testing.T) {
			t.Parallel()
			b := visit(t, w, "&redirect=0")
			b.pay().approve()
			f := b.tab.Frame(stack.Gateway + "/checkout/result/")
			f.See(id("result"))
			var state string
			f.Value(`document.querySelector('[data-testid="result"]').dataset.state`, &state)
			if state != "paid" {
				t.Errorf("the page says %q", state)
			}
			f.See(id("amount"))
			b.quiet()
		})
	}
}

// The shop cancels a part and then the rest, from its own order page.
func TestShopCancels(t *testing.T) {
	t.Parallel()
	b := visit(t, way{"tosspayments", "pay-card", browser.Desktop}, "")
	b.pay().approve()
	got := b.outcome()
	order := stack.Shop + "/orders/" + url.PathEscape(got.str("merchant_uid"))
	b.tab.Go(order)
	page := b.tab.Page()
	page.Fill(id("cancel-amount"), "2000")
	page.Click(id("cancel"))
	page.Until(`document.querySelector('[data-testid="cancelled-amount"]') && document.querySelector('[data-testid="cancelled-amount"]').dataset.amount === "2000"`)
	if p := stack.payment(t, got.str("imp_uid")); p["status"] != "cancelled" || p["cancel_amount"] != float64(2000) {
		t.Errorf("after a part: %v %v", p["status"], p["cancel_amount"])
	}
	page.Click(id("cancel"))
	page.Until(`document.querySelector('[data-testid="order-status"]').dataset.status === "cancelled"`)
	p := stack.payment(t, got.str("imp_uid"))
	if p["cancel_amount"] != p["amount"] || len(p["cancel_history"].([]any)) != 2 {
		t.Errorf("after all: %v of %v in %d cancels", p["cancel_amount"], p["amount"], len(p["cancel_history"].([]any)))
	}
	b.quiet()
}

// Calls of the page that are wrong are answered through the callback, naming
// what is wrong; and only one window is open at a time.
func TestWrongCalls(t *testing.T) {
	t.Parallel()
	tab := stack.Browser.Open(t, browser.Desktop)
	tab.Go(stack.Shop + "/")
	page := tab.Page()
	page.See(id("pay-card"))
	for _, c := range []struct{ name, params, code, in string }{
		{"amount is text", `{amount: "천원"}`, "", "amount"},
		{"amount has a fraction", `{amount: 10.5}`, "", "amount"},
		{"order number too long", `{merchant_uid: "x".repeat(41)}`, "", "merchant_uid"},
		{"unknown channel", `{channelKey: "channel-key-nobody"}`, "F1001", ""},
		{"a method that is not offered", `{pay_method: "tosspay_card"}`, "", "pay_method"},
		{"an account without a name", `{pay_method: "vbank", buyer_name: ""}`, "", "buyer_name"},
		{"escrow by card", `{escrow: true}`, "", "escrow"},
		{"a billing key from a channel for payments", `{customer_uid: "member-1"}`, "", "customer_uid"},
		{"foreign money", `{currency: "USD"}`, "", "currency"},
	} {
		var rsp outcome
		tab.Main((`new Promise(done => { IMP.init("imp00000000"); IMP.request_pay(Object.assign({
			channelKey: "channel-key-11111111-1111-4111-8111-111111111111", pay_method: "card", merchant_uid: "wrong-" + Math.random(), name: "n", amount: 1000, buyer_name: "b"
		}, ` + c.params + `), done) })`), &rsp)
		if c.code != "" && rsp["error_code"] != c.code || !strings.Contains(rsp.str("error_msg"), c.in) || rsp["imp_uid"] != nil {
			t.Errorf("%s: %v", c.name, rsp)
		}
	}
	var second outcome
	tab.Main((`new Promise(done => { const p = {channelKey: "channel-key-11111111-1111-4111-8111-111111111111", pay_method: "card", merchant_uid: "two-" + Math.random(), name: "n", amount: "1000", buyer_name: "b"};
		IMP.request_pay(p, () => {}); IMP.request_pay(Object.assign({}, p, {merchant_uid: "second"}), done) })`), &second)
	if second["error_code"] != "NARU_WINDOW_OPEN" || second["merchant_uid"] != "second" {
		t.Errorf("a second window: %v", second)
	}
}
