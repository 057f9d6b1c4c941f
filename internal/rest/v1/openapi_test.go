package v1

import (
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestOpenAPIIsSound: what a reader of the document relies on.
func TestOpenAPIIsSound(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	New(Options{}).ServeHTTP(rec, httptest.NewRequest("GET", "/x/openapi.json?lang=en", nil))
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
	paths := doc["paths"].(object)
	if _, has := paths["/payments/{imp_uid}"].(object)["post"].(object)["requestBody"]; has {
		t.Error("POST /payments/{imp_uid} reads no body, the document has one")
	}
	body := paths["/subscribe/payments/schedule"].(object)["post"].(object)["requestBody"].(object)["content"].(object)["application/json"].(object)["schema"].(object)
	item := body["properties"].(object)["schedules"].(object)["items"].(object)
	if got := item["required"]; !slices.Contains(body["required"].([]any), any("schedules")) || len(got.([]any)) != 3 {
		t.Errorf("a booking needs %v, an item of it %v", body["required"], got)
	}
	if all := newTestReference(t).routes; count != len(all) {
		t.Errorf("%d operations, %d are offered", count, len(all))
	}
	eachRef(doc, func(to string) {
		if _, err := resolve(doc, to); err != nil {
			t.Error(err)
		}
	})
}

// TestGoldenAnswersObeyTheDocument: what the golden files hold is what
// the document promises, and nothing more.
func TestGoldenAnswersObeyTheDocument(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	New(Options{}).ServeHTTP(rec, httptest.NewRequest("GET", "/x/openapi.json", nil))
	var doc object
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	offered := newTestReference(t).routes
	mux := chi.NewRouter()
	for _, rt := range offered {
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
	for _, rt := range offered {
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
