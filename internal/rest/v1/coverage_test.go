package v1

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// row is a line of coverage.csv: an operation (place and field empty), a field
// of its request, or a field of a response's shape (operation is the shape).
type row struct{ operation, place, field, state, origin, required, note string }

const coverageDoc = "../../../docs/v1-coverage.md"

func coverage(t *testing.T) []row {
	t.Helper()
	f, err := os.Open("coverage.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []row
	for _, l := range lines[1:] {
		out = append(out, row{l[0], l[1], l[2], l[3], l[4], l[5], l[6]})
	}
	return out
}

// offered are the operations that do what V1 says.
func offered() (out []route) {
	for _, rt := range (&api{}).routes() {
		if rt.in != nil {
			out = append(out, rt)
		}
	}
	return out
}

func (rt route) address() string { return rt.method + " " + rt.path }

// fields are the json names of a struct, in order.
func fields(t reflect.Type) (out []string) {
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

// shapes are the structs that responses are made of, by name.
func shapes() map[string]reflect.Type {
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
	for _, rt := range offered() {
		add(responseOf(rt))
	}
	return out
}

// responseOf is what an operation's response holds.
func responseOf(rt route) reflect.Type {
	if rt.out == reflect.TypeFor[found]() {
		return reflect.TypeFor[[]Payment]()
	}
	return rt.out
}

// TestCoverageNamesEverything: every route and every field has its row, and no
// row is about something that is not there.
func TestCoverageNamesEverything(t *testing.T) {
	t.Parallel()
	want := map[string]string{} // key -> how it must be said
	for _, rt := range (&api{}).routes() {
		want[rt.address()] = "no"
		if rt.in != nil || rt.path == "/x/openapi.json" {
			want[rt.address()] = "done"
		}
	}
	for _, rt := range offered() {
		for _, name := range fields(rt.in) {
			want[rt.address()+" request "+name] = "done"
		}
	}
	for shape, st := range shapes() {
		for _, name := range fields(st) {
			want[shape+" response "+name] = "there"
		}
	}
	for _, r := range coverage(t) {
		key := strings.TrimSpace(r.operation + " " + r.place + " " + r.field)
		how, known := want[key]
		delete(want, key)
		switch {
		case !slices.Contains([]string{"done", "ignored", "later", "refused", "not offered"}, r.state):
			t.Errorf("%s: state %q", key, r.state)
		case !slices.Contains([]string{"v1", "short form", "legacy", "naru"}, r.origin):
			t.Errorf("%s: origin %q", key, r.origin)
		case r.note == "":
			t.Errorf("%s has no note", key)
		case r.place == "request" && !known && r.state == "done":
			t.Errorf("%s is called done, but nothing reads it", key)
		case r.place != "request" && !known:
			t.Errorf("%s is not there", key)
		case how == "done" && r.state != "done" || how == "no" && r.state == "done":
			t.Errorf("%s is called %s", key, r.state)
		}
	}
	for key := range want {
		t.Errorf("%s has no row in coverage.csv", key)
	}
}

// TestAllOfV1IsThere: the published file has 80 operations.
func TestAllOfV1IsThere(t *testing.T) {
	t.Parallel()
	published := 0
	for _, r := range coverage(t) {
		if r.place == "" && r.origin == "v1" {
			published++
		}
	}
	if published != 80 {
		t.Errorf("%d operations of the published file have a row, want 80", published)
	}
}

// TestCoverageDoc holds docs/v1-coverage.md against coverage.csv; `make generate`
// writes it.
func TestCoverageDoc(t *testing.T) {
	t.Parallel()
	want := coverageMarkdown(coverage(t))
	if Update {
		if err := os.WriteFile(coverageDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(coverageDoc)
	if err != nil {
		t.Fatalf("%v; `make generate` writes it", err)
	}
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("stale; `make generate` writes it anew: -want +got\n%s", diff)
	}
}

func coverageMarkdown(rows []row) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/rest/v1/coverage.csv by `make generate`; do not edit. -->\n\n" +
		"# What of PortOne V1's REST API is served\n\n" +
		"*done*: as V1 documents it · *ignored*: accepted, without effect · *later*: answered 501, will be offered · *not offered*: of another\n" +
		"provider, answered as the note says, or a field that stays empty · *refused*: calls that leave out what they look for.\n\n" +
		"Fields that V1 does not know are accepted and ignored.\n\n## Operations\n\n")
	counts := map[string]int{}
	for _, r := range rows {
		if r.place == "" && r.origin == "v1" {
			counts[r.state]++
		}
	}
	fmt.Fprintf(&b, "Of the 80 published operations %d are done, %d come later, %d are not offered.\n\n| operation | state | origin | note |\n|---|---|---|---|\n",
		counts["done"], counts["later"], counts["not offered"])
	responses := map[string]string{}
	for _, rt := range offered() {
		responses[rt.address()] = responseName(rt)
	}
	for _, r := range rows {
		if r.place == "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.operation, r.state, r.origin, r.note)
		}
	}
	b.WriteString("\n## Requests\n")
	last := ""
	for _, r := range rows {
		if r.place != "request" {
			continue
		}
		if r.operation != last {
			last = r.operation
			fmt.Fprintf(&b, "\n### `%s` → %s\n\n| field | state | required | note |\n|---|---|---|---|\n", r.operation, responses[r.operation])
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.field, r.state, cmp.Or(r.required, "no"), r.note)
	}
	b.WriteString("\n## Responses\n")
	for _, r := range rows {
		if r.place != "response" {
			continue
		}
		if r.operation != last {
			last = r.operation
			fmt.Fprintf(&b, "\n### %s\n\n| field | state | note |\n|---|---|---|\n", r.operation)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.field, r.state, r.note)
	}
	return b.String()
}

// responseName is the shape of a response as the document names it.
func responseName(rt route) string {
	t := responseOf(rt)
	if t.Kind() == reflect.Slice {
		return "list of " + t.Elem().Name()
	}
	return t.Name()
}
