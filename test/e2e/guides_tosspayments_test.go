package e2e

import (
	"testing"

	"naru/test/browser"
)

// payByCard goes through Toss Payments' card window.
func (b *guest) payByCard(company string) {
	b.t.Helper()
	f := b.tossPayments()
	f.Click(id("card-" + company))
	f.Check(id("agree"))
	f.Click(id("next"))
	f.Click(id("approve"))
}

// Each page of the Toss Payments guide, from its button to the books.
func TestGuidesTossPayments(t *testing.T) {
	t.Parallel()
	g := openGuides(t, &stack)
	t.Run("pages", func(t *testing.T) {
		for name, run := range map[string]func(*testing.T, *guides){
			"card": guideCard, "card on a phone": guideCardOnPhone, "card, newer": guideCardNewer,
			"installments": guideInstallments, "card.direct": guideDirect, "card.detail": guideDetail,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); run(t, g) })
		}
	})
	g.allRan(t, "toss-payments")
}

func guideCard(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card.html", browser.Desktop).press("#pay")
	b.asksFor("카드", map[string]any{
		"amount": 126000.0, "taxFreeAmount": 4000.0, "orderName": "제주 감귤 두 상자", "useInternationalCardOnly": true,
		"maxCardInstallmentPlan": 6.0, "cardInstallmentPlan": nil, "useCardPoint": true, "useAppCardOnly": nil, "useEscrow": false,
		"customerName": "박가람", "customerEmail": "garam@example.com",
	})
	f := b.tossPayments()
	if months := options(f, id("installments")); months != "0 2 3 4 5 6" {
		t.Errorf("the window offers the months %s", months)
	}
	var lang string
	f.Value(`document.documentElement.lang`, &lang)
	if lang != "en" {
		t.Errorf("the window for foreign cards speaks %q", lang)
	}
	b.payByCard("4V")
	p := b.paid(tpPaid, map[string]any{
		"status": "paid", "amount": 126000.0, "name": "제주 감귤 두 상자", "pay_method": "card", "channel": "pc", "card_quota": 0.0,
		"custom_data": `{"memberId":5127}`, "buyer_tel": "010-2345-6789", "buyer_addr": "제주특별자치도 제주시 예시로 12", "buyer_postcode": "63000",
		"pg_id": "tnaru", "escrow": false, "currency": "KRW",
	})
	b.hears("/confirm", p, map[string]any{"merchant_uid": p["merchant_uid"], "amount": 126000.0})
	b.hears("/notice", p, map[string]any{"merchant_uid": p["merchant_uid"], "status": "paid"})
}

// guideCardOnPhone: the browser comes back to m_redirect_url instead of a callback.
func guideCardOnPhone(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card.html", browser.Phone).press("#pay")
	b.payByCard("4M")
	p := b.paid(tpPaid, map[string]any{"status": "paid", "channel": "mobile", "amount": 126000.0})
	b.hears("/notice", p, map[string]any{"status": "paid"})
}

func guideCardNewer(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card-newer.html", browser.Desktop).press("#pay")
	b.asksFor("카드", map[string]any{
		"amount": 89000.0, "maxCardInstallmentPlan": 3.0, "useCardPoint": false, "useInternationalCardOnly": nil,
	})
	f := b.tossPayments()
	f.Fill(id("installments"), "3")
	b.payByCard("61")
	p := b.paid(tpPaid, map[string]any{
		"status": "paid", "amount": 89000.0, "card_code": "367", "card_quota": 3.0, "custom_data": `{"memberId":6240}`, "buyer_name": "최다온",
	})
	b.hears("/confirm", p, map[string]any{"amount": 89000.0})
	b.hears("/notice", p, map[string]any{"status": "paid"})
}

// guideInstallments: the page's three buttons.
func guideInstallments(t *testing.T, g *guides) {
	for _, c := range []struct {
		button, months, pick string
		asked                map[string]any
		quota                float64
	}{
		{"#pay", "6", "6", map[string]any{"cardInstallmentPlan": 6.0, "maxCardInstallmentPlan": nil}, 6},
		{"#lump", "0", "0", map[string]any{"cardInstallmentPlan": nil, "maxCardInstallmentPlan": 0.0}, 0},
		{"#list", "0 2 3 4 5 6", "5", map[string]any{"cardInstallmentPlan": nil, "maxCardInstallmentPlan": 6.0}, 5},
	} {
		t.Run(c.button, func(t *testing.T) {
			t.Parallel()
			b := g.open(t, "toss-payments/installments.html", browser.Desktop).press(c.button)
			b.asksFor("카드", c.asked)
			f := b.tossPayments()
			if months := options(f, id("installments")); months != c.months {
				t.Fatalf("the window offers the months %s, want %s", months, c.months)
			}
			if c.pick != c.months {
				f.Fill(id("installments"), c.pick)
			}
			b.payByCard("41")
			b.paid(tpPaid, map[string]any{"status": "paid", "amount": 150000.0, "card_quota": c.quota})
		})
	}
}

func guideDirect(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card-direct.html", browser.Desktop).press("#pay")
	b.asksFor("카드", map[string]any{"flowMode": "DIRECT", "cardCompany": "61", "cardInstallmentPlan": 3.0, "maxCardInstallmentPlan": nil})
	b.tossPayments().Click(id("approve"))
	b.paid(tpPaid, map[string]any{"status": "paid", "amount": 96000.0, "card_code": "367", "card_quota": 3.0})
}

// guideDetail: with one company left there is nothing to choose.
func guideDetail(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card-detail.html", browser.Desktop).press("#pay")
	b.asksFor("카드", map[string]any{"flowMode": "DIRECT", "cardCompany": "41"})
	b.tossPayments().Click(id("approve"))
	b.paid(tpPaid, map[string]any{"status": "paid", "amount": 42000.0, "card_code": "366", "card_quota": 0.0})
}
