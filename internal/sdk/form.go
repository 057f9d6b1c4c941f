package sdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"naru/internal/gateway"
)

// form reads the fields of one object of a page's parameters. It keeps the
// first refusal and reads on, and remembers which names were asked for, so that
// the others can be reported. JSON null is an absent field.
type form struct {
	path   string // "" or "card." …: put before names in refusals
	fields map[string]json.RawMessage
	known  map[string]bool
	err    *gateway.Refusal // of all forms, kept by root
	notes  []gateway.Note   // of all forms, kept by root
	all    []*form          // root and every form under it, kept by root
	root   *form
}

func newForm(path string, fields map[string]json.RawMessage, root *form) *form {
	f := &form{path: path, fields: fields, known: map[string]bool{}, root: root}
	if root == nil {
		f.root = f
	}
	f.root.all = append(f.root.all, f)
	return f
}

// refuse keeps the first refusal of all forms of the same parameters.
func (f *form) refuse(code gateway.RefusalCode, name, format string, args ...any) {
	if f.root.err == nil {
		f.root.err = &gateway.Refusal{Code: code, Field: f.path + name, Detail: fmt.Sprintf(format, args...)}
	}
}

func (f *form) wrong(name, want string) {
	f.refuse(gateway.RefusedParameter, name, "received %s; allowed: %s", show(f.fields[name]), want)
}

// show is a received value, short enough for a message.
func show(raw json.RawMessage) string {
	if utf8.RuneCount(raw) > 60 {
		return string([]rune(string(raw))[:60]) + "…"
	}
	return string(raw)
}

// raw is the field as it was sent.
func (f *form) raw(name string) (json.RawMessage, bool) {
	f.known[name] = true
	v, ok := f.fields[name]
	if !ok || bytes.Equal(v, []byte("null")) {
		return nil, false
	}
	return v, true
}

// given reports whether the field was sent with something in it.
func (f *form) given(name string) bool {
	v, ok := f.raw(name)
	return ok && !bytes.Equal(v, []byte(`""`))
}

// note tells the page's developer what became of a field; "" is the object itself.
func (f *form) note(kind gateway.NoteKind, name, format string, args ...any) {
	f.root.notes = append(f.root.notes, gateway.Note{Parameter: strings.TrimSuffix(f.path+name, "."), Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// unused notes fields that were given and mean nothing, for the reason given.
func (f *form) unused(why string, names ...string) {
	for _, n := range names {
		if f.given(n) {
			f.note(gateway.NoteUnused, n, "%s", why)
		}
	}
}

// told is what is to be noted of all forms, with the names nobody asked for, by name.
func (f *form) told() []gateway.Note {
	for _, part := range f.root.all {
		for n := range part.fields {
			if !part.known[n] {
				part.note(gateway.NoteUnknown, n, "no parameter of V1: ignored")
			}
		}
	}
	slices.SortStableFunc(f.root.notes, func(a, b gateway.Note) int { return strings.Compare(a.Parameter, b.Parameter) })
	return f.root.notes
}

// str is a JSON string.
func (f *form) str(name string) (string, bool) {
	v, ok := f.raw(name)
	if !ok {
		return "", false
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		f.wrong(name, "a string")
		return "", false
	}
	return s, true
}

// text is a string of at most limit characters; a number is taken as its text.
func (f *form) text(name string, limit int) string {
	v, ok := f.raw(name)
	if !ok {
		return ""
	}
	s := string(v)
	if c := v[0]; c == '"' {
		s, _ = f.str(name)
	} else if c != '-' && (c < '0' || c > '9') {
		f.wrong(name, "a string")
		return ""
	}
	s = strings.Map(blankControl, s)
	f.fits(name, s, limit)
	return s
}

// id is a name the merchant gave to something: a string that is kept as it is, or
// a number as its text. An empty one is absent.
func (f *form) id(name string, limit int) string {
	v, ok := f.raw(name)
	if !ok {
		return ""
	}
	s := string(v)
	if c := v[0]; c == '"' {
		s, _ = f.str(name)
	} else if c < '0' || c > '9' {
		f.wrong(name, "a string")
		return ""
	}
	if s != "" && strings.TrimSpace(s) == "" {
		f.wrong(name, fmt.Sprintf("1 to %d characters that are not all blank", limit))
	}
	f.fits(name, s, limit)
	return s
}

// blankControl turns the line breaks and tabs of a text area into blanks.
func blankControl(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func (f *form) fits(name, s string, limit int) {
	if n := utf8.RuneCountInString(s); n > limit {
		f.refuse(gateway.RefusedParameter, name, "received %d characters; allowed: at most %d", n, limit)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		f.refuse(gateway.RefusedParameter, name, "received a control character; allowed: printable text")
	}
}

// maxDigits keeps amounts within what a browser's number holds exactly.
const maxDigits = 15

// part is whole, where an empty string means that there is none: what an empty
// field of a form sends.
func (f *form) part(name string) (int64, bool) {
	var s string
	if v, ok := f.raw(name); ok && json.Unmarshal(v, &s) == nil && strings.TrimSpace(s) == "" {
		return 0, false
	}
	return f.whole(name)
}

// whole is a number without a fraction that is not negative, or such a number
// in a string. Nothing else is guessed at.
func (f *form) whole(name string) (int64, bool) {
	v, ok := f.raw(name)
	if !ok {
		return 0, false
	}
	n, ok := wholeOf(v)
	if !ok {
		f.wrong(name, "a whole number from 0 to 999999999999999, or one in a string")
	}
	return n, ok
}

func wholeOf(v json.RawMessage) (int64, bool) {
	s := string(v)
	if len(v) > 0 && v[0] == '"' {
		if json.Unmarshal(v, &s) != nil {
			return 0, false
		}
		s = strings.TrimSpace(s)
	}
	if whole, zeros, ok := strings.Cut(s, "."); ok && zeros != "" && strings.Trim(zeros, "0") == "" {
		s = whole
	}
	if s == "" || len(s) > maxDigits || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// flag is true or false, also as text or as 1 or 0; nil when absent.
func (f *form) flag(name string) *bool {
	v, ok := f.raw(name)
	if !ok {
		return nil
	}
	var out bool
	switch strings.ToLower(strings.Trim(string(v), `"`)) {
	case "true", "1":
		out = true
	case "false", "0", "":
	default:
		f.wrong(name, "true or false")
		return nil
	}
	return &out
}

func (f *form) isSet(name string) bool {
	v := f.flag(name)
	return v != nil && *v
}

// object is a nested object; an empty one when absent.
func (f *form) object(name string) *form {
	v, ok := f.raw(name)
	if !ok {
		return newForm(f.path+name+".", nil, f.root)
	}
	fields, err := fieldsOf(v)
	if err != nil {
		f.wrong(name, "an object")
	}
	return newForm(f.path+name+".", fields, f.root)
}

// objectOrText is an object, or one as JSON text in a string.
func (f *form) objectOrText(name string) *form {
	if v, ok := f.raw(name); ok && v[0] == '"' {
		var text string
		if json.Unmarshal(v, &text) == nil && json.Valid([]byte(text)) {
			f.fields[name] = json.RawMessage(strings.TrimSpace(text))
		} else if strings.TrimSpace(text) == "" {
			delete(f.fields, name)
		}
	}
	return f.object(name)
}

func fieldsOf(v json.RawMessage) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	err := json.Unmarshal(v, &fields)
	return fields, err
}

// list is an array, or a single value as an array of one; nil when absent.
func (f *form) list(name string) ([]json.RawMessage, bool) {
	v, ok := f.raw(name)
	if !ok {
		return nil, false
	}
	if v[0] != '[' {
		return []json.RawMessage{v}, true
	}
	var out []json.RawMessage
	if json.Unmarshal(v, &out) != nil {
		return nil, false
	}
	return out, true
}

// rows are the objects of a list; a single object is a list of one.
func (f *form) rows(name string, most int) []*form {
	items, _ := f.list(name)
	if n := len(items); n > most {
		f.refuse(gateway.RefusedParameter, name, "received %d rows; allowed: at most %d", n, most)
		return nil
	}
	var out []*form
	for i, item := range items {
		fields, err := fieldsOf(item)
		if err != nil || fields == nil {
			f.refuse(gateway.RefusedParameter, fmt.Sprintf("%s[%d]", name, i), "received %s; allowed: an object", show(item))
			return nil
		}
		out = append(out, newForm(fmt.Sprintf("%s%s[%d].", f.path, name, i), fields, f.root))
	}
	return out
}

// address is an absolute http or https address, "" when absent.
func (f *form) address(name string) string {
	s, _ := f.str(name)
	if s = strings.TrimSpace(s); s != "" && !isAddress(s) {
		f.wrong(name, "an absolute http or https address")
	}
	return s
}

func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(s) <= 2048
}
