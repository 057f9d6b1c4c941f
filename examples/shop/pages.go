package shop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func parsePages() (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	for _, name := range []string{"product", "order", "orders", "missing"} {
		t := template.New(name).Funcs(template.FuncMap{"t": pick, "won": won, "unix": unix, "when": when, "list": list})
		t, err := t.ParseFS(files, "templates/frame.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("shop: page %s: %w", name, err)
		}
		pages[name] = t
	}
	return pages, nil
}

// view is what every template sees.
type view struct {
	Lang, Query string // Query keeps the language in links: "" or "?lang=en"
	Other       string // this page in the other language
	Options     Options
	Data        any
}

func (s *Shop) render(w http.ResponseWriter, r *http.Request, status int, page string, data any) {
	lang, q := language(r.FormValue("lang")), r.URL.Query()
	q.Set("lang", pick(lang, "en", "ko"))
	v := view{Lang: lang, Query: langQuery(lang), Options: s.opt, Data: data}
	v.Other = strings.TrimSuffix(r.URL.Path, "/cancel") + "?" + q.Encode()
	v.Options.Key, v.Options.Secret = "", "" // never in a page
	var b bytes.Buffer
	if err := s.pages[page].ExecuteTemplate(&b, "frame", v); err != nil {
		s.opt.Log.Error("page", "name", page, "err", err)
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser hung up: nothing to be done
}

// showProduct takes, for trying things out: variant (which kind is chosen),
// confirm=0 (no confirm_url), redirect=0 (no m_redirect_url) and stay=1 (show
// the callback's object instead of going on to /complete).
func (s *Shop) showProduct(w http.ResponseWriter, r *http.Request) {
	q, items := r.URL.Query(), catalogue()
	i := max(0, slices.IndexFunc(items, func(it item) bool { return it.Code == q.Get("variant") }))
	s.render(w, r, http.StatusOK, "product", map[string]any{
		"Items": items, "Chosen": items[i].Code, "Price": int64(price), "Max": maxQuantity,
		"Confirm": q.Get("confirm") != "0", "Redirect": q.Get("redirect") != "0", "Stay": q.Get("stay") == "1",
	})
}

// orderPage is an order, and on return from a payment how that went, or what
// was wrong with a request to cancel.
type orderPage struct {
	order
	Result, Why, Problem string
}

func (s *Shop) showOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.book.change(r.PathValue("merchant_uid"), nil)
	if err != nil {
		s.showMissing(w, r)
		return
	}
	s.render(w, r, http.StatusOK, "order", orderPage{order: o})
}

// showOrders lists every order: in a real shop, behind the staff's login.
func (s *Shop) showOrders(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "orders", s.book.list())
}

func (s *Shop) showMissing(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "missing", nil)
}

// writeJSON answers with an object of the given names and values in turn.
func writeJSON(w http.ResponseWriter, status int, pairs ...any) {
	body := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		body[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side hung up: nothing to be done
}

func pick(lang, ko, en string) string {
	if lang == "en" {
		return en
	}
	return ko
}

// language is "en" for English and its regions, "ko" for everything else.
func language(s string) string {
	if s = strings.ToLower(s); s == "en" || strings.HasPrefix(s, "en-") {
		return "en"
	}
	return "ko"
}

func langQuery(lang string) string { return pick(lang, "", "?lang=en") }

// won prints 12000 as 12,000원 or ₩12,000.
func won(lang string, amount int64) string {
	s := strconv.FormatInt(amount, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return pick(lang, s+"원", "₩"+s)
}

func when(t time.Time) string { return t.In(korea()).Format("2006-01-02 15:04:05") }

// unix prints a time of V1, or nothing for 0, which means "not happened".
func unix(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return when(time.Unix(seconds, 0))
}

// list passes several values to a nested template.
func list(values ...string) []string { return values }
