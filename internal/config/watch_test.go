package config_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/config"
)

func TestWatchingIsOffByDefault(t *testing.T) {
	t.Parallel()
	c := load(t, config.Input{})
	if c.OTLPEndpoint != "" || c.AlertWebhook != "" || c.SMTP != "" || len(c.AlertTo) != 0 || c.DrainDelay != 0 || c.TraceSample != 0.1 || c.LateQueue != 5*time.Minute {
		t.Errorf("%+v", c.Watching)
	}
}

func TestWatchingIsUnderstood(t *testing.T) {
	t.Parallel()
	c := load(t, config.Input{Env: env(map[string]string{
		"NARU_OTLP_ENDPOINT": "http://127.0.0.1:4318", "NARU_OTLP_HEADERS": "Authorization=Bearer a=b, x-team = pay", "NARU_TRACE_SAMPLE": "0.25",
		"NARU_ALERT_WEBHOOK_URL": "https://chat.example/hook/xyz", "NARU_SMTP_URL": "smtp://u:p@mail.example", "NARU_ALERT_FROM": "naru@pay.example",
		"NARU_ALERT_TO": "a@b.example, c@d.example", "NARU_DRAIN_DELAY": "15s", "NARU_LATE_QUEUE": "1m",
	})})
	w := c.Watching
	if w.OTLPEndpoint != "http://127.0.0.1:4318/v1/traces" || w.OTLPHeaders["Authorization"].Reveal() != "Bearer a=b" || w.OTLPHeaders["x-team"].Reveal() != "pay" {
		t.Errorf("traces go to %s with %d headers", w.OTLPEndpoint, len(w.OTLPHeaders))
	}
	if w.AlertWebhook.Reveal() != "https://chat.example/hook/xyz" || !slices.Equal(w.AlertTo, []string{"a@b.example", "c@d.example"}) || w.TraceSample != 0.25 || w.DrainDelay != 15*time.Second || w.LateQueue != time.Minute {
		t.Errorf("%+v", w)
	}
	if c := load(t, config.Input{Flags: map[string]string{"otlp-endpoint": "https://c.example/otlp/traces"}}); c.OTLPEndpoint != "https://c.example/otlp/traces" {
		t.Errorf("a path is changed: %s", c.OTLPEndpoint)
	}
	var b bytes.Buffer
	if err := c.Print(&b); err != nil || strings.Contains(b.String(), "xyz") || strings.Contains(b.String(), "u:p") || strings.Contains(b.String(), "Bearer") {
		t.Errorf("a secret is printed (%v):\n%s", err, b.String())
	}
}

func TestWatchingIsChecked(t *testing.T) {
	t.Parallel()
	const marker = "planted-marker"
	for key, texts := range map[string][]string{
		"drain-delay":       {"-1s", "6m", "x"},
		"late-queue":        {"1s", "25h"},
		"otlp-endpoint":     {"127.0.0.1:4318", "ftp://x", "http://u:p@x", "http://x?a=1"},
		"otlp-headers":      {marker, "a b=" + marker, "a=", "=" + marker, "a=" + marker + "한글"},
		"trace-sample":      {"-0.1", "1.1", "NaN", "all"},
		"alert-webhook-url": {marker, "ftp://x/" + marker, "https:///" + marker},
		"smtp-url":          {marker, "http://u:" + marker + "@x", "smtp://"},
		"alert-from":        {"ops", "Ops <ops@example.com>"},
		"alert-to":          {"ops@example.com, x"},
	} {
		for _, text := range texts {
			_, err := config.Load(config.Input{Env: env(map[string]string{"NARU_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_")): text})})
			var p config.Problems
			if !errors.As(err, &p) || !slices.ContainsFunc(p, func(s string) bool { return strings.HasPrefix(s, key) }) {
				t.Errorf("%s = %q: %v", key, text, err)
			} else if strings.Contains(err.Error(), marker) {
				t.Errorf("%s shows its value: %v", key, err)
			}
		}
	}
	for want, pairs := range map[string]map[string]string{
		"alert-to: needs smtp-url and alert-from": {"NARU_ALERT_TO": "a@b.example"},
		"smtp-url and alert-from: need alert-to":  {"NARU_SMTP_URL": "smtp://mail.example"},
		"otlp-headers: needs otlp-endpoint":       {"NARU_OTLP_HEADERS": "a=b"},
	} {
		if _, err := config.Load(config.Input{Env: env(pairs)}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v", pairs, err)
		}
	}
}
