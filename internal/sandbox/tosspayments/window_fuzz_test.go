package tosspayments

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzCardWindows reads arbitrary bodies as the parameters of card, wallet and
// billing windows and as what is chosen in them. Whatever is accepted must add
// up and obey the offer; nothing may panic.
func FuzzCardWindows(f *testing.F) {
	const order = `"amount":58000,"orderId":"ORD-1-2-3","orderName":"이름","successUrl":"https://a/b","failUrl":"https://a/c"`
	for _, seed := range []struct{ params, choices string }{
		{`{` + order + `}`, `{"company":"11","installments":3,"point":true,"way":"app"}`},
		{`{` + order + `,"freeInstallmentPlans":[{"company":"현대","months":[2]}],"useCardPoint":false}`, `{"company":"61","installments":2,"code":"FDS_ERROR"}`},
		{`{` + order + `,"flowMode":"DIRECT","cardCompany":"국민","cardInstallmentPlan":5}`, `{}`},
		{`{` + order + `,"flowMode":"DIRECT","cardCompany":"현대","discountCode":"77"}`, `{"company":"61"}`},
		{`{` + order + `,"useInternationalCardOnly":true,"currency":"USD"}`, `{"company":"4V"}`},
		{`{` + order + `,"useAppCardOnly":true,"maxCardInstallmentPlan":6}`, `{"company":"33"}`},
		{`{` + order + `,"flowMode":"DIRECT","easyPay":"KAKAOPAY"}`, `{"pay":"card","company":"41","points":2000,"newCard":true}`},
		{`{` + order + `,"flowMode":"DIRECT","easyPay":"네이버페이","cardInstallmentPlan":3}`, `{"pay":"money","points":58000}`},
		{`{"customerKey":"cus_1","successUrl":"https://a/b","failUrl":"https://a/c"}`, `{"cardNumber":"9410001234567890","cardExpirationYear":"30","cardExpirationMonth":"12","cardPassword":"12","customerIdentityNumber":"900101","phone":"01000001234","verification":"000000"}`},
		{`{"customerKey":"cus_1"}`, `{"card":"refused"}`}, {`{"flowMode":"DIRECT","easyPay":"X"}`, `{"points":1e9}`}, {`[`, `[`},
	} {
		f.Add([]byte(seed.params), []byte(seed.choices), true)
		f.Add([]byte(seed.params), []byte(seed.choices), false)
	}
	now := time.Unix(1678411000, 0)
	s := &Simulator{opts: Options{Now: func() time.Time { return now }}}
	seller := &shop{Shop: Shop{Billing: true}, promotions: promotions{Discounts: []*discountCard{
		{Company: "현대", Amount: 1000, Balance: 5000, Code: "77", Due: "2030-12-31", Least: 30000, Most: maxAmount},
	}}}
	f.Fuzz(func(t *testing.T, params, choices []byte, strict bool) {
		for _, method := range []string{"카드", "토스페이"} {
			in, err := parseFields(params, strict, "INVALID_PARAMETER")
			if err != nil {
				known(t, err)
				return
			}
			w, o, err := s.readWindow(seller, in, method, false)
			if err != nil {
				known(t, err)
				continue
			}
			w.payment = &payment{shop: seller, total: o.total, currency: o.currency}
			fuzzSheet(t, s, w, choices)
		}
		in, _ := parseFields(params, strict, "INVALID_PARAMETER")
		if w, err := s.readBilling(seller, in, "카드", false); err != nil {
			known(t, err)
		} else if w.success == "" || w.fail == "" || len(w.consent.customerKey) < 2 {
			t.Errorf("a billing window opened with %q", params)
		}
		if data, err := s.billingCard(choices); err != nil {
			known(t, err)
		} else if !strings.Contains(data.card.number, "***") {
			t.Errorf("number %q from %q", data.card.number, choices)
		}
	})
}

// fuzzSheet shows a window and chooses in it.
func fuzzSheet(t *testing.T, s *Simulator, w *window, choices []byte) {
	if name, view := w.sheet.page(s, w); name == "" || view == nil {
		t.Error("the window has no page")
	}
	chosen, err := w.sheet.take(s, w, choices)
	if err != nil {
		known(t, err)
		return
	}
	p := w.payment
	chosen(p)
	good := false
	switch sheet := w.sheet.(type) {
	case offer:
		good = p.method == "카드" && p.card != nil && p.easyPay == nil && slices.Contains(sheet.months, p.card.months) && len(p.card.bin) == 8 &&
			slices.Contains(codesOf(sheet.companies), p.card.company.code) && (p.promotion != nil) == (sheet.discount != "") &&
			(!p.card.usePoint || sheet.point == nil || *sheet.point)
	case purse:
		paid := p.easyPay.amount + p.easyPay.points
		if p.card != nil {
			paid += p.card.part
		}
		good = p.method == "간편결제" && paid == p.total && p.easyPay.amount >= 0 && p.easyPay.points >= 0 &&
			(p.card == nil || p.card.part >= leastByCard && (p.card.months == 0 || p.card.part >= leastForInstallments))
	}
	if !good {
		t.Errorf("accepted %+v with %+v and %+v from %q", p, p.card, p.easyPay, choices)
	}
}

func TestWalletTablesAgree(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range wallets {
		if seen[w.code] || seen[w.ko] || w.en == "" {
			t.Errorf("wallet %+v", w)
		}
		seen[w.code], seen[w.ko] = true, true
		for _, c := range w.companies() {
			if c.code == "" || c.foreign || c.hidden || strings.HasPrefix(c.ownBin(), "9200") {
				t.Errorf("%s has the card %+v", w.code, c)
			}
		}
	}
	for _, c := range companies {
		if c.isp() && !slices.Contains([]string{"31", "11"}, c.code) && c.acquirer != "31" {
			t.Errorf("%s goes through ISP without being BC, KB or on BC's network", c.code)
		}
		if c.foreign == (companyNames[c.code] != "") {
			t.Errorf("company %s: English name %q", c.code, companyNames[c.code])
		}
	}
	names := map[string]bool{}
	for _, c := range contracts() {
		if names[c.code] {
			t.Errorf("%s is there twice", c.code)
		}
		names[c.code] = true
	}
}
