package v1

import (
	"reflect"
	"strconv"
	"strings"
)

// printed is what a decoded request asks for, a line for each value that is
// there, so that two requests can be told apart by a hash of it. What a value is
// called and how the body was written (JSON or a form, in which order, with
// fields nobody knows) makes no difference. A card is left out: there are so few
// card numbers that even a keyed hash of one should not rest in a database. The
// other secrets are in it; it is hashed under a key of the vault and not kept.
func printed(in reflect.Value) []byte { return appendValue(nil, "", in) }

func appendValue(b []byte, name string, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return b
		}
		v = v.Elem()
		if v.Kind() == reflect.String || v.Kind() == reflect.Struct {
			return appendValue(b, name, v)
		}
		return appendLine(b, name, scalarText(v)) // a zero that was sent is not one that was left out
	case reflect.Struct:
		return appendFields(b, name, v)
	case reflect.Slice:
		for i := range v.Len() {
			b = appendValue(b, name+"["+strconv.Itoa(i)+"]", v.Index(i))
		}
		return appendLine(b, name+".length", lengthText(v.Len()))
	case reflect.String:
		return appendLine(b, name, v.String())
	}
	if v.IsZero() {
		return b
	}
	return appendLine(b, name, scalarText(v))
}

func appendFields(b []byte, name string, v reflect.Value) []byte {
	for f, value := range v.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type == reflect.TypeFor[cardIn]():
		case f.Anonymous && key == "":
			b = appendFields(b, name, value)
		case key == "":
			b = appendValue(b, name+"."+f.Name, value)
		default:
			b = appendValue(b, name+"."+key, value)
		}
	}
	return b
}

func appendLine(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(append(b, name...), '=')
	return append(strconv.AppendQuote(b, text), '\n')
}

func lengthText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// scalarText is a number or a truth value as text. Requests are made of nothing
// else; TestEveryRequestCanBePrinted sees to it.
func scalarText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	panic("v1: a request holds a " + v.Type().String())
}
