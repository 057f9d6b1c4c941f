// Package console serves the pages on which a shop's people see and do what the
// gateway can: payments, channels, webhooks, schedules, and who may touch them.
// Pages are rendered here and need no script. A page reads the store; an action
// calls the same method of the gateway that the API calls, in the name of the
// operator who is signed in. The console has no rule of its own.
package console

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/people"
	"naru/internal/store"
	"naru/internal/v1wire"
	"naru/internal/web"
)

//go:embed templates static
var files embed.FS

// Options are what a Console is made of. All but Names, Now, Log and Script are required.
type Options struct {
	Gateway   *gateway.Gateway
	Notifier  *notify.Notifier
	Store     *store.Store
	People    *people.Directory
	PublicURL string       // base of our own pages as browsers see them
	Names     v1wire.Names // of card companies and banks; a code without a name is shown as it is
	Version   string
	Now       func() time.Time
	// Clock tells how far Now is ahead, and whether it is held, where it is driven;
	// nil where time goes by.
	Clock func() (ahead time.Duration, frozen bool)
	Log   *slog.Logger
	// Script is the address of iamport.js that never changes, and its Subresource
	// Integrity value; nil is the plain address alone.
	Script func() (address, integrity string)
}

// Console is safe for concurrent use.
type Console struct {
	gateway  *gateway.Gateway
	notifier *notify.Notifier
	store    *store.Store
	people   *people.Directory
	names    v1wire.Names
	version  string
	now      func() time.Time
	clock    func() (time.Duration, bool)
	log      *slog.Logger
	script   func() (address, integrity string)

	public string // PublicURL without a slash at its end
	base   string // path of the console, no slash at its end
	secure bool   // cookies are for https alone
	kit    *web.Kit
	assets *web.Assets
	own    *http.CrossOriginProtection
	table  []route
	nav    []section
	excel  sync.Mutex // held while an Excel file of payments is made: it is in memory as a whole
}

// New makes a console of o, or says what is missing or does not parse.
func New(o Options) (*Console, error) {
	if o.Gateway == nil || o.Notifier == nil || o.Store == nil || o.People == nil {
		return nil, errors.New("console: a gateway, a notifier, a store and people are required")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" {
		return nil, errors.New("console: PublicURL must be an absolute address")
	}
	c := &Console{
		gateway: o.Gateway, notifier: o.Notifier, store: o.Store, people: o.People, names: o.Names, version: o.Version, now: o.Now, clock: o.Clock, log: o.Log, script: o.Script,
		public: strings.TrimRight(o.PublicURL, "/"), base: strings.TrimRight(public.Path, "/") + "/console",
		secure: public.Scheme == "https", own: http.NewCrossOriginProtection(),
	}
	// A proxy may tell us another host than the browser asked.
	if err := c.own.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("console: PublicURL: %w", err)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c.table = c.routes()
	c.nav = navOf(c.table)
	return c, nil
}

// load reads the pages and what they are made of.
func (c *Console) load() error {
	static, err := fs.Sub(files, "static")
	if err != nil {
		return err
	}
	if c.assets, err = web.NewAssets(c.base+"/static/", static); err != nil {
		return err
	}
	templates, err := fs.Sub(files, "templates")
	if err != nil {
		return err
	}
	c.kit, err = web.NewKit(templates, c.assets, c.funcs())
	return err
}

// Routes adds the console to r, which stands at the root of PublicURL.
func (c *Console) Routes(r chi.Router) {
	r.Get("/console", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, c.base+"/", http.StatusSeeOther) })
	r.Route("/console/", func(r chi.Router) {
		r.Method(http.MethodGet, "/static/{file}", c.assets)
		r.Group(func(r chi.Router) {
			r.Use(c.own.Handler)
			for _, t := range c.table {
				r.MethodFunc(t.method, t.pattern, c.serve(t))
			}
			r.NotFound(c.serve(route{open: true, do: func(v *visit) error { return errNoPage }}))
		})
	})
}
