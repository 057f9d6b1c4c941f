package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
)

// openJSON reads a list of objects, one object after the other, or the pages of V1's
// lists as they were answered, each with its list somewhere within.
func openJSON(in *bufio.Reader) (*importSource, error) {
	next, stop := iter.Pull2(jsonObjects(in))
	first, err, some := next()
	if !some || err != nil {
		stop()
		if err == nil {
			err = &Invalid{"file", "it holds no payments and no billing keys"}
		}
		return nil, err
	}
	src := &importSource{json: true, own: isOwn(first), closers: []func() error{func() error { stop(); return nil }}}
	if !src.own {
		src.columns = slices.Sorted(maps.Keys(first))
	}
	src.rows = func(yield func(record, error) bool) {
		for n, object := 1, first; some; n++ {
			if err != nil {
				yield(record{}, err)
				return
			}
			if !yield(recordOf(n, object)) {
				return
			}
			object, err, some = next()
		}
	}
	return src, nil
}

type jsonObject = map[string]json.RawMessage

func isOwn(o jsonObject) bool { return string(o["naru"]) == `"`+exportedPayment+`"` }

// recordOf is an object with its values as text.
func recordOf(n int, o jsonObject) (record, error) {
	r := record{line: n, values: make(map[string]string, len(o))}
	if isOwn(o) {
		text, err := json.Marshal(o)
		if err == nil {
			r.own = &ExportedPayment{}
			err = json.Unmarshal(text, r.own)
		}
		if err != nil {
			return r, &ImportProblem{Line: n, Field: "payment", Allowed: "a payment as naru export writes it: " + cutText(err.Error(), 200)}
		}
		return r, nil
	}
	for key, raw := range o {
		v := string(raw)
		switch {
		case v == "null":
			continue
		case v[0] == '"':
			if err := json.Unmarshal(raw, &v); err != nil {
				return r, &ImportProblem{Line: n, Field: key, Allowed: "JSON text"}
			}
		}
		if len(v) > maxImportCell {
			return r, &ImportProblem{Line: n, Field: key, Allowed: fmt.Sprintf("text of at most %d bytes", maxImportCell)}
		}
		r.values[key] = v
	}
	return r, nil
}

// jsonObjects is every object that stands for a row.
func jsonObjects(in *bufio.Reader) iter.Seq2[jsonObject, error] {
	return func(yield func(jsonObject, error) bool) {
		dec := json.NewDecoder(in)
		fail := func(err error) {
			_, syntax := errors.AsType[*json.SyntaxError](err)
			if !syntax && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) { // of reading, and not of what was read
				yield(nil, err)
				return
			}
			yield(nil, &Invalid{"file", fmt.Sprintf("it is no JSON from byte %d on: %s", dec.InputOffset(), cutText(err.Error(), 200))})
		}
		within := opensList(in)
		if within {
			if _, err := dec.Token(); err != nil {
				fail(err)
				return
			}
		}
		for !within || dec.More() {
			var raw json.RawMessage
			err := dec.Decode(&raw)
			if errors.Is(err, io.EOF) && !within {
				return
			}
			if err != nil {
				fail(err)
				return
			}
			if !unwrap(raw, 0, yield) {
				return
			}
		}
		if _, err := dec.Token(); err != nil {
			fail(err)
		}
	}
}

// opensList reports whether the first sign is that of a list.
func opensList(in *bufio.Reader) bool {
	head, _ := in.Peek(1 << 12)
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("["))
}

// unwrap gives the objects within an answer of V1's: {"response":{"list":[…]}}.
func unwrap(raw json.RawMessage, depth int, yield func(jsonObject, error) bool) bool {
	raw = bytes.TrimSpace(raw)
	no := func(what string) bool {
		return yield(nil, &Invalid{"file", "it holds " + what + " where a payment or a billing key should be"})
	}
	if depth > 3 || len(raw) == 0 {
		return no("lists in lists")
	}
	switch raw[0] {
	case '[':
		var all []json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return no("a list that cannot be read")
		}
		for _, one := range all {
			if !unwrap(one, depth+1, yield) {
				return false
			}
		}
		return true
	case '{':
		var o jsonObject
		if err := json.Unmarshal(raw, &o); err != nil {
			return no("an object that cannot be read")
		}
		for _, inner := range []string{"response", "list"} {
			if v, ok := o[inner]; ok && !isOwn(o) && strings.IndexByte("[{", v[0]) >= 0 {
				return unwrap(v, depth+1, yield)
			}
		}
		return yield(o, nil)
	}
	return no(fmt.Sprintf("%q", cutText(string(raw), 40)))
}
