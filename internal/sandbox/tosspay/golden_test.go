package tosspay

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestGoldenExchanges plays every testdata/wire/*.txtar: its requests are sent
// as they are written, and the answers must have the same fields with the same
// values, ids excepted, which must be of the same form.
//
// A file is a list of sections, played in order:
//
//	at          sets the clock
//	POST path   sends a request
//	answer      is what came back
//	buyer       authenticates the last payment with these choices
//	agree       is the buyer agreeing to the last billing key
//	callback T  is the next callback, of content type T
func TestGoldenExchanges(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(archive.Comment), "read 20") {
				t.Error("the comment does not say which page was read when")
			}
			play := &play{bench: setup(t), ids: map[string]string{}}
			for _, section := range archive.Files {
				play.section(t, section.Name, string(section.Data))
			}
		})
	}
}

// play is a golden file being played.
type play struct {
	*bench
	ids    map[string]string // the file's id → the simulator's
	token  string            // of the last payment
	key    string            // the last billing key
	answer any
	told   int // callbacks seen
}

func (p *play) section(t *testing.T, name, data string) {
	t.Helper()
	word, rest, _ := strings.Cut(name, " ")
	switch word {
	case "at":
		p.clock.Set(t, data)
	case "POST":
		status, got := p.post(rest, p.translate(data))
		if status != 200 {
			t.Fatalf("%s: HTTP %d %v", name, status, got)
		}
		p.answer = got
		if token, ok := got["payToken"].(string); ok {
			p.token = token
		}
		if key, ok := got["billingKey"].(string); ok {
			p.key = key
		}
	case "answer":
		p.same(t, "answer", parse(t, data), p.answer)
	case "buyer":
		p.ctlOK("POST", "/payments/"+p.token+"/approve", json.RawMessage(data))
	case "agree":
		p.ctlOK("POST", "/billing-keys/"+p.key+"/agree", json.RawMessage(data))
	case "callback":
		p.callback(t, rest, data)
	default:
		t.Fatalf("section %q is not known", name)
	}
}

func (p *play) callback(t *testing.T, kind, data string) {
	t.Helper()
	list := p.callbackViews()
	if len(list) <= p.told {
		t.Fatalf("%d callbacks, want another", len(list))
	}
	got := list[p.told]
	p.told++
	if got.ContentType != kind {
		t.Errorf("callback is %s, want %s", got.ContentType, kind)
	}
	if strings.HasPrefix(kind, "application/json") {
		p.same(t, "callback", parse(t, data), parse(t, got.Body))
		return
	}
	var names [2][]string
	var forms [2]any
	for i, raw := range []string{strings.TrimSpace(data), got.Body} {
		form := body{}
		for pair := range strings.SplitSeq(raw, "&") {
			name, value, _ := strings.Cut(pair, "=")
			value, err := url.QueryUnescape(value)
			if err != nil {
				t.Fatal(err)
			}
			names[i] = append(names[i], name)
			form[name] = value
		}
		forms[i] = form
	}
	if !slices.Equal(names[0], names[1]) {
		t.Errorf("form fields %v, want %v", names[1], names[0])
	}
	p.same(t, "callback", forms[0], forms[1])
}

func parse(t *testing.T, data string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

// translate puts the simulator's ids in place of the file's.
func (p *play) translate(s string) string {
	s = strings.ReplaceAll(s, "https://pay.toss.im", p.url)
	for theirs, ours := range p.ids {
		s = strings.ReplaceAll(s, theirs, ours)
	}
	return s
}

// idForms are the fields whose values only have a form in common.
var idForms = map[string]*regexp.Regexp{
	"billingKey":          regexp.MustCompile(`^[0-9A-Za-z]{22}$`),
	"payToken":            regexp.MustCompile(`^[0-9A-Za-z]{22}$`),
	"transactionId":       regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
	"cardAuthorizationNo": regexp.MustCompile(`^[0-9]{8}$`),
	"cashReceiptMgtKey":   regexp.MustCompile(`^[0-9A-Za-z-]{1,36}$`),
}

// same compares what the file wants with what came, and learns ids.
func (p *play) same(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case body:
		have, ok := got.(body)
		if !ok || !slices.Equal(keys(want), keys(have)) {
			t.Errorf("%s has fields\n%v, want\n%v", at, keys(have), keys(want))
			return
		}
		for _, name := range keys(want) { // ids first: addresses are made of them
			if form := idForms[name]; form != nil {
				p.sameID(t, at+"."+name, form, want[name], have[name])
			}
		}
		for _, name := range keys(want) {
			if idForms[name] == nil {
				p.same(t, at+"."+name, want[name], have[name])
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) {
			t.Errorf("%s = %v, want %v", at, got, want)
			return
		}
		for i := range want {
			p.same(t, fmt.Sprintf("%s[%d]", at, i), want[i], have[i])
		}
	case string:
		if got != p.translate(want) {
			t.Errorf("%s = %#v, want %#v", at, got, p.translate(want))
		}
	default:
		if got != want {
			t.Errorf("%s = %#v, want %#v", at, got, want)
		}
	}
}

func (p *play) sameID(t *testing.T, at string, form *regexp.Regexp, want, got any) {
	t.Helper()
	theirs, _ := want.(string)
	ours, _ := got.(string)
	if !form.MatchString(ours) || !form.MatchString(theirs) {
		t.Errorf("%s = %#v, want the form of %#v", at, got, want)
		return
	}
	if known, seen := p.ids[theirs]; seen && known != ours {
		t.Errorf("%s = %s, earlier it was %s", at, ours, known)
	}
	p.ids[theirs] = ours
}

func keys(m body) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
