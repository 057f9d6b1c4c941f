package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		peer   string
		header map[string][]string
		client string
		scheme string
	}{
		"a stranger's words are dropped": {"203.0.113.9:5000", map[string][]string{"X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Proto": {"https"}}, "203.0.113.9:5000", ""},
		"a proxy names its client":       {"10.0.0.1:5000", map[string][]string{"X-Forwarded-For": {"198.51.100.7"}, "X-Forwarded-Proto": {"https"}}, "198.51.100.7:0", "https"},
		"the client's own list is not":   {"10.0.0.1:5000", map[string][]string{"X-Forwarded-For": {"1.1.1.1, 198.51.100.7"}}, "198.51.100.7:0", ""},
		"through two proxies":            {"10.0.0.1:5000", map[string][]string{"X-Forwarded-For": {"1.1.1.1, 198.51.100.7, 10.9.9.9"}}, "198.51.100.7:0", ""},
		"in two headers":                 {"10.0.0.1:5000", map[string][]string{"X-Forwarded-For": {"198.51.100.7", "10.9.9.9"}}, "198.51.100.7:0", ""},
		"nonsense ends the list":         {"10.0.0.1:5000", map[string][]string{"X-Forwarded-For": {"198.51.100.7, nonsense"}}, "10.0.0.1:5000", ""},
		"only proxies":                   {"10.0.0.1:5000", map[string][]string{"X-Forwarded-For": {"10.1.1.1"}}, "10.1.1.1:0", ""},
		"IPv6":                           {"[fd00::1]:5000", map[string][]string{"X-Forwarded-For": {"[2001:db8::7]:99"}}, "[2001:db8::7]:0", ""},
		"mapped IPv4":                    {"[::ffff:10.0.0.1]:5000", map[string][]string{"X-Forwarded-For": {"198.51.100.7"}}, "198.51.100.7:0", ""},
		"the client's proto is not":      {"10.0.0.1:5000", map[string][]string{"X-Forwarded-Proto": {"https, http"}}, "10.0.0.1:5000", ""},
		"no header":                      {"10.0.0.1:5000", nil, "10.0.0.1:5000", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			for k, v := range c.header {
				r.Header[k] = v
			}
			r.Header.Set("Forwarded", "for=9.9.9.9")
			var seen *http.Request
			behindProxies(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r })).ServeHTTP(httptest.NewRecorder(), r)
			if seen.RemoteAddr != c.client || seen.URL.Scheme != c.scheme {
				t.Errorf("client %s by %q, want %s by %q", seen.RemoteAddr, seen.URL.Scheme, c.client, c.scheme)
			}
			for _, h := range forwarding {
				if seen.Header.Get(h) != "" {
					t.Errorf("%s is passed on", h)
				}
			}
		})
	}
}
