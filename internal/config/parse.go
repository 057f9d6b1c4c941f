package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"naru/internal/pay"
)

// The parsers refuse with what is allowed; Load adds the key, the source and,
// unless the setting is secret, the text.

func plain(text string) (string, error) { return text, nil }

func address(text string) (string, error) {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", errors.New("want host:port, such as 127.0.0.1:8080 or :8080")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", fmt.Errorf("port %q is not a number from 0 to 65535", port)
	}
	return text, nil
}

func addressOrOff(text string) (string, error) {
	if text == "off" {
		return "", nil
	}
	return address(text)
}

func publicURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("want an absolute http or https URL, such as https://pay.example.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("want a URL without user, query and fragment")
	case strings.Trim(u.Path, "/") != "":
		return "", fmt.Errorf("want a URL without a path: V1 addresses begin at the root, not at %s", u.Path)
	}
	return strings.TrimRight(text, "/"), nil
}

func database(text string) (pay.Secret, error) {
	if path, ok := strings.CutPrefix(text, "sqlite:"); ok {
		if path == "" || strings.ContainsAny(path, "?#") {
			return "", errors.New("want sqlite: and a path without ? and #")
		}
		return pay.Secret(text), nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Query().Get("host") == "" {
		return "", errors.New("want sqlite:PATH or postgres://user:password@host:port/name")
	}
	return pay.Secret(text), nil
}

// maskDB hides the passwords of a database URL.
func maskDB(text string) string {
	if strings.HasPrefix(text, "sqlite:") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "xxxxx"
	}
	q := u.Query()
	for _, key := range []string{"password", "sslpassword"} {
		if q.Has(key) {
			q.Set(key, "xxxxx")
		}
	}
	u.RawQuery = q.Encode()
	return u.Redacted()
}

func masterKey(text string) (pay.Secret, error) { return pay.Secret(text), nil }

func prefixes(text string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, item := range list(text) {
		p, err := prefix(item)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func prefix(item string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(item); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(item)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a CIDR such as 10.0.0.0/8", item)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has bits outside its mask; want %s", item, p.Masked())
	}
	return p, nil
}

func logLevel(text string) (slog.Level, error) {
	for name, l := range map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError} {
		if text == name {
			return l, nil
		}
	}
	return 0, errors.New("want debug, info, warn or error")
}

func oneOf(allowed ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		for _, a := range allowed {
			if text == a {
				return text, nil
			}
		}
		return "", fmt.Errorf("want %s", strings.Join(allowed, " or "))
	}
}

const (
	maxRetries = 50
	maxWait    = 7 * 24 * time.Hour
)

func seconds(text string) ([]time.Duration, error) {
	if text == "none" {
		return []time.Duration{}, nil
	}
	out := []time.Duration{}
	for _, item := range list(text) {
		n, err := strconv.Atoi(item)
		if d := time.Duration(n) * time.Second; err != nil || d < time.Second || d > maxWait {
			return nil, fmt.Errorf("%q is not a number of seconds from 1 to %d", item, int(maxWait.Seconds()))
		}
		out = append(out, time.Duration(n)*time.Second)
	}
	if len(out) == 0 || len(out) > maxRetries {
		return nil, fmt.Errorf("%d waits; want 1 to %d, or the word none", len(out), maxRetries)
	}
	return out, nil
}

func duration(least, most time.Duration) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > most {
			return 0, fmt.Errorf("want a duration from %s to %s, such as %s", least, most, max(least*2, time.Second))
		}
		return d, nil
	}
}

// maxPerSecond bounds a limit: beyond it there might as well be none.
const maxPerSecond = 1_000_000

// limit reads "200", which allows twice as many at once, "200/1000" or "off".
func limit(text string) (Limit, error) {
	if text == "off" {
		return Limit{}, nil
	}
	rate, burst, both := strings.Cut(text, "/")
	n, err := strconv.Atoi(rate)
	m := 2 * n
	if err == nil && both {
		m, err = strconv.Atoi(burst)
	}
	if err != nil || n < 1 || n > maxPerSecond || m < 1 || m > 2*maxPerSecond {
		return Limit{}, fmt.Errorf("want a number from 1 to %d, two such as 200/1000, or the word off", maxPerSecond)
	}
	return Limit{n, m}, nil
}

// list splits at commas and drops blanks.
func list(text string) []string {
	var out []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
