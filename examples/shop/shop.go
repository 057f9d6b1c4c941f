// Package shop is a whole merchant: a product page, the server behind it and
// an order book, written against PortOne V1 with the standard library only.
// The part to copy is portone.go (REST), checkout.go (order, return, cancel),
// hooks.go (webhook, confirm process) and static/shop.js (the payment window);
// orders.go and pages.go stand for a merchant's own database and pages.
//
// Keep its three habits: the server decides the amount, a payment counts only
// after it was looked up by its imp_uid, and what a browser or a webhook says
// tells where to look, never what is true.
package shop

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed templates static
var files embed.FS

// Options is what a shop has to know. Now, Log and HTTP have defaults, the
// rest is required.
type Options struct {
	Gateway  string    // public base of the gateway: for the script tag and REST
	UserCode string    // merchant code for IMP.init, such as imp00000000
	Key      string    // REST API key
	Secret   string    // REST API secret; goes to POST /users/getToken only
	Channels []Channel // one button each, in this order
	Public   string    // this shop's own base, as browsers and the gateway reach it
	Now      func() time.Time
	Log      *slog.Logger
	HTTP     *http.Client // by default with a limit of 60 s: a cancel may take 30
}

// Channel is a contract with a payment provider, as the gateway knows it.
type Channel struct {
	Label  string // the provider's name on the button
	Key    string // channelKey
	Method string // pay_method, such as card or tosspay
}

// Shop serves the pages and the addresses the gateway calls.
type Shop struct {
	opt     Options
	api     *client
	book    book
	pages   map[string]*template.Template
	handler http.Handler
}

// New returns a shop without orders, or an error that names every option that
// cannot be used.
func New(o Options) (*Shop, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Gateway, o.Public = strings.TrimRight(o.Gateway, "/"), strings.TrimRight(o.Public, "/")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: time.Minute}
	}
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	s := &Shop{opt: o, pages: pages, book: book{records: map[string]*record{}}}
	s.api = &client{base: o.Gateway, key: o.Key, secret: o.Secret, http: o.HTTP, now: o.Now}
	s.handler = s.routes()
	return s, nil
}

func (o Options) check() error {
	var errs []error
	for _, f := range []struct{ name, base string }{{"Gateway", o.Gateway}, {"Public", o.Public}} {
		u, err := url.Parse(f.base)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, fmt.Errorf("shop: %s %q: want a base such as https://shop.example.com", f.name, f.base))
		}
	}
	for _, f := range []struct{ name, value string }{{"UserCode", o.UserCode}, {"Key", o.Key}, {"Secret", o.Secret}} {
		if f.value == "" {
			errs = append(errs, fmt.Errorf("shop: %s is empty: copy it from the gateway's console", f.name))
		}
	}
	if len(o.Channels) == 0 {
		errs = append(errs, errors.New("shop: Channels is empty: want at least one way to pay"))
	}
	for i, c := range o.Channels {
		if c.Key == "" || c.Method == "" {
			errs = append(errs, fmt.Errorf("shop: Channels[%d] %q: Key and Method must both be given", i, c.Label))
		}
	}
	return errors.Join(errs...)
}

// ServeHTTP answers browsers and the gateway.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showProduct)
	mux.HandleFunc("POST /orders", s.place)
	mux.HandleFunc("GET /orders", s.showOrders)
	mux.HandleFunc("GET /orders/{merchant_uid}", s.showOrder)
	mux.HandleFunc("POST /orders/{merchant_uid}/cancel", s.cancel)
	mux.HandleFunc("GET /complete", s.complete)
	mux.HandleFunc("POST /webhook", s.webhook)
	mux.HandleFunc("POST /confirm", s.confirm)
	mux.Handle("GET /static/", http.FileServerFS(files))
	mux.HandleFunc("/", s.showMissing)
	// Refuses what other sites submit from a customer's browser. The gateway's
	// own calls come from a server, without an Origin, and pass.
	return s.headers(http.NewCrossOriginProtection().Handler(mux))
}

// headers lets pages use this shop's files and the gateway's, and nothing
// else: no inline script or style, no other frame.
func (s *Shop) headers(next http.Handler) http.Handler {
	u, _ := url.Parse(s.opt.Gateway) // checked in New
	gateway := u.Scheme + "://" + u.Host
	policy := strings.Join([]string{
		"default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
		"script-src 'self' " + gateway, "connect-src 'self' " + gateway, "frame-src " + gateway,
		"style-src 'self'", "img-src 'self'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin") // an order's address is all it takes to see it
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}
