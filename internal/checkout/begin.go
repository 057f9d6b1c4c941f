package checkout

import (
	"fmt"
	"net/http"
	"net/url"

	"naru/internal/gateway"
	"naru/internal/web"
)

// begin launches the provider's window, once for each link.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) {
	b, err := h.gateway.BeginCheckout(r.Context(), token(r), nil)
	switch {
	case err != nil:
		h.trouble(w, r, err)
	case b.Launch.Script != nil:
		h.render(w, r, h.launchPage(token(r), b))
	case b.Launch.Redirect != "":
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, b.Launch.Redirect, http.StatusSeeOther)
	default:
		h.trouble(w, r, fmt.Errorf("the connector of %s launched nothing", b.Payment.Provider))
	}
}

// launchPage loads the provider's script and calls it: static/checkout.js does
// so with the data the page carries.
func (h *Handler) launchPage(token string, b gateway.Begun) web.Page {
	s := *b.Launch.Script
	own := origins(append([]string{s.Src}, s.Origins...))
	// Providers' scripts send the browser on with forms whose answers redirect
	// to card companies, and form-action holds for those redirects too.
	forms := append(append([]string{}, own...), "https:")
	return web.Page{
		Name: "launch", Lang: b.Language, Title: web.Pick(b.Language, "결제", "Payment"),
		// The provider's script may want to know which site runs it.
		Referrer: "strict-origin",
		Policy:   web.Policy{Script: own, Connect: own, Frame: own, Img: own, Form: forms, Ancestors: ancestors(b.Style, b.Origin)},
		Data: pageData{
			Framed: b.Style == gateway.StyleFrame, Order: orderOf(b.Payment, b.Merchant, b.Language),
			Config: config{
				Page: "launch", Token: token, Style: b.Style, Target: target(b.Origin), Lang: b.Language,
				Close: h.path(token, "close"), Fail: h.path(token, "fail"),
				Script: &launch{Src: s.Src, Object: s.Object, Init: list(s.Init), Call: s.Call, Args: list(s.Args)},
			},
		},
	}
}

// list is never nil: the page's script expects an array.
func list(v []any) []any {
	if v == nil {
		return []any{}
	}
	return v
}

// origins are the sources of addresses, each once, as a policy names them.
func origins(addresses []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		if o := u.Scheme + "://" + u.Host; !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	return out
}

// ancestors says who may frame a page: the shop's page, for a window shown as
// a layer, and nobody otherwise. An unknown origin is any.
func ancestors(style gateway.Style, origin string) []string {
	if style != gateway.StyleFrame {
		return nil
	}
	if o := origins([]string{origin}); len(o) > 0 {
		return o
	}
	return []string{"*", "http:", "https:"}
}

// target is who may read a message to the shop's page.
func target(origin string) string {
	if o := origins([]string{origin}); len(o) > 0 {
		return o[0]
	}
	return "*"
}
