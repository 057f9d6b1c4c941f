package v1

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"naru/internal/pay"
	"naru/internal/rest"
)

type object = map[string]any

// TestOpenAPI holds openapi.json against the routes, the structs and the notes
// of coverage.csv; `make generate` writes it.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document(coverage(t))); err != nil {
		t.Fatal(err)
	}
	if Update {
		if err := os.WriteFile("openapi.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(b.String(), string(openAPI)); diff != "" {
		t.Errorf("stale; `make generate` writes it anew: -want +got\n%s", diff)
	}
}

// document is the OpenAPI document of what is offered.
func document(rows []row) object {
	notes, required := map[string]string{}, map[string]bool{}
	for _, r := range rows {
		key := strings.TrimSpace(r.operation + " " + r.place + " " + r.field)
		notes[key], required[key] = r.note, r.required == "yes"
	}
	paths, schemas := object{}, object{
		"Failure": object{"type": "object", "description": "An answer that says no: code is not 0.", "required": []string{"code", "message", "response"}, "properties": object{
			"code": object{"type": "integer"}, "message": object{"type": "string"}, "response": object{"type": "null"},
		}},
	}
	for name, t := range shapes() {
		properties := object{}
		for f := range t.Fields() {
			field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			properties[field] = described(schemaOf(f.Type), notes[name+" response "+field])
		}
		schemas[name] = object{"type": "object", "required": fields(t), "properties": properties}
	}
	for _, rt := range offered() {
		item, _ := paths[rt.path].(object)
		if item == nil {
			item = object{}
			paths[rt.path] = item
		}
		item[strings.ToLower(rt.method)] = operation(rt, notes, required)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Naru: PortOne V1 REST API", "version": "v1",
			"description": "The operations of PortOne V1 that are offered. Every answer is an envelope of code, message and response; code 0 is success, and some failures come with HTTP 200.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"token": []string{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"token": object{"type": "apiKey", "in": "header", "name": "Authorization", "description": "The access_token of POST /users/getToken, bare or after Bearer."}},
			"schemas":         schemas,
		},
	}
}

func operation(rt route, notes map[string]string, required map[string]bool) object {
	op := object{
		"operationId": regexp.MustCompile(`[^A-Za-z]+`).ReplaceAllString(strings.ToLower(rt.method)+rt.path, "_"),
		"summary":     notes[rt.address()],
		"responses": object{
			"200":     object{"description": "code 0, or a refusal with another code", "content": jsonContent(object{"anyOf": []object{envelopeOf(schemaOf(responseOf(rt))), ref("Failure")}})},
			"default": object{"description": "a refusal", "content": jsonContent(ref("Failure"))},
		},
	}
	if rt.out == reflect.TypeFor[found]() {
		op["responses"].(object)["207"] = object{"description": "some of them", "content": jsonContent(envelopeOf(schemaOf(responseOf(rt))))}
	}
	if rt.public {
		op["security"] = []object{}
	}
	var parameters []object
	properties, needed := object{}, []string{}
	for f := range rt.in.Fields() {
		field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if field == "" {
			continue
		}
		key := rt.address() + " request " + field
		schema := requestSchema(f.Type)
		switch inPath := strings.Contains(rt.path, "{"+field+"}"); {
		case inPath || rt.method == http.MethodGet:
			where, name := "query", field
			if inPath {
				where = "path"
			}
			if f.Type.Kind() == reflect.Slice {
				name += "[]"
			}
			parameters = append(parameters, object{"name": name, "in": where, "required": inPath, "description": notes[key], "schema": schema})
		default:
			properties[field] = described(schema, notes[key])
			if required[key] {
				needed = append(needed, field)
			}
		}
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if len(properties) > 0 {
		body := object{"schema": object{"type": "object", "required": needed, "properties": properties}}
		op["requestBody"] = object{"required": true, "content": object{"application/json": body, "application/x-www-form-urlencoded": body}}
	}
	return op
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func jsonContent(schema object) object { return object{"application/json": object{"schema": schema}} }

func envelopeOf(schema object) object {
	return object{"type": "object", "required": []string{"code", "message", "response"}, "properties": object{
		"code": object{"const": 0}, "message": object{"type": "null"}, "response": schema,
	}}
}

func described(schema object, note string) object {
	if note != "" {
		schema["description"] = note
	}
	return schema
}

// schemaOf is the schema of a value we write.
func schemaOf(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		if s["$ref"] != nil {
			return object{"anyOf": []object{s, {"type": "null"}}}
		}
		s["type"] = []string{s["type"].(string), "null"}
		return s
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Struct:
		return ref(t.Name())
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	}
	return object{"type": "string"}
}

// requestSchema is the schema of a value we read: the form that is documented,
// not all that is tolerated.
func requestSchema(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[rest.Amount](), reflect.TypeFor[rest.Part]():
		return object{"type": "integer", "minimum": 0, "maximum": rest.MaxAmount}
	case reflect.TypeFor[pay.Secret]():
		return object{"type": "string", "format": "password"}
	}
	return schemaOf(t)
}

// TestOpenAPIIsSound: what a reader of the document relies on.
func TestOpenAPIIsSound(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	New(Options{}).ServeHTTP(rec, httptest.NewRequest("GET", "/x/openapi.json", nil))
	var doc object
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || rec.Code != 200 {
		t.Fatalf("status %d: %v", rec.Code, err)
	}
	if doc["openapi"] != "3.1.0" || doc["info"].(object)["title"] == "" {
		t.Errorf("openapi %v, info %v", doc["openapi"], doc["info"])
	}
	ids := map[any]bool{}
	count := 0
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			count++
			o := op.(object)
			if ids[o["operationId"]] || o["summary"] == "" {
				t.Errorf("%s %s: operationId %v used twice, or no summary", method, path, o["operationId"])
			}
			ids[o["operationId"]] = true
			var inPath []string
			parameters, _ := o["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(object); p["in"] == "path" {
					inPath = append(inPath, p["name"].(string))
				}
			}
			for _, m := range named.FindAllStringSubmatch(path, -1) {
				if !slices.Contains(inPath, m[1]) {
					t.Errorf("%s %s does not declare %s", method, path, m[1])
				}
			}
		}
	}
	if count != len(offered()) {
		t.Errorf("%d operations, %d are offered", count, len(offered()))
	}
	eachRef(doc, func(to string) {
		if _, err := resolve(doc, to); err != nil {
			t.Error(err)
		}
	})
}

// TestGoldenAnswersObeyTheDocument: what the golden files hold is what
// openapi.json promises, and nothing more.
func TestGoldenAnswersObeyTheDocument(t *testing.T) {
	t.Parallel()
	var doc object
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	mux := chi.NewRouter()
	for _, rt := range offered() {
		mux.Method(rt.method, rt.path, rt.handler)
	}
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		arc, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(arc.Files); i += 2 {
			line, _, _ := strings.Cut(string(arc.Files[i].Data), "\n")
			method, target, _ := strings.Cut(line, " ")
			path, _, _ := strings.Cut(target, "?")
			rctx := chi.NewRouteContext()
			if !mux.Match(rctx, method, strings.TrimRight(path, "/")) {
				continue
			}
			pattern := rctx.RoutePattern()
			head, body, _ := strings.Cut(string(arc.Files[i+1].Data), "\n\n")
			status, _, _ := strings.Cut(head, "\n")
			seen[method+" "+pattern+" "+status] = true
			schema := promised(doc, method, pattern, status)
			var v any
			if err := json.Unmarshal([]byte(body), &v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := obeys(doc, schema, v, "answer"); err != nil {
				t.Errorf("%s: %s: %v", filepath.Base(name), line, err)
			}
		}
	}
	for _, rt := range offered() {
		if rt.path == "/cards" || rt.path == "/banks" { // the tables are golden in package codes
			continue
		}
		if !seen[rt.address()+" 200"] {
			t.Errorf("%s has no golden success", rt.address())
		}
	}
}

// promised is the schema of an answer in the document.
func promised(doc object, method, pattern, status string) object {
	responses := doc["paths"].(object)[pattern].(object)[strings.ToLower(method)].(object)["responses"].(object)
	response, ok := responses[status].(object)
	if !ok {
		response = responses["default"].(object)
	}
	return response["content"].(object)["application/json"].(object)["schema"].(object)
}
