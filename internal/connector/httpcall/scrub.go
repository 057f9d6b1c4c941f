package httpcall

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"naru/internal/pay"
)

const struck = "***"

// shortest is the shortest secret that is looked for: a shorter one would be
// found in innocent text everywhere.
const shortest = 4

// Clean strikes secrets, and what looks like a card number, out of a text that
// came from a provider and is to be kept or shown, such as the message of a refusal.
func Clean(text string, secrets ...pay.Secret) string {
	return string(maskCards([]byte(newStriker(secrets, nil).text(text))))
}

// striker knows the secrets of one call.
type striker []string

func newStriker(secrets []pay.Secret, header http.Header) striker {
	var s striker
	for _, secret := range secrets {
		s = append(s, forms(secret.Reveal())...)
	}
	for _, value := range header.Values("Authorization") {
		scheme, token, _ := strings.Cut(value, " ")
		s = append(s, token)
		if strings.EqualFold(scheme, "Basic") {
			if plain, err := base64.StdEncoding.DecodeString(token); err == nil {
				user, password, _ := strings.Cut(string(plain), ":")
				s = append(s, user, password)
			}
		}
	}
	s = slices.DeleteFunc(s, func(x string) bool { return len(x) < shortest })
	slices.SortFunc(s, func(a, b string) int { return len(b) - len(a) }) // the longer may hold the shorter
	return s
}

// forms are the ways a secret may be written: as it is, as a part of an address
// and in JSON that escapes slashes. The padding that ends a billing key is
// written in more ways than are worth knowing, so each is looked for without it, too.
func forms(secret string) []string {
	var out []string
	for _, x := range []string{secret, strings.TrimRight(secret, "=")} {
		for _, form := range []string{x, url.PathEscape(x), url.QueryEscape(x), strings.ReplaceAll(x, "/", `\/`)} {
			if !slices.Contains(out, form) {
				out = append(out, form)
			}
		}
	}
	return out
}

func (s striker) text(t string) string {
	for _, secret := range s {
		t = strings.ReplaceAll(t, secret, struck)
	}
	return t
}

// hidden are the fields whose value is never kept, whichever provider sends
// them. It works on bytes, not on parsed JSON, so that it also cleans an answer
// that was cut in the middle, and leaves the rest exactly as it was.
var (
	hidden = regexp.MustCompile(`(?i)("(?:api_?key|client_?key|secret_?key|secret|billing_?key|auth_?key|customer_?key|password|` +
		`card_?number|card_?password|card_?expiration_?(?:year|month)|customer_?identity_?number|registration_?number|cash_?receipt_?key|` +
		`encrypted_?user_?ci|account_?(?:number|key)|holder_?name)"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|$)|[-+.0-9eE]+)`)
	cardLike = regexp.MustCompile(`\b[0-9](?:[ -]?[0-9]){12,18}\b`)
)

// scrub is what may be kept of a body, if anything is kept.
func (c *call) scrub(body []byte) []byte {
	if c.Record == nil || len(body) == 0 {
		return nil
	}
	out := hidden.ReplaceAllFunc(body, keepMasked)
	return maskCards([]byte(c.strike.text(string(out))))
}

// keepMasked hides the value of a field, except a number its provider masked
// already.
func keepMasked(field []byte) []byte {
	parts := hidden.FindSubmatch(field)
	name, value := parts[1], field[len(parts[1]):]
	if bytes.Contains(bytes.ToLower(name), []byte("number")) && bytes.Contains(value, []byte("**")) {
		return field
	}
	return slices.Concat(name, []byte(`"`+struck+`"`))
}

// maskCards keeps the last four digits of whatever has the length and the
// check digit of a card number.
func maskCards(text []byte) []byte {
	return cardLike.ReplaceAllFunc(text, func(found []byte) []byte {
		if !luhn(found) {
			return found
		}
		return slices.Concat([]byte("************"), found[len(found)-4:])
	})
}

func luhn(number []byte) bool {
	sum, double := 0, false
	for _, c := range slices.Backward(number) {
		if c < '0' || c > '9' {
			continue
		}
		d := int(c - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return sum%10 == 0
}
