package v1

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/rest"
	"naru/internal/v1wire"
)

const errorCodesDoc = "../../../docs/error-codes.md"

// TestErrorCodesDoc holds docs/error-codes.md against the tables it is made
// from; `make generate` writes it.
func TestErrorCodesDoc(t *testing.T) {
	t.Parallel()
	d := &errorDoc{
		t: t, en: errorMeanings(), consts: map[string]string{}, codes: map[string]bool{}, ours: map[string]string{}, softly: map[string]bool{},
	}
	d.readConsts("../../v1wire", "../../gateway", "../../checkout", ".")
	want := d.markdown()
	for name := range d.en {
		t.Errorf("errorMeanings explains %q, which is not there any more", name)
	}
	if t.Failed() {
		return
	}
	if Update {
		if err := os.WriteFile(errorCodesDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(errorCodesDoc)
	if err != nil {
		t.Fatalf("%v; `make generate` writes it", err)
	}
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("stale; `make generate` writes it anew: -want +got\n%s", diff)
	}
}

// TestErrorCodesAreAllListed: every code of ours that stands in a source of the
// parts merchants and buyers meet is on the page.
func TestErrorCodesAreAllListed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(errorCodesDoc)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, dir := range []string{"../../v1wire", "../../gateway", "../../checkout", "../../checkout/static", "../../sdk/static", "."} {
		for _, file := range sourceFiles(t, dir) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range regexp.MustCompile(`["'](NARU_[A-Z_]+|F100[0-9])["']`).FindAllStringSubmatch(string(raw), -1) {
				found++
				if !strings.Contains(string(page), "`"+code[1]+"`") {
					t.Errorf("%s of %s is not in docs/error-codes.md", code[1], file)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("%d codes were found in the sources: the search is broken", found)
	}
}

// errorDoc writes the page. What is left in en at the end was explained and is
// not there.
type errorDoc struct {
	t       *testing.T
	b       strings.Builder
	en      map[string]string // meanings, by the name of what they explain
	consts  map[string]string // texts, by name; "package.Name" of other packages
	ordered []string          // the names, as they stand in the sources
	codes   map[string]bool   // of pages, listed so far
	v1      []string          // texts that are V1's
	files   []*ast.File       // of this package
	said    []string          // the words variables, in the order of the routes
	ours    map[string]string // operations of each
	softly  map[string]bool   // whether they refuse with HTTP 200
}

// means takes the meaning of a name.
func (d *errorDoc) means(name string) string {
	text, ok := d.en[name]
	if !ok && d.consts["meaning "+name] == "" {
		d.t.Errorf("%q is not explained: errorMeanings in errorcodes_words_test.go wants a line for it", name)
	}
	if ok {
		d.consts["meaning "+name] = text // may be asked for again
		delete(d.en, name)
	}
	return d.consts["meaning "+name]
}

func (d *errorDoc) line(cells ...string) {
	d.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// from says whose a text is: V1's, or ours.
func (d *errorDoc) from(text string) string {
	for _, v1 := range d.v1 {
		if rest, ok := strings.CutPrefix(text, v1); ok && (rest == "" || strings.HasPrefix(rest, " [{") || strings.HasPrefix(rest, " ({")) {
			return "V1"
		}
	}
	return ""
}

func (d *errorDoc) row(f failure, meaning string) { d.line(how(f), f.text, d.from(f.text), meaning) }

func (d *errorDoc) table(title string, head ...string) {
	fmt.Fprintf(&d.b, "\n%s\n\n", title)
	d.line(head...)
	d.b.WriteString("|" + strings.Repeat("---|", len(head)) + "\n")
}

func (d *errorDoc) markdown() string {
	d.b.WriteString("<!-- Generated from the code's own tables by `make generate`; do not edit. -->\n\n# 오류 코드와 문구 · Error codes and texts\n\n" +
		"결제창과 REST가 스스로 하는 말 전부입니다. 결제사가 거절한 것은 여기 없고, 언제나 결제사의 코드와 문구가 `[코드] 문구`로 붙습니다. V1 표시가 있는 문구는 V1의 것이고, 나머지는 나루의 문구입니다.\n\n" +
		"Everything the gateway says by itself. A provider's refusal is not here: it always comes as the provider's own `[CODE] words`. Texts marked V1\n" +
		"are V1's; the others are ours, so do not compare those as strings. What stands in braces or as … depends on the request.\n")
	d.beforeWindow()
	d.failedPayments()
	d.pages()
	d.everyCall()
	d.values()
	d.operations()
	return d.b.String()
}

// code writes the row of a page's code.
func (d *errorDoc) code(code, text, meaning string) {
	d.codes[code] = true
	d.line("`"+code+"`", text, d.from(text), d.means(meaning))
}

// beforeWindow: what a page is told whose payment was not begun, or is not known.
func (d *errorDoc) beforeWindow() {
	d.table("## 결제창이 열리기 전 · Before a window opens\n\n"+
		"`error_code`, `error_msg` of the callback or of `m_redirect_url`. No payment was made. Details in parentheses are English.", "code", "text", "", "meaning")
	for _, name := range d.ordered {
		refusal, ok := strings.CutPrefix(name, "gateway.Refused")
		if !ok {
			continue
		}
		code, text := v1wire.RefusalText(d.consts[name], "{parameter}", "{received; allowed}")
		d.code(code, text, "refused "+strings.ToLower(refusal))
	}
	for _, name := range []string{"Internal", "WindowOpen", "Unreachable", "Pending"} {
		d.code(d.consts["v1wire.Code"+name], d.consts["v1wire.Text"+name], name)
	}
	d.code(v1wire.CodeUnsupported, "IMP.{…}: 현재 지원되지 않는 기능입니다.", "Unsupported")
}

// failedPayments: codes recorded with a payment that failed.
func (d *errorDoc) failedPayments() {
	d.table("## 실패한 결제 · Of a payment that failed\n\n`fail_reason` over REST; `error_code` and `error_msg` in the page.", "code", "text", "", "meaning")
	for _, name := range d.ordered {
		word, ok := strings.CutPrefix(name, "gateway.code")
		if !ok {
			continue
		}
		text := d.consts["gateway.text"+word]
		switch word {
		case "Stopped":
			text = v1wire.StopReason("{reason}")
			d.v1 = append(d.v1, text)
		case "Never":
			text = "[" + d.consts[name] + "] " + text
		}
		d.code(d.consts[name], text, "payment "+word)
	}
}

// pages: what only our own pages show.
func (d *errorDoc) pages() {
	d.table("## 나루의 화면에서만 · On pages of ours only", "code", "title", "", "meaning")
	d.code("NARU_CHECKOUT_UNKNOWN", "결제 정보를 찾을 수 없습니다", "page unknown")
	d.code(v1wire.CodeReopened, v1wire.TextReopened, "page used")
	d.code(v1wire.CodeExpired, "결제 시간이 지났습니다", "page expired")
	d.code(v1wire.CodeProviderDown, "결제사에 연결할 수 없습니다", "page down")
	for _, name := range d.ordered {
		if strings.HasPrefix(name, "v1wire.Code") && !d.codes[d.consts[name]] && d.consts[name] != v1wire.CodeUserCancel {
			d.t.Errorf("%s is on no list", name)
		}
	}
}

func how(f failure) string {
	return strings.ReplaceAll(fmt.Sprintf("%d, %d", f.status, f.code), "-", "−")
}

// everyCall: the errors that are not an operation's own.
func (d *errorDoc) everyCall() {
	d.table("## REST: 어디서나 · REST, anywhere\n\nHTTP status and `code` of the envelope.", "HTTP, code", "message", "", "meaning")
	all := plainErrors()
	for _, name := range d.failureVars() {
		f, ok := all[name]
		if !ok {
			d.t.Errorf("plainErrors lacks %s", name)
			continue
		}
		d.row(*f, d.means(name))
	}
	for _, row := range failures() {
		if f := *row.say; f != *errGone && f != *errUnauthorized {
			d.row(f, sentence(row.err))
		}
	}
	d.line("404, 1 (200)", v1wire.NoCustomer("{customer_uid}"), "V1", d.means("NoCustomer"))
	ask := codec{words: &words{failed: always("")}}
	for _, err := range []error{gateway.ErrUnsupported, gateway.ErrChannelMissing, gateway.ErrChannelCannot} {
		f := ask.failureOf(err)
		d.line(how(f)+" (200, 1)", f.text, d.from(f.text), sentence(err))
	}
}

func sentence(err error) string { return strings.TrimPrefix(err.Error(), "connector: ") }

// values: what is said of a value that cannot be taken.
func (d *errorDoc) values() {
	d.table("## REST: 값이 잘못되었을 때 · REST, a wrong value\n\nHTTP 400 with code −1; **200 with code 1** where the table of the operation says so. "+
		"Parts of cards and identity numbers are never repeated.", "message", "meaning")
	rules := []rest.Rule{rest.RuleRequired, rest.RuleText, rest.RuleNumber, rest.RuleAmount, rest.RuleWhole, rest.RuleNegative, rest.RuleTooBig,
		rest.RuleBool, rest.RuleList, rest.RuleObject, rest.RuleLength, rest.RuleAllowed}
	for _, r := range rules {
		d.line(fieldText(&rest.FieldError{Field: "{field}", Value: "{value}", Rule: r, Want: "{…}"}), d.means("rule "+string(r)))
	}
	plain := codec{}.failureOf(&gateway.Invalid{Field: "{field}", Detail: "{English}"}).text
	d.line(plain, d.means("rule invalid"))
	for _, field := range d.invalidFields() { // those that have Korean words of their own
		if text := (codec{}).failureOf(&gateway.Invalid{Field: field, Detail: "{English}"}).text; text != strings.Replace(plain, "{field}", field, 1) {
			d.line(text, d.means("invalid"))
		}
	}
	for _, w := range d.wants() {
		d.line(fieldText(&rest.FieldError{Field: "{field}", Value: "{value}", Rule: rest.RuleForm, Want: w.text, Hidden: w.hidden}), d.means(w.text))
	}
}

// operations: what single operations say.
func (d *errorDoc) operations() {
	d.readRoutes()
	all := allWords()
	d.b.WriteString("\n## REST: 호출마다 · REST, by operation\n\n" + d.means("operations") + "\n")
	for _, name := range d.said {
		w, ok := all[name]
		if !ok {
			d.t.Errorf("allWords lacks %s", name)
			continue
		}
		d.table("### "+d.ours[name], "HTTP, code", "message", "", "meaning")
		c := codec{soft: d.softly[name], words: w}
		if c.soft {
			d.line("200, 1", "…", "", d.means("soft"))
		}
		d.asks(c)
		for _, row := range w.answers {
			d.row(*row.say, sentence(row.err))
		}
	}
}

// asks writes what an operation says of its provider.
func (d *errorDoc) asks(c codec) {
	if c.words.failed == nil {
		return
	}
	said := map[string]bool{}
	for _, no := range []*gateway.DeclinedError{{}, {Step: gateway.DeclinedKey}, {Decline: connector.Decline{Code: connector.DeclineCard}}} {
		no.Decline.ProviderCode, no.Decline.ProviderMessage = "{CODE}", "{결제사의 문구}"
		if f := c.failureOf(no); !said[f.text] {
			said[f.text] = true
			d.row(f, d.means("declined "+strconv.Itoa(len(said))))
		}
	}
	f := c.failureOf(gateway.ErrProviderDown)
	d.row(f, d.means("down"))
	f = c.failureOf(gateway.ErrOutcomeUnknown)
	d.row(f, d.means("unknown"))
	if c.words.cannot != nil {
		d.row(*c.words.cannot, sentence(gateway.ErrUnsupported))
	}
}
