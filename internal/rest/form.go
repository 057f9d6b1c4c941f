package rest

import (
	"strings"
)

// pair is one name and value of a form or a query, in the order they came.
type pair struct{ key, value string }

// pairs splits a form body or a query by hand, because clients send what
// url.ParseQuery refuses: raw UTF-8 and blanks, a lone %, semicolons, blanks
// before a name. Nothing makes it fail; more than MaxFields pairs are not read
// on, so that tree can refuse them.
func pairs(raw string) []pair {
	var out []pair
	for part := range strings.SplitSeq(strings.TrimRight(raw, "\r\n"), "&") {
		key, value, _ := strings.Cut(part, "=")
		key = strings.TrimLeft(unescape(key), " \t\r\n")
		if key != "" {
			out = append(out, pair{key, unescape(value)})
		}
		if len(out) > MaxFields {
			break
		}
	}
	return out
}

// unescape decodes + and %XX and leaves everything else as it is. Bytes that
// are not UTF-8 become U+FFFD.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && nibble(s[i+1]) >= 0 && nibble(s[i+2]) >= 0:
			b = append(b, byte(nibble(s[i+1])<<4|nibble(s[i+2])))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func nibble(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
