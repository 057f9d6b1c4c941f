package gateway

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// forgotten stands where something personal stood.
const forgotten = "***"

// shortestValue is how long something known of a person must be to be looked for
// in free text: a shorter word is found in innocent text everywhere.
const shortestValue = 2

// forgetter takes what is known of a person out of texts that people or providers
// wrote, in whatever letter case.
type forgetter struct{ known *regexp.Regexp }

func newForgetter(known []string) forgetter {
	var forms []string
	for _, v := range known {
		if v = strings.TrimSpace(v); utf8.RuneCountInString(v) < shortestValue {
			continue
		}
		for _, form := range []string{v, url.QueryEscape(v), url.PathEscape(v)} {
			if !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	if len(forms) == 0 {
		return forgetter{}
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // the longer may hold the shorter
	for i, form := range forms {
		forms[i] = regexp.QuoteMeta(form)
	}
	return forgetter{regexp.MustCompile(`(?i)` + strings.Join(forms, "|"))}
}

func (f forgetter) text(t string) string {
	if f.known == nil {
		return t
	}
	return f.known.ReplaceAllLiteralString(t, forgotten)
}

// address is a URL: its host and path are the merchant's, and may be any word.
func (f forgetter) address(u string) string {
	base, query, found := strings.Cut(u, "?")
	if !found {
		return u
	}
	return base + "?" + f.text(query)
}

// detail is the detail of an attempt that is over.
func (f forgetter) detail(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return raw, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	_, changed := fields["refund_to"] // the sealed account that money went to
	delete(fields, "refund_to")
	for name, value := range fields {
		var text string
		if json.Unmarshal(value, &text) != nil {
			continue // no text
		}
		if bare := f.text(text); bare != text {
			fields[name], _ = json.Marshal(bare) // a string always marshals
			changed = true
		}
	}
	if !changed {
		return raw, nil
	}
	return json.Marshal(fields)
}
