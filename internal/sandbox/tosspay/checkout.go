package tosspay

import (
	"fmt"
	"net/http"

	"naru/internal/web"
)

// checkout is what the page of a payment shows.
type checkout struct {
	stage
	Amount      int64
	Money, Card bool
	Accounts    []option
	Cards       []option
	Months      []option
	Discounts   []option
	Points      int64 // the buyer has
}

const buyerPoints = 5000 // won the sandbox's buyer has

// showCheckout is the page a merchant sends the buyer to, for a payment or for
// a billing key.
func (s *Simulator) showCheckout(w http.ResponseWriter, r *http.Request) {
	lang, q := language(r), r.URL.Query()
	if q.Has("billingKey") {
		s.showAgreement(w, q, lang)
		return
	}
	s.mu.Lock()
	p := s.find(q.Get("payToken"), s.clock())
	if p == nil || p.billed != nil { // a charge has no page
		s.mu.Unlock()
		s.renderNotFound(w, lang)
		return
	}
	data := s.checkout(p, lang)
	s.dress(&data.stage, s.checkoutPage(p), lang, q)
	s.mu.Unlock()
	s.renderStage(w, "checkout", lang, &data.stage, data)
}

// checkout collects the page's data. The caller holds the lock.
func (s *Simulator) checkout(p *payment, lang string) *checkout {
	c := &checkout{
		stage: stage{
			Merchant: p.shop.Name, Desc: p.desc, Codes: codeOptions(declines), Words: paymentWords(lang),
			Script: script{
				Kind: "payment", State: p.pageState(), Endpoint: s.path("/payfront/sandbox/" + p.token), Amount: p.amount,
				MinInstallments: minInstallments, Installments: p.installments, Texts: paymentTexts(lang),
			},
		},
		Amount: p.amount, Money: p.money, Card: p.card, Points: buyerPoints,
		Accounts: accountOptions(), Cards: cardOptions(p.offered(), lang),
		Discounts: discounts(p.amount, lang),
	}
	c.Months = append(c.Months, option{"0", web.Pick(lang, "일시불", "Pay in full")})
	for m := 2; m <= maxMonths; m++ {
		c.Months = append(c.Months, option{fmt.Sprint(m), fmt.Sprintf(web.Pick(lang, "%d개월", "%d months"), m)})
	}
	return c
}

func accountOptions() []option {
	var list []option
	for _, a := range accounts {
		list = append(list, option{a.code, a.name + " " + a.number})
	}
	return list
}

func cardOptions(cards []card, lang string) []option {
	var list []option
	for _, k := range cards {
		list = append(list, option{fmt.Sprint(k.company), k.name + web.Pick(lang, "카드 ", " card ") + k.number})
	}
	return list
}

// discounts are the instant discounts the sandbox's Toss offers, by their won.
func discounts(amount int64, lang string) []option {
	list := []option{{"0", web.Pick(lang, "없음", "None")}}
	if tenth := amount / 10; tenth > 0 {
		list = append(list, option{fmt.Sprint(tenth), fmt.Sprintf(web.Pick(lang, "즉시할인 10%% (-%s원)", "Instant 10%% (-%s won)"), groupDigits(tenth))})
	}
	if amount > 1000 {
		list = append(list, option{"1000", web.Pick(lang, "첫 결제 할인 (-1,000원)", "First payment (-1,000 won)")})
	}
	return list
}
