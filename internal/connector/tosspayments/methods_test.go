package tosspayments_test

import (
	"slices"
	"strings"
	"testing"

	"naru/internal/codes"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
)

// TestTheMethodsFollowTheDocuments: smallest amounts as in "결제창 연동 가이드", and
// what goes back whole as in "결제 취소".
func TestTheMethodsFollowTheDocuments(t *testing.T) {
	t.Parallel()
	d := tosspayments.Driver()
	if len(d.Methods) == 0 || d.Methods[0].Method != pay.MethodCard || d.Methods[0].ServerOnly {
		t.Fatalf("the first method, which a window takes unless told otherwise, must be the card: %+v", d.Methods)
	}
	type rules struct {
		minimum                                       int64
		parts, months, cards, receipts, escrow, inApp bool
	}
	wallet := rules{minimum: 100, parts: true, months: true}
	wants := map[pay.Method]rules{
		pay.MethodCard:  {minimum: 100, parts: true, months: true, cards: true},
		pay.MethodTrans: {minimum: 200, parts: true, receipts: true, escrow: true},
		pay.MethodVbank: {minimum: 1, parts: true, receipts: true, escrow: true},
		pay.MethodPhone: {minimum: 300}, pay.MethodBooknlife: {minimum: 1}, pay.MethodSmartculture: {minimum: 1}, pay.MethodCultureland: {minimum: 1},
		pay.MethodKakaoPay: wallet, pay.MethodNaverPay: wallet, pay.MethodLPay: wallet, pay.MethodSamsungPay: wallet, pay.MethodSamsung: wallet,
		pay.MethodSSGPay: wallet, pay.MethodApplePay: wallet, pay.MethodPayco: wallet, pay.MethodTossPay: wallet,
		pay.MethodPoint: {minimum: 1, parts: true, inApp: true}, // recorded only
	}
	if len(d.Methods) != len(wants) {
		t.Errorf("%d methods, want %d", len(d.Methods), len(wants))
	}
	for method, want := range wants {
		row, _ := d.Method(method)
		got := rules{row.Minimum, row.PartialCancel, row.Installments, row.Cards, row.Receipts, row.Escrow, row.ServerOnly}
		if got != want || !row.TaxFree {
			t.Errorf("%s: %+v, want %+v and tax-free parts", method, row, want)
		}
	}
}

// TestEveryDomesticCompanyThatTheProviderKnowsIsOffered: a window can go to each
// of "카드사 코드", the large ones first.
func TestEveryDomesticCompanyThatTheProviderKnowsIsOffered(t *testing.T) {
	t.Parallel()
	var offered, apps []string
	for _, c := range tosspayments.Driver().Cards {
		if slices.Contains(offered, c.Code) {
			t.Errorf("%s is offered twice", c.Code)
		}
		offered = append(offered, c.Code)
		if c.AppCard {
			apps = append(apps, c.Code)
		}
	}
	for _, e := range codes.Cards() {
		_, known := codes.CardTo(pay.TossPayments, e.Code)
		domestic := len(e.Code) == 3 && strings.Trim(e.Code, "0123456789") == ""
		if (known && domestic) != slices.Contains(offered, e.Code) {
			t.Errorf("%s %s: known to the provider %v, domestic %v, offered %v", e.Code, e.Name, known, domestic, slices.Contains(offered, e.Code))
		}
	}
	first := []string{"366", "367", "365", "381", "368", "374", "371", "361", "041", "370", "090", "092", "089"}
	if len(offered) < len(first) || !slices.Equal(offered[:len(first)], first) {
		t.Errorf("offered in the order %v, want %v first", offered, first)
	}
	slices.Sort(apps)
	if want := []string{"041", "365", "366", "367", "368", "371", "374", "381"}; !slices.Equal(apps, want) {
		t.Errorf("pay by app: %v, want %v", apps, want)
	}
}
