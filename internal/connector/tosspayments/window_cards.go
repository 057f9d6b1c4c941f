package tosspayments

import (
	"errors"
	"fmt"
	"slices"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/pay"
)

const (
	installmentsMin = 50000 // won, from which installments are possible
	maxInstallments = 12
)

// cardParams adds the parameters of "카드·간편결제" for cards.
func cardParams(p map[string]any, w connector.Window) error {
	o := w.Card
	if err := planParams(p, w); err != nil {
		return err
	}
	if o.Company != "" {
		company, ok := codes.CardTo(pay.TossPayments, o.Company)
		if !ok {
			return fmt.Errorf("card company %.20q: the provider has no code for it", o.Company)
		}
		p["cardCompany"], p["flowMode"] = company, "DIRECT"
	}
	if err := freeParams(p, w); err != nil {
		return err
	}
	if o.AppCardOnly {
		if err := checkAppCard(o); err != nil {
			return err
		}
		p["useAppCardOnly"] = true
	}
	if o.Points != nil {
		p["useCardPoint"] = *o.Points
	}
	if o.International {
		p["useInternationalCardOnly"] = true
	}
	if o.DiscountCode != "" {
		if o.Company == "" {
			return errors.New("discountCode is possible only together with one card company, which goes to it directly")
		}
		p["discountCode"] = o.DiscountCode
	}
	setLanguage(p, w)
	return nil
}

// walletParams adds the parameters of "카드·간편결제" for a wallet, which the card
// window goes to directly. Toss Pay has a method of its own besides, which takes
// no plan of installments.
func walletParams(p map[string]any, m windowMethod, w connector.Window) (call string, err error) {
	if err := planParams(p, w); err != nil {
		return "", err
	}
	_, fixed := p["cardInstallmentPlan"]
	_, most := p["maxCardInstallmentPlan"]
	if m.call == callTossPay && !fixed && !most {
		return m.call, nil
	}
	p["easyPay"], p["flowMode"] = m.easyPay, "DIRECT"
	setLanguage(p, w)
	return callCard, nil
}

// setLanguage: only the windows of cards are told one.
func setLanguage(p map[string]any, w connector.Window) {
	if w.Language == "en" {
		p["language"] = "EN"
	}
}

// planParams adds installments: a fixed plan, or the longest to choose from, never
// both. Below the amount from which they are possible they are left out.
func planParams(p map[string]any, w connector.Window) error {
	plans := []struct {
		name   string
		months *int
	}{{"cardInstallmentPlan", w.Card.Months}, {"maxCardInstallmentPlan", w.Card.MaxMonths}}
	for _, plan := range plans {
		if m := plan.months; m != nil && (*m < 0 || *m == 1 || *m > maxInstallments) {
			return fmt.Errorf("%s %d must be 0 or 2 to %d", plan.name, *m, maxInstallments)
		}
	}
	for _, plan := range plans {
		if plan.months != nil && w.Amount.Total.Minor >= installmentsMin {
			p[plan.name] = *plan.months
			return nil
		}
	}
	return nil
}

// freeParams adds the installments whose interest the merchant pays.
func freeParams(p map[string]any, w connector.Window) error {
	var list []map[string]any
	for i, plan := range w.Card.Free {
		company, ok := codes.CardTo(pay.TossPayments, plan.Company)
		if !ok {
			return fmt.Errorf("freeInstallmentPlans[%d].company %.20q: the provider has no code for it", i, plan.Company)
		}
		if len(plan.Months) == 0 {
			return fmt.Errorf("freeInstallmentPlans[%d].months is empty: it must have at least one plan", i)
		}
		for _, m := range plan.Months {
			if m < 2 || m > maxInstallments {
				return fmt.Errorf("freeInstallmentPlans[%d].months %d must be 2 to %d", i, m, maxInstallments)
			}
		}
		list = append(list, map[string]any{"company": company, "months": plan.Months})
	}
	if len(list) > 0 && w.Amount.Total.Minor >= installmentsMin {
		p["freeInstallmentPlans"] = list
	}
	return nil
}

func checkAppCard(o connector.CardOptions) error {
	pays := func(c connector.CardCompany) bool { return c.Code == o.Company && c.AppCard }
	switch {
	case o.International:
		return errors.New("useAppCardOnly is not possible together with useInternationalCardOnly")
	case o.Company != "" && !slices.ContainsFunc(cardCompanies(), pays):
		return fmt.Errorf("useAppCardOnly: card company %.20q does not pay by app", o.Company)
	}
	return nil
}
