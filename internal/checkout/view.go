package checkout

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/web"
)

// pageData is what every template of this package is given.
type pageData struct {
	Framed  bool   // shown in a layer over the shop's page
	Kind    string // of the relay page: "working" or "done"
	Order   *order // what is being paid; nil when not known
	Words   words
	Chooser chooser
	Outcome outcome
	Problem problem
	Back    back
	Config  config // for static/checkout.js
}

// config is the data a page hands to static/checkout.js.
type config struct {
	Page    string        `json:"page"`
	Lang    string        `json:"lang"`
	Token   string        `json:"token,omitempty"`
	Style   gateway.Style `json:"style,omitempty"`
	Target  string        `json:"target,omitempty"` // origin that may read our messages
	Link    string        `json:"link,omitempty"`   // the checkout's own address
	Close   string        `json:"close,omitempty"`
	Fail    string        `json:"fail,omitempty"`
	Poll    string        `json:"poll,omitempty"`
	Next    string        `json:"next,omitempty"`
	Payment string        `json:"imp_uid,omitempty"`
	Order   string        `json:"merchant_uid,omitempty"`
	Script  *launch       `json:"script,omitempty"`
}

// launch is the call of a provider's script.
type launch struct {
	Src    string `json:"src"`
	Object string `json:"object"`
	Init   []any  `json:"init"`
	Call   string `json:"call"`
	Args   []any  `json:"args"`
}

// order is what is being paid, or what a card is registered for, as the buyer sees it.
type order struct {
	Merchant, Name, UID, Payment string
	Amount                       string // "" where nothing is charged and the shop shows no amount
	Free                         string // that nothing is charged; "" for a payment
	Test                         bool   // no real money
}

func orderOf(p pay.Payment, m pay.Merchant, lang string) *order {
	o := &order{
		Merchant: m.Name, Name: p.Name, UID: string(p.MerchantUID), Payment: string(p.ID),
		Test: p.Mode != pay.ModeLive, Free: purposeOf(p, lang).words().Free,
	}
	if o.Name == "" {
		o.Name = o.UID
	}
	if n := p.Amount.Total.Minor; n != 0 || o.Free == "" {
		o.Amount = won(n, lang)
	}
	return o
}

// won writes an amount with separators: 64,900원 or KRW 64,900.
func won(n int64, lang string) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return web.Pick(lang, s+"원", "KRW "+s)
}

// back is the way back to the shop: a link, or a form that first ends the
// checkout, or, when both are empty, whatever the browser can do.
type back struct {
	Link template.URL // checked: see shop and origins
	Form string
}

func backToOrigin(origin string) back {
	if o := origins([]string{origin}); len(o) > 0 {
		return back{Link: template.URL(o[0] + "/")} // scheme and host only
	}
	return back{}
}

// language is the visitor's, where no checkout says which.
func language(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l != "" {
		return web.Language(l)
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return web.Language(strings.TrimSpace(first))
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, p web.Page) {
	if err := h.kit.Render(w, p); err != nil {
		h.log.ErrorContext(r.Context(), "page not sent", "page", p.Name, "err", err)
	}
}
