package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"naru/internal/web"
)

func kit(t *testing.T) (*web.Kit, *web.Assets) {
	t.Helper()
	assets, err := web.NewAssets("/static/", fstest.MapFS{"app.css": {Data: []byte("a{}")}, "app.js": {Data: []byte("1")}})
	if err != nil {
		t.Fatal(err)
	}
	k, err := web.NewKit(fstest.MapFS{
		"shared/frame.html": {Data: []byte(`{{define "frame"}}<html lang="{{.Lang}}"><title>{{.Title}}</title><script nonce="{{.Nonce}}" src="{{asset "app.js"}}"></script>{{template "content" .}}{{end}}`)},
		"pages/hello.html":  {Data: []byte(`{{define "content"}}<p>{{t .Lang "안녕" "Hello"}} {{.Data}}</p>{{end}}`)},
		"pages/broken.html": {Data: []byte(`{{define "content"}}<p>half of the page {{.Data.Nothing}}</p>{{end}}`)},
	}, assets, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k, assets
}

var nonce = regexp.MustCompile(`'nonce-([^']+)'`)

func TestPageCarriesItsPolicy(t *testing.T) {
	t.Parallel()
	k, _ := kit(t)
	seen := map[string]bool{}
	for range 2 {
		rec := httptest.NewRecorder()
		err := k.Render(rec, web.Page{Name: "hello", Lang: "en", Title: "t", Data: "<b>", Policy: web.Policy{Frame: []string{"https://pay.example"}, Ancestors: []string{"https://shop.example"}}})
		if err != nil {
			t.Fatal(err)
		}
		policy := rec.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", "frame-src 'self' https://pay.example", "frame-ancestors https://shop.example"} {
			if !strings.Contains(policy, want) {
				t.Errorf("no %s in %s", want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("unsafe: %s", policy)
		}
		n := nonce.FindStringSubmatch(policy)
		if n == nil || seen[n[1]] {
			t.Fatalf("nonce %v is missing or came before", n)
		}
		seen[n[1]] = true
		if body := rec.Body.String(); !strings.Contains(body, "Hello &lt;b&gt;") || !strings.Contains(body, "app.") {
			t.Errorf("body %s", body)
		}
	}
	rec := httptest.NewRecorder()
	_ = k.Render(rec, web.Page{Name: "hello", Lang: "ko"})
	if !strings.Contains(rec.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("a page that names no ancestors can be framed")
	}
}

// A page that fails half way is not sent half way.
func TestBrokenPage(t *testing.T) {
	t.Parallel()
	k, _ := kit(t)
	for _, name := range []string{"broken", "no-such-page"} {
		rec := httptest.NewRecorder()
		if err := k.Render(rec, web.Page{Name: name, Data: struct{}{}}); err == nil || rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "half") {
			t.Errorf("%s: %v, %d %s", name, err, rec.Code, rec.Body)
		}
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	_, assets := kit(t)
	u, err := assets.URL("app.css")
	if err != nil || !regexp.MustCompile(`^/static/app\.[0-9a-f]{12}\.css$`).MatchString(u) {
		t.Fatalf("%s %v", u, err)
	}
	rec := httptest.NewRecorder()
	assets.ServeHTTP(rec, httptest.NewRequest("GET", u, nil))
	if rec.Code != http.StatusOK || rec.Body.String() != "a{}" || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%d %s %v", rec.Code, rec.Body, rec.Header())
	}
	for _, bad := range []string{"/static/app.css", "/static/app.000000000000.css", "/static/"} {
		rec := httptest.NewRecorder()
		assets.ServeHTTP(rec, httptest.NewRequest("GET", bad, nil))
		if rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, rec.Code)
		}
	}
	if _, err := assets.URL("nothing.css"); err == nil {
		t.Error("an asset that is not there has an address")
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"en": "en", "EN-US": "en", "en_GB": "en", "ko": "ko", "zh": "ko", "": "ko", "enx": "ko"} {
		if got := web.Language(in); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}
