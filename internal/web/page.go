// Package web is the page kit that every face with HTML shares: parsed
// templates, checksummed assets, a nonce for each answer's Content Security
// Policy, and the choice between Korean and English. It knows nothing of
// payments.
package web

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"
)

// Kit renders a family of pages: each is one file, joined with the shared ones.
type Kit struct {
	pages  map[string]func() (*template.Template, error)
	assets *Assets
}

// NewKit reads pages/*.html of fsys, each together with shared/*.html, which
// hold the frame and the partials. Every page must define "content" and is
// rendered through the shared template "frame". Funcs are added to the kit's
// own: asset (URL of an asset), t (pick "한국어" or "English" by language). A page is
// parsed when it is first rendered: most runs show few of them. Parse parses all.
func NewKit(fsys fs.FS, assets *Assets, funcs template.FuncMap) (*Kit, error) {
	k := &Kit{pages: map[string]func() (*template.Template, error){}, assets: assets}
	own := template.FuncMap{
		"asset": func(name string) (string, error) { return assets.URL(name) },
		"t":     func(lang, ko, en string) string { return Pick(lang, ko, en) },
	}
	files, err := fs.Glob(fsys, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "pages/"), ".html")
		k.pages[name] = sync.OnceValues(func() (*template.Template, error) {
			t, err := template.New("").Funcs(own).Funcs(funcs).ParseFS(fsys, "shared/*.html", f)
			if err != nil {
				return nil, fmt.Errorf("web: page %s: %w", name, err)
			}
			return t, nil
		})
	}
	return k, nil
}

// Parse parses every page and gives what is wrong with them.
func (k *Kit) Parse() error {
	var all []error
	for _, parsed := range k.pages {
		_, err := parsed()
		all = append(all, err)
	}
	return errors.Join(all...)
}

// Page is one answer.
type Page struct {
	Name   string // file name under pages/, without .html
	Status int    // 0 is 200
	Lang   string // "ko" or "en"
	Title  string
	Policy Policy
	// Referrer is what other sites are told of this page; "" is nothing. A page
	// whose address is a secret tells no more than its origin.
	Referrer string
	Data     any
}

// view is what templates see: .Lang .Title .Nonce .Data
type view struct {
	Lang, Title, Nonce string
	Data               any
}

// Render writes p with its headers. A template that fails is answered with a
// plain 500 and the error is returned; nothing of the half page is sent.
func (k *Kit) Render(w http.ResponseWriter, p Page) error {
	parsed, ok := k.pages[p.Name]
	if !ok {
		http.Error(w, "page not found", http.StatusInternalServerError)
		return fmt.Errorf("web: no page %q", p.Name)
	}
	t, err := parsed()
	if err != nil {
		http.Error(w, "page failed", http.StatusInternalServerError)
		return err
	}
	nonce := Nonce()
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "frame", view{Lang: p.Lang, Title: p.Title, Nonce: nonce, Data: p.Data}); err != nil {
		http.Error(w, "page failed", http.StatusInternalServerError)
		return fmt.Errorf("web: page %s: %w", p.Name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.Policy.Header(nonce))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", cmp.Or(p.Referrer, "no-referrer"))
	h.Set("Cache-Control", "no-store")
	if p.Status == 0 {
		p.Status = http.StatusOK
	}
	w.WriteHeader(p.Status)
	_, err = w.Write(b.Bytes())
	return err
}

// Policy lists what a page may use beyond its own origin. Scripts and styles
// run only with the answer's nonce or from the listed sources.
type Policy struct {
	Script    []string // sources of scripts
	Connect   []string
	Frame     []string // what the page may frame
	Form      []string // where its forms may go besides itself
	Ancestors []string // who may frame the page; empty is nobody
	Img       []string
}

// Header is the policy as the value of Content-Security-Policy.
func (p Policy) Header(nonce string) string {
	list := func(name, first string, more []string) string {
		return name + " " + strings.TrimSpace(first+" "+strings.Join(more, " "))
	}
	ancestors := "frame-ancestors 'none'"
	if len(p.Ancestors) > 0 {
		ancestors = "frame-ancestors " + strings.Join(p.Ancestors, " ")
	}
	return strings.Join([]string{
		"default-src 'none'",
		"base-uri 'none'",
		list("script-src", "'self' 'nonce-"+nonce+"'", p.Script),
		list("style-src", "'self' 'nonce-"+nonce+"'", nil),
		list("img-src", "'self' data:", p.Img),
		"font-src 'self'",
		list("connect-src", "'self'", p.Connect),
		list("frame-src", "'self'", p.Frame),
		list("form-action", "'self'", p.Form),
		ancestors,
	}, "; ")
}

// Nonce is 128 random bits for a policy header.
func Nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return base64.RawStdEncoding.EncodeToString(b[:])
}

// Pick returns ko unless lang is "en".
func Pick(lang, ko, en string) string {
	if lang == "en" {
		return en
	}
	return ko
}

// Language maps a requested language or locale to one that exists: English
// for "en" and its regions, Korean for everything else.
func Language(s string) string {
	s = strings.ToLower(s)
	if s == "en" || strings.HasPrefix(s, "en-") || strings.HasPrefix(s, "en_") {
		return "en"
	}
	return "ko"
}
