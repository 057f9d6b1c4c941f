package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/config"
)

func env(pairs map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := pairs[k]; return v, ok }
}

func load(t *testing.T, in config.Input) config.Config {
	t.Helper()
	c, err := config.Load(in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmptyConfigIsWhole(t *testing.T) {
	t.Parallel()
	c := load(t, config.Input{})
	if c.Listen != "127.0.0.1:8080" || c.PublicURL != "http://127.0.0.1:8080" || c.DB.Reveal() != "sqlite:naru.db" || c.AdminListen != "127.0.0.1:9187" {
		t.Errorf("defaults: %+v", c)
	}
	var total time.Duration
	for _, d := range c.WebhookRetries {
		total += d
	}
	if tries := len(c.WebhookRetries) + 1; tries != 10 || total < 60*time.Hour || total > 80*time.Hour {
		t.Errorf("%d tries over %s, want 10 over about three days", tries, total)
	}
}

// TestLimits: a number, two, or off; anything else is refused with what is allowed.
func TestLimits(t *testing.T) {
	t.Parallel()
	c := load(t, config.Input{})
	if c.RequestLimit != (config.Limit{PerSecond: 200, Burst: 400}) || c.AddressLimit != (config.Limit{PerSecond: 500, Burst: 2000}) {
		t.Errorf("defaults: %+v %+v", c.RequestLimit, c.AddressLimit)
	}
	for text, want := range map[string]config.Limit{"off": {}, "7": {PerSecond: 7, Burst: 14}, "50/10": {PerSecond: 50, Burst: 10}, "1000000": {PerSecond: 1_000_000, Burst: 2_000_000}} {
		if c := load(t, config.Input{Flags: map[string]string{"request-limit": text}}); c.RequestLimit != want {
			t.Errorf("%q: %+v", text, c.RequestLimit)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "10/", "10/0", "/5", "10/20/30", "1000001", "1.5"} {
		_, err := config.Load(config.Input{Flags: map[string]string{"address-limit": text}})
		if err == nil || !strings.Contains(err.Error(), "address-limit") || !strings.Contains(err.Error(), "200/1000, or the word off") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEarlierSourceWins(t *testing.T) {
	t.Parallel()
	in := config.Input{FileName: "naru.conf", File: []byte("listen = :3\n")}
	for _, step := range []struct {
		change func()
		want   string
	}{
		{func() {}, ":3"},
		{func() { in.Env = env(map[string]string{"NARU_LISTEN": ":2"}) }, ":2"},
		{func() { in.Flags = map[string]string{"listen": ":1"} }, ":1"},
	} {
		step.change()
		if c := load(t, in); c.Listen != step.want {
			t.Errorf("listen is %q, want %q", c.Listen, step.want)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Input{
		Flags:    map[string]string{"listen": "8080", "tls-cert": "a.pem", "nonsense": "x"},
		Env:      env(map[string]string{"NARU_LOG_LEVEL": "loud", "NARU_MASTER_KEY": "k", "NARU_MASTER_KEY_FILE": "f", "NARU_WEBHOOK_RETRIES": "60,0"}),
		FileName: "naru.conf",
		File:     []byte("\n# comment\npublic_url = x\nwhat\ndb = mysql:x\ndb = sqlite:a\ntrusted-proxies = 10.0.0.1/8\ncheckout-life=1s\n"),
	})
	var p config.Problems
	if !errors.As(err, &p) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		`naru.conf:3: no setting is called "public_url" (did you mean public-url?)`,
		`naru.conf:4: want key = value`,
		`naru.conf:6: db was set before, at naru.conf:5`,
		`listen = "8080" (from --listen): want host:port`,
		`db (from naru.conf:5): want sqlite:PATH or postgres://`,
		`trusted-proxies = "10.0.0.1/8" (from naru.conf:7): "10.0.0.1/8" has bits outside its mask; want 10.0.0.0/8`,
		`log-level = "loud" (from NARU_LOG_LEVEL): want debug, info, warn or error`,
		`webhook-retries = "60,0" (from NARU_WEBHOOK_RETRIES): "0" is not a number of seconds from 1 to 604800`,
		`checkout-life = "1s" (from naru.conf:8): want a duration from 1m0s to 24h0m0s`,
		`tls-cert and tls-key: give both or neither`,
		`master-key and master-key-file: give one of them`,
		`--nonsense: no such setting`,
	} {
		if !slices.ContainsFunc(p, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("missing: %s", want)
		}
	}
	if len(p) != 12 {
		t.Errorf("%d problems, want 12:\n%v", len(p), err)
	}
}

func TestValuesAreChecked(t *testing.T) {
	t.Parallel()
	good := map[string][]string{
		"public-url":              {"https://pay.example.com", "https://pay.example.com/", "http://[::1]:80"},
		"db":                      {"sqlite:/x/naru.db", "postgres://u:p@h/db", "postgresql:///db?host=/run"},
		"admin-listen":            {"off", ":9187"},
		"webhook-retries":         {"none", "60", "60, 120 ,604800"},
		"allow-private-addresses": {"10.0.0.0/8,192.168.1.5", "::1", ""},
		"listen":                  {"127.0.0.1:0", "[::]:80"},
		"log-format":              {"text", "json"},
		"shutdown-timeout":        {"1s", "10m"},
	}
	bad := map[string][]string{
		"public-url":              {"pay.example.com", "ftp://x", "https://u:p@x", "https://x/pay", "https://x?a=1", "https://"},
		"db":                      {"", "sqlite:", "naru.db", "postgres://", "mysql://x"},
		"admin-listen":            {"on", "1"},
		"webhook-retries":         {"", "x", "-1", "604801", "9223372036854775807", strings.Repeat("1,", 51)},
		"allow-private-addresses": {"localhost", "10.0.0.0/33"},
		"listen":                  {"", ":65536", ":http", "::1"},
		"log-format":              {"xml", ""},
		"shutdown-timeout":        {"0s", "5", "11m"},
	}
	for key, texts := range good {
		for _, text := range texts {
			if _, err := config.Load(config.Input{Flags: map[string]string{key: text}}); err != nil {
				t.Errorf("%s = %q: %v", key, text, err)
			}
		}
	}
	for key, texts := range bad {
		for _, text := range texts {
			_, err := config.Load(config.Input{Flags: map[string]string{key: text}})
			if err == nil || !strings.HasPrefix(err.Error(), key) {
				t.Errorf("%s = %q: %v", key, text, err)
			}
		}
	}
}

func TestValuesAreUnderstood(t *testing.T) {
	t.Parallel()
	c := load(t, config.Input{File: []byte("\ufefflisten = \":8443\"\ntls-cert=c\ntls-key=k\ntrusted-proxies = 10.1.2.3, fd00::/8\nwebhook-retries = none\nadmin-listen = off\r\n")})
	if c.Listen != ":8443" || c.PublicURL != "https://127.0.0.1:8443" || c.AdminListen != "" || c.WebhookRetries == nil || len(c.WebhookRetries) != 0 {
		t.Errorf("%+v", c)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("fd00::/8")}
	if !slices.Equal(c.TrustedProxies, want) {
		t.Errorf("proxies %v, want %v", c.TrustedProxies, want)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	const marker = "planted-marker"
	in := config.Input{Env: env(map[string]string{
		"NARU_MASTER_KEY": marker, "NARU_DB": "postgres://naru:" + marker + "@db:5432/naru?sslpassword=" + marker,
	})}
	c := load(t, in)
	var b bytes.Buffer
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%v %+v %#v", c.MasterKey, c.DB, c.DB)
	if strings.Contains(b.String(), marker) {
		t.Errorf("a secret is printed:\n%s", b.String())
	}
	for _, want := range []string{"= ***", "# NARU_MASTER_KEY", "postgres://naru:xxxxx@db:5432/naru", "# default", "# made from listen"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %q in:\n%s", want, b.String())
		}
	}
	if c.DB.Reveal() != "postgres://naru:"+marker+"@db:5432/naru?sslpassword="+marker {
		t.Error("the database URL was changed")
	}
	_, err := config.Load(config.Input{Env: env(map[string]string{"NARU_DB": "postgres:" + marker})})
	if err == nil || strings.Contains(err.Error(), marker) {
		t.Errorf("error of a wrong database URL: %v", err)
	}
	_, err = config.Load(config.Input{Flags: map[string]string{"master-key": marker}})
	if err == nil || strings.Contains(err.Error(), marker) || !strings.Contains(err.Error(), "NARU_MASTER_KEY") {
		t.Errorf("a secret on the command line: %v", err)
	}
}

func TestEveryOptionIsDocumented(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range config.Options() {
		if seen[o.Key] || o.Doc == "" || o.Type == "" || !strings.HasSuffix(o.Doc, ".") {
			t.Errorf("%s: twice, or without a type and a sentence", o.Key)
		}
		seen[o.Key] = true
		if !strings.Contains(config.Markdown(), "| `"+o.Key+"` |") {
			t.Errorf("%s is not in the documentation", o.Key)
		}
	}
}

// TestConfigurationPage fails when docs/configuration.md is stale; "make
// generate" (NARU_UPDATE=1) writes it.
func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	page := filepath.Join("..", "..", "docs", "configuration.md")
	if os.Getenv("NARU_UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(config.Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != config.Markdown() {
		t.Error("docs/configuration.md is stale: run make generate")
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("listen = :1\n# x\ndb = \"sqlite:a\"\n"))
	f.Add([]byte("=\n\"\n="))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := config.Load(config.Input{FileName: "f", File: text})
		var p config.Problems
		if err != nil && (!errors.As(err, &p) || len(p) == 0) {
			t.Fatalf("error without a problem: %v", err)
		}
	})
}
