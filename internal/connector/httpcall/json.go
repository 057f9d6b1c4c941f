package httpcall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Won is an amount, or any other whole number, as providers write it: 58000,
// 58000.0, "58000" or null. A fraction is an error, and so is anything beyond
// 10^15, which no payment reaches and sums of which cannot overflow.
type Won int64

// UnmarshalJSON reads a number, a number in quotes, or null, which is 0.
func (w *Won) UnmarshalJSON(data []byte) error {
	text := string(bytes.TrimSpace(data))
	if text == "null" {
		*w = 0
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		text = strings.TrimSpace(text)
	}
	n, err := whole(text)
	if err != nil {
		return err
	}
	*w = Won(n)
	return nil
}

// maxDigits bounds what whole looks at: an exponent such as 1e999999999 would
// otherwise cost all memory.
const (
	maxDigits = 24
	most      = 1_000_000_000_000_000
)

func whole(text string) (int64, error) {
	if len(text) > maxDigits || strings.Trim(text, "-.0123456789") != "" {
		return 0, fmt.Errorf("%.40q is not a whole number", text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() || r.Num().CmpAbs(big.NewInt(most)) > 0 {
		return 0, fmt.Errorf("%.40q is not a whole number of at most %d", text, int64(most))
	}
	return r.Num().Int64(), nil
}

// Text is a string that some providers write as a number, such as the code of
// a card company.
type Text string

// UnmarshalJSON reads a string, a number as it is written, or null, which is "".
func (x *Text) UnmarshalJSON(data []byte) error {
	switch text := string(bytes.TrimSpace(data)); {
	case text == "null":
		*x = ""
	case strings.HasPrefix(text, `"`):
		return json.Unmarshal(data, (*string)(x))
	case strings.Trim(text, "-.0123456789") == "":
		*x = Text(text)
	default:
		return fmt.Errorf("%.40q is neither a string nor a number", text)
	}
	return nil
}

// Maybe is a part of an answer that may be absent, null or of a shape nobody
// documented; V is then nil. It is for what is nice to know: nothing in it may
// keep a connector from learning that money moved.
type Maybe[T any] struct{ V *T }

// UnmarshalJSON never fails.
func (m *Maybe[T]) UnmarshalJSON(data []byte) error {
	v := new(T)
	if string(data) == "null" || json.Unmarshal(data, v) != nil {
		v = nil
	}
	m.V = v
	return nil
}

// KST is Korean time, which has no summer time.
func KST() *time.Location { return time.FixedZone("KST", 9*60*60) }

// Time reads a time as Korean providers write it: RFC 3339 with or without a
// fraction, the same without an offset, or "2006-01-02 15:04:05"; without an
// offset it is Korean time. ok is false for anything else, also for "".
func Time(text string) (t time.Time, ok bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime} {
		if t, err := time.ParseInLocation(layout, text, KST()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
