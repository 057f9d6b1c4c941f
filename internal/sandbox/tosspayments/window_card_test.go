package tosspayments_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"naru/internal/sandbox/tosspayments"
)

// payCard opens a card window, chooses in it, confirms, and gives the payment.
func (b *bench) payCard(with, chosen fields) fields {
	b.Helper()
	if r := b.act(b.open("카드", with), "approve", chosen); r.status != 200 {
		b.Fatalf("approve: %s", r)
	}
	r := b.confirm()
	if r.status != 200 {
		b.Fatalf("confirm: %s", r)
	}
	return r.body
}

func part(p fields, name string) fields {
	in, _ := p[name].(map[string]any)
	return in
}

func TestCardNumbersGoByTheWayOfAuthentication(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		with, chosen fields
		number       string // how it begins
	}{
		{"BC goes through ISP", nil, fields{"company": "31"}, "9200"},
		{"KB by itself", nil, fields{"company": "11"}, "9200"},
		{"Woori by itself", nil, fields{"company": "33"}, "9200"},
		{"a bank on BC's network", nil, fields{"company": "3K"}, "9200"},
		{"KB by ISP", nil, fields{"company": "11", "way": "isp"}, "9200"},
		{"KB by its app", nil, fields{"company": "11", "way": "app"}, "9445"},
		{"KB where only apps are allowed", fields{"useAppCardOnly": true}, fields{"company": "11"}, "9445"},
		{"Shinhan by its app", nil, fields{"company": "41"}, "9416"},
		{"Shinhan by number", nil, fields{"company": "41", "way": "number"}, "9416"},
		{"KB DIRECT", fields{"flowMode": "DIRECT", "cardCompany": "국민"}, fields{}, "9200"},
		{"Visa", fields{"useInternationalCardOnly": true}, fields{"company": "4V"}, "4100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			number := fmt.Sprint(part(b.payCard(c.with, c.chosen), "card")["number"])
			if !strings.HasPrefix(number, c.number) || !strings.Contains(number, "****") {
				t.Errorf("number %s, want %s…", number, c.number)
			}
		})
	}
}

func TestWaysAreThoseOfTheCompany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		with   fields
		chosen fields
		code   string
	}{
		{nil, fields{"company": "31", "way": "app"}, "INVALID_REQUEST"},
		{nil, fields{"company": "41", "way": "isp"}, "INVALID_REQUEST"},
		{nil, fields{"company": "41", "way": "smoke"}, "INVALID_REQUEST"},
		{fields{"useAppCardOnly": true}, fields{"company": "11", "way": "isp"}, "INVALID_REQUEST"},
		{fields{"useInternationalCardOnly": true}, fields{"company": "4V", "way": "app"}, "INVALID_REQUEST"},
		{fields{"useInternationalCardOnly": true}, fields{"company": "4V", "point": true}, "NOT_ALLOWED_POINT_USE"},
		{nil, fields{}, "INVALID_CARD_COMPANY"},
		{nil, fields{"company": "41", "months": 3}, "INVALID_REQUEST"},
		{nil, fields{"company": "41", "installments": "3 months"}, "INVALID_CARD_INSTALLMENT_PLAN"},
		{nil, fields{"company": 41}, "INVALID_REQUEST"},
	} {
		if r := b.act(b.open("카드", c.with), "approve", c.chosen); r.status != 400 || r.code() != c.code {
			t.Errorf("%v with %v: %s, want %s", c.chosen, c.with, r, c.code)
		}
	}
}

func TestPagesOfCardCompanies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name string
		with fields
		has  []string
		not  []string
	}{
		{"app card", nil, []string{`data-testid="card-41" data-full="신한카드" data-ways="app number easy"`, `data-ways="isp app" data-isp`, "ISP/페이북", `data-testid="way-easy"`}, []string{"data-direct"}},
		{"only ISP", fields{"flowMode": "DIRECT", "cardCompany": "BC"}, []string{"data-direct", `data-ways="isp" data-isp`, `data-testid="way-isp"`}, []string{`data-testid="way-app"`, `data-testid="back"`}},
		{"DIRECT with a plan", fields{"flowMode": "DIRECT", "cardCompany": "현대", "cardInstallmentPlan": 5}, []string{"변경할 수 없음", `<option value="5"`}, []string{`<option value="0"`}},
		{"DIRECT without one is a single payment", fields{"flowMode": "DIRECT", "cardCompany": "현대", "maxCardInstallmentPlan": 6}, []string{`<option value="0"`}, []string{`<option value="2"`, "변경할 수 없음"}},
		{"no label of ISP cards", fields{"freeInstallmentPlans": []fields{{"company": "31", "months": []int{2}}}, "cardCompany": "BC"}, []string{`data-isp data-free="2 "`}, []string{"<small>무이자</small>"}},
		{"a label of others", fields{"freeInstallmentPlans": []fields{{"company": "61", "months": []int{2}}}, "cardCompany": "현대"}, []string{"<small>무이자</small>"}, nil},
		{"English names", fields{"language": "EN"}, []string{`lang="en"`, `data-full="Shinhan"`, "Card app", "Test tools"}, []string{"신한"}},
		{"cards from abroad", fields{"useInternationalCardOnly": true}, []string{`lang="en"`, "Visa", "Mastercard", "JCB", "UnionPay"}, []string{"American Express", `data-testid="point"`, "ISP"}},
		{"cards from abroad in Korean", fields{"useInternationalCardOnly": true, "language": "KO"}, []string{`lang="ko"`, "비자"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			page := b.page(b.open("카드", c.with))
			for _, want := range c.has {
				if !strings.Contains(page, want) {
					t.Errorf("lacks %s", want)
				}
			}
			for _, no := range c.not {
				if strings.Contains(page, no) {
					t.Errorf("has %s", no)
				}
			}
		})
	}
}

func TestPlansAndWhoPaysTheirInterest(t *testing.T) {
	t.Parallel()
	free := fields{"freeInstallmentPlans": []fields{{"company": "현대", "months": []int{2, 3}}}}
	for _, c := range []struct {
		name         string
		with, chosen fields
		months       float64
		free         bool
		payer        any
	}{
		{"a single payment", free, fields{"company": "61"}, 0, false, nil},
		{"the shop's plan", free, fields{"company": "61", "installments": 3}, 3, true, "MERCHANT"},
		{"a plan beside it", free, fields{"company": "61", "installments": 4}, 4, false, "BUYER"},
		{"another company", free, fields{"company": "41", "installments": 3}, 3, false, "BUYER"},
		{"the card company's plan", nil, fields{"company": "41", "installments": 6}, 6, true, "CARD_COMPANY"},
		{"months that are fixed", fields{"cardInstallmentPlan": 5}, fields{"company": "61"}, 5, false, "BUYER"},
		{"months that are fixed in DIRECT", fields{"flowMode": "DIRECT", "cardCompany": "61", "cardInstallmentPlan": 5}, fields{}, 5, false, "BUYER"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.want(b.control("PUT", "/shops/"+mid+"/promotions", fields{
				"interestFreeCards": []fields{{"cardCompany": "신한", "dueDate": "2023-03-31", "installmentFreeMonths": []int{5, 6}, "minimumPaymentAmount": 50000}},
			}), 200, "")
			card := part(b.payCard(c.with, c.chosen), "card")
			if card["installmentPlanMonths"] != c.months || card["isInterestFree"] != c.free || card["interestPayer"] != c.payer {
				t.Errorf("card %v, want %v months, free %v, paid by %v", card, c.months, c.free, c.payer)
			}
		})
	}
}

func TestPointsOfCards(t *testing.T) {
	t.Parallel()
	for _, with := range []fields{nil, {"useCardPoint": true}} {
		b := setup(t)
		if card := part(b.payCard(with, fields{"company": "61", "point": true}), "card"); card["useCardPoint"] != true {
			t.Errorf("with %v: card %v", with, card)
		}
	}
}

const offCode = "1000000123"

func promotion(with fields) fields {
	return fields{"discountCards": []fields{merged(fields{
		"cardCompany": "현대", "discountAmount": 1000, "balance": 1500, "discountCode": offCode, "dueDate": "2023-03-31",
		"minimumPaymentAmount": 30000, "maximumPaymentAmount": 1000000,
	}, with)}}
}

func TestAPromotionTakesAPartOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.control("PUT", "/shops/"+mid+"/promotions", promotion(nil)), 200, "")
	list := b.call("GET", "/v1/promotions/card", nil)
	if cards, _ := list.body["discountCards"].([]any); len(cards) != 1 || cards[0].(map[string]any)["discountCode"] != offCode {
		t.Errorf("promotions %s", list)
	}
	direct := fields{"flowMode": "DIRECT", "cardCompany": "현대", "discountCode": offCode}
	if page := b.page(b.open("카드", direct)); !strings.Contains(page, "즉시 할인 1,000원") {
		t.Error("the page does not tell of the discount")
	}
	p := b.payCard(direct, fields{})
	if part(p, "discount")["amount"] != 1000.0 || p["totalAmount"] != 58000.0 || part(p, "card")["amount"] != 58000.0 {
		t.Errorf("payment %v", p)
	}
	b.want(b.cancelled(p["paymentKey"], fields{"cancelAmount": 999}), 400, "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT")
	b.want(b.cancelled(p["paymentKey"], fields{"cancelAmount": 1000}), 200, "")
	b.want(b.cancelled(p["paymentKey"], nil), 200, "")
	if left := b.control("GET", "/shops/"+mid+"/promotions", nil); !strings.Contains(string(left.raw), `"balance": 500`) {
		t.Errorf("the budget is %s", left)
	}
	b.want(b.request("카드", params(merged(direct, fields{"orderId": "ORD-20230310-0002"}))), 400, "INVALID_PARAMETER") // used up
	if other := b.call("GET", "/v1/promotions/card?payType=CONNECTPAY", nil); len(other.body["discountCards"].([]any)) != 0 {
		t.Errorf("promotions of the wallet %s", other)
	}
	b.want(b.call("GET", "/v1/promotions/card?payType=CASH", nil), 400, "INVALID_REQUEST")
}

func TestDiscountCodesAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		shop        fields
		with        fields
		code, named string
	}{
		{"unknown", nil, fields{"discountCode": "1"}, "INVALID_PARAMETER", "no such promotion"},
		{"another company's", nil, fields{"cardCompany": "신한"}, "INVALID_PARAMETER", "no such promotion"},
		{"over", fields{"dueDate": "2023-03-09"}, nil, "INVALID_PARAMETER", "2023-03-09"},
		{"the last day", fields{"dueDate": "2023-03-10"}, nil, "", ""},
		{"too small a payment", nil, fields{"amount": 29999}, "INVALID_PARAMETER", "30000"},
		{"too large a payment", nil, fields{"amount": 1000001}, "INVALID_PARAMETER", "1000000"},
		{"no budget", fields{"balance": 999}, nil, "INVALID_PARAMETER", "used up"},
		{"not DIRECT", nil, fields{"flowMode": nil}, "INVALID_FLOW_MODE_PARAMETERS", "DIRECT"},
		{"at a wallet", nil, fields{"cardCompany": nil, "easyPay": "TOSSPAY"}, "INVALID_FLOW_MODE_PARAMETERS", "cardCompany"},
		{"no text", nil, fields{"discountCode": 5}, "INVALID_PARAMETER", "string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.want(b.control("PUT", "/shops/"+mid+"/promotions", promotion(c.shop)), 200, "")
			r := b.request("카드", params(merged(fields{"flowMode": "DIRECT", "cardCompany": "현대", "discountCode": offCode}, nil, c.with)))
			if c.code == "" && r.status != 200 || c.code != "" && (r.code() != c.code || !strings.Contains(string(r.raw), c.named)) {
				t.Errorf("answer %s, want %s with %q", r, c.code, c.named)
			}
		})
	}
}

func TestPromotionsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	interest := func(with fields) fields {
		return fields{"interestFreeCards": []fields{merged(fields{"cardCompany": "41", "dueDate": "2023-03-31", "installmentFreeMonths": []int{2}}, with)}}
	}
	for _, c := range []struct {
		in    fields
		named string
	}{
		{promotion(fields{"cardCompany": "나루"}), "cardCompany"}, {promotion(fields{"dueDate": "soon"}), "dueDate"},
		{promotion(fields{"discountCode": ""}), "discountCode"}, {promotion(fields{"discountAmount": 0}), "discountAmount"},
		{promotion(fields{"discountAmount": 30001}), "discountAmount"}, {promotion(fields{"minimumPaymentAmount": 0}), "minimumPaymentAmount"},
		{promotion(fields{"maximumPaymentAmount": 29999}), "maximumPaymentAmount"}, {promotion(fields{"colour": "blue"}), "colour"},
		{interest(fields{"installmentFreeMonths": []int{1}}), "installmentFreeMonths"}, {interest(fields{"installmentFreeMonths": []int{}}), "installmentFreeMonths"},
		{interest(fields{"cardCompany": "나루"}), "cardCompany"}, {fields{"cards": 1}, "cards"},
	} {
		if r := b.control("PUT", "/shops/"+mid+"/promotions", c.in); r.status != 400 || !strings.Contains(string(r.raw), c.named) {
			t.Errorf("%v: %s, want one about %s", c.in, r, c.named)
		}
	}
	b.want(b.control("PUT", "/shops/"+mid+"/promotions", promotion(fields{"discountCode": 1000000123})), 200, "")
	b.want(b.request("카드", params(fields{"flowMode": "DIRECT", "cardCompany": "현대", "discountCode": offCode})), 200, "")
	b.want(b.control("PUT", "/shops/nobody/promotions", fields{}), 404, "NO_SUCH_SHOP")
}

func TestContractsOfMethodsAndWallets(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) { o.Shops[0].Wallets = []string{"카카오페이", "TOSSPAY"} })
	wallet := func(code string) reply {
		return b.request("카드", params(fields{"flowMode": "DIRECT", "easyPay": code}))
	}
	refused := func(r reply, name string) {
		t.Helper()
		b.want(r, 400, "PAY_PROCESS_ABORTED")
		if want := "Toss Payments와 계약된 결제수단(" + name + ")이 아닙니다."; r.body["message"] != want {
			t.Errorf("message %v, want %s", r.body["message"], want)
		}
	}
	b.want(wallet("KAKAOPAY"), 200, "")
	b.want(wallet("카카오페이"), 200, "")
	b.want(b.request("토스페이", params(nil)), 200, "")
	refused(wallet("SSG"), "SSG")
	refused(wallet("SSG페이"), "SSG")
	refused(wallet("네이버페이"), "NAVERPAY")
	refused(b.request("해외간편결제", params(nil)), "FOREIGN_EASY_PAY")
	set := func(in fields) reply { return b.control("PUT", "/shops/"+mid+"/methods", in) }
	b.want(set(fields{"SSG": true, "TOSSPAY": false, "가상계좌": false, "카드": false}), 200, "")
	b.want(wallet("SSG"), 200, "")
	refused(wallet("TOSSPAY"), "TOSSPAY")
	refused(b.request("토스페이", params(nil)), "TOSSPAY")
	refused(b.request("VIRTUAL_ACCOUNT", params(nil)), "VIRTUAL_ACCOUNT")
	refused(b.request("카드", params(nil)), "CARD")
	refused(b.request("", params(nil)), "CARD")
	list := b.control("GET", "/shops/"+mid+"/methods", nil).body["methods"].([]any)
	off := []string{}
	for _, m := range list {
		if m := m.(map[string]any); m["contracted"] == false {
			off = append(off, m["method"].(string))
		}
	}
	if want := []string{"CARD", "VIRTUAL_ACCOUNT", "TOSSPAY", "NAVERPAY", "PAYCO", "SAMSUNGPAY", "APPLEPAY", "LPAY", "PINPAY", "LGPAY"}; !slices.Equal(off, want) {
		t.Errorf("off are %v, want %v", off, want)
	}
	b.want(set(fields{"CASH": true}), 400, "BAD_BODY")
	b.want(set(fields{"SSG": "yes"}), 400, "BAD_BODY")
	b.want(b.control("PUT", "/shops/nobody/methods", fields{}), 404, "NO_SUCH_SHOP")
	_, err := tosspayments.New(tosspayments.Options{BaseURL: "http://sandbox", Shops: []tosspayments.Shop{
		{MID: mid, ClientKey: clientKey, SecretKey: secretKey, Wallets: []string{"NARUPAY"}},
	}})
	if err == nil || !strings.Contains(err.Error(), `"NARUPAY"`) {
		t.Errorf("an unknown wallet: %v", err)
	}
}
