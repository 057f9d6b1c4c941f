package v1_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	v1 "naru/internal/rest/v1"
)

// writes are the families of golden files that change the books.
var writes = []string{"cancel", "prepare", "prepare.txtar", "onetime", "again", "schedule", "key", "account", "receipt", "external", "idempotency"}

// TestGolden sends the requests of each file, in order, and compares the
// answers. {token} stands for the shop's token. Files that change the books
// have a world of their own.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.txtar")
	must(t, err)
	if len(files) < 100 {
		t.Fatalf("%d golden files, want at least 100", len(files))
	}
	shared := newWorld(t)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			arc, err := txtar.ParseFile(name)
			must(t, err)
			want := txtar.Format(arc)
			w := shared.of(t)
			if family, _, _ := strings.Cut(filepath.Base(name), "_"); slices.Contains(writes, family) {
				w = newWorld(t)
			}
			for i := 0; i < len(arc.Files); i += 2 {
				if i+1 >= len(arc.Files) {
					arc.Files = append(arc.Files, txtar.File{})
				}
				arc.Files[i].Name, arc.Files[i+1].Name = "request", "answer"
				arc.Files[i+1].Data = w.replay(arc.Files[i].Data)
			}
			got := txtar.Format(arc)
			if v1.Update {
				must(t, os.WriteFile(name, got, 0o644))
			} else if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got; `make generate` rewrites the answers\n%s", diff)
			}
		})
	}
}

// replay sends a request written as "METHOD target", headers, an empty line and
// a body, and writes the answer as status, headers, an empty line and the body.
func (w *world) replay(request []byte) []byte {
	w.t.Helper()
	head, body, _ := strings.Cut(strings.ReplaceAll(string(request), "{token}", w.token), "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, target, strings.NewReader(strings.TrimSuffix(body, "\n")))
	r.Header.Set("X-Request-Id", "golden")
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if !ok {
			w.t.Fatalf("%q is no header", l)
		}
		r.Header.Set(name, strings.TrimSpace(value))
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d\n", rec.Code)
	for _, h := range []string{"Content-Type", "Allow", "Retry-After", v1.IdempotencyHeader, v1.ReplayedHeader} {
		for _, v := range rec.Header().Values(h) {
			fmt.Fprintf(&out, "%s\n", strings.TrimSpace(h+": "+v))
		}
	}
	out.WriteByte('\n')
	if err := json.Indent(&out, rec.Body.Bytes(), "", "  "); err != nil {
		w.t.Fatalf("the answer is no JSON: %v\n%s", err, rec.Body)
	}
	out.WriteByte('\n')
	return bytes.ReplaceAll(out.Bytes(), []byte(w.token), []byte("{token}"))
}
