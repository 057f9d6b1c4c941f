package checkout

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"naru/internal/gateway"
	"naru/internal/web"
)

// begin launches the provider's window, once for each link, or has the buyer
// choose a card first.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) {
	h.start(w, r, nil, selection{})
}

// start begins the checkout with pick; nil is none. Where that leads to the page
// on which a card is chosen, sel is what it shows as chosen.
func (h *Handler) start(w http.ResponseWriter, r *http.Request, pick *gateway.CardPick, sel selection) {
	b, err := h.gateway.BeginCheckout(r.Context(), token(r), pick)
	_, refused := errors.AsType[*gateway.Refusal](err)
	switch {
	case refused && pick != nil: // nothing was begun, and the link is still good
		sel.Refused = true
		h.start(w, r, nil, sel)
	case err != nil:
		h.trouble(w, r, err)
	case b.Choose != nil:
		h.render(w, r, h.choosePage(r, b, sel))
	case b.Launch.Script != nil:
		h.render(styled{w, scriptOrigins(b.Launch)}, r, h.launchPage(r, b))
	case b.Launch.Redirect != "":
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, b.Launch.Redirect, http.StatusSeeOther)
	default:
		h.trouble(w, r, fmt.Errorf("the connector of %s launched nothing", b.Payment.Provider))
	}
}

// styled lets the provider's script style what it adds to our page: it does so
// with style elements and attributes that carry no nonce, and with sheets of its
// own. What scripts may run stays as it is.
type styled struct {
	http.ResponseWriter
	from []string // origins of the sheets
}

func (s styled) WriteHeader(status int) {
	const policy = "Content-Security-Policy"
	sheets := strings.Join(append([]string{"'self'", "'unsafe-inline'"}, s.from...), " ")
	s.Header().Set(policy, s.Header().Get(policy)+"; style-src-elem "+sheets+"; style-src-attr 'unsafe-inline'")
	s.ResponseWriter.WriteHeader(status)
}

// launchPage loads the provider's script and calls it: static/checkout.js does
// so with the data the page carries.
func (h *Handler) launchPage(r *http.Request, b gateway.Begun) web.Page {
	s, own, token := *b.Launch.Script, scriptOrigins(b.Launch), token(r)
	// Providers' scripts send the browser on with forms whose answers redirect
	// to card companies, and form-action holds for those redirects too.
	forms := slices.Concat(own, []string{"https:"}, h.shopForms(r))
	purpose := purposeOf(b.Payment, b.Language)
	return web.Page{
		Name: "launch", Lang: b.Language, Title: purpose.title(),
		// The provider's script may want to know which site runs it.
		Referrer: "strict-origin",
		Policy:   web.Policy{Script: own, Connect: own, Frame: own, Img: own, Form: forms, Ancestors: ancestors(b.Style, b.Origin)},
		Data: pageData{
			Framed: b.Style == gateway.StyleFrame, Order: orderOf(b.Payment, b.Merchant, b.Language), Words: purpose.words(),
			Config: config{
				Page: "launch", Token: token, Style: b.Style, Target: target(b.Origin), Lang: b.Language,
				Close: h.path(token, "close"), Fail: h.path(token, "fail"), Link: h.path(token),
				Script: &launch{Src: s.Src, Object: s.Object, Init: list(s.Init), Call: s.Call, Args: list(s.Args)},
			},
		},
	}
}

// shopForms is what form-action must allow on a page from which a buyer may
// leave: the answer may redirect to the shop, whichever scheme its address has.
func (h *Handler) shopForms(r *http.Request) []string {
	var res gateway.Result
	if !h.look(r.Context(), token(r), &res) {
		return nil
	}
	to, ok := shop(res)
	if !ok || res.Style != gateway.StylePage {
		return nil
	}
	return formTarget(to)
}

// scriptOrigins is where the provider's script comes from, and what it uses.
func scriptOrigins(l gateway.Launch) []string {
	return origins(append([]string{l.Script.Src}, l.Script.Origins...))
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
