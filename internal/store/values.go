package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// bind makes arguments that both databases take alike: times as microseconds,
// text without what PostgreSQL refuses, no NULL for an absent blob. A value
// that refuses to be stored (pay.Secret) keeps refusing.
func bind(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = clean(v)
		case time.Time:
			args[i] = micro(v)
		case []byte:
			if v == nil {
				args[i] = []byte{}
			}
		case int, int64, bool, *int64, driver.Valuer:
		default:
			if r := reflect.ValueOf(a); r.Kind() == reflect.String {
				args[i] = clean(r.String())
			}
		}
	}
	return args
}

// clean replaces what is not UTF-8, and NUL, by U+FFFD: PostgreSQL refuses
// both in TEXT. Names are cleaned when looked up as well, so they still match.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// micro is a time as it is stored: microseconds UTC, 0 for the zero time.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// ofMicro is the time that was stored as n.
func ofMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// timeInto scans microseconds into a time.
type timeInto struct{ to *time.Time }

func (t timeInto) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	*t.to = ofMicro(n)
	return nil
}

// spanInto scans microseconds into a duration.
type spanInto struct{ to *time.Duration }

func (d spanInto) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", v)
	}
	*d.to = time.Duration(n) * time.Microsecond
	return nil
}

// blobInto scans bytes; none are nil.
type blobInto struct{ to *[]byte }

func (b blobInto) Scan(v any) error {
	switch v := v.(type) {
	case []byte:
		*b.to = append([]byte(nil), v...)
	case nil:
		*b.to = nil
	default:
		return fmt.Errorf("bytes are stored as %T", v)
	}
	return nil
}

// textInto scans text into bytes, such as JSON that others read; none are nil.
type textInto[B ~[]byte] struct{ to *B }

func (t textInto[B]) Scan(v any) error {
	s, err := textOf(v)
	if err != nil {
		return err
	}
	*t.to = append(B(nil), s...)
	return nil
}

// jsonInto scans JSON text into a value.
type jsonInto struct{ to any }

func (j jsonInto) Scan(v any) error {
	s, err := textOf(v)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(s), j.to)
}

func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	default:
		return "", fmt.Errorf("text is stored as %T", v)
	}
}

// jsonText is a value as JSON text.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// placeholders is "$from, …" for n arguments.
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// room is n rounded up to a power of two: lists of that length have few
// different texts, so that prepared statements are met again.
func room(n int) int {
	r := 1
	for r < n {
		r *= 2
	}
	return r
}

// padded is vs as arguments, the last repeated up to n.
func padded[T any](vs []T, n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = vs[min(i, len(vs)-1)]
	}
	return out
}

// or is at, or now when it was left out.
func (t *Tx) or(at time.Time) time.Time {
	if at.IsZero() {
		return t.Now
	}
	return at
}
