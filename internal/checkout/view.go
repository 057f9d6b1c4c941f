package checkout

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/v1wire"
	"naru/internal/web"
)

// pageData is what every template of this package is given.
type pageData struct {
	Framed  bool   // shown in a layer over the shop's page
	Kind    string // of the relay page: "working" or "done"
	Order   *order // what is being paid; nil when not known
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

// order is what is being paid, as the buyer sees it.
type order struct {
	Merchant, Name, UID, Payment, Amount string
	Test                                 bool // no real money
}

func orderOf(p pay.Payment, m pay.Merchant, lang string) *order {
	name := p.Name
	if name == "" {
		name = string(p.MerchantUID)
	}
	return &order{
		Merchant: m.Name, Name: name, UID: string(p.MerchantUID), Payment: string(p.ID),
		Amount: won(p.Amount.Total.Minor, lang), Test: p.Mode != pay.ModeLive,
	}
}

// won writes an amount with separators: 64,900원 or KRW 64,900.
func won(n int64, lang string) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return web.Pick(lang, s+"원", "KRW "+s)
}

// outcome is how a checkout ended, in words for the buyer.
type outcome struct {
	State             string // "paid", "ready", "cancelled" or "failed"
	Title, Text, More string
	Code, Message     string // of a failure
}

func outcomeOf(res gateway.Result) outcome {
	lang := res.Language
	o := outcome{Code: res.Code, Message: res.Message}
	switch {
	case res.Code == v1wire.CodeUserCancel:
		o.State = "cancelled"
		o.Title = web.Pick(lang, "결제가 취소되었습니다", "The payment was cancelled")
		o.Text = web.Pick(lang, "결제창에서 결제를 취소하셨습니다.", "You left the payment window.")
		o.More = web.Pick(lang, "다시 결제하시려면 쇼핑몰에서 주문을 계속해 주세요.", "To try again, continue your order in the shop.")
	case res.Code != "":
		o.State = "failed"
		o.Title = web.Pick(lang, "결제하지 못했습니다", "The payment did not go through")
		o.Text = web.Pick(lang, "결제가 승인되지 않았습니다.", "The payment was not approved.")
		o.More = web.Pick(lang, "다른 결제수단으로 다시 시도하시려면 쇼핑몰에서 주문을 계속해 주세요.", "To try again, perhaps with another card, continue your order in the shop.")
	case v1wire.Status(res.Payment.Status) == v1wire.StatusPaid:
		o.State = "paid"
		o.Title = web.Pick(lang, "결제가 완료되었습니다", "Payment complete")
		o.More = web.Pick(lang, "주문과 배송은 쇼핑몰의 주문 내역에서 확인해 주세요.", "You will find your order and its delivery in the shop's order list.")
	case v1wire.Status(res.Payment.Status) == v1wire.StatusCancelled:
		o.State = "cancelled"
		o.Title = web.Pick(lang, "취소된 결제입니다", "This payment has been refunded")
		o.More = web.Pick(lang, "환불 내역은 쇼핑몰의 주문 내역에서 확인해 주세요.", "You will find the refund in the shop's order list.")
	default:
		o.State = "ready"
		o.Title = web.Pick(lang, "입금을 기다리고 있습니다", "Waiting for your deposit")
		o.More = web.Pick(lang, "입금이 확인되면 쇼핑몰에서 알려 드립니다.", "The shop will tell you once the deposit has arrived.")
	}
	return o
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
