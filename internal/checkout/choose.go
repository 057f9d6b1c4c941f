package checkout

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"naru/internal/gateway"
	"naru/internal/web"
)

// selection is what a buyer sent who chose a card: strings, as a browser sends
// them. Refused: the gateway did not take it.
type selection struct {
	Company, Months string
	Refused         bool
}

// pick begins a checkout with the card its buyer chose. What cannot be a choice
// is told on the page it came from; the gateway judges the rest.
func (h *Handler) pick(w http.ResponseWriter, r *http.Request) {
	if err := h.own.Check(r); err != nil {
		h.trouble(w, r, errForeign)
		return
	}
	form := url.Values(h.form(w, r))
	sel := selection{Company: form.Get("company"), Months: form.Get("months")}
	if sel.Months == "" { // without a script each company has its own field
		sel.Months = form.Get("months-" + sel.Company)
	}
	if sel.Months == "" { // a company that offers a lump sum only has no field
		sel.Months = "0"
	}
	months, err := strconv.Atoi(sel.Months)
	if sel.Company == "" || err != nil {
		sel.Refused = true
		h.start(w, r, nil, sel)
		return
	}
	h.start(w, r, &gateway.CardPick{Company: sel.Company, Months: months}, sel)
}

// chooser is what the page shows on which a buyer chooses a card company.
type chooser struct {
	Action    string
	Problem   string // why an earlier choice was not taken
	Companies []company
}

// company is one card company. Plans is empty where it offers a lump sum only.
type company struct {
	Code, Name string
	Free       string // up to how many months the shop pays the interest
	Checked    bool
	Plans      []plan
}

// plan is one way to pay in installments.
type plan struct {
	Months  int
	Label   string
	Checked bool
}

func (h *Handler) choosePage(r *http.Request, b gateway.Begun, sel selection) web.Page {
	purpose, status := purposeOf(b.Payment, b.Language), http.StatusOK
	c := chooser{Action: h.path(token(r), "card"), Companies: h.companies(b.Choose, b.Language, sel)}
	if sel.Refused {
		c.Problem, status = whyNot(b.Choose, b.Language, sel), http.StatusUnprocessableEntity
	}
	// The window may be opened by a redirect: form-action holds for that too.
	forms := append([]string{h.scheme + ":"}, h.shopForms(r)...)
	return web.Page{
		Name: "choose", Status: status, Lang: b.Language, Title: web.Pick(b.Language, "카드사 선택", "Choose your card"),
		Referrer: "same-origin", // so that the form's Origin is told, and not null
		Policy:   web.Policy{Form: forms, Ancestors: ancestors(b.Style, b.Origin)},
		Data: pageData{
			Framed: b.Style == gateway.StyleFrame, Order: orderOf(b.Payment, b.Merchant, b.Language), Words: purpose.words(), Chooser: c,
			Config: config{
				Page: "choose", Token: token(r), Style: b.Style, Target: target(b.Origin), Lang: b.Language, Link: h.path(token(r)),
				Close: h.path(token(r), "close"),
			},
		},
	}
}

// companies are the choice as the page lists it, in the gateway's order.
func (h *Handler) companies(c *gateway.CardChoice, lang string, sel selection) []company {
	var out []company
	for _, offer := range c.Companies {
		row := company{
			Code: offer.Company, Name: h.cardName(offer.Company, lang),
			Checked: offer.Company == sel.Company || len(c.Companies) == 1,
		}
		if len(offer.Free) > 0 {
			top := strconv.Itoa(slices.Max(offer.Free))
			row.Free = web.Pick(lang, "무이자 최대 "+top+"개월", "0% up to "+top+" months")
		}
		for _, m := range offer.Months {
			checked := row.Checked && strconv.Itoa(m) == sel.Months
			row.Plans = append(row.Plans, plan{m, planLabel(m, slices.Contains(offer.Free, m), lang), checked})
		}
		if len(row.Plans) < 2 && (len(offer.Months) == 0 || offer.Months[0] == 0) {
			row.Plans = nil
		}
		out = append(out, row)
	}
	return out
}

func planLabel(months int, free bool, lang string) string {
	n := strconv.Itoa(months)
	switch {
	case months == 0:
		return web.Pick(lang, "일시불", "Pay in full")
	case free:
		return web.Pick(lang, n+"개월 (무이자)", n+" months (interest-free)")
	}
	return web.Pick(lang, n+"개월", n+" months")
}

// whyNot says what is wrong with a choice, in words for the buyer.
func whyNot(c *gateway.CardChoice, lang string, sel selection) string {
	i := slices.IndexFunc(c.Companies, func(o gateway.CardOffer) bool { return o.Company == sel.Company })
	switch {
	case sel.Company == "":
		return web.Pick(lang, "카드사를 선택해 주세요.", "Please choose a card company.")
	case i < 0:
		return web.Pick(lang, "선택하신 카드사로는 결제할 수 없습니다. 다른 카드사를 선택해 주세요.", "You cannot pay with that card company here. Please choose another.")
	case !slices.ContainsFunc(c.Companies[i].Months, func(m int) bool { return strconv.Itoa(m) == sel.Months }):
		return web.Pick(lang, "선택하신 할부 개월로는 결제할 수 없습니다. 다른 개월을 선택해 주세요.", "You cannot pay in that many months with this card. Please choose again.")
	}
	return web.Pick(lang, "선택하신 카드로 결제창을 열지 못했습니다. 다른 카드사를 선택해 주세요.", "The payment window did not open for that card. Please choose another.")
}
