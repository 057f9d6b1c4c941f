package v1wire

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrRedirect is wrapped by RedirectTo when an address is not one a browser
// may be sent to.
var ErrRedirect = errors.New("not an address to send a browser to")

// RedirectTo is base, a merchant's m_redirect_url, with q appended: an existing
// query and fragment are kept, values are percent-encoded (a blank is %20).
// Addresses of apps and hosts that do not exist are fine, as V1's app wrappers
// use them. Refused, wrapping ErrRedirect: addresses without a scheme, with
// control characters, and schemes that run or read something in the browser.
func RedirectTo(base string, q url.Values) (string, error) {
	base = strings.TrimSpace(base)
	if err := checkRedirect(base); err != nil {
		return "", err
	}
	address, fragment, hasFragment := strings.Cut(base, "#")
	switch {
	case !strings.Contains(address, "?"):
		address += "?"
	case !strings.HasSuffix(address, "?") && !strings.HasSuffix(address, "&"):
		address += "&"
	}
	// Encode writes a blank as "+", which decodeURIComponent leaves alone.
	address += strings.ReplaceAll(q.Encode(), "+", "%20")
	if hasFragment {
		address += "#" + fragment
	}
	return address, nil
}

func checkRedirect(base string) error {
	for _, r := range base {
		if r < ' ' || r == 0x7f {
			return fmt.Errorf("%w: %.80q has a control character", ErrRedirect, base)
		}
	}
	scheme, rest, ok := strings.Cut(base, ":")
	if !ok || !isScheme(scheme) {
		return fmt.Errorf("%w: %.80q has no scheme", ErrRedirect, base)
	}
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript", "file", "filesystem", "blob", "about", "view-source", "jar":
		return fmt.Errorf("%w: scheme %s", ErrRedirect, strings.ToLower(scheme))
	case "http", "https":
		if host := strings.TrimLeft(rest, "/"); len(rest)-len(host) < 2 || host == "" || strings.ContainsAny(host[:1], "?#") {
			return fmt.Errorf("%w: %.80q has no host", ErrRedirect, base)
		}
	}
	return nil
}

// isScheme follows RFC 3986, section 3.1.
func isScheme(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9') && r != '+' && r != '-' && r != '.') {
			return false
		}
	}
	return s != ""
}
