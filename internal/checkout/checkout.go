// Package checkout serves the gateway's own pages around a provider's window:
// the page on which a buyer chooses a card company where the shop wants that,
// the page that launches the window, the addresses the provider sends the
// browser back to, and what the buyer sees when there is nowhere else to send
// them. It decides nothing about money: it asks the gateway and shows what it
// is told.
//
// The token in an address is a secret that begins one checkout, once. Ids, and
// nothing else, go to the shop's page by message.
package checkout

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/v1wire"
	"naru/internal/web"
)

//go:embed templates static
var files embed.FS

// Options are what a Handler is made of. Gateway and PublicURL are required.
type Options struct {
	Gateway   *gateway.Gateway
	PublicURL string       // base of our own pages as browsers see them
	Names     v1wire.Names // of card companies and banks; a code without a name is shown as it is
	Log       *slog.Logger
}

// Handler serves the pages. It is safe for concurrent use.
type Handler struct {
	gateway *gateway.Gateway
	kit     *web.Kit
	assets  *web.Assets
	names   v1wire.Names
	base    string // path of PublicURL, no slash at its end
	scheme  string // of PublicURL
	own     *http.CrossOriginProtection
	log     *slog.Logger
}

// New makes a handler of o, or says what is missing or does not parse.
func New(o Options) (*Handler, error) {
	if o.Gateway == nil {
		return nil, errors.New("checkout: a gateway is required")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" {
		return nil, errors.New("checkout: PublicURL must be an absolute address")
	}
	h := &Handler{
		gateway: o.Gateway, names: o.Names, base: strings.TrimRight(public.Path, "/"), scheme: public.Scheme,
		own: http.NewCrossOriginProtection(), log: o.Log,
	}
	// A proxy may tell us another host than the browser asked.
	if err := h.own.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("checkout: PublicURL: %w", err)
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, fmt.Errorf("checkout: %w", err)
	}
	if h.assets, err = web.NewAssets(h.base+"/checkout/static/", static); err != nil {
		return nil, fmt.Errorf("checkout: assets: %w", err)
	}
	templates, err := fs.Sub(files, "templates")
	if err != nil {
		return nil, fmt.Errorf("checkout: %w", err)
	}
	if h.kit, err = web.NewKit(templates, h.assets, nil); err != nil {
		return nil, fmt.Errorf("checkout: templates: %w", err)
	}
	return h, nil
}

// Routes adds the handler's routes to r, which stands at the root of PublicURL.
func (h *Handler) Routes(r chi.Router) {
	r.Method(http.MethodGet, "/checkout/static/{file}", h.assets)
	r.Get("/checkout/failed", h.failed)
	r.Get("/checkout/result/{token}", h.result)
	r.Get("/checkout/{token}", h.begin)
	r.Post("/checkout/{token}/card", h.pick)
	r.Get("/checkout/{token}/card", func(w http.ResponseWriter, r *http.Request) { // a tab that was restored
		http.Redirect(w, r, h.path(token(r)), http.StatusSeeOther)
	})
	r.Get("/checkout/{token}/result", h.progress)
	r.Get("/checkout/{token}/return", h.returned(false))
	r.Post("/checkout/{token}/return", h.returned(false))
	r.Get("/checkout/{token}/fail", h.returned(true))
	r.Post("/checkout/{token}/fail", h.returned(true))
	r.Post("/checkout/{token}/close", h.close)
}

// path is an address of ours for a checkout.
func (h *Handler) path(parts ...string) string {
	return h.base + "/checkout/" + strings.Join(parts, "/")
}

func token(r *http.Request) string { return chi.URLParam(r, "token") }

// route names a request in logs: its path would tell the token.
func route(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return ""
}
