package tosspay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxBody = 64 << 10      // bytes of a request
	maxKey  = 30            // characters of an apiKey
	maxWon  = 1_000_000_000 // most that any amount may be
)

var keyForm = regexp.MustCompile(`^sk_(test|live|sandbox)_[0-9A-Za-z]+$`)

// object is a request body: its fields as they were written.
type object map[string]json.RawMessage

// kind is the JSON type of a field.
type kind int

const (
	text   kind = iota
	won         // whole number from 0, unquoted
	flag        // literally true or false
	nested      // an object, read by who needs it
)

// field is what the documentation says about one request field.
type field struct {
	name string
	kind kind
	need bool                // must be there, not null and not ""
	max  int                 // characters; 0 is no limit
	most int64               // won; 0 is maxWon
	form func(string) string // says what is allowed, or "" for a good value
}

// spec lists the fields of a request.
type spec []field

// values are the fields of a request that were given, checked one by one.
type values struct {
	texts map[string]string
	wons  map[string]int64
	flags map[string]bool
	raws  map[string]json.RawMessage
}

// parseObject reads a body that must be one JSON object in UTF-8. A repeated
// field is refused, because readers disagree on which one counts.
func parseObject(body []byte) (object, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("요청 본문이 UTF-8 이 아닙니다")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("요청 본문이 JSON 객체가 아닙니다")
	}
	o := object{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, fmt.Errorf("요청 본문을 JSON 으로 읽을 수 없습니다")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, fmt.Errorf("%s 값을 JSON 으로 읽을 수 없습니다", short(name))
		}
		if _, twice := o[name]; twice {
			return nil, fmt.Errorf("%s 필드가 두 번 있습니다", short(name))
		}
		o[name] = raw
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("요청 본문의 JSON 이 끝나지 않았습니다")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("JSON 객체 뒤에 다른 내용이 있습니다")
	}
	return o, nil
}

// given is false for a field that is left out, null or "".
func (o object) given(name string) bool {
	raw, ok := o[name]
	return ok && string(raw) != "null" && string(raw) != `""`
}

// read checks the fields in the documentation's order: first that nothing
// required is missing, then that each value is of its type and form.
func (sp spec) read(o object, strict bool) (values, *failure) {
	v := values{map[string]string{}, map[string]int64{}, map[string]bool{}, map[string]json.RawMessage{}}
	if strict {
		if name := sp.unknown(o); name != "" {
			return v, invalid(short(name), "알 수 없는 필드입니다.")
		}
	}
	for _, f := range sp {
		if f.need && !o.given(f.name) {
			return v, invalid(f.name, "필수값입니다.")
		}
	}
	for _, f := range sp {
		if !o.given(f.name) {
			continue
		}
		if wrong := v.take(f, o[f.name]); wrong != "" {
			return v, invalid(f.name, wrong)
		}
	}
	return v, nil
}

// unknown is the first field, by name, that is not in the documentation.
func (sp spec) unknown(o object) string {
	var names []string
	for name := range o {
		if !slices.ContainsFunc(sp, func(f field) bool { return f.name == name }) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}

// take keeps one value, or says what is wrong with it.
func (v values) take(f field, raw json.RawMessage) string {
	switch f.kind {
	case won:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		most := cmp.Or(f.most, maxWon)
		if err != nil || n < 0 || n > most {
			return fmt.Sprintf("따옴표 없는 0 이상 %d 이하의 정수여야 합니다. (받은 값: %s)", most, short(string(raw)))
		}
		v.wons[f.name] = n
	case flag:
		b, err := strconv.ParseBool(string(raw))
		if err != nil || string(raw) != strconv.FormatBool(b) {
			return fmt.Sprintf("true 또는 false 여야 합니다. (받은 값: %s)", short(string(raw)))
		}
		v.flags[f.name] = b
	case nested:
		if raw[0] != '{' {
			return fmt.Sprintf("객체여야 합니다. (받은 값: %s)", short(string(raw)))
		}
		v.raws[f.name] = raw
	default:
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return fmt.Sprintf("문자열이어야 합니다. (받은 값: %s)", short(string(raw)))
		}
		if n := utf8.RuneCountInString(s); f.max > 0 && n > f.max {
			return fmt.Sprintf("%d자 이하여야 합니다. (받은 길이: %d)", f.max, n)
		}
		if f.form != nil {
			if allowed := f.form(s); allowed != "" {
				return fmt.Sprintf("%s (받은 값: %s)", allowed, short(s))
			}
		}
		v.texts[f.name] = s
	}
	return ""
}

// wonOrNil is nil for an amount that was not given.
func (v values) wonOrNil(name string) *int64 {
	if n, ok := v.wons[name]; ok {
		return &n
	}
	return nil
}

// short keeps a value quotable inside a message of 120 characters.
func short(s string) string {
	const most = 24
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// matches makes a form of a pattern.
func matches(pattern, allowed string) func(string) string {
	re := regexp.MustCompile(pattern)
	return func(s string) string {
		if re.MatchString(s) {
			return ""
		}
		return allowed
	}
}

// oneOf makes a form of a list.
func oneOf(list ...string) func(string) string {
	return func(s string) string {
		if slices.Contains(list, s) {
			return ""
		}
		return strings.Join(list, ", ") + " 중 하나여야 합니다."
	}
}
