package v1

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/web"
)

//go:embed docs
var docsFiles embed.FS

// docs is the reference page with what it is made of.
type docs struct {
	ref    *reference
	kit    *web.Kit
	assets *web.Assets
}

func newDocs(ref *reference) (*docs, error) {
	files, err := fs.Sub(docsFiles, "docs")
	if err != nil {
		return nil, err
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	assets, err := web.NewAssets("/x/docs/", static)
	if err != nil {
		return nil, err
	}
	kit, err := web.NewKit(files, assets, template.FuncMap{
		"rows": func(lang string, fields []line) rowsData { return rowsData{lang, fields} },
	})
	return &docs{ref, kit, assets}, err
}

// serveDocs answers with the reference page: Korean, or English with ?lang=en.
func (a *api) serveDocs(w http.ResponseWriter, r *http.Request) {
	d, err := a.docs()
	if err != nil {
		codec{}.Fail(w, r, err)
		return
	}
	lang := web.Language(r.URL.Query().Get("lang"))
	err = d.kit.Render(w, web.Page{
		Name: "reference", Lang: lang, Title: web.Pick(lang, "나루 REST API", "Naru REST API"), Data: d.ref.page(lang),
	})
	if err != nil {
		rest.EventOf(r.Context()).Err = err
	}
}

func (a *api) serveDocsAsset(w http.ResponseWriter, r *http.Request) {
	d, err := a.docs()
	if err != nil {
		codec{}.Fail(w, r, err)
		return
	}
	d.assets.ServeHTTP(w, r)
}

// The page as its template has it.
type (
	pageData struct {
		Groups []group
		Shapes []table
	}
	group struct {
		ID, Title  string
		Operations []operation
	}
	operation struct {
		ID, Method, Path, Summary string
		Public, Soft, Tested      bool
		Response                  string // name of the shape; "" when there is none
		List, Partly              bool
		Fields                    []line
	}
	table struct {
		Name   string
		Fields []line
	}
	rowsData struct {
		Lang   string
		Fields []line
	}
	line struct {
		Name, Type, Note, State string
		Required                bool
		Shape                   string // where Type is described further
	}
)

// parts are the chapters of the page: what each is called, and how the paths of
// its operations begin. The first that fits holds.
var parts = []struct {
	id, ko, en string
	prefixes   []string
}{
	{"prepare", "사전등록", "Registered amounts", []string{"/payments/prepare"}},
	{"cancel", "취소", "Cancels", []string{"/payments/cancel"}},
	{"payments", "결제 조회", "Payments", []string{"/payments"}},
	{"schedules", "예약결제", "Booked charges", []string{"/subscribe/payments/schedule", "/subscribe/payments/unschedule"}},
	{"charges", "비인증 결제", "Charges without a window", []string{"/subscribe/payments"}},
	{"keys", "빌링키", "Billing keys", []string{"/subscribe/customers"}},
	{"accounts", "가상계좌", "Virtual accounts", []string{"/vbanks"}},
	{"receipts", "현금영수증", "Cash receipts", []string{"/receipts"}},
	{"codes", "코드표", "Code tables", []string{"/cards", "/banks"}},
	{"merchant", "토큰과 상점", "Token and merchant", []string{"/"}},
}

// chapters is the order the parts stand in.
var chapters = []string{"merchant", "payments", "cancel", "prepare", "charges", "keys", "schedules", "accounts", "receipts", "codes"}

func (ref *reference) page(lang string) pageData {
	byPart := map[string]*group{}
	for _, p := range parts {
		byPart[p.id] = &group{ID: p.id, Title: web.Pick(lang, p.ko, p.en)}
	}
	for _, rt := range ref.routes {
		for _, p := range parts {
			if slices.ContainsFunc(p.prefixes, func(prefix string) bool { return strings.HasPrefix(rt.path, prefix) }) {
				byPart[p.id].Operations = append(byPart[p.id].Operations, ref.operation(rt, lang))
				break
			}
		}
	}
	var out pageData
	for _, id := range chapters {
		out.Groups = append(out.Groups, *byPart[id])
	}
	out.Shapes = ref.tables(lang)
	return out
}

func (ref *reference) operation(rt route, lang string) operation {
	t := rt.response()
	op := operation{
		ID: notLetters.ReplaceAllString(strings.ToLower(rt.method)+rt.path, "-"), Method: rt.method, Path: rt.path, Summary: ref.byKey[rt.address()].text(lang),
		Public: rt.public, Soft: rt.soft, Tested: rt.tested(), Partly: rt.partly(), List: t.Kind() == reflect.Slice,
	}
	if op.List {
		t = t.Elem()
	}
	op.Response = t.Name()
	types := map[string]reflect.Type{}
	for _, f := range allFields(rt.in) {
		if types[f.name] = f.typ; f.typ.Kind() == reflect.Pointer { // null is absent
			types[f.name] = f.typ.Elem()
		}
	}
	for _, r := range ref.rows {
		if r.operation == rt.address() && r.place == "request" {
			op.Fields = append(op.Fields, line{Name: r.field, Type: typeName(types[r.field], lang), Note: r.text(lang), State: r.state, Required: r.required == "yes"})
		}
	}
	return op
}

// tables are the shapes of the responses, in the order of coverage.csv.
func (ref *reference) tables(lang string) []table {
	shapes := ref.shapes()
	var out []table
	for _, r := range ref.rows {
		if r.place != "response" {
			continue
		}
		if len(out) == 0 || out[len(out)-1].Name != r.operation {
			out = append(out, table{Name: r.operation})
		}
		l := line{Name: r.field, Note: r.text(lang), State: r.state}
		for _, f := range fieldsOf(shapes[r.operation]) {
			if f.name == r.field {
				l.Type, l.Shape = typeName(f.typ, lang), shapeIn(f.typ)
			}
		}
		last := &out[len(out)-1]
		last.Fields = append(last.Fields, l)
	}
	return out
}

// shapeIn is the name of the struct that a type is or lists.
func shapeIn(t reflect.Type) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return t.Name()
	}
	return ""
}

// typeName says what a value is, to a reader.
func typeName(t reflect.Type, lang string) string {
	if t == nil {
		return ""
	}
	switch t {
	case reflect.TypeFor[pay.Secret]():
		return web.Pick(lang, "문자열", "string")
	case reflect.TypeFor[rest.Text]():
		return web.Pick(lang, "문자열, 객체", "string, object")
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem(), lang) + ", null"
	case reflect.Slice:
		return fmt.Sprintf(web.Pick(lang, "%s 배열", "list of %s"), typeName(t.Elem(), lang))
	case reflect.Struct:
		if t == reflect.TypeFor[scheduleItem]() {
			return web.Pick(lang, "객체", "object")
		}
		return t.Name()
	case reflect.Bool:
		return web.Pick(lang, "불리언", "boolean")
	case reflect.Int, reflect.Int64:
		return web.Pick(lang, "정수", "integer")
	}
	return web.Pick(lang, "문자열", "string")
}
