package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"

	"naru/internal/config"
	"naru/internal/rest"
)

type serveCmd struct {
	settings
	NoMigrate bool `help:"Do not bring the database up to date first; refuse to start if it is behind."`
}

// Run serves until ctx ends: it takes no new request then, leases no job, and
// lets what is open finish.
func (c *serveCmd) Run(ctx context.Context, m *Main) error {
	cfg, err := m.config(c.settings)
	if err != nil {
		return err
	}
	master, err := masterKey(cfg)
	if err != nil {
		return err
	}
	if problems := filesOf(cfg); len(problems) > 0 {
		return problems
	}
	lines := newBacklog(m.Stderr)
	defer lines.close()
	log := newLogger(lines, cfg.LogFormat, cfg.LogLevel)
	doors, err := openDoors(cfg)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, appOptions{
		db: cfg.DB.Reveal(), master: master, migrate: !c.NoMigrate, publicURL: doors.publicURL, listen: doors.gateway.Addr().String(), now: m.Now, log: log,
		retries: cfg.WebhookRetries, allowPrivate: cfg.AllowPrivate, checkoutLife: cfg.CheckoutLife,
		machine:  m.Now,
		limits:   &rest.LimitOptions{Key: rest.Limit(cfg.RequestLimit), Address: rest.Limit(cfg.AddressLimit)},
		watching: cfg.Watching, alerts: true,
	})
	if err != nil {
		return errors.Join(err, doors.close())
	}
	group := newGroup(log, cfg.ShutdownTimeout)
	group.before, group.delay = a.ready.drain, cfg.DrainDelay
	if cfg.TLSCert != "" {
		group.serve(doors.gateway, behindProxies(cfg.TrustedProxies, a), cfg.TLSCert, cfg.TLSKey)
	} else {
		group.serve(doors.gateway, behindProxies(cfg.TrustedProxies, a))
	}
	if doors.admin != nil {
		group.serve(doors.admin, a.adminRoutes())
	}
	if err := a.gateway.PlanNightly(ctx); err != nil { // the books are checked by day as well: by hand
		log.Error("the nightly checks are not planned; the next start plans them", "error", err)
	}
	stopJobs := startJobs(ctx, a, cfg.ShutdownTimeout, log)
	at := Addresses{Gateway: doors.publicURL, Admin: doors.adminURL}
	log.Info("serving", "version", version(), "listen", doors.gateway.Addr().String(), "public", at.Gateway, "admin", at.Admin, "database", a.store.Kind())
	warnOf(cfg, doors.publicURL, log)
	m.ready(at)
	ending, end := context.WithCancel(ctx)
	idle := make(chan struct{})
	go func() { // beside the requests: what runs keeps its lease meanwhile
		defer close(idle)
		<-ending.Done()
		stopJobs()
	}()
	err = group.wait(ctx)
	log.Info("stopping")
	end()
	<-idle
	return errors.Join(err, a.close())
}

// warnOf says what is allowed but seldom meant.
func warnOf(cfg config.Config, public string, log *slog.Logger) {
	if strings.HasPrefix(public, "http://") && !strings.HasPrefix(public, "http://127.0.0.1:") && !strings.HasPrefix(public, "http://localhost:") {
		log.Warn("public-url is not https: browsers will refuse much, and what buyers send can be read on the way", "public-url", public)
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); err == nil && cfg.PublicURL == "" && !loopback(host) {
		log.Warn("listening beyond this machine without a public-url: providers and browsers are sent to "+public, "listen", cfg.Listen)
	}
	if host, _, err := net.SplitHostPort(cfg.AdminListen); err == nil && !loopback(host) {
		log.Warn("admin-listen is open beyond this machine, and it has no password", "admin-listen", cfg.AdminListen)
	}
	if strings.HasPrefix(public, "https://") && cfg.TLSCert == "" && len(cfg.TrustedProxies) == 0 {
		log.Warn("public-url is https, but there is neither tls-cert nor a trusted proxy: clients' addresses will be the proxy's")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// doors are the addresses a server listens on.
type doors struct {
	gateway, admin      net.Listener
	publicURL, adminURL string
}

func openDoors(cfg config.Config) (d doors, err error) {
	if d.gateway, err = listen("listen", cfg.Listen); err != nil {
		return d, err
	}
	d.publicURL = cfg.PublicURL
	if _, port, err := net.SplitHostPort(cfg.Listen); err == nil && port == "0" && strings.HasSuffix(cfg.PublicURL, ":0") {
		d.publicURL = base(cfg.Listen, d.gateway) // made from listen, before the port was known
		if cfg.TLSCert != "" {
			d.publicURL = strings.Replace(d.publicURL, "http://", "https://", 1)
		}
	}
	if cfg.AdminListen == "" {
		return d, nil
	}
	if d.admin, err = listen("admin-listen", cfg.AdminListen); err != nil {
		return d, errors.Join(err, d.gateway.Close())
	}
	d.adminURL = base(cfg.AdminListen, d.admin)
	return d, nil
}

func (d doors) close() error {
	err := d.gateway.Close()
	if d.admin != nil {
		err = errors.Join(err, d.admin.Close())
	}
	return err
}

// adminRoutes is what operators' tools read.
func (a *app) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "Naru: /metrics, /debug/pprof/")
	})
	return mux
}
