package v1

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestReferencePage: both languages name every operation and every field of
// coverage.csv that is offered, and the page needs nothing from elsewhere.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	for lang, want := range map[string][2]string{"": {`<html lang="ko">`, "빌링키"}, "?lang=en": {`<html lang="en">`, "Billing keys"}} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/x/docs"+lang, nil))
		body := rec.Body.String()
		if rec.Code != 200 || !strings.Contains(body, want[0]) || !strings.Contains(body, want[1]) {
			t.Fatalf("%q: %d", lang, rec.Code)
		}
		for _, ref := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			to := ref[1]
			switch {
			case to == "data:,", strings.HasPrefix(to, "?lang="), strings.HasPrefix(to, "/x/openapi.json"):
			case strings.HasPrefix(to, "#"):
				if !strings.Contains(body, `id="`+to[1:]+`"`) {
					t.Errorf("%q: %s leads nowhere", lang, to)
				}
			case strings.HasPrefix(to, "/x/docs/"):
				asset := httptest.NewRecorder()
				h.ServeHTTP(asset, httptest.NewRequest("GET", to, nil))
				if asset.Code != 200 || !strings.HasPrefix(asset.Header().Get("Content-Type"), "text/css") || strings.Contains(asset.Body.String(), "url(") {
					t.Errorf("%s: %d %s", to, asset.Code, asset.Header().Get("Content-Type"))
				}
			default:
				t.Errorf("%q: the page needs %s", lang, to)
			}
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
			t.Errorf("%q: the policy of the page forbids this", lang)
		}
		ref := newTestReference(t)
		for _, rt := range ref.routes {
			if !strings.Contains(body, `<span class="where">`+rt.path+`</span>`) {
				t.Errorf("%q: no %s", lang, rt.path)
			}
		}
		page := ref.page(map[string]string{"": "ko", "?lang=en": "en"}[lang])
		operations, fields := 0, 0
		for _, g := range page.Groups {
			operations += len(g.Operations)
			for _, op := range g.Operations {
				fields += len(op.Fields)
				for _, l := range op.Fields {
					if l.Type == "" && l.State != "ignored" {
						t.Errorf("%s %s %s has no type", op.Method, op.Path, l.Name)
					}
				}
			}
		}
		want := 0
		for _, r := range ref.rows {
			if r.place == "request" {
				want++
			}
		}
		if operations != len(ref.routes) || fields != want {
			t.Errorf("%q: %d operations of %d, %d fields of %d", lang, operations, len(ref.routes), fields, want)
		}
	}
}
