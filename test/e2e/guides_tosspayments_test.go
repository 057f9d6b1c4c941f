package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"naru/test/browser"
)

// Each page of the Toss Payments guide, from its button to the books.
func TestGuidesTossPayments(t *testing.T) {
	t.Parallel()
	g := openGuides(t, &stack)
	t.Run("pages", func(t *testing.T) {
		for name, run := range map[string]func(*testing.T, *guides){
			"card": guideCard, "card on a phone": guideCardOnPhone, "card, newer": guideCardNewer, "installments": guideInstallments,
			"card.direct": guideDirect, "card.detail": guideDetail, "transfer": guideTransfer, "fixed account": guideFixedAccount,
			"cash": guideCash, "gift certificates": guideGifts, "wallets": guideWallets,
			"billing": guideBilling, "billing, newer": guideBillingNewer,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); run(t, g) })
		}
	})
	g.allRan(t, "toss-payments")
}

// payByCard goes through Toss Payments' card window.
func (b *guest) payByCard(company string) {
	b.t.Helper()
	f := b.tossPayments()
	f.Click(id("card-" + company))
	f.Check(id("agree"))
	f.Click(id("next"))
	f.Click(id("approve"))
}

func guideCard(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card.html", browser.Desktop).press("#pay")
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
	b.asked(p, "카드", map[string]any{
		"amount": 126000.0, "taxFreeAmount": 4000.0, "orderName": "제주 감귤 두 상자", "useInternationalCardOnly": true,
		"maxCardInstallmentPlan": 6.0, "cardInstallmentPlan": nil, "useCardPoint": true, "useAppCardOnly": nil,
		"customerName": "박가람", "customerEmail": "garam@example.com",
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
	f := b.tossPayments()
	f.Fill(id("installments"), "3")
	b.payByCard("61")
	p := b.paid(tpPaid, map[string]any{
		"status": "paid", "amount": 89000.0, "card_code": "367", "card_quota": 3.0, "custom_data": `{"memberId":6240}`, "buyer_name": "최다온",
	})
	b.asked(p, "카드", map[string]any{
		"amount": 89000.0, "maxCardInstallmentPlan": 3.0, "useCardPoint": false, "useInternationalCardOnly": nil, "language": nil,
	})
	b.hears("/confirm", p, map[string]any{"amount": 89000.0})
	b.hears("/notice", p, map[string]any{"status": "paid"})
}

// guideInstallments: the page's three buttons.
func guideInstallments(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/installments.html", browser.Desktop)
	for _, c := range []struct {
		button, months, pick string
		asked                map[string]any
		quota                float64
	}{
		{"#pay", "6", "", map[string]any{"cardInstallmentPlan": 6.0, "maxCardInstallmentPlan": nil}, 6},
		{"#lump", "0", "", map[string]any{"cardInstallmentPlan": nil, "maxCardInstallmentPlan": 0.0}, 0},
		{"#list", "0 2 3 4 5 6", "5", map[string]any{"cardInstallmentPlan": nil, "maxCardInstallmentPlan": 6.0}, 5},
	} {
		f := b.press(c.button).tossPayments()
		if months := options(f, id("installments")); months != c.months {
			t.Fatalf("%s: the window offers the months %s, want %s", c.button, months, c.months)
		}
		if c.pick != "" {
			f.Fill(id("installments"), c.pick)
		}
		b.payByCard("41")
		p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 150000.0, "card_quota": c.quota})
		b.asked(p, "카드", c.asked)
	}
}

func guideDirect(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card-direct.html", browser.Desktop).press("#pay")
	b.tossPayments().Click(id("approve"))
	p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 96000.0, "card_code": "367", "card_quota": 3.0})
	b.asked(p, "카드", map[string]any{"flowMode": "DIRECT", "cardCompany": "61", "cardInstallmentPlan": 3.0, "maxCardInstallmentPlan": nil})
}

// guideDetail: with one company left there is nothing to choose.
func guideDetail(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/card-detail.html", browser.Desktop).press("#pay")
	b.tossPayments().Click(id("approve"))
	p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 42000.0, "card_code": "366", "card_quota": 0.0})
	b.asked(p, "카드", map[string]any{"flowMode": "DIRECT", "cardCompany": "41"})
}

// payByTransfer goes through the window of transfers; the receipt's number is
// the phone's that the page sent.
func (b *guest) payByTransfer(bank string) {
	b.t.Helper()
	f := b.tossPayments()
	f.Click(id("bank-" + bank))
	f.Check(id("agree"))
	f.Click(id("next"))
	f.Click(id("approve"))
}

func guideTransfer(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/transfer.html", browser.Desktop).press("#pay")
	b.tossPayments().See(id("receipt-fixed"))
	b.payByTransfer("88")
	p := b.paid(tpPaid, map[string]any{
		"status": "paid", "amount": 35000.0, "pay_method": "trans", "bank_code": "088", "cash_receipt_issued": true, "pg_provider": "tosspayments",
	})
	b.asked(p, "계좌이체", map[string]any{
		"amount": 35000.0, "cultureExpense": true, "cashReceipt": map[string]any{"type": "소득공제"}, "useEscrow": false, "customerMobilePhone": "01023456789",
	})
}

// getAccount goes through the window of virtual accounts, which asks for the
// customer's own number where the shop's accounts are fixed.
func (b *guest) getAccount(bank, customer string) {
	b.t.Helper()
	f := b.tossPayments()
	f.Click(id("bank-" + bank))
	f.Fill(id("account-key"), customer)
	f.Check(id("agree"))
	f.Click(id("next"))
	f.Click(id("approve"))
}

// guideFixedAccount: the customer's number decides which account it is.
func guideFixedAccount(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/fixed-account.html", browser.Desktop)
	issue := func(customer string) map[string]any {
		b.press("#pay").getAccount("20", customer)
		p := b.paid(tpPaid, map[string]any{"status": "ready", "amount": 180000.0, "pay_method": "vbank", "vbank_code": "020", "paid_at": 0.0})
		b.hears("/notice", p, map[string]any{"status": "ready"})
		return p
	}
	first, again, other := issue("7700129"), issue("7700129"), issue("7700130")
	number := first["vbank_num"]
	if number == nil || again["vbank_num"] != number || other["vbank_num"] == number {
		t.Errorf("accounts %v, %v and for another customer %v", number, again["vbank_num"], other["vbank_num"])
	}
	b.asked(first, "가상계좌", map[string]any{"amount": 180000.0, "customerName": "최다온", "customerMobilePhone": "01034567890"})
	b.control(t, http.MethodPost, "tosspayments/payments/"+fmt.Sprint(other["imp_uid"])+"/deposit", map[string]any{"amount": 180000})
	eventually(t, "the deposit", func() (bool, string) {
		p := b.payment(t, fmt.Sprint(other["imp_uid"]))
		return p["status"] == "paid", fmt.Sprint(p["status"])
	})
}

// pick chooses a method on the page of methods and presses its button.
func (b *guest) pick(method string) {
	b.t.Helper()
	b.tab.Page().Fill("#method", method)
	b.press("#pay")
}

func guideCash(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/methods.html", browser.Desktop)
	paid := func(method, call string, want map[string]any) {
		t.Helper()
		want["pay_method"], want["amount"] = method, 60000.0
		b.asked(b.paid(tpPaid, want), call, map[string]any{"amount": 60000.0, "cardInstallmentPlan": nil})
	}
	b.pick("card")
	b.payByCard("51")
	paid("card", "카드", map[string]any{"status": "paid", "card_code": "365"})
	b.pick("trans")
	b.payByTransfer("06")
	paid("trans", "계좌이체", map[string]any{"status": "paid", "bank_code": "004", "cash_receipt_issued": false})
	b.pick("vbank")
	b.getAccount("06", "7700131")
	paid("vbank", "가상계좌", map[string]any{"status": "ready", "vbank_code": "004"})
	b.pick("phone")
	f := b.tossPayments()
	f.Click(id("carrier-KT"))
	f.Fill(id("phone"), "01012345678")
	f.Fill(id("birth"), "900101")
	f.Check(id("agree"))
	f.Click(id("next"))
	f.Fill(id("sms"), "000000")
	f.Click(id("approve"))
	paid("phone", "휴대폰", map[string]any{"status": "paid"})
}

func guideGifts(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/methods.html", browser.Desktop)
	for _, gift := range []struct{ method, call string }{{"booknlife", "도서문화상품권"}, {"smartculture", "게임문화상품권"}, {"cultureland", "문화상품권"}} {
		b.pick(gift.method)
		f := b.tossPayments()
		f.Click(id("next"))
		f.Check(id("agree"))
		f.Click(id("approve"))
		p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 60000.0, "pay_method": gift.method})
		b.asked(p, gift.call, map[string]any{"amount": 60000.0})
	}
}

// guideWallets: a card is behind each of them, so that is what the books say.
func guideWallets(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/methods.html", browser.Desktop)
	for _, wallet := range []struct{ method, code string }{
		{"kakaopay", "KAKAOPAY"}, {"naverpay", "NAVERPAY"}, {"lpay", "LPAY"}, {"samsung", "SAMSUNGPAY"}, {"ssgpay", "SSG"}, {"applepay", "APPLEPAY"},
		{"payco", "PAYCO"},
	} {
		b.payByWallet(wallet.method)
		p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 60000.0, "pay_method": "card"})
		b.asked(p, "카드", map[string]any{"flowMode": "DIRECT", "easyPay": wallet.code})
	}
	b.payByWallet("tosspay")
	p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 60000.0, "pay_method": "card", "pg_provider": "tosspayments"})
	b.asked(p, "토스페이", map[string]any{"amount": 60000.0})
}

func (b *guest) payByWallet(method string) {
	b.t.Helper()
	b.pick(method)
	f := b.tossPayments()
	f.Click(id("next"))
	f.Click(id("approve"))
}

// registerCard goes through Toss Payments' billing window with the card that
// its tester's panel fills in.
func (b *guest) registerCard() {
	b.t.Helper()
	f := b.tossPayments()
	f.See(id("card-number"))
	f.Value(`document.querySelectorAll("details").forEach(d => d.open = true), 1`, nil)
	f.Click(id("fill"))
	f.Click(id("next"))
	f.Click(id("send-code"))
	f.Fill(id("verification"), "000000")
	f.Click(id("approve"))
}

// registered compares a registration as a server reads it, and charges the key.
func (b *guest) registered(p, want map[string]any) {
	b.t.Helper()
	uid := fmt.Sprint(p["customer_uid"])
	if p["customer_uid"] == nil || p["customer_uid_usage"] != "issue" || p["status"] != "paid" {
		b.t.Fatalf("customer_uid %v, customer_uid_usage %v, status %v", p["customer_uid"], p["customer_uid_usage"], p["status"])
	}
	key := b.rest(b.t, http.MethodGet, "/subscribe/customers/"+uid, nil)
	b.same("the billing key", key.Response, want)
	charge := b.rest(b.t, http.MethodPost, "/subscribe/payments/again", url.Values{
		"customer_uid": {uid}, "merchant_uid": {"month-1-" + uid[len(uid)-20:]}, "amount": {"19800"}, "name": {"첫 달"},
	})
	if charge.Code != 0 || charge.Response["status"] != "paid" || charge.Response["amount"] != 19800.0 {
		b.t.Errorf("charging it: code %d, %v", charge.Code, charge.Response)
	}
}

// guideBilling: the guide's rsp.success is not there, so the page says the
// opposite of what happened.
func guideBilling(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/billing.html", browser.Desktop).press("#pay")
	b.registerCard()
	p := b.paid(tpPaid, map[string]any{"status": "paid", "amount": 0.0, "pay_method": "card", "pg_id": "tnarubill", "name": "꽃 구독"})
	if said := b.says(); said != "카드를 등록하지 못했습니다." {
		t.Errorf("the page says %q", said)
	}
	b.opened("customerKey=garam-0412", "requestBillingAuth", "카드", map[string]any{"customerName": "박가람", "customerEmail": "garam@example.com"})
	b.registered(p, map[string]any{"customer_id": "garam-0412", "pg_provider": "tosspayments", "pg_id": "tnarubill", "customer_name": "박가람"})
}

func guideBillingNewer(t *testing.T, g *guides) {
	b := g.open(t, "toss-payments/billing-newer.html", browser.Desktop).press("#pay")
	b.registerCard()
	p := b.paid(tpPaid, map[string]any{"status": "paid", "pg_id": "tnarubill", "buyer_name": "최다온"})
	if said := b.says(); said != "카드를 등록했습니다." {
		t.Errorf("the page says %q", said)
	}
	b.opened("customerKey=daon-0908", "requestBillingAuth", "카드", nil)
	b.hears("/notice", p, map[string]any{"status": "paid", "merchant_uid": p["merchant_uid"]})
	b.registered(p, map[string]any{"customer_id": "daon-0908", "customer_name": "최다온"})
}
