// Package playground is a page to try PortOne V1 on: it builds a call of
// IMP.request_pay from a form of all its parameters, runs it in the same page,
// and shows beside each other what came back: the callback or the return, the
// webhooks, the confirm process, and the payment as the server looks it up.
//
// It is for development. Whoever reaches it can open windows, cancel payments
// and charge billing keys with the REST key it is given. What it saw is kept in
// memory, for each browser tab apart, and the oldest is forgotten first.
//
// hooks.go is what a merchant's server needs to hear of payments, portone.go
// how it asks; static/call.js makes the call, static/app.js runs it.
package playground

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed templates static
var files embed.FS

// Options is what a playground has to know. GatewayAPI, Base, Now, Log and HTTP
// have defaults; Control may be empty; the rest is required.
type Options struct {
	Gateway    string    // base URL of the gateway as browsers see it
	GatewayAPI string    // the same as this server sees it; by default Gateway
	UserCode   string    // merchant code for IMP.init, such as imp00000000
	Key        string    // REST API key
	Secret     string    // REST API secret; goes to POST /users/getToken only
	Channels   []Channel // the first one of a provider and kind is chosen by default
	Control    string    // base of the sandbox's control port, such as http://127.0.0.1:8788/control; "" when there is none
	Base       string    // path this is mounted at, which requests keep; by default /playground
	Self       string    // absolute URL of Base, as browsers and the gateway reach it
	HTTP       *http.Client
	Log        *slog.Logger
	Now        func() time.Time
}

// Channel is a contract with a payment provider, as the gateway knows it.
type Channel struct {
	Key      string `json:"key"` // channelKey
	Name     string `json:"name"`
	Provider string `json:"provider"` // tosspayments or tosspay_v2
	Kind     string `json:"kind"`     // payment or billing
}

type playground struct {
	opt     Options
	api     *client
	control *controlPort // nil when there is none
	book    *book
	page    *template.Template
}

// New returns a playground in which nothing has happened yet, or an error that
// names every option that cannot be used.
func New(o Options) (http.Handler, error) {
	o.fill()
	if err := o.check(); err != nil {
		return nil, err
	}
	page, err := parsePage()
	if err != nil {
		return nil, err
	}
	p := &playground{opt: o, page: page, book: &book{now: o.Now, sessions: map[string]*session{}}}
	p.api = &client{base: o.GatewayAPI, key: o.Key, secret: o.Secret, http: o.HTTP, now: o.Now}
	if o.Control != "" {
		p.control = &controlPort{base: o.Control, http: o.HTTP}
	}
	return p.routes(), nil
}

func (o *Options) fill() {
	for _, at := range []*string{&o.Gateway, &o.GatewayAPI, &o.Control, &o.Self, &o.Base} {
		*at = strings.TrimRight(*at, "/")
	}
	if o.GatewayAPI == "" {
		o.GatewayAPI = o.Gateway
	}
	if o.Base == "" {
		o.Base = "/playground"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: time.Minute} // a cancel may take 30 s
	}
}

func (o Options) check() error {
	var errs []error
	for _, f := range []struct{ name, base string }{{"Gateway", o.Gateway}, {"GatewayAPI", o.GatewayAPI}, {"Self", o.Self}, {"Control", o.Control}} {
		u, err := url.Parse(f.base)
		if f.base == "" && f.name == "Control" {
			continue
		}
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, fmt.Errorf("playground: %s %q: want a base such as http://127.0.0.1:8787", f.name, f.base))
		}
	}
	for _, f := range []struct{ name, value string }{{"UserCode", o.UserCode}, {"Key", o.Key}, {"Secret", o.Secret}} {
		if f.value == "" {
			errs = append(errs, fmt.Errorf("playground: %s is empty: copy it from the gateway's console", f.name))
		}
	}
	if !strings.HasPrefix(o.Base, "/") || strings.ContainsAny(o.Base, "{}?# ") {
		errs = append(errs, fmt.Errorf("playground: Base %q: want a path such as /playground", o.Base))
	}
	if len(o.Channels) == 0 {
		errs = append(errs, errors.New("playground: Channels is empty: want at least one"))
	}
	for i, c := range o.Channels {
		errs = append(errs, c.check(i))
	}
	return errors.Join(errs...)
}

func (c Channel) check(i int) error {
	switch {
	case c.Key == "":
		return fmt.Errorf("playground: Channels[%d].Key is empty: want a channelKey", i)
	case !slices.Contains([]string{"tosspayments", "tosspay_v2"}, c.Provider):
		return fmt.Errorf("playground: Channels[%d].Provider %q: want tosspayments or tosspay_v2", i, c.Provider)
	case !slices.Contains([]string{"payment", "billing"}, c.Kind):
		return fmt.Errorf("playground: Channels[%d].Kind %q: want payment or billing", i, c.Kind)
	}
	return nil
}

func (p *playground) routes() http.Handler {
	base := p.opt.Base
	mux := http.NewServeMux()
	// What the gateway calls: any name of this server will do.
	mux.HandleFunc("POST "+base+"/hooks/{id}", p.webhook)
	mux.HandleFunc("POST "+base+"/confirm/{id}", p.confirm)
	own := http.NewServeMux()
	own.HandleFunc("GET "+base, p.showPage)
	own.HandleFunc("GET "+base+"/{$}", p.showPage)
	own.Handle("GET "+base+"/static/", http.StripPrefix(base, http.FileServerFS(files)))
	own.HandleFunc("GET "+base+"/return/{id}", p.comeBack)
	own.HandleFunc("GET "+base+"/api/{id}/runs", p.listRuns)
	own.HandleFunc("POST "+base+"/api/{id}/runs", p.beginRun)
	own.HandleFunc("POST "+base+"/api/{id}/runs/{n}/callback", p.with(p.callback))
	own.HandleFunc("GET "+base+"/api/{id}/runs/{n}/payment", p.with(p.payment))
	own.HandleFunc("GET "+base+"/api/{id}/runs/{n}/window", p.with(p.window))
	own.HandleFunc("POST "+base+"/api/{id}/runs/{n}/cancel", p.with(p.cancel))
	own.HandleFunc("POST "+base+"/api/{id}/runs/{n}/deposit", p.with(p.deposit))
	own.HandleFunc("POST "+base+"/api/{id}/runs/{n}/again", p.with(p.again))
	own.HandleFunc("GET "+base+"/api/{id}/runs/{n}/key", p.with(p.key))
	own.HandleFunc("DELETE "+base+"/api/{id}/runs/{n}/key", p.with(p.deleteKey))
	own.HandleFunc("GET "+base+"/sandbox/clock", p.clock)
	own.HandleFunc("POST "+base+"/sandbox/clock", p.clock)
	own.HandleFunc("GET "+base+"/sandbox/next-buyer/{provider}", p.nextBuyer)
	own.HandleFunc("PUT "+base+"/sandbox/next-buyer/{provider}", p.nextBuyer)
	own.HandleFunc("DELETE "+base+"/sandbox/next-buyer/{provider}", p.nextBuyer)
	// Pages of other sites may neither submit to nor, under a name of their own
	// that they point at this machine, read from what holds a REST key.
	mux.Handle("/", p.onlyOwnNames(http.NewCrossOriginProtection().Handler(own)))
	return p.headers(mux)
}

// onlyOwnNames answers under Self's name and names of this machine only.
func (p *playground) onlyOwnNames(next http.Handler) http.Handler {
	self, _ := url.Parse(p.opt.Self) // checked in New
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Host, self.Host) && !loopback(r.Host) {
			writeJSON(w, http.StatusMisdirectedRequest, map[string]any{"message": fmt.Sprintf("host %.80q: want %s", r.Host, self.Host)})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// headers lets the page use its own files and the gateway's, and nothing else:
// no inline script or style, no other frame.
func (p *playground) headers(next http.Handler) http.Handler {
	u, _ := url.Parse(p.opt.Gateway) // checked in New
	gateway := u.Scheme + "://" + u.Host
	policy := strings.Join([]string{
		"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"script-src 'self' " + gateway, "connect-src 'self' " + gateway, "frame-src " + gateway,
		"style-src 'self'", "img-src 'self'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
