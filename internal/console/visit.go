package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/web"
)

// Cookies of the console. None is sent to any other face.
const (
	sessionCookie  = "naru_console" // see Console.sessionName
	languageCookie = "naru_language"
	saidCookie     = "naru_said" // what the last action did, shown once
)

// languageLife is how long a browser keeps the language that was chosen.
const languageLife = 365 * 24 * time.Hour

// strictTransport has a browser use https alone for half a year, on this host.
const strictTransport = "max-age=15552000"

// sessionName is the session's cookie. Under https its name begins so that browsers
// take it from https alone: no plain page of the host can put another in its place.
func (c *Console) sessionName() string {
	if c.secure {
		return "__Secure-" + sessionCookie
	}
	return sessionCookie
}

// visit is one request to the console, and who makes it.
type visit struct {
	people.Visit
	c     *Console
	w     http.ResponseWriter
	r     *http.Request
	token string // of the session, "" is nobody
	lang  string
}

// visit finds out who asks. The visit is usable also with people.ErrNoSession: it
// is nobody's then, whatever the cookie was.
func (c *Console) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	v := &visit{c: c, w: w, r: r}
	err := people.ErrNoSession
	if k, cookieErr := r.Cookie(c.sessionName()); cookieErr == nil && k.Value != "" {
		v.token = k.Value
		var found people.Visit
		if found, err = c.people.Visit(r.Context(), v.token); err == nil {
			v.Visit = found
			v.r = r.WithContext(pay.WithActor(r.Context(), v.actor()))
		}
	}
	v.lang = v.language()
	return v, err
}

// mayAt reports whether a role of the operator's gives a right at one of their
// stores.
func (v *visit) mayAt(m pay.Merchant, r pay.Right) bool {
	for _, g := range v.Grants {
		if g.Reaches(m) && g.May(r) {
			return true
		}
	}
	return false
}

func (v *visit) actor() pay.Actor {
	return pay.Actor{Kind: pay.ActorOperator, ID: string(v.Operator.ID), Name: v.Operator.Name, Address: v.client().Address}
}

func (v *visit) client() people.Client {
	host, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		host = v.r.RemoteAddr
	}
	return people.Client{Address: host, UserAgent: v.r.UserAgent(), Token: v.token}
}

// language is what the address asks for, what was chosen, what the operator has
// set, or what the browser prefers; else Korean.
func (v *visit) language() string {
	if l := v.r.URL.Query().Get("lang"); l == "ko" || l == "en" {
		return l
	}
	if k, err := v.r.Cookie(languageCookie); err == nil && (k.Value == "ko" || k.Value == "en") {
		return k.Value
	}
	if v.Operator.Language != "" {
		return v.Operator.Language
	}
	first, _, _ := strings.Cut(v.r.Header.Get("Accept-Language"), ",")
	return web.Language(first)
}

// t picks the Korean or the English words.
func (v *visit) t(ko, en string) string { return web.Pick(v.lang, ko, en) }

// param is a part of the address.
func (v *visit) param(name string) string {
	raw := chi.URLParam(v.r, name)
	if s, err := url.PathUnescape(raw); err == nil {
		return s
	}
	return raw
}

// field is what was entered in a form, or stands in the query, without spaces
// around it.
func (v *visit) field(name string) string { return strings.TrimSpace(v.r.FormValue(name)) }

// path is an address within the console; query are keys and values.
func (c *Console) path(path string, query ...string) string {
	if len(query) == 0 {
		return c.base + path
	}
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			q.Add(query[i], query[i+1])
		}
	}
	if len(q) == 0 {
		return c.base + path
	}
	return c.base + path + "?" + q.Encode()
}

// formToken is what a form of the session carries, so that no other site can make
// one.
func (v *visit) formToken() string {
	sum := sha256.Sum256([]byte("naru console form\n" + v.token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// checkForm refuses a form that is not of this session, or that was made while
// another store was looked at.
func (v *visit) checkForm() error {
	if err := v.r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return errStale
	}
	return v.checkGuard(v.r.PostFormValue("form_token"), v.r.PostFormValue("store"))
}

// checkGuard refuses what the guard of another session's or another store's form says.
func (v *visit) checkGuard(token, store string) error {
	if subtle.ConstantTimeCompare([]byte(token), []byte(v.formToken())) != 1 || pay.MerchantID(store) != v.Store.ID {
		return errStale
	}
	return nil
}

// page is what every template sees as .Data.
type page struct {
	*visit
	Body    any
	Said    string // what the last action did
	Nav     []section
	Here    string // path of the section that is open
	Path    string // of this page, with its query
	Version string
	Bare    bool // no menu: nobody is signed in
}

// FormToken is what a form carries.
func (p page) FormToken() string { return p.formToken() }

// Initial is the first letter of the operator's name.
func (p page) Initial() string {
	for _, r := range p.Operator.Name {
		return string(r)
	}
	return "·"
}

// Has reports whether there is a page at a path that the operator may see.
func (p page) Has(path string) bool {
	for _, t := range p.c.table {
		if t.method == http.MethodGet && t.pattern == path {
			return t.right == "" || p.May(t.right)
		}
	}
	return false
}

// render answers with a page of the console.
func (v *visit) render(name, title string, body any) error {
	return v.renderStatus(http.StatusOK, name, title, body)
}

// renderStatus is render with a status: a form that was not taken is shown again
// with 422.
func (v *visit) renderStatus(status int, name, title string, body any) error {
	p := page{visit: v, Body: body, Path: v.r.URL.RequestURI(), Version: v.c.version, Said: v.said(), Bare: v.Operator.ID == ""}
	rest := strings.TrimPrefix(v.r.URL.Path, v.c.base)
	for _, s := range v.c.nav {
		if s.right != "" && !v.May(s.right) {
			continue
		}
		if s.Path == "/attention" {
			s.Count = v.openAlarms()
		}
		p.Nav = append(p.Nav, s)
		if rest == s.Path || strings.HasPrefix(rest, s.Path+"/") {
			p.Here = s.Path
		}
	}
	return v.c.kit.Render(v.w, web.Page{Name: name, Status: status, Lang: v.lang, Title: title, Data: p, Referrer: "same-origin"})
}

// problem answers with a page that says what is wrong.
func (v *visit) problem(status int, title, text string) {
	if err := v.renderStatus(status, "problem", title, text); err != nil {
		v.c.log.ErrorContext(v.r.Context(), "the console's page of a problem failed", "err", err)
	}
}

// done ends an action: it goes to a page (v.c.path) that says what was done, once.
func (v *visit) done(to, ko, en string) error {
	v.cookie(saidCookie, base64.RawURLEncoding.EncodeToString([]byte(v.t(ko, en))), time.Minute)
	return v.redirect(to)
}

func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// said is what the last action did; it is told once.
func (v *visit) said() string {
	k, err := v.r.Cookie(saidCookie)
	if err != nil || k.Value == "" {
		return ""
	}
	v.cookie(saidCookie, "", -time.Second)
	text, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return ""
	}
	return string(text)
}

func (v *visit) cookie(name, value string, life time.Duration) {
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Value: value, Path: v.c.base, MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: v.c.secure, SameSite: http.SameSiteLaxMode,
	})
}

// toSignIn sends whoever is not signed in to where they can, and then back.
func (v *visit) toSignIn() {
	next := ""
	if v.r.Method == http.MethodGet {
		next = strings.TrimPrefix(v.r.URL.RequestURI(), v.c.base)
	}
	_ = v.redirect(v.c.path("/sign-in", "next", next))
}

// next is where to go after signing in: a page of the console, and nothing else.
func (v *visit) next() string {
	n := v.field("next")
	u, err := url.Parse(n)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(n, "/") || strings.HasPrefix(n, "//") || strings.ContainsAny(n, "\\\r\n") {
		return v.c.path("/")
	}
	return v.c.base + n
}
