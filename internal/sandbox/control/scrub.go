package control

import (
	"net/textproto"
	"regexp"
	"strings"
)

func secretHeader(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie":
		return true
	}
	return false
}

// MaskFields makes a scrubber that replaces the values of the named JSON
// members, at any depth and in any case, by "***". It goes by the text, so it
// also works on bodies that do not parse.
func MaskFields(names ...string) func(body []byte) []byte {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	re := regexp.MustCompile(`(?i)("(?:` + strings.Join(quoted, "|") + `)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|-?[0-9][0-9.eE+-]*)`)
	return func(body []byte) []byte { return re.ReplaceAll(body, []byte(`${1}"***"`)) }
}

// cardLike finds long groups of digits, also with spaces or dashes between.
var cardLike = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){13,}`)

// maskCards blanks digit groups that pass the check digit test of card numbers:
// 16 to 19 digits, or 14 and 15 that begin with 3 (Diners, American Express),
// which leaves times like 20230310101522 readable.
func maskCards(body []byte) []byte {
	return cardLike.ReplaceAllFunc(body, func(group []byte) []byte {
		if !luhn(group) {
			return group
		}
		return []byte("****")
	})
}

func luhn(group []byte) bool {
	sum, n := 0, 0
	for i := len(group) - 1; i >= 0; i-- {
		if group[i] < '0' || group[i] > '9' {
			continue
		}
		d := int(group[i] - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return sum%10 == 0 && (n >= 16 && n <= 19 || group[0] == '3' && (n == 14 || n == 15))
}
