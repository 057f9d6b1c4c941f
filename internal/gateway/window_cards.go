package gateway

import (
	"fmt"
	"slices"

	"naru/internal/connector"
)

// installmentFloor is the smallest amount in won that may be paid in
// installments (decision D7 of docs/v1-implementation-details.md).
const installmentFloor = 50_000

// mostMonths is the longest plan of installments.
const mostMonths = 12

// fitCards settles the card options on the method, and makes the choice of
// companies that card.detail asks for (decision D6).
func fitCards(w *WindowRequest, d connector.Driver, row connector.Method) error {
	if !row.Cards {
		why := "means nothing for " + string(w.Method)
		months := w.Card.Company == "" && w.Card.Months != nil || w.Card.MaxMonths != nil
		plans := row.Installments && len(d.Cards) > 0 // of a wallet inside the provider's window
		w.leaveOut(why, "display.card_quota", months && !plans, func() { w.Card.Months, w.Card.MaxMonths = nil, nil })
		kept := connector.CardOptions{Months: w.Card.Months, MaxMonths: w.Card.MaxMonths, NoInstallment: w.Card.NoInstallment}
		if w.Card.Company != "" { // the plan was card.direct's
			kept.Months = nil
		}
		w.noteCards(why)
		w.Card, w.CardRows, w.FreeMonths = kept, nil, false
		return nil
	}
	if code := w.Card.Company; code != "" {
		i := slices.IndexFunc(d.Cards, func(c connector.CardCompany) bool { return c.Code == code })
		switch {
		case i < 0:
			return &Refusal{Code: RefusedParameter, Field: "card.direct.code", Detail: fmt.Sprintf("%q is no card company that %s can go to directly; GET /cards lists the codes", code, d.Provider)}
		case w.Card.AppCardOnly && !d.Cards[i].AppCard:
			return &Refusal{Code: RefusedParameter, Field: "appCard", Detail: fmt.Sprintf("the company %q of card.direct has no app card", code)}
		}
	}
	if len(w.CardRows) == 0 {
		return nil
	}
	if w.Card.International {
		w.leaveOut("foreign cards have no company to choose", "card.detail", true, func() { w.CardRows, w.FreeMonths = nil, false })
		return nil
	}
	return chooseCards(w, d)
}

func (w *WindowRequest) hasCardOptions() bool {
	c := w.Card
	return c.Company != "" || c.Months != nil || c.MaxMonths != nil || c.AppCardOnly || c.Points != nil || c.International ||
		c.DiscountCode != "" || len(w.CardRows) > 0 || w.FreeMonths
}

func (w *WindowRequest) clearCards() {
	w.Card, w.CardRows, w.FreeMonths = connector.CardOptions{}, nil, false
}

// noteCards notes each card option that was given.
func (w *WindowRequest) noteCards(why string) {
	c := w.Card
	w.leaveOut(why, "card.direct", c.Company != "", nil)
	w.leaveOut(why, "appCard", c.AppCardOnly, nil)
	w.leaveOut(why, "useCardPoint", c.Points != nil, nil)
	w.leaveOut(why, "bypass.tosspayments.useInternationalCardOnly", c.International, nil)
	w.leaveOut(why, "bypass.tosspayments.discountCode", c.DiscountCode != "", nil)
	w.leaveOut(why, "card.detail", len(w.CardRows) > 0, nil)
	w.leaveOut(why, "useFreeInterestFromMall", w.FreeMonths, nil)
}

// shown is a card company as card.detail leaves it.
type shown struct {
	connector.CardCompany
	off  bool
	free int // the most months without interest
}

// chooseCards reads card.detail. Where it leaves out a company, the provider has
// no parameter for it: the buyer chooses on our page, and the window goes to that
// company directly. One company that is left is gone to without a page, unless
// there are months to choose.
func chooseCards(w *WindowRequest, d connector.Driver) error {
	all, err := readCardRows(w, d)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(all), func(c shown) bool { return c.off || w.Card.AppCardOnly && !c.AppCard })
	if len(left) == 0 {
		return &Refusal{Code: RefusedParameter, Field: "card.detail", Detail: "received no company that is enabled; allowed: at least one"}
	}
	if direct := w.Card.Company; direct != "" {
		i := slices.IndexFunc(left, func(c shown) bool { return c.Code == direct })
		if i < 0 {
			return &Refusal{Code: RefusedParameter, Field: "card.direct.code", Detail: fmt.Sprintf("%q is disabled by card.detail", direct)}
		}
		w.Card.Free = freePlans(w, left[i:i+1])
		return nil
	}
	w.Card.Free = freePlans(w, left)
	if !slices.ContainsFunc(all, func(c shown) bool { return c.off }) {
		return nil
	}
	asked := w.Card.MaxMonths != nil && *w.Card.MaxMonths > 1 || len(w.Card.Free) > 0
	if len(left) == 1 && !asked {
		w.Card.Company, w.Card.MaxMonths = left[0].Code, nil
		return nil
	}
	w.Choice = &CardChoice{}
	for _, c := range left {
		w.Choice.Companies = append(w.Choice.Companies, CardOffer{Company: c.Code, Months: monthsOffered(w), Free: freeMonths(w, c.free)})
	}
	return nil
}

func readCardRows(w *WindowRequest, d connector.Driver) ([]shown, error) {
	var all []shown
	for _, c := range d.Cards {
		all = append(all, shown{CardCompany: c})
	}
	for i, r := range w.CardRows {
		field := fmt.Sprintf("card.detail[%d]", i)
		at := slices.IndexFunc(all, func(c shown) bool { return c.Code == r.Company })
		switch {
		case at >= 0:
			all[at] = all[at].with(r)
		case r.Company == AllCards:
			for j := range all {
				all[j] = all[j].with(r)
			}
		case knownCard(r.Company):
			w.leaveOut(d.Name+"'s window does not show this company", field, true, nil)
		default:
			return nil, &Refusal{Code: RefusedParameter, Field: field + ".card_code", Detail: fmt.Sprintf("received %q; allowed: %q or a card company's standard code, which GET /cards lists", r.Company, AllCards)}
		}
		w.leaveOut("only with useFreeInterestFromMall: true", field+".max_month", r.MaxMonths > 0 && !w.FreeMonths, nil)
	}
	return all, nil
}

func (c shown) with(r CardRow) shown {
	if r.Enabled != nil {
		c.off = !*r.Enabled
	}
	if r.MaxMonths > 0 {
		c.free = r.MaxMonths
	}
	return c
}

// upTo is a lump sum and every plan up to most.
func upTo(most int) []int {
	months := []int{0}
	for n := 2; n <= min(most, mostMonths); n++ {
		months = append(months, n)
	}
	return months
}

// monthsOffered are the plans a buyer may choose from, 0 being a lump sum.
func monthsOffered(w *WindowRequest) []int {
	switch {
	case w.Amount.Total.Minor < installmentFloor:
		return []int{0}
	case w.Card.Months != nil:
		return []int{*w.Card.Months}
	case w.Card.MaxMonths != nil:
		return upTo(*w.Card.MaxMonths)
	default:
		return upTo(mostMonths)
	}
}

// freeMonths are the plans up to most that are offered, without the lump sum.
func freeMonths(w *WindowRequest, most int) []int {
	if !w.FreeMonths {
		return nil
	}
	return slices.DeleteFunc(monthsOffered(w), func(n int) bool { return n == 0 || n > most })
}

func freePlans(w *WindowRequest, companies []shown) []connector.FreePlan {
	var out []connector.FreePlan
	for _, c := range companies {
		if months := freeMonths(w, c.free); len(months) > 0 {
			out = append(out, connector.FreePlan{Company: c.Code, Months: months})
		}
	}
	return out
}

// pick applies what the buyer chose: straight to that company with that plan.
func (w *WindowRequest) pick(p CardPick) error {
	i := slices.IndexFunc(w.Choice.Companies, func(c CardOffer) bool { return c.Company == p.Company })
	if i < 0 {
		return &Refusal{Code: RefusedParameter, Field: "company", Detail: fmt.Sprintf("received %q; allowed: one of the companies shown", p.Company)}
	}
	if !slices.Contains(w.Choice.Companies[i].Months, p.Months) {
		return &Refusal{Code: RefusedParameter, Field: "months", Detail: fmt.Sprintf("received %d; allowed: %v", p.Months, w.Choice.Companies[i].Months)}
	}
	w.Card.Company, w.Card.Months, w.Card.MaxMonths = p.Company, &p.Months, nil
	w.Card.Free = slices.DeleteFunc(slices.Clone(w.Card.Free), func(f connector.FreePlan) bool { return f.Company != p.Company })
	return nil
}
