package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-viper/mapstructure/v2"

	"naru/internal/pay"
)

// Decode fills the struct in points to from the request's query, body and
// path; of a name in several of them the last named wins. A field's name is
// its `json` tag, to the letter; an embedded struct's fields count as its own. Fields nobody asked for are counted in the
// request's Event and otherwise ignored. The errors are *FieldError,
// ErrMalformed, ErrTooLarge and ErrTooManyFields.
//
// What clients may send:
//   - JSON, forms (with PHP's brackets, percent-encoded or not), multipart;
//     the body of GET and HEAD is ignored, and withBody says whether another
//     method's is read;
//   - numbers and booleans as text; null and, for numbers and booleans, ""
//     as "absent" (but not for Amount);
//   - one value where a list is wanted, and a plain name several times: the
//     list, or the last of them.
func Decode(r *http.Request, in any, withBody bool) error {
	values, err := valuesOf(r, withBody)
	if err != nil {
		return err
	}
	unused, err := bind(values, in)
	EventOf(r.Context()).Unknown = unused
	return err
}

// valuesOf are all values of a request, by their names.
func valuesOf(r *http.Request, withBody bool) (map[string]any, error) {
	values, err := tree(pairs(r.URL.RawQuery))
	if err != nil {
		return nil, err
	}
	if withBody && !reads(r.Method) {
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		if len(values) == 0 {
			values = body
		} else {
			maps.Copy(values, body)
		}
	}
	path, err := pathValues(r)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return path, nil
	}
	maps.Copy(values, path)
	return values, nil
}

// pathValues are the named segments of the path. The router leaves them
// percent-encoded only when the path could not be written otherwise, which is
// when RawPath is set. A segment that is empty is missing.
func pathValues(r *http.Request) (map[string]any, error) {
	rctx := chi.RouteContext(r.Context())
	if rctx == nil {
		return nil, nil
	}
	out := make(map[string]any, len(rctx.URLParams.Keys))
	for _, key := range rctx.URLParams.Keys {
		if key == "*" {
			continue
		}
		v := rctx.URLParam(key)
		if r.URL.RawPath != "" {
			u, err := url.PathUnescape(v)
			if err != nil {
				return nil, &FieldError{Field: key, Value: v, Rule: RuleText}
			}
			v = u
		}
		if v == "" {
			return nil, Missing(key)
		}
		out[key] = strings.ToValidUTF8(v, "\uFFFD")
	}
	return out, nil
}

// bind fills in from values and says how many of them it had no use for.
func bind(values map[string]any, in any) (unused int, err error) {
	if unused, done := bindPlain(values, in); done {
		return unused, nil
	}
	return bindAny(values, in)
}

// bindAny is bind by mapstructure.
func bindAny(values map[string]any, in any) (unused int, err error) {
	var meta mapstructure.Metadata
	dec, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		TagName: "json", Result: in, Metadata: &meta, WeaklyTypedInput: true, DecodeHook: mapstructure.DecodeHookFuncValue(convert),
		MatchName: func(key, field string) bool { return key == field }, IgnoreUntaggedFields: true, Squash: true,
	})
	if err != nil {
		return 0, fmt.Errorf("decoding into %T: %w", in, err)
	}
	if err := dec.Decode(values); err != nil {
		return 0, fieldError(err)
	}
	return len(meta.Unused), nil
}

func fieldError(err error) error {
	named, ok := errors.AsType[*mapstructure.DecodeError](err)
	if !ok {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for {
		inner, ok := errors.AsType[*mapstructure.DecodeError](named.Unwrap())
		if !ok {
			break
		}
		named = inner
	}
	if v, ok := errors.AsType[*violation](err); ok {
		return &FieldError{Field: named.Name(), Value: v.value, Rule: v.rule, Hidden: v.hidden}
	}
	return &FieldError{Field: named.Name(), Rule: RuleObject}
}

// convert is the one place where a value of the wire becomes a value of a
// struct's field. What it does not know it leaves to mapstructure.
func convert(from, to reflect.Value) (any, error) {
	v := from.Interface()
	if list, ok := v.(repeated); ok {
		switch to.Kind() {
		case reflect.Slice:
			return []any(list), nil
		case reflect.Pointer:
			return v, nil // asked again for what it points to
		}
		v = list[len(list)-1]
	}
	if to.Kind() == reflect.Pointer && v == "" && !neverEmpty(to.Type().Elem()) {
		return nil, nil
	}
	switch {
	case to.Type() == reflect.TypeFor[Amount]():
		return amount(v)
	case to.Type() == reflect.TypeFor[Part]():
		n, err := amount(v)
		if err != nil {
			return nil, err
		}
		return Part(n.(Amount)), nil
	case to.Type() == reflect.TypeFor[Total]():
		if m, ok := v.(map[string]any); ok {
			v = m["total"]
		}
		n, err := amount(v)
		if err != nil {
			return nil, err
		}
		return Total(n.(Amount)), nil
	case to.Type() == reflect.TypeFor[Text]():
		return text(v)
	case to.Type() == reflect.TypeFor[pay.Secret]():
		return secret(v)
	}
	switch to.Kind() {
	case reflect.String:
		return plain(v)
	case reflect.Bool:
		return checked(boolean(v))
	case reflect.Int, reflect.Int64:
		return integer(v)
	case reflect.Slice:
		if _, isMap := v.(map[string]any); isMap && to.Type().Elem().Kind() != reflect.Struct {
			return nil, &violation{value: shown(v), rule: RuleList}
		}
	case reflect.Struct:
		if _, isMap := v.(map[string]any); !isMap {
			return nil, &violation{value: shown(v), rule: RuleObject}
		}
	}
	return v, nil
}

// neverEmpty reports whether "" is a value of t that must be judged, rather
// than one that is absent.
func neverEmpty(t reflect.Type) bool {
	return t == reflect.TypeFor[Amount]() || t == reflect.TypeFor[Total]() || t.Kind() == reflect.String
}

// checked gives the error only when there is one, not a typed nil.
func checked[T any](v T, bad *violation) (any, error) {
	if bad != nil {
		return nil, bad
	}
	return v, nil
}

func amount(v any) (any, error) {
	s, ok := scalar(v)
	if !ok || strings.TrimSpace(s) == "" {
		return nil, &violation{value: shown(v), rule: RuleAmount}
	}
	n, bad := whole(s)
	if bad == nil && n < 0 {
		bad = &violation{value: s, rule: RuleNegative}
	}
	return checked(Amount(n), bad)
}

func integer(v any) (any, error) {
	s, ok := scalar(v)
	if !ok {
		return nil, &violation{value: shown(v), rule: RuleNumber}
	}
	if strings.TrimSpace(s) == "" {
		return int64(0), nil
	}
	return checked(whole(s))
}

// scalar is the text of a number, from JSON or from a form.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true
	case string:
		return v, true
	}
	return "", false
}

func plain(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return fmt.Sprint(v), nil
	case json.Number:
		return v.String(), nil
	case string:
		if strings.ContainsRune(v, 0) {
			return nil, &violation{value: strings.ReplaceAll(v, "\x00", `\0`), rule: RuleText}
		}
		return v, nil
	}
	return nil, &violation{value: shown(v), rule: RuleText}
}

// secret is a string whose value is in no error.
func secret(v any) (any, error) {
	s, err := plain(v)
	if err != nil {
		return nil, &violation{rule: RuleText, hidden: true}
	}
	return s, nil
}

func text(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any, []any:
		return jsonText(v)
	}
	return plain(v)
}
