package config

import (
	"time"

	"naru/internal/pay"
)

// Watching is the settings by which the operator looks on.
type Watching struct {
	DrainDelay   time.Duration
	OTLPEndpoint string // with its path; "" turns traces off
	OTLPHeaders  map[string]pay.Secret
	TraceSample  float64
	AlertWebhook pay.Secret
	SMTP         pay.Secret
	AlertFrom    string
	AlertTo      []string
	LateQueue    time.Duration
}

// watching is the rows of Options for them.
func watching() []Option {
	return []Option{
		{Key: "drain-delay", Type: "duration", Default: "0s", set: into(duration(0, 5*time.Minute), func(c *Config, v time.Duration) { c.DrainDelay = v }),
			Doc: "How long a stopping server goes on taking requests while /readyz answers 503, so that a load balancer sends no more before connections close. A little more than the balancer's check interval; 0 without one."},
		{Key: "late-queue", Type: "duration", Default: "5m", set: into(duration(10*time.Second, 24*time.Hour), func(c *Config, v time.Duration) { c.LateQueue = v }),
			Doc: "How long a job may be due before the queue counts as late: /readyz says degraded (and stays 200), and an alarm queue_late is raised."},
		{Key: "otlp-endpoint", Type: "URL", set: into(collector, func(c *Config, v string) { c.OTLPEndpoint = v }),
			Doc: "Where traces are sent by OTLP over HTTP (protobuf), such as http://127.0.0.1:4318; without a path, /v1/traces. Empty: no traces are made."},
		{Key: "otlp-headers", Type: "name=value, with commas", Secret: true, set: into(headers, func(c *Config, v map[string]pay.Secret) { c.OTLPHeaders = v }),
			Doc: "Headers sent with traces, such as Authorization=Bearer …."},
		{Key: "trace-sample", Type: "0 to 1", Default: "0.1", set: into(share, func(c *Config, v float64) { c.TraceSample = v }),
			Doc: "Share of requests and jobs that are traced."},
		{Key: "alert-webhook-url", Type: "URL", Secret: true, set: into(secretURL("https", "http"), func(c *Config, v pay.Secret) { c.AlertWebhook = v }),
			Doc: "Where alerts to the operator are posted as JSON (a chat service's incoming webhook shows its `text`). It may be a private address."},
		{Key: "smtp-url", Type: "smtp://user:password@host:587 or smtps://…:465", Secret: true, set: into(secretURL("smtp", "smtps"), func(c *Config, v pay.Secret) { c.SMTP = v }),
			Doc: "Mail server for alerts. smtp needs STARTTLS, except on this machine."},
		{Key: "alert-from", Type: "mail address", set: into(mailAddress, func(c *Config, v string) { c.AlertFrom = v }),
			Doc: "Sender of alerts by mail."},
		{Key: "alert-to", Type: "mail addresses, with commas", set: into(mailAddresses, func(c *Config, v []string) { c.AlertTo = v }),
			Doc: "Who gets alerts by mail. Empty: nobody."},
	}
}
