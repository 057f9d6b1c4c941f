package v1

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"naru/internal/pay"
)

func example() (pay.Payment, []pay.Movement) {
	at := time.Unix(1785974400, 0)
	return pay.Payment{
			ID: "imp_731204558812", MerchantUID: "order-1", Provider: pay.TossPayments, MID: "im_sampleshop", Mode: pay.ModeLive, Source: pay.SourceWindow,
			Status: pay.StatusPartiallyCancelled, Method: pay.MethodCard, Name: "나무 의자", Amount: pay.Breakdown{Total: pay.Won(64900)}, Cancelled: 10000,
			Buyer: pay.Buyer{Name: "김나루", Email: "kim@example.com", Tel: "01000000000"}, Custom: `{"cart":17}`, UserAgent: "Mozilla/5.0",
			Ref: pay.Ref{Key: "tviva20260806100012abcd1"}, StartedAt: at, PaidAt: at, CancelledAt: at,
			Details: pay.Details{ApprovalNo: "30001234", Card: &pay.Card{Issuer: "366", Acquirer: "361", Number: "433012******1234", Type: "credit"}},
		}, []pay.Movement{
			{Key: "tviva20260806100012abcd1", Kind: pay.MovementApproval, Amount: 64900, At: at},
			{Key: "C1", Kind: pay.MovementCancel, Amount: 10000, At: at, Reason: "품절", CancelID: "c-1"},
		}
}

// TestValuesThatV1Writes: what the golden files do not hold.
func TestValuesThatV1Writes(t *testing.T) {
	t.Parallel()
	text := func(s *string) string {
		if s == nil {
			return "null"
		}
		return *s
	}
	for name, c := range map[string]struct {
		change func(*pay.Payment)
		got    func(Payment) string
		want   string
	}{
		"a gift card has no type":          {func(p *pay.Payment) { p.Details.Card.Type = "gift" }, func(w Payment) string { return shownInt(w.CardType) }, "null"},
		"debit is 1":                       {func(p *pay.Payment) { p.Details.Card.Type = "debit" }, func(w Payment) string { return shownInt(w.CardType) }, "1"},
		"credit is 0":                      {func(*pay.Payment) {}, func(w Payment) string { return shownInt(w.CardType) }, "0"},
		"an issuer alone is the publisher": {func(p *pay.Payment) { p.Details.Card.Acquirer = "" }, func(w Payment) string { return text(w.CardPublisherName) }, "신한카드"},
		"an acquirer alone is the card's":  {func(p *pay.Payment) { p.Details.Card.Issuer = "" }, func(w Payment) string { return text(w.CardName) }, "BC카드"},
		"a code without a name":            {func(p *pay.Payment) { p.Details.Card.Issuer = "999" }, func(w Payment) string { return text(w.CardCode) + text(w.CardName) }, "999null"},
		"a holder is told for Toss Pay": {func(p *pay.Payment) {
			p.Provider = pay.TossPay
			p.Details.Account = &pay.VirtualAccount{Holder: "나루"}
		}, func(w Payment) string { return text(w.VbankHolder) }, "나루"},
		"Samsung Pay has its older name":         {func(p *pay.Payment) { p.Method = pay.MethodSamsungPay }, func(w Payment) string { return w.PayMethod }, "samsung"},
		"an old reason to fail is not told":      {func(p *pay.Payment) { p.FailReason = "late" }, func(w Payment) string { return text(w.FailReason) }, "null"},
		"a server has no user agent":             {func(p *pay.Payment) { p.Source = pay.SourceAPI }, func(w Payment) string { return text(w.UserAgent) + w.Channel }, "nullapi"},
		"a phone":                                {func(p *pay.Payment) { p.Mobile = true }, func(w Payment) string { return w.Channel }, "mobile"},
		"no reason to cancel before it happened": {func(p *pay.Payment) { p.Status, p.CancelReason = pay.StatusPaid, "x" }, func(w Payment) string { return text(w.CancelReason) }, "null"},
	} {
		p, moved := example()
		c.change(&p)
		if got := c.got(paymentOf(p, moved)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func shownInt(n *int) string {
	b, err := json.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ *httptest.ResponseRecorder }

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkPaymentEncode(b *testing.B) {
	p, moved := example()
	r := httptest.NewRequest("GET", "/", nil)
	w := discard{httptest.NewRecorder()}
	b.ReportAllocs()
	for b.Loop() {
		codec{}.Encode(w, r, paymentOf(p, moved))
	}
}
