package v1

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

var named = regexp.MustCompile(`\{(\w+)\}`)

// TestEveryRouteIsReachedWithItsValues: no route hides another, with or without
// a slash at the end, and each gets its own values from the path.
func TestEveryRouteIsReachedWithItsValues(t *testing.T) {
	t.Parallel()
	mux := chi.NewRouter()
	var reached string
	var values map[string]string
	all := (&api{}).routes()
	for _, rt := range all {
		address := rt.method + " " + rt.path
		mux.Method(rt.method, rt.path, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			reached, values = address, map[string]string{}
			for _, m := range named.FindAllStringSubmatch(rt.path, -1) {
				values[m[1]] = chi.URLParam(r, m[1])
			}
		}))
	}
	for _, rt := range all {
		path := named.ReplaceAllString(rt.path, "value-of-$1")
		reached = ""
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(rt.method, path, nil))
		if want := rt.method + " " + rt.path; reached != want {
			t.Errorf("%s %s reached %q, want %q", rt.method, path, reached, want)
		}
		for name, v := range values {
			if v != "value-of-"+name {
				t.Errorf("%s %s: %s = %q", rt.method, path, name, v)
			}
		}
	}
}

// TestEveryRouteNeedsAToken but those that are public.
func TestEveryRouteNeedsAToken(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	public := map[string]bool{"POST /users/getToken": true, "GET /x/openapi.json": true, "GET /x/docs": true, "GET /x/docs/{asset}": true}
	for _, rt := range (&api{}).routes() {
		for _, slash := range []string{"", "/"} {
			path := named.ReplaceAllString(rt.path, "x") + slash
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(rt.method, path, strings.NewReader("")))
			if open := public[rt.method+" "+rt.path]; (rec.Code == http.StatusUnauthorized) == open || rec.Code == http.StatusNotFound && rt.path != "/x/docs/{asset}" {
				t.Errorf("%s %s without a token: %d", rt.method, path, rec.Code)
			}
			if rec.Code >= 300 && rec.Code < 400 {
				t.Errorf("%s %s redirects", rt.method, path)
			}
		}
	}
}
