package v1

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const coverageDoc = "../../../docs/v1-coverage.md"

func newTestReference(t *testing.T) *reference {
	t.Helper()
	ref, err := newReference((&api{}).routes())
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// TestCoverageNamesEverything: every route and every field has its row, and no
// row is about something that is not there.
func TestCoverageNamesEverything(t *testing.T) {
	t.Parallel()
	ref := newTestReference(t)
	want := map[string]string{} // key -> how it must be said
	for _, rt := range (&api{}).routes() {
		want[rt.address()] = "no"
		if rt.in != nil || strings.HasPrefix(rt.path, "/x/") {
			want[rt.address()] = "done"
		}
	}
	for _, rt := range ref.routes {
		for _, f := range allFields(rt.in) {
			want[rt.address()+" request "+f.name] = "read"
		}
	}
	for shape, st := range ref.shapes() {
		for _, f := range fieldsOf(st) {
			want[shape+" response "+f.name] = "there"
		}
	}
	for _, r := range ref.rows {
		key := r.key()
		how, known := want[key]
		delete(want, key)
		switch {
		case !slices.Contains([]string{"done", "ignored", "refused", "not offered"}, r.state):
			t.Errorf("%s: state %q", key, r.state)
		case !slices.Contains([]string{"v1", "short form", "legacy", "naru"}, r.origin):
			t.Errorf("%s: origin %q", key, r.origin)
		case r.note == "" || r.ko == "" || r.note == r.ko && r.note != "KRW" && r.note != "MID":
			t.Errorf("%s is not described in both languages", key)
		case how == "read" && r.state == "not offered":
			t.Errorf("%s is called not offered, but it is read", key)
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
	for _, r := range newTestReference(t).rows {
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
	want := coverageMarkdown(newTestReference(t))
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

func coverageMarkdown(ref *reference) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/rest/v1/coverage.csv by `make generate`; do not edit. -->\n\n" +
		"# What of PortOne V1's REST API is served\n\n" +
		"*done*: as V1 documents it · *ignored*: accepted, without effect · *refused*: calls that leave out what they look for, and values of what is\n" +
		"not offered · *not offered*: of another provider, answered as the note says, or a field that stays empty.\n\n" +
		"Fields that V1 does not know are accepted and ignored. A gateway that runs shows the same, with types, at `/x/docs` and `/x/openapi.json`.\n\n## Operations\n\n")
	counts := map[string]int{}
	for _, r := range ref.rows {
		if r.place == "" && r.origin == "v1" {
			counts[r.state]++
		}
	}
	fmt.Fprintf(&b, "Of the 80 published operations %d are done, %d are not offered.\n\n| operation | state | origin | note |\n|---|---|---|---|\n",
		counts["done"], counts["not offered"])
	responses := map[string]string{}
	for _, rt := range ref.routes {
		responses[rt.address()] = responseName(rt)
	}
	for _, r := range ref.rows {
		if r.place == "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.operation, r.state, r.origin, r.note)
		}
	}
	b.WriteString("\n## Requests\n")
	last := ""
	for _, r := range ref.rows {
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
	for _, r := range ref.rows {
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
	t := rt.response()
	if t.Kind() == reflect.Slice {
		return "list of " + t.Elem().Name()
	}
	return t.Name()
}
