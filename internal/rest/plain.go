package rest

import (
	"reflect"
	"strings"
	"sync"
)

// plainField is a field of a request's struct that takes one text, number or truth.
type plainField struct {
	name  string
	index []int
	plain bool // false: a list or an object, which mapstructure decodes
}

// plans are the fields of each request's struct, in the order of mapstructure:
// an embedded struct's fields come after those of what it stands in.
var plans sync.Map // reflect.Type to []plainField; nil: not to be planned

// bindPlain is bind for requests of plain values, which most are, in a fifth of
// the time. It is not done when a value is not plain or breaks a rule; what it has filled in by then
// bind fills in again.
func bindPlain(values map[string]any, in any) (unused int, done bool) {
	out := reflect.ValueOf(in)
	if out.Kind() != reflect.Pointer || out.Elem().Kind() != reflect.Struct {
		return 0, false
	}
	out = out.Elem()
	plan, ok := plans.Load(out.Type())
	if !ok {
		plan, _ = plans.LoadOrStore(out.Type(), planOf(out.Type()))
	}
	fields := plan.([]plainField)
	if fields == nil {
		return 0, false
	}
	used := 0
	for i, f := range fields {
		v, sent := values[f.name]
		if !sent {
			continue
		}
		if !f.plain || !set(out.FieldByIndex(f.index), v) {
			return 0, false
		}
		if !namedBefore(fields[:i], f.name) {
			used++
		}
	}
	return len(values) - used, true
}

func namedBefore(fields []plainField, name string) bool {
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}

// set gives a plain field its value; null leaves it as it is.
func set(field reflect.Value, v any) bool {
	if v == nil {
		return true
	}
	from := reflect.ValueOf(v)
	if field.Kind() == reflect.Pointer {
		some, err := convert(from, field)
		if err != nil {
			return false
		}
		if some == nil {
			return true
		}
		to := reflect.New(field.Type().Elem())
		if !set(to.Elem(), v) {
			return false
		}
		field.Set(to)
		return true
	}
	got, err := convert(from, field)
	if err != nil {
		return false
	}
	value := reflect.ValueOf(got)
	if !value.IsValid() || value.Kind() != field.Kind() && !(value.CanInt() && field.CanInt()) {
		return false
	}
	field.Set(value.Convert(field.Type()))
	return true
}

func planOf(of reflect.Type) []plainField {
	type part struct {
		of    reflect.Type
		index []int
	}
	plan := []plainField{}
	for parts := []part{{of, nil}}; len(parts) > 0; parts = parts[1:] {
		for f := range parts[0].of.Fields() {
			index := append(parts[0].index[:len(parts[0].index):len(parts[0].index)], f.Index...)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous && f.Type.Kind() == reflect.Struct && name == "":
				parts = append(parts, part{f.Type, index})
			case f.Anonymous:
				return nil
			case name != "" && name != "-" && f.IsExported():
				plan = append(plan, plainField{name, index, isPlain(f.Type)})
			}
		}
	}
	return plan
}

func isPlain(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return true
	}
	return false
}
