package rest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Amount is a number of won: whole, not negative, at most MaxAmount. An empty
// string is refused rather than taken for "absent", because an absent amount
// may mean "everything".
type Amount int64

// Part is a part of an amount: as an Amount, but an empty string is absent, which
// is what an empty field of a form sends. A missing part means nothing but zero
// or "compute it".
type Part int64

// Total is as an Amount; a client may also send {"total": 1000} for it.
type Total int64

// MaxAmount is the largest whole number that every JSON client keeps exact.
const MaxAmount = 1<<53 - 1

// Text is a string for which clients also send an object or a list: it then
// holds the JSON text of it.
type Text string

// whole reads a decimal number ("1000", "1e3", "1000.0") exactly. It says no
// to fractions and to more than MaxAmount either way.
func whole(s string) (int64, *violation) {
	t := strings.TrimSpace(s)
	negative := strings.HasPrefix(t, "-")
	if negative || strings.HasPrefix(t, "+") {
		t = t[1:]
	}
	digits, exp, ok := decimal(t)
	switch {
	case !ok:
		return 0, &violation{value: s, rule: RuleNumber}
	case digits == "":
		return 0, nil
	case exp < 0:
		return 0, &violation{value: s, rule: RuleWhole}
	case exp > 16 || len(digits)+exp > 16:
		return 0, &violation{value: s, rule: RuleTooBig}
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", exp), 10, 64)
	if err != nil || n > MaxAmount {
		return 0, &violation{value: s, rule: RuleTooBig}
	}
	if negative {
		n = -n
	}
	return n, nil
}

// decimal splits an unsigned number into its significant digits, without
// zeros at either end, and the power of ten they are multiplied by. Digits is
// "" for zero.
func decimal(s string) (digits string, exp int, ok bool) {
	mantissa, power := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, power = s[:i], s[i+1:]
		n, err := strconv.Atoi(power)
		if err != nil || len(power) > 5 {
			return "", 0, false
		}
		exp = n
	}
	before, after, _ := strings.Cut(mantissa, ".")
	digits = before + after
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", 0, false
	}
	exp -= len(after)
	short := strings.TrimRight(digits, "0")
	exp += len(digits) - len(short)
	short = strings.TrimLeft(short, "0")
	if short == "" {
		exp = 0
	}
	return short, exp, true
}

// boolean reads true, false, 1 and 0. An empty string is false.
func boolean(v any) (bool, *violation) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case json.Number:
		return boolean(v.String())
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "1":
			return true, nil
		case "false", "0", "":
			return false, nil
		}
		return false, &violation{value: v, rule: RuleBool}
	}
	return false, &violation{value: shown(v), rule: RuleBool}
}

// jsonText is v as JSON, with characters as they are.
func jsonText(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// shown is v as an error message quotes it.
func shown(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	s, err := jsonText(v)
	if err != nil {
		return "?"
	}
	return s
}
