package tosspayments

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// fields reads a JSON object a member at a time and keeps the first thing that
// is wrong with it. Names are matched to the letter; null is as good as absent.
type fields struct {
	raw      map[string]json.RawMessage
	strict   bool   // unknown members and numbers in quotes are refused
	code     string // of complaints without a code of their own
	seen     map[string]bool
	complain error
}

// parseFields wants one JSON object and nothing after it.
func parseFields(body []byte, strict bool, code string) (*fields, error) {
	f := &fields{strict: strict, code: code, seen: map[string]bool{}}
	dec := json.NewDecoder(bytes.NewReader(body))
	err := dec.Decode(&f.raw)
	if err == nil && f.raw == nil {
		err = errors.New("null")
	}
	if err != nil {
		return nil, refusef(code, "the body must be a JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, refusef(code, "the body must be one JSON object and nothing after it")
	}
	if !utf8.Valid(body) {
		return nil, refusef(code, "the body must be UTF-8")
	}
	return f, nil
}

func (f *fields) fail(code, format string, args ...any) {
	if f.complain == nil {
		f.complain = refusef(code, format, args...)
	}
}

// take returns the raw value and whether there is one.
func (f *fields) take(name string) (json.RawMessage, bool) {
	f.seen[name] = true
	v, ok := f.raw[name]
	return v, ok && string(v) != "null"
}

// require complains of the members that are absent.
func (f *fields) require(names ...string) {
	for _, name := range names {
		if _, ok := f.take(name); !ok {
			f.fail(f.code, "%s: required", name)
		}
	}
}

// within reads the members of an object; it does nothing if it is absent.
func (f *fields) within(name string, read func(*fields)) {
	v, ok := f.take(name)
	if !ok {
		return
	}
	in, err := parseFields(v, f.strict, f.code)
	if err != nil {
		f.fail(f.code, "%s: must be an object", name)
		return
	}
	read(in)
	if err := in.done(); err != nil {
		e := asAPIError(err)
		f.fail(e.code, "%s.%s", name, e.detail)
	}
}

// textRule limits a string. Lengths are in characters; code "" is the reader's own.
type textRule struct {
	min, max int
	required bool
	form     *regexp.Regexp
	allowed  string // what form allows, in words
	private  bool   // complaints do not show the value
	code     string
}

func (f *fields) text(name string, rule textRule) string {
	code := rule.code
	if code == "" {
		code = f.code
	}
	v, ok := f.take(name)
	if !ok {
		if rule.required {
			f.fail(code, "%s: required", name)
		}
		return ""
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		f.fail(code, "%s: must be a string", name)
		return ""
	}
	switch n := utf8.RuneCountInString(s); {
	case n < rule.min || rule.max > 0 && n > rule.max:
		f.fail(code, "%s: must have %d to %d characters, has %d", name, rule.min, rule.max, n)
	case rule.form != nil && !rule.form.MatchString(s) && rule.private:
		f.fail(code, "%s: %s", name, rule.allowed)
	case rule.form != nil && !rule.form.MatchString(s):
		f.fail(code, "%s %q: %s", name, s, rule.allowed)
	}
	return s
}

// oneOf reads an optional string from a list.
func (f *fields) oneOf(name string, allowed ...string) string {
	s := f.text(name, textRule{})
	if s != "" && !slices.Contains(allowed, s) {
		f.fail(f.code, "%s %q: must be one of %s", name, s, strings.Join(allowed, ", "))
	}
	return s
}

// amount reads a number in the currency's smallest unit, nil if it is absent.
func (f *fields) amount(name, currency string, least int64) *int64 {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	text, err := f.numeral(v)
	if err != nil {
		f.fail(f.code, "%s: must be a number", name)
		return nil
	}
	n, err := parseAmount(text, currency)
	var coded *apiError
	switch {
	case errors.As(err, &coded):
		f.fail(coded.code, "%s %s", name, coded.detail)
	case err != nil:
		f.fail(f.code, "%s %v", name, err)
	case n < least:
		f.fail(f.code, "%s %s: must be at least %s", name, text, number(least, currency))
	}
	return &n
}

// numeral is the text of a JSON number. A number in quotes was tolerated in
// 2022, as one of the provider's own samples of that time shows.
func (f *fields) numeral(v json.RawMessage) (string, error) {
	var n json.Number
	if len(v) > 0 && v[0] == '"' && f.strict {
		return "", errors.New("in quotes")
	}
	err := json.Unmarshal(v, &n)
	if err == nil && n == "" {
		err = errors.New("empty")
	}
	return n.String(), err
}

// whole reads an integer, nil if it is absent.
func (f *fields) whole(name, code string) *int {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	var n int
	text, err := f.numeral(v)
	if err != nil || json.Unmarshal([]byte(text), &n) != nil {
		f.fail(code, "%s: must be a whole number", name)
		return nil
	}
	return &n
}

// flag reads a boolean, nil if it is absent.
func (f *fields) flag(name string) *bool {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	var b bool
	if json.Unmarshal(v, &b) != nil {
		f.fail(f.code, "%s: must be true or false", name)
		return nil
	}
	return &b
}

// known marks members that are part of the interface but have no meaning here.
func (f *fields) known(names ...string) {
	for _, n := range names {
		f.seen[n] = true
	}
}

// done is the first complaint; in strict mode also about unknown members.
func (f *fields) done() error {
	if f.complain != nil || !f.strict {
		return f.complain
	}
	var unknown []string
	for name := range f.raw {
		if !f.seen[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return refusef(f.code, "unknown: %.200s", strings.Join(unknown, ", "))
	}
	return nil
}
