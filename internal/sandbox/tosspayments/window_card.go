package tosspayments

import (
	"encoding/json"
	"slices"
)

// leastForInstallments is the smallest amount in won that can be paid in parts.
const leastForInstallments = 50000

// offer is what the card window lets the buyer choose.
type offer struct {
	companies     []company
	direct        bool  // opens at the company's page
	months        []int // to choose from; a single entry is fixed
	free          map[string][]int
	point         *bool // nil: the buyer decides; true: preselected; false: impossible
	international bool
	easyPay       string // Korean name of the service asked for
}

// choice is what the buyer chose.
type choice struct {
	Company      string `json:"company"`
	Installments int    `json:"installments"`
	Point        bool   `json:"point"`
}

// readCardSheet is readCard for the table of methods.
func readCardSheet(f *fields, o *order) sheet { return readCard(f, o) }

// refused: easy-pay services need a contract of their own.
func (of offer) refused(*shop) error {
	if of.easyPay != "" {
		return refusef("PAY_PROCESS_ABORTED", "계약된 결제수단이 아닙니다: %s", of.easyPay)
	}
	return nil
}

func (of offer) page(_ *Simulator, w *window) (string, any) { return "card", of.view(w.lang) }

func (of offer) take(_ *Simulator, _ *window, choices json.RawMessage) (func(*payment), error) {
	var ch choice
	if err := json.Unmarshal(choices, &ch); err != nil {
		return nil, refusef("INVALID_REQUEST", "the choices must be a JSON object")
	}
	c, err := of.choose(ch)
	return func(p *payment) { p.method, p.card = "카드", &c }, err
}

// readCard checks the parameters of cards ("결제창 열기", 카드·간편결제).
func readCard(f *fields, o *order) offer {
	var of offer
	of.international = truth(f.flag("useInternationalCardOnly"))
	appOnly := truth(f.flag("useAppCardOnly"))
	of.point = f.flag("useCardPoint")
	f.oneOf("language", "KO", "EN", "JA", "ZH")
	if o.currency != "KRW" && !of.international {
		f.fail("INVALID_CURRENCY", "currency %q: domestic cards pay in KRW", o.currency)
	}
	for _, c := range companies {
		if !c.hidden && c.foreign == of.international && (c.appCard || !appOnly) {
			of.companies = append(of.companies, c)
		}
	}
	if len(of.companies) == 0 {
		f.fail(f.code, "useAppCardOnly: not with useInternationalCardOnly")
	}
	readFlow(f, &of, appOnly)
	of.months = readMonths(f, o, of.direct)
	of.free = readFree(f)
	if v := f.text("discountCode", textRule{}); v != "" {
		f.fail(f.code, "discountCode %q: the shop has no promotions", v)
	}
	return of
}

func readFlow(f *fields, of *offer, appOnly bool) {
	direct := f.oneOf("flowMode", "DEFAULT", "DIRECT") == "DIRECT"
	name, service := f.text("cardCompany", textRule{}), f.text("easyPay", textRule{})
	if service != "" {
		if of.easyPay = easyPayServices[service]; of.easyPay == "" {
			f.fail("INVALID_EASY_PAY", "easyPay %q", service)
		}
	}
	switch {
	case direct && (name == "") == (service == ""):
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "flowMode DIRECT")
	case !direct && service != "":
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "easyPay: needs flowMode DIRECT")
	}
	if name != "" {
		c, ok := findCompany(name)
		if !ok || c.foreign != of.international || appOnly && !c.appCard {
			f.fail("INVALID_CARD_COMPANY", "cardCompany %q", name)
		}
		of.companies = []company{c}
	}
	of.direct = direct
}

// readMonths gives the numbers of instalments to choose from, 0 being a single
// payment. A maximum needs no large amount: it only takes effect from there.
func readMonths(f *fields, o *order, direct bool) []int {
	fixed, most := readPlan(f, "cardInstallmentPlan"), readPlan(f, "maxCardInstallmentPlan")
	large := o.currency == "KRW" && o.total >= leastForInstallments
	upTo := 12
	switch {
	case fixed != nil && most != nil:
		f.fail("INVALID_CARD_INSTALLMENT_PLANS_WITH_MAX_AND_SINGLE", "")
	case fixed != nil:
		if *fixed > 0 && !large {
			f.fail("INVALID_CARD_INSTALLMENT_AMOUNT", "cardInstallmentPlan %d: from 50000 KRW", *fixed)
		}
		return []int{*fixed}
	case direct || !large:
		return []int{0}
	case most != nil:
		upTo = *most
	}
	months := []int{0}
	for n := 2; n <= upTo; n++ {
		months = append(months, n)
	}
	return months
}

func readPlan(f *fields, name string) *int {
	n := f.whole(name, "INVALID_CARD_INSTALLMENT_PLAN")
	switch {
	case n == nil || *n == 0 || *n >= 2 && *n <= 12:
	case *n < 2:
		f.fail("EXCEED_MIN_CARD_INSTALLMENT_PLAN", "%s %d: must be 0 or 2 to 12", name, *n)
	default:
		f.fail("EXCEED_MAX_CARD_INSTALLMENT_PLAN", "%s %d: must be 0 or 2 to 12", name, *n)
	}
	return n
}

// readFree reads the instalment plans whose interest the shop pays.
func readFree(f *fields) map[string][]int {
	v, ok := f.take("freeInstallmentPlans")
	if !ok {
		return nil
	}
	var plans []struct {
		Company string `json:"company"`
		Months  []int  `json:"months"`
	}
	if json.Unmarshal(v, &plans) != nil {
		f.fail(f.code, `freeInstallmentPlans: must be [{"company":"현대","months":[2,3]}]`)
		return nil
	}
	free := map[string][]int{}
	for _, p := range plans {
		c, ok := findCompany(p.Company)
		if !ok {
			f.fail("INVALID_CARD_COMPANY", "freeInstallmentPlans company %q", p.Company)
		}
		for _, n := range p.Months {
			if n < 2 || n > 12 {
				f.fail("INVALID_CARD_INSTALLMENT_PLAN", "freeInstallmentPlans months %d: must be 2 to 12", n)
			}
		}
		free[c.code] = append(free[c.code], p.Months...)
	}
	return free
}

// choose checks the buyer's choice against the offer.
func (of offer) choose(ch choice) (card, error) {
	i := slices.IndexFunc(of.companies, func(c company) bool { return c.code == ch.Company })
	if i < 0 {
		return card{}, refusef("INVALID_CARD_COMPANY", "company %q is not offered", ch.Company)
	}
	if !slices.Contains(of.months, ch.Installments) {
		return card{}, refusef("INVALID_CARD_INSTALLMENT_PLAN", "installments %d: offered are %v", ch.Installments, of.months)
	}
	if ch.Point && of.point != nil && !*of.point {
		return card{}, refuse("NOT_ALLOWED_POINT_USE")
	}
	c := of.companies[i]
	return card{
		company: c, months: ch.Installments, usePoint: ch.Point,
		interestFree: ch.Installments > 0 && slices.Contains(of.free[c.code], ch.Installments),
		check:        c.checkOnly && ch.Installments == 0,
	}, nil
}

func truth(b *bool) bool { return b != nil && *b }
