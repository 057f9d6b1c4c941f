package httpcall

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"naru/internal/connector"
	"naru/internal/pay"
)

// CheckMode refuses a mode that is none, and an empty MID.
func CheckMode(mode pay.Mode, mid string) error {
	switch mode {
	case pay.ModeLive, pay.ModeTest, pay.ModeSandbox:
	default:
		return fmt.Errorf("mode %q is unknown: it must be %s, %s or %s", mode, pay.ModeLive, pay.ModeTest, pay.ModeSandbox)
	}
	if mid == "" {
		return errors.New("the MID is empty")
	}
	return nil
}

// CheckKey refuses a key that is missing, does not begin with prefix, or could
// not be sent in a header, with a *connector.CredentialError.
func CheckKey(name string, key pay.Secret, mode pay.Mode, prefix string) error {
	wrong := func(err error) error { return &connector.CredentialError{Key: name, Err: err} }
	value := key.Reveal()
	switch {
	case value == "":
		return wrong(errors.New("is missing"))
	case !strings.HasPrefix(value, prefix) || len(value) == len(prefix):
		return wrong(fmt.Errorf("does not fit a %s channel: it must begin with %s and go on after it", mode, prefix))
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }):
		return wrong(errors.New("holds a blank, a colon or a character that is not ASCII"))
	}
	return nil
}

// CheckBase refuses an address that cannot be the base of a provider's calls.
// Only a sandbox may be without TLS.
func CheckBase(address string, mode pay.Mode) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return fmt.Errorf("%q is not an absolute http or https address", address)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("it must have no user, query or fragment")
	case u.Scheme == "http" && mode != pay.ModeSandbox:
		return fmt.Errorf("%q is not https, which a %s channel needs", address, mode)
	}
	return nil
}

// CheckReturn refuses an address a browser could not be sent to.
func CheckReturn(field, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("%s %.200q must be an absolute http or https address", field, address)
	}
	return nil
}

// Cut keeps at most n characters of a text.
func Cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

// First is the first value of a form's field, or "".
func First(form map[string][]string, name string) string {
	return url.Values(form).Get(name)
}
