package tosspayments

import (
	"encoding/json"
	"slices"
	"strings"
)

// offer is what the card window lets the buyer choose.
type offer struct {
	companies     []company
	direct        bool  // opens at the company's page
	months        []int // to choose from; a single entry is fixed
	free          map[string][]int
	point         *bool // nil: the buyer decides; true: preselected; false: impossible
	appOnly       bool
	international bool
	discount      string // code of a promotion; "" is none
}

// choice is what the buyer chose.
type choice struct {
	company      company
	installments int
	point        bool
	way          string
}

// The ways of a card company's own page to know its customer.
const (
	wayISP    = "isp"    // paybooc, the app of the ISP cards
	wayApp    = "app"    // the company's card app
	wayNumber = "number" // card number and password
	wayEasy   = "easy"   // a password that was set before
)

// ways are those of a company, the preselected one first. Which of them a
// company has besides what is documented of app cards and ISP is our choice.
func (of offer) ways(c company) []string {
	switch {
	case c.foreign:
		return []string{wayNumber}
	case of.appOnly:
		return []string{wayApp}
	case c.isp() && c.appCard:
		return []string{wayISP, wayApp}
	case c.isp():
		return []string{wayISP}
	case c.appCard:
		return []string{wayApp, wayNumber, wayEasy}
	}
	return []string{wayNumber, wayEasy}
}

func (of offer) page(s *Simulator, w *window) (string, any) { return "card", of.view(s, w) }

func (of offer) refused(s *Simulator, w *window, o order) error {
	if of.discount == "" {
		return nil
	}
	_, err := s.promoted(w.shop, of.discount, of.companies[0], o.total)
	return err
}

// take wants company, installments, point and way; what is absent is as it is
// preselected, except a company where there are several.
func (of offer) take(s *Simulator, w *window, choices json.RawMessage) (func(*payment), error) {
	ch, err := of.choose(choices)
	if err != nil {
		return nil, err
	}
	c := of.card(w.shop, ch, s.today(), w.payment.total)
	var promotion *discountCard
	if of.discount != "" {
		if promotion, err = s.promoted(w.shop, of.discount, ch.company, w.payment.total); err != nil {
			return nil, err
		}
	}
	return func(p *payment) { p.method, p.card, p.promotion = "카드", &c, promotion }, nil
}

// choose checks the buyer's choice against the offer.
func (of offer) choose(choices json.RawMessage) (ch choice, err error) {
	f, err := parseFields(choices, true, "INVALID_REQUEST")
	if err != nil {
		return ch, err
	}
	f.known("code")
	ch.company = pickCompany(f, of.companies, false)
	ch.installments = pickMonths(f, of.months)
	ch.point = truth(f.flag("point"))
	if ways := of.ways(ch.company); ch.company.code != "" {
		if ch.way = f.oneOf("way", ways...); ch.way == "" {
			ch.way = ways[0]
		}
	}
	if ch.point && of.point != nil && !*of.point {
		f.fail("NOT_ALLOWED_POINT_USE", "point")
	}
	return ch, f.done()
}

// pickCompany takes the code of a company that is offered. None means the only
// one there is, or the first of several where one is preselected.
func pickCompany(f *fields, offered []company, preselected bool) company {
	code := f.text("company", textRule{})
	if code == "" && (len(offered) == 1 || preselected) {
		return offered[0]
	}
	i := slices.IndexFunc(offered, func(c company) bool { return c.code == code })
	if i < 0 {
		f.fail("INVALID_CARD_COMPANY", "company %.20q: offered are %s", code, strings.Join(codesOf(offered), ", "))
		return company{}
	}
	return offered[i]
}

func codesOf(list []company) (out []string) {
	for _, c := range list {
		out = append(out, c.code)
	}
	return out
}

func pickMonths(f *fields, offered []int) int {
	n := f.whole("installments", "INVALID_CARD_INSTALLMENT_PLAN")
	if n == nil {
		return offered[0]
	}
	if !slices.Contains(offered, *n) {
		f.fail("INVALID_CARD_INSTALLMENT_PLAN", "installments %d: offered are %v", *n, offered)
	}
	return *n
}

func (of offer) card(shop *shop, ch choice, today string, total int64) card {
	c := card{company: ch.company, bin: ch.company.ownBin(), months: ch.installments, usePoint: ch.point, check: ch.company.checkOnly && ch.installments == 0}
	if ch.way == wayISP {
		c.bin = ch.company.bin
	}
	c.interestPayer = interestPayer(shop, of.free, ch.company, ch.installments, today, total)
	return c
}

// interestPayer is who pays the interest of a plan in place of the buyer: the
// shop, by what it said when the window opened, or the card company. "" is the
// buyer, or nobody.
func interestPayer(shop *shop, free map[string][]int, c company, months int, today string, total int64) string {
	switch {
	case months == 0:
		return ""
	case slices.Contains(free[c.code], months):
		return "MERCHANT"
	case shop.interestFree(c, months, today, total):
		return "CARD_COMPANY"
	}
	return ""
}

func truth(b *bool) bool { return b != nil && *b }
