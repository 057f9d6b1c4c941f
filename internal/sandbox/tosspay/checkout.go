package tosspay

import (
	"fmt"
	"net/http"
	"time"

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
	Points      int64  // the buyer has
	Receipt     string // what the sheet says of a cash receipt
	Version     string // of the callback, as the creation asked
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
	now := s.clock()
	p := s.find(q.Get("payToken"), now)
	if p == nil || p.billed != nil { // a charge has no page
		s.mu.Unlock()
		s.renderNotFound(w, lang)
		return
	}
	if p.status == Standby && p.deed == nil && !q.Has("auto") {
		p.deed = s.takeNext(paymentKind, p.shop)
	}
	p.inApp = p.inApp || q.Get("app") == "1"
	data := s.checkout(p, lang, now)
	err := s.dress(&data.stage, s.checkoutPage(p), lang, q, p.deed)
	s.mu.Unlock()
	if err != nil {
		s.renderBadAuto(w, lang, err)
		return
	}
	s.renderStage(w, "checkout", lang, &data.stage, data)
}

// checkout collects the page's data. The caller holds the lock.
func (s *Simulator) checkout(p *payment, lang string, now time.Time) *checkout {
	c := &checkout{
		stage: stage{
			Merchant: p.shop.Name, Desc: p.desc, Codes: codeOptions(declines, lang), Words: paymentWords(lang), Knobs: s.knobs,
			Script: script{
				Kind: paymentKind, State: p.pageState(now), Endpoint: s.path("/payfront/sandbox/" + p.token), Amount: p.amount,
				MinInstallments: minInstallments, Installments: p.installments, Texts: paymentTexts(lang),
			},
		},
		Amount: p.amount, Money: p.money, Card: p.card, Points: buyerPoints,
		Accounts: append(accountOptions(lang), accountOption(moneyBalance, lang)), Cards: cardOptions(p.offered(), lang),
		Discounts: discounts(p, lang), Receipt: receiptWords(p, lang), Version: p.callbackVersion,
	}
	c.Months = append(c.Months, option{Value: "0", Label: web.Pick(lang, "일시불", "Pay in full")})
	for m := 2; m <= maxMonths; m++ {
		c.Months = append(c.Months, option{Value: fmt.Sprint(m), Label: fmt.Sprintf(web.Pick(lang, "%d개월", "%d months"), m)})
	}
	return c
}

// receiptWords say what becomes of a cash receipt if Toss money is used.
func receiptWords(p *payment, lang string) string {
	if !p.cashReceipt {
		return web.Pick(lang, "발급 안 함", "Not issued")
	}
	switch p.tradeOption {
	case "CULTURE":
		return web.Pick(lang, "자동 발급 (문화비)", "Issued (culture)")
	case "PUBLIC_TP":
		return web.Pick(lang, "자동 발급 (대중교통)", "Issued (public transport)")
	}
	return web.Pick(lang, "자동 발급", "Issued")
}

func accountOptions(lang string) []option {
	var list []option
	for _, a := range accounts {
		list = append(list, accountOption(a, lang))
	}
	return list
}

func accountOption(a account, lang string) option {
	label := web.Pick(lang, a.name, a.english)
	if a.code == moneyBalance.code {
		return option{Value: a.code, Label: web.Pick(lang, label+" 잔액", label)}
	}
	return option{Value: a.code, Label: label + " " + a.number}
}

func cardOptions(cards []card, lang string) []option {
	var list []option
	for _, k := range cards {
		list = append(list, option{
			Value: fmt.Sprint(k.company), Label: web.Pick(lang, k.name+"카드 ", k.english+" card ") + k.number,
			Lump: k.method != "CREDIT", Free: k.freeMonths,
		})
	}
	return list
}

// promotion is an instant discount of one card company.
type promotion struct {
	company int
	percent int64
	least   int64 // won from which it holds
}

var promotions = []promotion{{3, 5, 10_000}, {2, 7, 30_000}, {7, 3, 1_000}}

// discounts are the instant discounts the sandbox's Toss offers, by their won;
// those of a card company come with its card only.
func discounts(p *payment, lang string) []option {
	list := []option{{Value: "0", Label: web.Pick(lang, "없음", "None")}}
	if tenth := p.amount / 10; tenth > 0 {
		list = append(list, option{Value: fmt.Sprint(tenth), Label: fmt.Sprintf(web.Pick(lang, "즉시할인 10%% (-%s원)", "Instant 10%% (-%s won)"), groupDigits(tenth))})
	}
	if p.amount > 1000 {
		list = append(list, option{Value: "1000", Label: web.Pick(lang, "첫 결제 할인 (-1,000원)", "First payment (-1,000 won)")})
	}
	for _, k := range p.offered() {
		for _, promo := range promotions {
			if off := p.amount * promo.percent / 100; promo.company == k.company && p.amount >= promo.least {
				list = append(list, option{
					Value: fmt.Sprint(off), Card: k.company,
					Label: fmt.Sprintf(web.Pick(lang, "%s카드 %d%% 할인 (-%s원)", "%s card %d%% (-%s won)"), web.Pick(lang, k.name, k.english), promo.percent, groupDigits(off)),
				})
			}
		}
	}
	return list
}
