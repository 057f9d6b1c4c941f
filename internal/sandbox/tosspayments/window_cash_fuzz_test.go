package tosspayments

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"naru/internal/web"
)

// FuzzCashWindows reads arbitrary bodies as the parameters of each cash window
// and as the choices made in it. Whatever is accepted must obey the limits;
// nothing may panic.
func FuzzCashWindows(f *testing.F) {
	const order = `"amount":58000,"orderId":"ORD-1-2-3","orderName":"이름","successUrl":"https://a/b","failUrl":"https://a/c"`
	for _, seed := range []struct{ params, choices string }{
		{`{` + order + `}`, `{"bank":"88","receipt":"소득공제","receiptNumber":"01000001234","escrow":true}`},
		{`{` + order + `,"bank":"신한","useEscrow":true,"escrowProducts":[{"productId":"1","productName":"a","productCode":"b","unitPrice":1,"quantity":2}]}`, `{"bank":"88"}`},
		{`{` + order + `,"cashReceipt":{"type":"지출증빙"},"cultureExpense":true}`, `{"bank":"06","name":"이구매","receipt":"지출증빙","receiptNumber":"1112223334"}`},
		{`{` + order + `,"cashReceiptInfo":{"type":"미발행"},"validHours":2160}`, `{"bank":"06","name":"이","accountKey":"1000000000001","phone":"01000001234"}`},
		{`{` + order + `,"dueDate":"2023-03-11T00:00:00","virtualAccountCallbackUrl":"http://a"}`, `{"bank":"39","name":"x"}`},
		{`{` + order + `,"mobileCarrier":["KT","SK7"],"customerMobilePhone":"01000001234"}`, `{"carrier":"KT","phone":"01000001234","birth":"900101","sms":"000000"}`},
		{`{` + order + `,"mobileCarrier":"LGU"}`, `{"id":"sandbox","password":"sandbox"}`},
		{`{` + order + `,"mobileCarrier":{},"escrowProducts":[null]}`, `{"bank":1}`}, {`{"cashReceipt":[]}`, `null`}, {`[`, `[`},
	} {
		f.Add([]byte(seed.params), []byte(seed.choices), true)
		f.Add([]byte(seed.params), []byte(seed.choices), false)
	}
	now := time.Unix(1678411000, 0)
	s := &Simulator{opts: Options{Now: func() time.Time { return now }}}
	f.Fuzz(func(t *testing.T, params, choices []byte, fixed bool) {
		for _, m := range methods {
			if _, ok := giftServices[m.ko]; !ok && !slices.Contains([]string{"계좌이체", "가상계좌", "휴대폰"}, m.ko) {
				continue
			}
			in, err := parseFields(params, true, "INVALID_PARAMETER")
			if err != nil {
				known(t, err)
				return
			}
			w, o, err := s.readWindow(&shop{}, in, m.ko, false)
			if err != nil {
				known(t, err)
				continue
			}
			w.shop = &shop{Shop: Shop{FixedAccounts: fixed}}
			w.payment = &payment{shop: w.shop, total: o.total, currency: o.currency}
			if o.total <= 0 || o.currency != "KRW" || o.method != m.ko {
				t.Errorf("%s: accepted %+v from %q", m.ko, o, params)
			}
			if name, view := w.sheet.page(s, w); name == "" || view == nil {
				t.Errorf("%s has no page", m.ko)
			}
			chosen, err := w.sheet.take(s, w, choices)
			if err != nil {
				known(t, err)
				continue
			}
			chosen(w.payment)
			checkCash(t, w.payment, now, choices)
		}
	})
}

// checkCash looks at a payment as the buyer's choices left it.
func checkCash(t *testing.T, p *payment, now time.Time, choices []byte) {
	if wants := p.cash.wants; wants != nil && (wants.kind != receiptPerson && wants.kind != receiptCompany || len(wants.identity) < 10 || len(wants.identity) > 19) {
		t.Errorf("receipt %+v from %q", wants, choices)
	}
	good := false
	switch {
	case p.transfer != nil:
		good = slices.Contains(transferBanks, p.transfer.code) && p.total <= mostByTransfer
	case p.asked != nil:
		a, n := p.asked, utf8.RuneCountInString(p.asked.customer)
		left := a.valid.due(now).Sub(now)
		good = slices.Contains(accountBanks, a.bank.code) && n > 0 && n <= 100 && left > 0 && left <= hoursLimit*time.Hour &&
			a.fixed == p.shop.FixedAccounts && a.fixed == (a.key != "") && len(a.key) <= accountKeyLimit
	case p.phone != nil:
		good = slices.Contains(carrierCodes(carriers), p.phone.carrier) && strings.HasPrefix(hiddenPhone(p.phone.number), "01")
	case p.gift != nil:
		good = true
	}
	if !good {
		t.Errorf("accepted %+v from %q", p, choices)
	}
}

func TestCashTablesAgree(t *testing.T) {
	t.Parallel()
	for _, code := range slices.Concat(transferDeclines, accountDeclines, phoneDeclines, giftDeclines) {
		if !problems[code].declines {
			t.Errorf("%s is offered in a window but does not decline", code)
		}
	}
	issuing := 0
	for _, b := range banks {
		if b.issuing {
			issuing++
		}
	}
	if len(accountBanks) != 13 || issuing != 15 {
		t.Errorf("the window issues accounts of %d banks, the API of %d", len(accountBanks), issuing)
	}
	for _, code := range accountBanks {
		if b, ok := findBank(code); !ok || !b.issuing {
			t.Errorf("bank %s issues no accounts", code)
		}
	}
	seen := map[string]bool{}
	for _, code := range transferBanks {
		if b, ok := findBank(code); !ok || b.code != code || bankNames[code] == "" || seen[code] {
			t.Errorf("bank %s: found %v, name %q, there before %v", code, ok, bankNames[code], seen[code])
		}
		seen[code] = true
	}
	for _, m := range methods {
		if g, ok := giftServices[m.ko]; strings.HasSuffix(m.ko, "상품권") != ok || ok && (g.method != m.ko || web.Pick(english, g.ko, g.en) == "") {
			t.Errorf("method %s has the service %+v", m.ko, g)
		}
	}
}
