package console

import (
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"naru/internal/console/chart"
	"naru/internal/pay"
)

// kst is the time that pages show.
var kst = time.FixedZone("KST", 9*60*60)

// funcs are what templates may call.
func (c *Console) funcs() template.FuncMap {
	return template.FuncMap{
		"allowed":   allowedWords,
		"path":      c.path,
		"word":      func(lang, kind string, value any) string { return wordFor(lang, kind, fmt.Sprint(value)) },
		"badge":     badge,
		"money":     money,
		"num":       func(n any) string { return thousands(fmt.Sprint(n)) },
		"several":   several,
		"when":      when,
		"day":       func(t time.Time) string { return shown(t, time.DateOnly) },
		"took":      took,
		"icon":      icon,
		"dict":      dict,
		"list":      func(v ...any) []any { return v },
		"card":      c.cardName,
		"bank":      c.bankName,
		"join":      strings.Join,
		"sendError": sendError,
		"bytes":     bytesOf,
		"span":      spanOf,
		"share":     chart.Share,

		"percent":     percent,
		"change":      change,
		"declineWord": declineWord,

		"str": func(v any) string { return fmt.Sprint(v) },

		"urlpart": func(v any) string { return url.PathEscape(fmt.Sprint(v)) },
		"sum":     func(a, b int64) int64 { return a + b },
	}
}

func (c *Console) cardName(code string) string {
	if c.names.Card != nil {
		if n := c.names.Card(code); n != "" {
			return n
		}
	}
	return code
}

func (c *Console) bankName(code string) string {
	if c.names.Bank != nil {
		if n := c.names.Bank(code); n != "" {
			return n
		}
	}
	return code
}

// badge is a value in its words and its colour. Kinds are those of words.
func badge(lang, kind string, value any) template.HTML {
	v := fmt.Sprint(value)
	tone := words[kind][v].tone
	return template.HTML(`<span class="badge ` + tone + `" data-value="` + template.HTMLEscapeString(v) + `">` + //nolint:gosec // escaped
		template.HTMLEscapeString(wordFor(lang, kind, v)) + `</span>`)
}

// decimals is how many digits a currency has behind the point.
func decimals(c pay.Currency) int {
	switch c {
	case "KRW", "JPY", "VND", "":
		return 0
	default:
		return 2
	}
}

// money is an amount as it is read: 12,000원, $12.00 as USD 12.00.
func money(lang string, minor int64, c pay.Currency) string {
	sign := ""
	if minor < 0 {
		sign, minor = "−", -minor
	}
	text := strconv.FormatInt(minor, 10)
	if d := decimals(c); d > 0 {
		text = fmt.Sprintf("%0*d", d+1, minor)
		text = thousands(text[:len(text)-d]) + "." + text[len(text)-d:]
	} else {
		text = thousands(text)
	}
	switch {
	case (c == pay.KRW || c == "") && lang == "en":
		return sign + "₩" + text
	case c == pay.KRW || c == "":
		return sign + text + "원"
	default:
		return sign + string(c) + " " + text
	}
}

// several is a number of things: 1,200건, 1 payment, 1,200 payments.
func several(lang string, n any, one, many string) string {
	counted := thousands(fmt.Sprint(n))
	switch {
	case lang != "en":
		return counted + "건"
	case counted == "1":
		return counted + " " + one
	default:
		return counted + " " + many
	}
}

// thousands puts separators into an integer.
func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// shown is a time in Korea, or a dash for one that has not come.
func shown(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(kst).Format(layout)
}

// when is a time to the second, for machines as well; its zone stands in its title
// and at the foot of each page.
func when(t time.Time) template.HTML {
	if t.IsZero() {
		return `<span class="none">–</span>`
	}
	local := t.In(kst)
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s KST">%s <span class="clock">%s</span></time>`, //nolint:gosec // digits
		local.Format(time.RFC3339), local.Format("2006-01-02 15:04:05.000"), local.Format(time.DateOnly), local.Format(time.TimeOnly)))
}

// took is a duration as short as it reads well.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < 10*time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	default:
		return d.Round(time.Second).String()
	}
}

// dict makes the argument of a partial out of keys and values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a key without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		k, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: key %v is no text", pairs[i])
		}
		m[k] = pairs[i+1]
	}
	return m, nil
}

// icons are drawn in a box of 24, with strokes of the text's colour.
var icons = map[string]string{
	"chart":    `<path d="M4 20V10M10 20V4M16 20v-7M21 20H3"/>`,
	"card":     `<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="M3 10h18M7 15h4"/>`,
	"bell":     `<path d="M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4"/>`,
	"receipt":  `<path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6"/>`,
	"key":      `<circle cx="8" cy="15" r="4"/><path d="m11 12 8-8M16 7l3 3M13.500 9.500l2 2"/>`,
	"calendar": `<rect x="4" y="5" width="16" height="16" rx="2"/><path d="M4 10h16M8 3v4M16 3v4"/>`,
	"plug":     `<path d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>`,
	"code":     `<path d="m8 8-4 4 4 4M16 8l4 4-4 4M13.500 5l-3 14"/>`,
	"send":     `<path d="M21 3 10 14M21 3l-7 18-4-7-7-4z"/>`,
	"list":     `<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"/>`,
	"shop":     `<path d="M4 10v10h16V10M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0z"/>`,
	"people":   `<circle cx="9" cy="8" r="3.500"/><path d="M2.500 20a6.500 6.500 0 0 1 13 0M16 5a3.500 3.500 0 0 1 0 6.500M18 14.500a6.500 6.500 0 0 1 3.500 5.500"/>`,
	"clock":    `<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.500 2"/>`,
	"box":      `<path d="m12 3 9 5v8l-9 5-9-5V8zM3 8l9 5 9-5M12 13v8"/>`,
	"gauge":    `<path d="M4 18a9 9 0 1 1 16 0M12 14l4-5M12 14h.01"/>`,
	"menu":     `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"copy":     `<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>`,
	"search":   `<circle cx="11" cy="11" r="6.500"/><path d="m20 20-4-4"/>`,
	"out":      `<path d="M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9"/>`,
	"check":    `<path d="m5 12.500 4.500 4.500L19 7.500"/>`,
	"warn":     `<path d="M12 4 2.500 20h19zM12 10v4.500M12 17.500h.01"/>`,
	"plus":     `<path d="M12 5v14M5 12h14"/>`,
	"download": `<path d="M12 4v11M7.500 10.500 12 15l4.500-4.500M4 20h16"/>`,
	"next":     `<path d="m9 5 7 7-7 7"/>`,
	"back":     `<path d="m15 5-7 7 7 7"/>`,
	"undo":     `<path d="M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3"/>`,
	"refresh":  `<path d="M20 11a8 8 0 0 0-14-4.500L4 8.500M4 4v4.500h4.500M4 13a8 8 0 0 0 14 4.500l2-2M20 20v-4.500h-4.500"/>`,
	"boat":     `<path d="M3 14.500h18l-2.600 4.200a2 2 0 0 1-1.700 1H7.300a2 2 0 0 1-1.700-1z"/><path d="M11.200 3v9.500H5.500z"/><path d="M13 5.500v7h4.800z"/>`,
}

// icon is a drawing that says nothing to those who do not see it.
func icon(name string) (template.HTML, error) {
	d, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("console: no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + d + `</svg>`), nil //nolint:gosec // ours
}
