package checkout

import (
	"encoding/json"
	"net/http"
	"strings"

	"naru/internal/gateway"
	"naru/internal/v1wire"
	"naru/internal/web"
)

// maxForm bounds what a browser may bring back.
const maxForm = 64 << 10

// returned takes the browser back from the provider's window, at the address
// of success or, failed, of failure.
func (h *Handler) returned(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := h.gateway.FinishCheckout(r.Context(), token(r), gateway.Return{Failed: failed, Form: h.form(w, r)})
		h.settle(w, r, res, err)
	}
}

// close ends a checkout whose buyer pressed close on one of our pages.
func (h *Handler) close(w http.ResponseWriter, r *http.Request) {
	res, err := h.gateway.CloseCheckout(r.Context(), token(r), false)
	h.settle(w, r, res, err)
}

// form is the query and the body together. What does not parse is left out:
// the connector judges what is there, and a return is never lost to a stray
// percent sign.
func (h *Handler) form(w http.ResponseWriter, r *http.Request) map[string][]string {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		h.log.WarnContext(r.Context(), "return with a malformed form", "route", route(r), "err", err)
	}
	if r.Form == nil {
		return map[string][]string{}
	}
	return r.Form
}

// settle sends the browser on: by JSON for our own script, by a redirect otherwise.
func (h *Handler) settle(w http.ResponseWriter, r *http.Request, res gateway.Result, err error) {
	if err != nil {
		h.trouble(w, r, err)
		return
	}
	if wantsJSON(r) {
		h.tell(w, r, res)
		return
	}
	to, status := h.next(token(r), res), http.StatusSeeOther
	if res.Progress == gateway.ProgressDone && !strings.HasPrefix(to, h.base+"/") {
		status = http.StatusFound // V1's way back to the shop is a 302
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, status)
}

// next is where the browser goes from here: back to the shop when the checkout
// is done and took the whole page, and else to our page that tells or relays
// the result.
func (h *Handler) next(token string, res gateway.Result) string {
	if res.Progress == gateway.ProgressDone && res.Style == gateway.StylePage {
		if to, ok := shop(res); ok {
			return to
		}
	}
	return h.path("result", token)
}

// shop is m_redirect_url with the result, and false when there is none that a
// browser may be sent to.
func shop(res gateway.Result) (string, bool) {
	opt := v1wire.CallbackOptions{Success: res.Merchant.Settings.CallbackSuccess}
	to, err := v1wire.RedirectTo(res.RedirectURL, v1wire.RedirectQuery(res.Payment, res.Code, res.Message, opt))
	return to, err == nil
}

// progress answers our own pages' question how a checkout stands.
func (h *Handler) progress(w http.ResponseWriter, r *http.Request) {
	res, err := h.gateway.CheckoutResult(r.Context(), token(r))
	if err != nil {
		h.trouble(w, r, err)
		return
	}
	h.tell(w, r, res)
}

func (h *Handler) tell(w http.ResponseWriter, r *http.Request, res gateway.Result) {
	h.json(w, r, http.StatusOK, map[string]any{"progress": res.Progress, "next": h.next(token(r), res)})
}

func (h *Handler) json(w http.ResponseWriter, r *http.Request, status int, v any) {
	head := w.Header()
	head.Set("Content-Type", "application/json; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.log.DebugContext(r.Context(), "answer not sent whole", "err", err)
	}
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// result is the page at the end of a checkout: it waits while the outcome is
// not known, tells the shop's page by message when it is in a layer or popup,
// and tells the buyer when there is no shop to go back to.
func (h *Handler) result(w http.ResponseWriter, r *http.Request) {
	res, err := h.gateway.CheckoutResult(r.Context(), token(r))
	if err != nil {
		h.trouble(w, r, err)
		return
	}
	to := h.next(token(r), res)
	switch {
	case res.Progress != gateway.ProgressDone:
		h.render(w, r, h.relayPage(token(r), res, "working"))
	case res.Style != gateway.StylePage:
		h.render(w, r, h.relayPage(token(r), res, "done"))
	case to != h.path("result", token(r)):
		http.Redirect(w, r, to, http.StatusFound)
	default:
		h.render(w, r, h.resultPage(res))
	}
}

// relayPage waits for the result ("working") or hands it to the shop's page
// and closes itself ("done").
func (h *Handler) relayPage(token string, res gateway.Result, kind string) web.Page {
	words := purposeOf(res.Payment, res.Language).words()
	title := words.Checking
	if kind == "done" {
		title = web.Pick(res.Language, "쇼핑몰로 돌아가는 중입니다", "Returning to the shop")
	}
	return web.Page{
		Name: "relay", Lang: res.Language, Title: title, Policy: web.Policy{Ancestors: ancestors(res.Style, res.Origin)},
		Data: pageData{
			Framed: res.Style == gateway.StyleFrame, Order: orderOf(res.Payment, res.Merchant, res.Language), Words: words, Kind: kind,
			Config: config{
				Page: kind, Token: token, Style: res.Style, Target: target(res.Origin), Lang: res.Language, Poll: h.path(token, "result"),
				Next: h.path("result", token), Payment: string(res.Payment.ID), Order: string(res.Payment.MerchantUID),
			},
		},
	}
}

// resultPage tells the buyer how it ended: phones without m_redirect_url.
func (h *Handler) resultPage(res gateway.Result) web.Page {
	o := h.outcomeOf(res)
	return web.Page{
		Name: "result", Lang: res.Language, Title: o.Title,
		Data: pageData{
			Order: orderOf(res.Payment, res.Merchant, res.Language), Outcome: o, Back: backToOrigin(res.Origin),
			Config: config{Page: "result", Style: res.Style, Lang: res.Language},
		},
	}
}
