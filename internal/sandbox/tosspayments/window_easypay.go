package tosspayments

import (
	"encoding/json"

	"naru/internal/web"
)

// easyPay is what a wallet's own money and points paid ("Payment 객체", easyPay).
type easyPay struct {
	wallet wallet
	amount int64 // from an account or a balance of money
	points int64 // Payment.easyPay.discountAmount
	left   int64 // points not given back yet
}

// purse is what a wallet's window lets the buyer choose.
type purse struct {
	wallet wallet
	months []int
	free   map[string][]int
}

// What a buyer pays with in a wallet, besides points.
const (
	payCard  = "card"
	payMoney = "money"
)

// readEasyPay reads a wallet's window. The plan is chosen in the wallet, some of
// which show a single payment beside a fixed one.
func readEasyPay(f *fields, o *order, service string, international bool) sheet {
	w, ok := findWallet(service)
	if !ok {
		f.fail("INVALID_EASY_PAY", "easyPay %.40q: must be one of %s", service, walletCodes())
	}
	if international {
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "easyPay: not with useInternationalCardOnly")
	}
	f.flag("useAppCardOnly")
	f.flag("useCardPoint")
	if f.text("discountCode", textRule{}) != "" {
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "discountCode: needs cardCompany")
	}
	return newPurse(f, o, w)
}

// readTossPaySheet reads the window of the method 토스페이.
func readTossPaySheet(_ *Simulator, f *fields, o *order) sheet {
	if o.currency != "KRW" {
		f.fail("INVALID_CURRENCY", "currency %q: wallets pay in KRW", o.currency)
	}
	w, _ := findWallet("TOSSPAY") // of our own table
	return newPurse(f, o, w)
}

func newPurse(f *fields, o *order, w wallet) purse {
	o.method = "간편결제"
	p := purse{wallet: w, months: readMonths(f, o, false), free: readFree(f)}
	if w.lump && len(p.months) == 1 && p.months[0] > 0 {
		p.months = []int{0, p.months[0]}
	}
	return p
}

// refused: every wallet needs a contract of its own.
func (p purse) refused(_ *Simulator, w *window, _ order) error {
	if !w.shop.contracted(p.wallet.ko) {
		return notContracted(p.wallet.code)
	}
	return nil
}

// spend is what the buyer chose.
type spend struct {
	pay          string
	company      company
	installments int
	points       int64
	bare         bool // a newer card, of which the wallet tells nothing
}

// take wants pay, points and, of a card, company, installments and newCard; what
// is absent is as it is preselected.
func (p purse) take(s *Simulator, w *window, choices json.RawMessage) (func(*payment), error) {
	total := w.payment.total
	ch, err := p.choose(choices, total)
	if err != nil {
		return nil, err
	}
	e := easyPay{wallet: p.wallet, points: ch.points, left: ch.points}
	rest := total - ch.points
	var c *card
	switch {
	case rest == 0:
	case ch.pay == payMoney:
		e.amount = rest
	default:
		c = &card{
			company: ch.company, bin: ch.company.ownBin(), months: ch.installments, check: ch.company.checkOnly && ch.installments == 0,
			part: rest, bare: ch.bare, interestPayer: interestPayer(w.shop, p.free, ch.company, ch.installments, s.today(), total),
		}
	}
	return func(p *payment) { p.method, p.card, p.easyPay = "간편결제", c, &e }, nil
}

func (p purse) choose(choices json.RawMessage, total int64) (ch spend, err error) {
	f, err := parseFields(choices, true, "INVALID_REQUEST")
	if err != nil {
		return ch, err
	}
	f.known("code")
	if ch.pay = f.oneOf("pay", p.pays()...); ch.pay == "" {
		ch.pay = payCard
	}
	ch.company = pickCompany(f, p.wallet.companies(), true)
	ch.installments = pickMonths(f, p.months)
	ch.points = orZero(f.amount("points", "KRW", 0))
	ch.bare = truth(f.flag("newCard"))
	p.check(f, ch, total)
	return ch, f.done()
}

// check holds a choice against the wallet. The code of what a wallet does not
// offer is not documented.
func (p purse) check(f *fields, ch spend, total int64) {
	rest := total - ch.points
	byCard := ch.pay == payCard && rest > 0
	switch {
	case ch.points > 0 && !p.wallet.points:
		f.fail("NOT_ALLOWED_POINT_USE", "points: %s has none here", p.wallet.ko)
	case rest < 0:
		f.fail(f.code, "points %d: at most the amount, %d", ch.points, total)
	case ch.bare && !p.wallet.bare:
		f.fail(f.code, "newCard: %s tells of all its cards", p.wallet.ko)
	case byCard && rest < leastByCard:
		f.fail("BELOW_MINIMUM_AMOUNT", "points %d: leave %d KRW for the card, at least %d", ch.points, rest, leastByCard)
	case byCard && ch.installments > 0 && rest < leastForInstallments:
		f.fail("INVALID_CARD_INSTALLMENT_AMOUNT", "installments %d: the card pays %d KRW, from %d", ch.installments, rest, leastForInstallments)
	}
}

func (p purse) pays() []string {
	if p.wallet.money {
		return []string{payCard, payMoney}
	}
	return []string{payCard}
}

// easyPayObject is null until the payment is approved, as card is.
func (p *payment) easyPayObject(lang string) any {
	e := p.easyPay
	if e == nil || p.approved.IsZero() {
		return nil
	}
	return object{{"provider", web.Pick(lang, e.wallet.ko, e.wallet.code)}, {"amount", e.amount}, {"discountAmount", e.points}}
}

// giveBack says how much of a cancel is points: what the card or the money is
// short of. Which goes back first is not documented.
func (p *payment) giveBack(amount int64) int64 {
	if p.easyPay == nil {
		return 0
	}
	points := min(max(amount-(p.balance-p.easyPay.left), 0), p.easyPay.left)
	p.easyPay.left -= points
	return points
}
