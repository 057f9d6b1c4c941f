// Package config knows every setting of the production server: one table
// (options.go) says its key, its default, what it means and what it accepts.
// A setting comes from, in this order, a flag (--public-url), the environment
// (NARU_PUBLIC_URL), a file of "key = value" lines, or its default.
package config

import (
	"log/slog"
	"net/netip"
	"time"

	"naru/internal/pay"
)

// Config is the settings as the server uses them.
type Config struct {
	Listen          string
	PublicURL       string     // as browsers and providers see the gateway; no slash at the end
	DB              pay.Secret // URL as package store reads it; may hold a password
	MasterKey       pay.Secret // as written; "" when it comes from MasterKeyFile
	MasterKeyFile   string
	TLSCert         string
	TLSKey          string
	TrustedProxies  []netip.Prefix
	AdminListen     string // "" turns it off
	LogLevel        slog.Level
	LogFormat       string          // "text" or "json"
	WebhookRetries  []time.Duration // waits between the tries of a webhook
	AllowPrivate    []netip.Prefix
	ShutdownTimeout time.Duration
	CheckoutLife    time.Duration
	RequestLimit    Limit // of one API key
	AddressLimit    Limit // of one client address
	Watching

	origins map[string]origin // by key
}

// Limit is how many requests are let through: PerSecond on average, Burst at once
// after a pause. The zero Limit lets everything through.
type Limit struct{ PerSecond, Burst int }

// origin is a setting's text and where it came from.
type origin struct {
	text, source string
}

// Option is one row of the table.
type Option struct {
	Key     string
	Type    string // what to write, in words
	Default string
	Doc     string
	Secret  bool // masked when printed; has no flag, which every user of the machine could read
	// set checks text and puts it into c. Its error says what is allowed.
	set func(c *Config, text string) error
	// mask is the text as it may be shown; nil shows it whole.
	mask func(text string) string
}

// Env is the option's environment variable.
func (o Option) Env() string { return envName(o.Key) }

// Options is the table, in the order of the documentation.
func Options() []Option {
	return append([]Option{
		{Key: "listen", Type: "host:port", Default: "127.0.0.1:8080", set: into(address, func(c *Config, v string) { c.Listen = v }),
			Doc: "Address the gateway listens on."},
		{Key: "public-url", Type: "URL", set: into(publicURL, func(c *Config, v string) { c.PublicURL = v }),
			Doc: "Base URL under which browsers and providers reach the gateway. Links of checkouts, returns and notices are built from it. Empty: made from listen, which is right only on one machine."},
		{Key: "db", Type: "sqlite:PATH or postgres://…", Default: "sqlite:naru.db", set: into(database, func(c *Config, v pay.Secret) { c.DB = v }), mask: maskDB,
			Doc: "Where the books are. The SQLite file is made when missing; several nodes need PostgreSQL."},
		{Key: "master-key", Type: "64 hexadecimal digits, or base64 of 32 bytes", Secret: true, set: into(masterKey, func(c *Config, v pay.Secret) { c.MasterKey = v }),
			Doc: "Key under which providers' secrets are sealed in the database. This or master-key-file is required; losing it loses the sealed secrets. Make one with `openssl rand -hex 32`."},
		{Key: "master-key-file", Type: "path", set: into(plain, func(c *Config, v string) { c.MasterKeyFile = v }),
			Doc: "File that holds the master key, readable by the server alone."},
		{Key: "tls-cert", Type: "path", set: into(plain, func(c *Config, v string) { c.TLSCert = v }),
			Doc: "Certificate chain in PEM. With tls-key the gateway speaks HTTPS itself; without, put a proxy in front."},
		{Key: "tls-key", Type: "path", set: into(plain, func(c *Config, v string) { c.TLSKey = v }),
			Doc: "Private key of tls-cert in PEM."},
		{Key: "trusted-proxies", Type: "addresses or CIDRs, with commas", set: into(prefixes, func(c *Config, v []netip.Prefix) { c.TrustedProxies = v }),
			Doc: "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Nobody else's are."},
		{Key: "admin-listen", Type: "host:port or off", Default: "127.0.0.1:9187", set: into(addressOrOff, func(c *Config, v string) { c.AdminListen = v }),
			Doc: "Address of /metrics and /debug/pprof/. It has no password: keep it on loopback or a private network."},
		{Key: "log-level", Type: "debug, info, warn or error", Default: "info", set: into(logLevel, func(c *Config, v slog.Level) { c.LogLevel = v }),
			Doc: "Least severe log line that is written."},
		{Key: "log-format", Type: "text or json", Default: "json", set: into(oneOf("text", "json"), func(c *Config, v string) { c.LogFormat = v }),
			Doc: "Form of the log lines, on standard error."},
		{Key: "webhook-retries", Type: "seconds, with commas, or none", Default: "60,300,900,3600,10800,21600,43200,86400,86400", set: into(seconds, func(c *Config, v []time.Duration) { c.WebhookRetries = v }),
			Doc: "Waits between the tries of a webhook that was not answered with 200: ten tries over about three days by default. A merchant may have a list of its own."},
		{Key: "allow-private-addresses", Type: "addresses or CIDRs, with commas", set: into(prefixes, func(c *Config, v []netip.Prefix) { c.AllowPrivate = v }),
			Doc: "Private, loopback or link-local addresses that webhooks and confirm_url may reach all the same. All others are refused."},
		{Key: "shutdown-timeout", Type: "duration", Default: "40s", set: into(duration(time.Second, 10*time.Minute), func(c *Config, v time.Duration) { c.ShutdownTimeout = v }),
			Doc: "How long a stopping server lets open requests and calls to providers finish. What is cut off is settled after the next start."},
		{Key: "checkout-life", Type: "duration", Default: "30m", set: into(duration(time.Minute, 24*time.Hour), func(c *Config, v time.Duration) { c.CheckoutLife = v }),
			Doc: "How long a buyer may open a checkout link after it was made."},
		{Key: "request-limit", Type: "requests per second, or requests per second/burst, or off", Default: "200/400", set: into(limit, func(c *Config, v Limit) { c.RequestLimit = v }),
			Doc: "REST requests that one API key may make to one node, on average and at once after a pause. What is more is answered with HTTP 429 and Retry-After. POST /users/getToken does not count."},
		{Key: "address-limit", Type: "requests per second, or requests per second/burst, or off", Default: "500/2000", set: into(limit, func(c *Config, v Limit) { c.AddressLimit = v }),
			Doc: "Requests of all kinds that one client address (of IPv6: one /64) may make to one node. Loopback is not limited. Behind a proxy set trusted-proxies, or all clients are taken for one."},
	}, watching()...)
}

// into joins a parser and the place its value goes to.
func into[T any](parse func(string) (T, error), put func(*Config, T)) func(*Config, string) error {
	return func(c *Config, text string) error {
		v, err := parse(text)
		if err == nil {
			put(c, v)
		}
		return err
	}
}
