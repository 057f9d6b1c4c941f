package checkout

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"

	"naru/internal/gateway"
	"naru/internal/v1wire"
	"naru/internal/web"
)

// problem is what went wrong, in words for the buyer.
type problem struct {
	Status            int
	Title, Text, More string
	Code, Message     string // the provider's code and words, or our code
}

// errForeign is a form that another site sent.
var errForeign = errors.New("the form was sent from another site")

// trouble answers an error with a page that says what happened and leads back
// to the shop, or with JSON for our own script.
func (h *Handler) trouble(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	res, known := gateway.Result{Language: language(r)}, false
	if !errors.Is(err, gateway.ErrCheckoutUnknown) && !errors.Is(err, errForeign) {
		known = h.look(ctx, token(r), &res)
	}
	p := problemOf(err, purposeOf(res.Payment, res.Language))
	if p.Status >= http.StatusInternalServerError {
		h.log.ErrorContext(ctx, "checkout failed", "route", route(r), "payment", res.Payment.ID, "err", err)
	}
	if wantsJSON(r) {
		body := map[string]any{"progress": nil, "next": nil, "code": p.Code, "message": p.Title}
		if known {
			body["progress"], body["next"] = res.Progress, h.next(token(r), res)
		}
		h.json(w, r, p.Status, body)
		return
	}
	h.render(w, r, h.problemPage(token(r), p, res, known))
}

// look learns how the checkout stands, for the way back. Without it the page
// still says what is wrong.
func (h *Handler) look(ctx context.Context, token string, into *gateway.Result) bool {
	res, err := h.gateway.CheckoutResult(ctx, token)
	if err != nil {
		h.log.WarnContext(ctx, "checkout result not known", "err", err)
		return false
	}
	*into = res
	return true
}

// problemOf is the one table from errors to what a buyer reads.
func problemOf(err error, p purpose) problem {
	lang := p.lang
	no, declined := errors.AsType[*gateway.DeclinedError](err)
	refused, isRefused := errors.AsType[*gateway.Refusal](err)
	again := p.say("쇼핑몰로 돌아가 다시 시도해 주세요.", "Please return to the shop and start again.")
	switch {
	case errors.Is(err, gateway.ErrCheckoutUsed):
		return problem{http.StatusConflict, web.Pick(lang, v1wire.TextReopened, "This link was already used"),
			p.say("{}창은 한 번만 열 수 있습니다. 새로고침하거나 뒤로 가기를 누르면 이 화면이 나타납니다.", "A {} window opens once. This page appears when you reload it or go back to it."),
			web.Pick(lang, "쇼핑몰로 돌아가 주문을 확인해 주세요.", "Please return to the shop and check your order."), v1wire.CodeReopened,
			web.Pick(lang, "", v1wire.TextReopened)} // V1's words, by which shops and support know it
	case errors.Is(err, gateway.ErrCheckoutExpired):
		return problem{http.StatusGone, p.say("{} 시간이 지났습니다", "This {} link has expired"), p.nothing(), again, v1wire.CodeExpired, ""}
	case errors.Is(err, gateway.ErrCheckoutUnknown):
		return problem{http.StatusNotFound, web.Pick(lang, "결제 정보를 찾을 수 없습니다", "There is no such payment"),
			web.Pick(lang, "주소가 잘못되었거나 이 결제 서버의 주소가 아닙니다.", "The address is wrong, or belongs to another payment server."),
			again, "NARU_CHECKOUT_UNKNOWN", ""}
	case errors.Is(err, errForeign):
		return problem{http.StatusForbidden, web.Pick(lang, "다른 사이트에서 보낸 요청입니다", "The request came from another site"),
			web.Pick(lang, "카드사는 결제 화면에서 선택해야 합니다.", "A card is chosen on the payment page itself."), again, v1wire.CodeOrigin, ""}
	case declined:
		return problem{http.StatusUnprocessableEntity, p.say("{을} 시작하지 못했습니다", "The {} could not be started"),
			web.Pick(lang, "결제사가 요청을 받아들이지 않았습니다. ", "The payment provider refused the request. ") + p.nothing(),
			web.Pick(lang, "쇼핑몰에 아래 오류 코드를 알려 주세요.", "Please tell the shop the error code below."), no.Decline.ProviderCode, no.Decline.ProviderMessage}
	case isRefused:
		code, message := v1wire.RefusalText(string(refused.Code), refused.Field, refused.Detail)
		return problem{http.StatusUnprocessableEntity, p.say("{을} 시작하지 못했습니다", "The {} could not be started"), p.nothing(),
			web.Pick(lang, "쇼핑몰에 아래 오류 코드를 알려 주세요.", "Please tell the shop the error code below."), code, message}
	case errors.Is(err, gateway.ErrProviderDown):
		return problem{http.StatusBadGateway, web.Pick(lang, "결제사에 연결할 수 없습니다", "The payment provider cannot be reached"), p.nothing(),
			web.Pick(lang, "잠시 후 쇼핑몰에서 다시 시도해 주세요.", "Please try again from the shop in a little while."), v1wire.CodeProviderDown, ""}
	}
	return problem{http.StatusInternalServerError, web.Pick(lang, "결제 서버에 문제가 생겼습니다", "Something went wrong on the payment server"),
		p.say("{이} 이미 이루어졌을 수 있습니다. 다시 시도하기 전에 쇼핑몰에서 주문을 확인해 주세요.", "The {} may already have been made. Please check your order in the shop before you try again."),
		web.Pick(lang, "문제가 계속되면 쇼핑몰에 문의해 주세요.", "If this goes on, please contact the shop."), v1wire.CodeInternal, ""}
}

func (h *Handler) problemPage(token string, p problem, res gateway.Result, known bool) web.Page {
	page := web.Page{
		Name: "problem", Status: p.Status, Lang: res.Language, Title: p.Title,
		Data: pageData{Problem: p, Config: config{Page: "problem", Lang: res.Language}},
	}
	if !known {
		return page
	}
	d := pageData{
		Framed: res.Style == gateway.StyleFrame, Order: orderOf(res.Payment, res.Merchant, res.Language), Problem: p,
		Config: config{
			Page: "problem", Lang: res.Language, Token: token, Style: res.Style, Target: target(res.Origin),
			Payment: string(res.Payment.ID), Order: string(res.Payment.MerchantUID),
		},
	}
	to, toShop := shop(res)
	switch {
	case res.Progress == gateway.ProgressOpen: // going back ends it, and the shop is told
		d.Back.Form = h.path(token, "close")
		if toShop {
			page.Policy.Form = formTarget(to)
		}
	case res.Progress == gateway.ProgressWorking || res.Style != gateway.StylePage:
		d.Back.Link = template.URL(h.path("result", token)) // ours
	case toShop:
		d.Back.Link = template.URL(to) // RedirectTo refused what runs in a browser
	default:
		d.Back = backToOrigin(res.Origin)
	}
	page.Policy.Ancestors = ancestors(res.Style, res.Origin)
	page.Data = d
	return page
}

// formTarget lets a form's answer redirect to the shop: form-action holds for
// redirects too. An app's address is named by its scheme.
func formTarget(to string) []string {
	if o := origins([]string{to}); len(o) > 0 {
		return o
	}
	if u, err := url.Parse(to); err == nil && u.Scheme != "" {
		return []string{u.Scheme + ":"}
	}
	return nil
}

// failed is where a phone's page goes when the SDK was refused and there is
// neither callback nor m_redirect_url. It shows texts by their code only:
// nobody can put words of their own on our page.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request) {
	lang := language(r)
	p := problem{
		Title: web.Pick(lang, "결제를 시작하지 못했습니다", "The payment could not be started"),
		Text:  web.Pick(lang, v1wire.TextInternal, "Please try again in a little while."),
		More:  web.Pick(lang, "쇼핑몰로 돌아가 주문을 확인해 주세요.", "Please return to the shop and check your order."),
		Code:  v1wire.CodeInternal,
	}
	if text, ok := refusals[r.URL.Query().Get("code")]; ok {
		p.Code, p.Text = r.URL.Query().Get("code"), web.Pick(lang, text[0], text[1])
	}
	h.render(w, r, web.Page{
		Name: "problem", Lang: lang, Title: p.Title,
		Data: pageData{Problem: p, Config: config{Page: "problem", Lang: lang}},
	})
}

// refusals are the codes of the SDK's refusals with words for the buyer.
var refusals = map[string][2]string{
	v1wire.CodePaid:        {v1wire.TextPaid, "This order has already been paid."},
	v1wire.CodeNoChannel:   {"쇼핑몰의 결제 설정이 끝나지 않았습니다.", "The shop's payment setup is not complete."},
	v1wire.CodeNoMerchant:  {"쇼핑몰의 결제 설정이 끝나지 않았습니다.", "The shop's payment setup is not complete."},
	v1wire.CodeOrigin:      {"이 사이트에서는 결제할 수 없습니다.", "Payments cannot be made from this site."},
	v1wire.CodePrepared:    {"결제 금액이 주문 금액과 다릅니다.", "The amount differs from the order's amount."},
	v1wire.CodeParameter:   {"쇼핑몰이 보낸 결제 정보가 올바르지 않습니다.", "The shop sent payment details that are not valid."},
	v1wire.CodeUnsupported: {"지원하지 않는 결제수단입니다.", "This way to pay is not supported."},
	v1wire.CodeConfirm:     {"쇼핑몰이 보낸 결제 정보가 올바르지 않습니다.", "The shop sent payment details that are not valid."},
	v1wire.CodeUnreachable: {v1wire.TextUnreachable, "The payment server could not be reached. Please check your connection and try again."},
}
