package tosspayments_test

import (
	"strings"
	"testing"
)

var walletCodes = []string{"KAKAOPAY", "NAVERPAY", "LPAY", "SAMSUNGPAY", "SSG", "APPLEPAY", "PAYCO", "TOSSPAY", "PINPAY", "LGPAY"}

func atWallet(code string, with ...fields) fields {
	return merged(fields{"flowMode": "DIRECT", "easyPay": code}, with...)
}

func TestWalletsSplitTheAmount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		with, chosen fields
		card         any // the card's part, nil for no card
		money        float64
		points       float64
	}{
		{"as it is preselected", atWallet("KAKAOPAY"), fields{}, 58000.0, 0, 0},
		{"by card", atWallet("NAVERPAY"), fields{"pay": "card", "company": "61"}, 58000.0, 0, 0},
		{"card and points", atWallet("TOSSPAY"), fields{"company": "41", "points": 2000}, 56000.0, 0, 2000},
		{"money", atWallet("KAKAOPAY"), fields{"pay": "money"}, nil, 58000, 0},
		{"money and points", atWallet("PAYCO"), fields{"pay": "money", "points": 8000}, nil, 50000, 8000},
		{"points alone", atWallet("NAVERPAY"), fields{"points": 58000}, nil, 0, 58000},
		{"points alone beside money", atWallet("NAVERPAY"), fields{"pay": "money", "points": 58000}, nil, 0, 58000},
		{"a wallet without points", atWallet("SSG"), fields{"pay": "money"}, nil, 58000, 0},
		{"one with cards alone", atWallet("APPLEPAY"), fields{}, 58000.0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.payCard(c.with, c.chosen)
			easy := part(p, "easyPay")
			if p["method"] != "간편결제" || p["totalAmount"] != 58000.0 || easy["amount"] != c.money || easy["discountAmount"] != c.points {
				t.Errorf("payment %v", p)
			}
			if card := part(p, "card"); c.card == nil && p["card"] != nil || c.card != nil && card["amount"] != c.card {
				t.Errorf("card %v, want %v", p["card"], c.card)
			}
			if sum, _ := b.moved(); sum != 58000 {
				t.Errorf("%d moved", sum)
			}
		})
	}
}

func TestEveryWalletHasItsScreens(t *testing.T) {
	t.Parallel()
	names := map[string]string{
		"KAKAOPAY": "카카오페이", "NAVERPAY": "네이버페이", "LPAY": "엘페이", "SAMSUNGPAY": "삼성페이", "SSG": "SSG페이", "APPLEPAY": "애플페이",
		"PAYCO": "페이코", "TOSSPAY": "토스페이", "PINPAY": "핀페이", "LGPAY": "LG페이",
	}
	for _, code := range walletCodes {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			page := b.page(b.open("카드", atWallet(code)))
			for _, want := range []string{`data-wallet="` + code + `"`, names[code], "58,000원", `data-testid="pay-card"`, `data-testid="next"`, "QR을", "easypay.", "실제 결제가 아닙니다"} {
				if !strings.Contains(page, want) {
					t.Errorf("lacks %s", want)
				}
			}
			for what, has := range map[string]bool{
				"pay-money": !strings.Contains("SAMSUNGPAY APPLEPAY LGPAY", code), "points": strings.Contains("TOSSPAY KAKAOPAY NAVERPAY PAYCO", code),
				"new-card": code == "KAKAOPAY", "card-41": code != "APPLEPAY", "card-61": true,
			} {
				if got := strings.Contains(page, `data-testid="`+what+`"`); got != has {
					t.Errorf("%s is there: %v", what, got)
				}
			}
			if got := part(b.payCard(atWallet(code), fields{}), "easyPay")["provider"]; got != names[code] {
				t.Errorf("provider %v", got)
			}
			english := b.page(b.open("카드", atWallet(code, fields{"language": "EN", "orderId": "ORD-20230310-0002"})))
			if !strings.Contains(english, `lang="en"`) || strings.Contains(english, names[code]) || !strings.Contains(english, "Pay KRW 58,000") {
				t.Errorf("the English page %s", english)
			}
		})
	}
}

// A newer card of KakaoPay comes back without its company and number.
func TestCardsThatAreNotTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.payCard(atWallet("KAKAOPAY"), fields{"newCard": true})
	card := part(p, "card")
	for _, name := range []string{"company", "issuerCode", "acquirerCode", "number"} {
		if v, there := card[name]; there {
			t.Errorf("%s is told: %v", name, v)
		}
	}
	if card["amount"] != 58000.0 || card["approveNo"] != "00000000" || card["cardType"] != "미확인" {
		t.Errorf("card %v", card)
	}
	if slip := b.page(part(p, "receipt")["url"].(string)); !strings.Contains(slip, "카카오페이") || !strings.Contains(slip, "알려지지 않음") || strings.Contains(slip, "신한") {
		t.Errorf("receipt %s", slip)
	}
}

func TestPlansOfWallets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name string
		with fields
		has  []string
		not  []string
	}{
		{"the buyer chooses", atWallet("KAKAOPAY"), []string{`<option value="0"`, `<option value="12"`}, nil},
		{"up to a maximum", atWallet("KAKAOPAY", fields{"maxCardInstallmentPlan": 3}), []string{`<option value="3"`}, []string{`<option value="4"`}},
		{"a fixed plan", atWallet("KAKAOPAY", fields{"cardInstallmentPlan": 5}), []string{`<option value="5"`}, []string{`<option value="0"`}},
		{"a fixed plan beside a single payment", atWallet("NAVERPAY", fields{"cardInstallmentPlan": 5}), []string{`<option value="0"`, `<option value="5"`}, []string{`<option value="2"`}},
		{"too small an amount", atWallet("NAVERPAY", fields{"amount": 49999}), []string{`<option value="0"`}, []string{`<option value="2"`}},
	} {
		page := b.page(b.open("카드", c.with))
		for _, want := range c.has {
			if !strings.Contains(page, want) {
				t.Errorf("%s: lacks %s", c.name, want)
			}
		}
		for _, no := range c.not {
			if strings.Contains(page, no) {
				t.Errorf("%s: has %s", c.name, no)
			}
		}
	}
	free := fields{"freeInstallmentPlans": []fields{{"company": "61", "months": []int{3}}}}
	card := part(b.payCard(atWallet("NAVERPAY", free), fields{"company": "61", "installments": 3, "points": 8000}), "card")
	if card["installmentPlanMonths"] != 3.0 || card["interestPayer"] != "MERCHANT" || card["amount"] != 50000.0 {
		t.Errorf("card %v", card)
	}
}

func TestWalletsTakeNoMoreThanTheyOffer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		with, chosen fields
		code         string
	}{
		{atWallet("SAMSUNGPAY"), fields{"pay": "money"}, "INVALID_REQUEST"},
		{atWallet("SSG"), fields{"points": 1}, "NOT_ALLOWED_POINT_USE"},
		{atWallet("KAKAOPAY"), fields{"points": 58001}, "INVALID_REQUEST"},
		{atWallet("KAKAOPAY"), fields{"points": -1}, "INVALID_REQUEST"},
		{atWallet("KAKAOPAY"), fields{"points": 57901}, "BELOW_MINIMUM_AMOUNT"},
		{atWallet("KAKAOPAY"), fields{"points": 8001, "installments": 3}, "INVALID_CARD_INSTALLMENT_AMOUNT"},
		{atWallet("KAKAOPAY"), fields{"company": "3K"}, "INVALID_CARD_COMPANY"},
		{atWallet("APPLEPAY"), fields{"company": "41"}, "INVALID_CARD_COMPANY"},
		{atWallet("NAVERPAY"), fields{"newCard": true}, "INVALID_REQUEST"},
		{atWallet("NAVERPAY"), fields{"pay": "cash"}, "INVALID_REQUEST"},
		{atWallet("NAVERPAY"), fields{"installments": 13}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{atWallet("NAVERPAY"), fields{"wallet": "x"}, "INVALID_REQUEST"},
	} {
		if r := b.act(b.open("카드", c.with), "approve", c.chosen); r.status != 400 || r.code() != c.code {
			t.Errorf("%v in %v: %s, want %s", c.chosen, c.with["easyPay"], r, c.code)
		}
	}
	b.want(b.request("카드", params(atWallet("KAKAOPAY", fields{"useInternationalCardOnly": true}))), 400, "INVALID_FLOW_MODE_PARAMETERS")
	b.want(b.request("토스페이", params(fields{"currency": "USD"})), 400, "INVALID_CURRENCY")
}

func TestPointsGoBackLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.payCard(atWallet("TOSSPAY"), fields{"points": 8000})
	r := b.cancelled(p["paymentKey"], fields{"cancelAmount": 49000})
	b.want(r, 200, "")
	r = b.cancelled(p["paymentKey"], fields{"cancelAmount": 4000})
	b.want(r, 200, "")
	r = b.cancelled(p["paymentKey"], nil)
	b.want(r, 200, "")
	var points []any
	for _, c := range r.body["cancels"].([]any) {
		points = append(points, c.(map[string]any)["easyPayDiscountAmount"])
	}
	if len(points) != 3 || points[0] != 0.0 || points[1] != 3000.0 || points[2] != 5000.0 || r.body["balanceAmount"] != 0.0 {
		t.Errorf("points given back %v: %s", points, r)
	}
	if sum, _ := b.moved(); sum != 0 {
		t.Errorf("%d left after all was cancelled", sum)
	}
}

// The method 토스페이 is the same wallet as easyPay.
func TestTossPayIsAMethodToo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"토스페이", "토스결제", "TOSSPAY"} {
		b := setup(t)
		b.want(b.act(b.open(name, nil), "approve", fields{"pay": "money", "points": 1000}), 200, "")
		if waiting := b.newest(); waiting["easyPay"] != nil || waiting["method"] != "간편결제" {
			t.Errorf("before the confirm: %v", waiting)
		}
		p := b.confirm()
		if easy := part(p.body, "easyPay"); easy["provider"] != "토스페이" || easy["amount"] != 57000.0 || p.body["method"] != "간편결제" || p.body["card"] != nil {
			t.Errorf("%s: payment %s", name, p)
		}
		if en := b.call("GET", "/v1/payments/"+p.body["paymentKey"].(string), nil, "Accept-Language", "en-US"); en.body["method"] != "EASY_PAY" || part(en.body, "easyPay")["provider"] != "TOSSPAY" {
			t.Errorf("in English: %s", en)
		}
		if slip := b.page(part(p.body, "receipt")["url"].(string)); !strings.Contains(slip, "57,000원") || !strings.Contains(slip, "토스페이") {
			t.Errorf("receipt %s", slip)
		}
	}
}

func TestWalletDeclines(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.act(b.open("카드", atWallet("KAKAOPAY")), "approve", fields{"code": "REJECT_CARD_PAYMENT"}), 200, "")
	b.want(b.confirm(), 403, "REJECT_CARD_PAYMENT")
	if p := b.newest(); p["status"] != "ABORTED" || p["card"] != nil || p["easyPay"] != nil {
		t.Errorf("payment %v", p)
	}
	r := b.act(b.open("카드", atWallet("KAKAOPAY")), "reject", fields{})
	if !strings.Contains(r.body["url"].(string), "code=REJECT_CARD_COMPANY") {
		t.Errorf("refused: %s", r)
	}
}
