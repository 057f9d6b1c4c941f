package tosspayments

import (
	"encoding/json"
)

// leastForInstallments is the smallest amount in won that can be paid in parts.
const leastForInstallments = 50000

// readCardSheet reads the parameters of cards ("결제창 열기", 카드·간편결제). In DIRECT
// mode the window may open at a wallet.
func readCardSheet(_ *Simulator, f *fields, o *order) sheet {
	international := truth(f.flag("useInternationalCardOnly"))
	if o.currency != "KRW" && !international {
		f.fail("INVALID_CURRENCY", "currency %q: domestic cards pay in KRW", o.currency)
	}
	direct, company, service := readFlow(f)
	if service != "" {
		return readEasyPay(f, o, service, international)
	}
	return readCard(f, o, international, direct, company)
}

// readFlow gives the one thing that DIRECT opens at: a card company or a wallet.
func readFlow(f *fields) (direct bool, company, service string) {
	direct = f.oneOf("flowMode", "DEFAULT", "DIRECT") == "DIRECT"
	company, service = f.text("cardCompany", textRule{}), f.text("easyPay", textRule{})
	switch {
	case direct && (company == "") == (service == ""):
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "flowMode DIRECT: needs cardCompany or easyPay, and not both")
	case !direct && service != "":
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "easyPay: needs flowMode DIRECT")
	}
	return direct, company, service
}

func readCard(f *fields, o *order, international, direct bool, name string) offer {
	of := offer{direct: direct, international: international, appOnly: truth(f.flag("useAppCardOnly")), point: f.flag("useCardPoint")}
	if international {
		of.point = new(bool) // points are the domestic companies'
	}
	for _, c := range companies {
		if !c.hidden && c.foreign == international && (c.appCard || !of.appOnly) {
			of.companies = append(of.companies, c)
		}
	}
	if len(of.companies) == 0 {
		f.fail(f.code, "useAppCardOnly: not with useInternationalCardOnly")
	}
	if name != "" {
		c, ok := findCompany(name)
		if !ok || c.foreign != international || of.appOnly && !c.appCard {
			f.fail("INVALID_CARD_COMPANY", "cardCompany %q", name)
		}
		of.companies = []company{c}
	}
	of.months = readMonths(f, o, direct)
	of.free = readFree(f)
	if of.discount = f.text("discountCode", textRule{}); of.discount != "" && !direct {
		f.fail("INVALID_FLOW_MODE_PARAMETERS", "discountCode: needs flowMode DIRECT and cardCompany")
	}
	return of
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
