package e2e

import (
	"net/http"
	"strings"
	"testing"

	"naru/test/browser"
	"naru/test/devserver"
)

// What the Toss Pay pages' expiredTime is to the gateway's clock.
const (
	guideInTime  = "2028-02-14T14:45:00+09:00"
	guideTooLate = "2028-02-14T15:30:01+09:00"
)

// Each page of the Toss Pay guide. Those with an expiry are refused at any time
// but the hour before it, so this gateway's clock is moved.
func TestGuidesTossPay(t *testing.T) {
	t.Parallel()
	s, naru := ownStack(t)
	g := openGuides(t, s)
	dated := []string{"payment", "payment-newer", "card"}
	refused := func(t *testing.T, why string) {
		for _, page := range dated {
			t.Run(page, func(t *testing.T) { t.Parallel(); guideRefused(t, g, page, why) })
		}
	}
	t.Run("too early", func(t *testing.T) { refused(t, "at most 60 minutes") })
	s.control(t, http.MethodPost, "clock", map[string]string{"set": guideInTime})
	t.Run("in time", func(t *testing.T) {
		for name, run := range map[string]func(*testing.T, *guides){
			"payment": guideWallet, "payment, newer": guideWalletNewer, "payment on a phone": guideWalletOnPhone,
			"card": guideWalletCard, "money": guideWalletMoney, "billing": guideWalletBilling, "billing, pg": guideWalletBillingPG,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); run(t, g) })
		}
	})
	s.control(t, http.MethodPost, "clock", map[string]string{"set": guideTooLate})
	t.Run("too late", func(t *testing.T) { refused(t, "has passed") })
	g.allRan(t, "toss-pay")
	naru("merchant", "set", devserver.UserCode, "--callback-success")
	t.Run("rsp.success", func(t *testing.T) { guideBillingSuccess(t, g) })
}

// ownStack is a `naru dev` whose clock and settings are the test's own, and a way
// to run the program's other commands on its books.
func ownStack(t *testing.T) (*Stack, func(args ...string) string) {
	t.Helper()
	bin, err := devserver.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := devserver.Start(bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("naru dev printed:\n%s", s.Output())
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	naru := func(args ...string) string {
		t.Helper()
		out, err := s.Naru("", args...)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return out
	}
	return &Stack{Gateway: s.Gateway, Sandbox: s.Sandbox, Shop: s.Shop, Console: s.Console, Browser: stack.Browser}, naru
}

// guideRefused: the page hears why, and nothing was opened.
func guideRefused(t *testing.T, g *guides, page, why string) {
	b := g.open(t, "toss-pay/"+page+".html", browser.Desktop).press("#pay")
	got := b.outcome()
	if got["success"] != false || got["imp_uid"] != nil || !strings.Contains(got.str("error_msg"), "expiredTime") || !strings.Contains(got.str("error_msg"), why) {
		t.Errorf("%v, want an error_msg that expiredTime %s", got, why)
	}
	if said := b.says(); !strings.HasPrefix(said, "결제하지 못했습니다. ") {
		t.Errorf("the page says %q", said)
	}
	if n := b.tab.Popups(); n != 0 {
		t.Errorf("%d popups are open", n)
	}
}

// toApp goes past the phone number to the app's sheet.
func (b *guest) toApp() *browser.Frame {
	b.t.Helper()
	f := b.tossPay()
	f.Fill(id("phone"), "01012345678")
	f.Fill(id("birth"), "900101")
	f.Click(id("start"))
	f.See(id("app"))
	return f
}

// created is what Toss Pay was asked for when a window was made there: a
// payment's by its imp_uid, a billing key's by the customer.
func (b *guest) created(kind, field string, value any) map[string]any {
	b.t.Helper()
	res, err := http.Get(b.Sandbox + "/control/tosspay/windows?kind=" + kind)
	if err != nil {
		b.t.Fatal(err)
	}
	var body struct {
		Windows []struct{ Request map[string]any }
	}
	decode(b.t, res, &body)
	for _, w := range body.Windows {
		if w.Request[field] == value {
			return w.Request
		}
	}
	b.t.Fatalf("Toss Pay was not asked for a %s with %s %v", kind, field, value)
	return nil
}

// asks compares what Toss Pay was asked for; nil is what was not sent.
func (b *guest) asks(p, want map[string]any) {
	b.t.Helper()
	b.same("Toss Pay", b.created("payment", "orderNo", p["imp_uid"]), want)
}

func guideWallet(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/payment.html", browser.Desktop).press("#pay")
	b.toApp().Click(id("pay"))
	p := b.paid(tvPaidClosed, map[string]any{"status": "paid", "amount": 7300.0, "name": "독립서점 정기구독", "pg_provider": "tosspay_v2", "pg_id": "narutosspay"})
	b.asks(p, map[string]any{
		"amount": 7300.0, "productDesc": "독립서점 정기구독", "expiredTime": "2028-02-14 15:30:00", "cashReceipt": true,
		"cashReceiptTradeOption": "CULTURE", "installment": "NOT_USE", "enablePayMethods": nil,
	})
	if said := b.says(); said != "결제했습니다." {
		t.Errorf("the page says %q", said)
	}
}

func guideWalletNewer(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/payment-newer.html", browser.Desktop).press("#pay")
	b.toApp().Click(id("pay"))
	p := b.paid(tvPaidClosed, map[string]any{"status": "paid", "amount": 20000.0})
	b.asks(p, map[string]any{
		"expiredTime": "2028-02-14 15:20:00", "cashReceiptTradeOption": "PUBLIC_TP", "installment": "NOT_USE",
	})
}

func guideWalletOnPhone(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/payment.html", browser.Phone).press("#pay")
	b.toApp().Click(id("pay"))
	b.paid(tvPaidPhone, map[string]any{"status": "paid", "amount": 7300.0, "channel": "mobile"})
}

func guideWalletCard(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/card.html", browser.Desktop).press("#pay")
	f := b.toApp()
	var money bool
	f.Value(`!!document.querySelector('`+id("method-money")+`')`, &money)
	if money {
		t.Error("the app offers Toss money")
	}
	f.Fill(id("installments"), "3")
	f.Click(id("pay"))
	p := b.paid(tvPaidClosed, map[string]any{"status": "paid", "amount": 78000.0, "pay_method": "card", "card_quota": 3.0})
	b.asks(p, map[string]any{
		"enablePayMethods": "CARD", "expiredTime": "2028-02-14 15:30:00", "cashReceiptTradeOption": "GENERAL", "installment": nil,
	})
}

func guideWalletMoney(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/money.html", browser.Desktop).press("#pay")
	f := b.toApp()
	var card bool
	f.Value(`!!document.querySelector('`+id("method-card")+`')`, &card)
	if card {
		t.Error("the app offers cards")
	}
	f.Click(id("pay"))
	p := b.paid(tvPaidClosed, map[string]any{"status": "paid", "amount": 16000.0, "pay_method": "point"})
	b.asks(p, map[string]any{
		"enablePayMethods": "TOSS_MONEY", "cashReceiptTradeOption": "CULTURE", "installment": "NOT_USE", "expiredTime": nil,
	})
}

// registerWallet agrees to automatic payments in the app.
func (b *guest) registerWallet() {
	b.t.Helper()
	f := b.toApp()
	f.Check(id("consent"))
	f.Click(id("agree"))
}

func guideWalletBilling(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/billing.html", browser.Desktop).press("#pay")
	b.registerWallet()
	p := b.paid(tvPaidClosed, map[string]any{"status": "paid", "amount": 0.0, "pg_provider": "tosspay_v2", "pg_id": "narutosspaybill", "name": "원두 정기배송"})
	if said := b.says(); said != "등록했습니다." {
		t.Errorf("the page says %q", said)
	}
	b.same("Toss Pay", b.created("billing", "userId", "garam-0412"), map[string]any{"productDesc": "원두 정기배송", "amount": nil})
	b.hears("/notice", p, map[string]any{"status": "paid", "merchant_uid": p["merchant_uid"]})
	b.registered(p, map[string]any{"customer_id": "garam-0412", "pg_provider": "tosspay_v2", "pg_id": "narutosspaybill"})
}

func guideWalletBillingPG(t *testing.T, g *guides) {
	b := g.open(t, "toss-pay/billing-pg.html", browser.Phone).press("#pay")
	b.registerWallet()
	p := b.paid(tvPaidPhone, map[string]any{"status": "paid", "amount": 0.0, "pg_id": "narutosspaybill", "channel": "mobile"})
	b.registered(p, map[string]any{"customer_id": "garam-0413"})
}

// guideBillingSuccess: the Toss Payments page as the guide has it says what
// happened once the merchant has asked for rsp.success.
func guideBillingSuccess(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/billing.html", browser.Desktop).press("#pay")
	b.registerCard()
	p := b.paid("imp_success imp_uid merchant_uid success", map[string]any{"status": "paid", "amount": 0.0})
	if said := b.says(); said != "카드를 등록했습니다." {
		t.Errorf("the page says %q", said)
	}
	b.registered(p, map[string]any{"customer_id": "garam-0412"})
}
