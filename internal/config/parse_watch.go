package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"

	"naru/internal/pay"
)

// The parsers of settings by which the operator looks on: traces and alerts.

// collector is the address spans are sent to. OTLP's own path is added when it
// has none ("OTLP/HTTP Request", OpenTelemetry Protocol Specification).
func collector(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("want an absolute http or https URL, such as http://127.0.0.1:4318")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("want a URL without user, query and fragment; what proves who we are goes into otlp-headers")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	return u.String(), nil
}

// headers are name=value pairs with commas. The error shows no value.
func headers(text string) (map[string]pay.Secret, error) {
	out := map[string]pay.Secret{}
	for n, item := range list(text) {
		name, value, ok := strings.Cut(item, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || name == "" || value == "" || strings.ContainsFunc(name, notInToken):
			return nil, fmt.Errorf("item %d: want name=value, such as Authorization=Bearer abc", n+1)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			return nil, fmt.Errorf("item %d: the value of %s has a character that no header may have", n+1, name)
		}
		out[name] = pay.Secret(value)
	}
	return out, nil
}

// notInToken: what the name of a header may not have (RFC 9110, section 5.6.2).
func notInToken(r rune) bool {
	alphanumeric := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func share(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f <= 1) { // NaN is neither
		return 0, errors.New("want a number from 0 to 1, such as 0.1")
	}
	return f, nil
}

// secretURL is an address that may hold a secret.
func secretURL(schemes ...string) func(string) (pay.Secret, error) {
	return func(text string) (pay.Secret, error) {
		if text == "" {
			return "", nil
		}
		u, err := url.Parse(text)
		if err == nil && u.Host != "" && u.Hostname() != "" {
			for _, s := range schemes {
				if u.Scheme == s {
					return pay.Secret(text), nil
				}
			}
		}
		return "", fmt.Errorf("want an absolute URL that begins with %s://", strings.Join(schemes, ":// or "))
	}
}

func mailAddress(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" || a.Address != text {
		return "", fmt.Errorf("%q is not a bare mail address such as ops@example.com", text)
	}
	return a.Address, nil
}

func mailAddresses(text string) ([]string, error) {
	var out []string
	for _, item := range list(text) {
		a, err := mailAddress(item)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// alerting checks the settings of alerts that depend on each other.
func (c Config) alerting() Problems {
	var p Problems
	if mail := len(c.AlertTo) > 0; mail && (c.SMTP == "" || c.AlertFrom == "") {
		p = append(p, "alert-to: needs smtp-url and alert-from as well")
	} else if !mail && (c.SMTP != "" || c.AlertFrom != "") {
		p = append(p, "smtp-url and alert-from: need alert-to as well")
	}
	if len(c.OTLPHeaders) > 0 && c.OTLPEndpoint == "" {
		p = append(p, "otlp-headers: needs otlp-endpoint as well")
	}
	return p
}
