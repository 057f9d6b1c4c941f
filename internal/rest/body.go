package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// readBody reads the body into a tree, whatever its form: JSON, a form, or
// what PHP's curl makes of an array (multipart). The declared Content-Type
// decides only where the bytes do not: a body that begins like JSON and
// parses is JSON, since "curl -d" calls everything a form.
func readBody(r *http.Request) (map[string]any, error) {
	if r.Body == nil {
		return nil, nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, ErrTooLarge
		}
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	declared := kind == "application/json" || strings.HasSuffix(kind, "+json")
	switch first := bytes.TrimLeft(raw, " \t\r\n")[0]; {
	case declared:
		return jsonBody(raw)
	case kind == "multipart/form-data" && params["boundary"] != "":
		return multipartBody(raw, params["boundary"])
	case first == '{' || first == '[':
		m, err := jsonBody(raw)
		if err != nil && kind == "application/x-www-form-urlencoded" {
			return tree(pairs(string(raw)))
		}
		return m, err
	}
	return tree(pairs(string(raw)))
}

// jsonBody reads one JSON object. null is an object without fields.
func jsonBody(raw []byte) (map[string]any, error) {
	if len(raw) > largeBody && !fewTokens(raw) {
		return nil, ErrTooManyFields
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("%w: not JSON", ErrMalformed)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON value", ErrMalformed)
	}
	if err := bounded(v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return nil, nil
	}
	return nil, fmt.Errorf("%w: the JSON value is not an object", ErrMalformed)
}

// largeBody is the length from which a body's values are counted before they
// are built: a megabyte of commas would take forty of memory.
const largeBody = 64 << 10

// fewTokens reports whether a document has few enough values to be built. One
// that does not parse has, as far as it goes.
func fewTokens(raw []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	for n := 0; n <= 4*MaxFields; n++ { // names, values and their brackets
		if _, err := dec.Token(); err != nil {
			return true
		}
	}
	return false
}

// multipartBody reads the values of a multipart form; files are passed over.
func multipartBody(raw []byte, boundary string) (map[string]any, error) {
	mr := multipart.NewReader(bytes.NewReader(raw), boundary)
	var ps []pair
	for {
		part, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return tree(ps)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: not a multipart form", ErrMalformed)
		}
		if len(ps) > MaxFields {
			return nil, ErrTooManyFields
		}
		name := strings.TrimLeft(part.FormName(), " \t")
		if name == "" || part.FileName() != "" {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("%w: not a multipart form", ErrMalformed)
		}
		if ps = append(ps, pair{name, strings.ToValidUTF8(string(value), "\uFFFD")}); len(ps) > MaxFields {
			return nil, ErrTooManyFields
		}
	}
}
