package httpcall

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
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
// them: in small letters, without underscores.
var hidden = map[string]bool{
	"apikey": true, "clientkey": true, "secretkey": true, "secret": true, "billingkey": true, "authkey": true, "customerkey": true,
	"password": true, "cardnumber": true, "cardpassword": true, "cardexpirationyear": true, "cardexpirationmonth": true,
	"customeridentitynumber": true, "registrationnumber": true, "cashreceiptkey": true, "encrypteduserci": true,
	"accountnumber": true, "accountkey": true, "holdername": true,
}

// longestName is that of the longest of them, with underscores between its words and some to spare.
const longestName = 40

// scrub is what may be kept of a body, if anything is kept.
func (c *call) scrub(body []byte) []byte {
	if c.Record == nil || len(body) == 0 {
		return nil
	}
	return maskCards([]byte(c.strike.text(string(hideFields(body)))))
}

// hideFields works on bytes, not on parsed JSON, so that it also cleans an answer
// that was cut in the middle, and leaves the rest exactly as it was.
func hideFields(body []byte) []byte {
	out := make([]byte, 0, len(body))
	kept := 0 // up to where body is in out
	for at := 0; at < len(body); at++ {
		if body[at] != '"' {
			continue
		}
		value, end := hiddenField(body, at)
		if end == 0 {
			continue
		}
		out, kept, at = append(append(out, body[kept:value]...), `"`+struck+`"`...), end, end-1
	}
	return append(out, body[kept:]...)
}

// hiddenField is where the value of the field whose name begins at a quotation
// mark begins and ends; end is 0 when the field, or none, is to be kept. A number
// that its provider masked already is kept.
func hiddenField(body []byte, at int) (value, end int) {
	rest := body[at+1 : min(at+1+longestName, len(body))]
	n := bytes.IndexByte(rest, '"')
	if n < 0 {
		return 0, 0
	}
	var small [longestName]byte
	name := small[:0]
	for _, c := range rest[:n] {
		switch {
		case c >= 'A' && c <= 'Z':
			name = append(name, c+'a'-'A')
		case c >= 'a' && c <= 'z':
			name = append(name, c)
		case c != '_':
			return 0, 0
		}
	}
	if !hidden[string(name)] {
		return 0, 0
	}
	colon := spaces(body, at+n+2)
	if colon == len(body) || body[colon] != ':' {
		return 0, 0
	}
	value = spaces(body, colon+1)
	end = valueEnd(body, value)
	if end == value || bytes.Contains(name, []byte("number")) && bytes.Contains(body[value:end], []byte("**")) {
		return 0, 0
	}
	return value, end
}

func spaces(body []byte, at int) int {
	for at < len(body) && bytes.IndexByte([]byte(" \t\n\f\r"), body[at]) >= 0 {
		at++
	}
	return at
}

// valueEnd is where a text or a number ends that begins at a place; that place for
// anything else. A text that was cut off ends with the body.
func valueEnd(body []byte, at int) int {
	if at < len(body) && body[at] == '"' {
		for end := at + 1; end < len(body); end++ {
			switch body[end] {
			case '\\':
				end++
			case '"':
				return end + 1
			}
		}
		return len(body)
	}
	end := at
	for end < len(body) && bytes.IndexByte([]byte("-+.0123456789eE"), body[end]) >= 0 {
		end++
	}
	return end
}

// maskCards keeps the last four digits of whatever has the length and the
// check digit of a card number.
func maskCards(text []byte) []byte {
	var out []byte
	kept := 0 // what is in out is text before it
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) || i > 0 && isWord(text[i-1]) {
			continue
		}
		end := numberEnd(text, i)
		if end == 0 {
			continue
		}
		if luhn(text[i:end]) {
			out = append(append(append(out, text[kept:i]...), "************"...), text[end-4:end]...)
			kept = end
		}
		i = end - 1
	}
	if kept == 0 {
		return text
	}
	return append(out, text[kept:]...)
}

// numberEnd is where a number of 13 to 19 digits ends that begins at i and has no
// more than a space or a dash between its digits, and of several ends the last; 0 is nowhere.
func numberEnd(text []byte, i int) (end int) {
	for digits := 0; i < len(text) && digits < 19; i++ {
		if !isDigit(text[i]) {
			return end
		}
		digits++
		next := byte(' ')
		if i+1 < len(text) {
			next = text[i+1]
		}
		if digits >= 13 && !isWord(next) {
			end = i + 1
		}
		if next == ' ' || next == '-' {
			i++
		}
	}
	return end
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
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
