package v1

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"reflect"
	"strings"
)

// coverage.csv says of every operation, of every field of a request and of every
// field of a response what it is here, in English and Korean. The OpenAPI
// document, the reference page and docs/v1-coverage.md are made from it.
//
//go:embed coverage.csv
var coverageCSV []byte

// row is a line of coverage.csv: an operation (place and field empty), a field
// of its request, or a field of a response's shape (operation is the shape).
type row struct{ operation, place, field, state, origin, required, note, ko string }

func (r row) key() string { return strings.TrimSpace(r.operation + " " + r.place + " " + r.field) }

// text is the note in a language: English for "en", else Korean.
func (r row) text(lang string) string {
	if lang == "en" {
		return r.note
	}
	return r.ko
}

func readCoverage(raw []byte) ([]row, error) {
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("coverage.csv: %w", err)
	}
	var out []row
	for _, l := range lines[1:] {
		out = append(out, row{l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]})
	}
	return out, nil
}

// reference is what is offered, with what coverage.csv says of it.
type reference struct {
	routes []route
	rows   []row
	byKey  map[string]row
}

func newReference(all []route) (*reference, error) {
	rows, err := readCoverage(coverageCSV)
	if err != nil {
		return nil, err
	}
	ref := &reference{rows: rows, byKey: map[string]row{}}
	for _, r := range rows {
		ref.byKey[r.key()] = r
	}
	for _, rt := range all {
		if rt.in != nil {
			ref.routes = append(ref.routes, rt)
		}
	}
	return ref, nil
}

func (rt route) address() string { return rt.method + " " + rt.path }

// response is what the operation's answer holds: a look-up of several things
// that may be missing holds a list of them.
func (rt route) response() reflect.Type {
	if _, ok := reflect.Zero(rt.out).Interface().(interface{ found() (any, int) }); ok {
		f, _ := rt.out.FieldByName("list")
		return f.Type
	}
	return rt.out
}

// partly reports whether the operation may answer 207.
func (rt route) partly() bool { return rt.response() != rt.out }

// tested reports whether the operation takes TestCodeHeader.
func (rt route) tested() bool {
	_, ok := rt.in.FieldByName("testedIn")
	return ok
}

// field is a field of a request or a response as the wire has it.
type field struct {
	name string
	typ  reflect.Type
}

// fieldsOf lists the wire's fields of a struct, in order; those of an embedded
// struct count as its own.
func fieldsOf(t reflect.Type) (out []field) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			out = append(out, fieldsOf(f.Type)...)
		case name != "" && name != "-":
			out = append(out, field{name, f.Type})
		}
	}
	return out
}

// allFields is fieldsOf with the fields of listed structs: "schedules[].amount".
func allFields(t reflect.Type) (out []field) {
	for _, f := range fieldsOf(t) {
		out = append(out, f)
		if f.typ.Kind() == reflect.Slice && f.typ.Elem().Kind() == reflect.Struct {
			for _, inner := range fieldsOf(f.typ.Elem()) {
				out = append(out, field{f.name + "[]." + inner.name, inner.typ})
			}
		}
	}
	return out
}

// shapes are the structs that responses are made of, by name.
func (ref *reference) shapes() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice:
			add(t.Elem())
		case reflect.Struct:
			if out[t.Name()] == nil {
				out[t.Name()] = t
				for f := range t.Fields() {
					add(f.Type)
				}
			}
		}
	}
	for _, rt := range ref.routes {
		add(rt.response())
	}
	return out
}
