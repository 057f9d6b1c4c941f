package web_test

import (
	"html/template"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"naru/internal/web"
)

// TestEveryPageParses of those under internal/, since a kit parses a page when it
// is first shown.
func TestEveryPageParses(t *testing.T) {
	t.Parallel()
	var kits []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "pages" && !strings.Contains(path, "console") { // which has many functions, and a test of its own
			kits = append(kits, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	assets, err := web.NewAssets("/", fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	any := func(...any) string { return "" }
	for _, dir := range kits {
		k, err := web.NewKit(os.DirFS(dir), assets, template.FuncMap{"won": any, "rows": any}) // the kits' own functions
		if err == nil {
			err = k.Parse()
		}
		if err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if len(kits) < 5 {
		t.Errorf("only %q have pages", kits)
	}
}

func TestAPageThatDoesNotParseIsAnError(t *testing.T) {
	t.Parallel()
	assets, err := web.NewAssets("/", fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	k, err := web.NewKit(fstest.MapFS{"shared/frame.html": {Data: []byte(`{{define "frame"}}{{end}}`)}, "pages/odd.html": {Data: []byte(`{{if}}`)}}, assets, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Parse(); err == nil {
		t.Error("it parses")
	}
	rec := httptest.NewRecorder()
	if err := k.Render(rec, web.Page{Name: "odd"}); err == nil || rec.Code != 500 {
		t.Errorf("%v, status %d", err, rec.Code)
	}
}
