package sdk

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/gateway"
	"naru/internal/v1wire"
)

// matrixRow is a row of parameters.csv: what becomes of one parameter at one
// provider in the windows of some methods.
//
//   - methods: names of the provider's groups (see groups), or "*" for all, or
//     "payments" for all but billing.
//   - what: "passed" to the provider, "acted" upon by the gateway itself,
//     "refused" or "noted" and left out.
//   - detail: what proves it, items joined by "; ". MEMBER=VALUE and !MEMBER are
//     of the window call (tosspayments: the arguments of the browser SDK, "method"
//     being the first; tosspay_v2: the body of the call that opens the window;
//     "call" is which call); payment.FIELD=VALUE of V1's payment; channel, redirect,
//     webhook, confirm, page and choose of what the gateway does, where the buyer
//     takes the first of what there is to choose; refused:CODE and noted:KIND, with
//     :NAME where another name than the parameter's is told; "phone" is true of
//     phones. test/parameters proves each of them against the providers' stand-ins.
//   - example: parameters put over those of base; null takes one away. {{…}} is
//     something to fill in: see fill.
type matrixRow struct {
	parameter, provider, methods, what, detail, ko, en, example string
}

var matrixColumns = []string{"parameter", "provider", "methods", "what", "detail", "ko", "en", "example"}

// group is one kind of window, with the method that stands for it.
type group struct{ name, method string }

var groups = map[string][]group{
	"tosspayments": {{"card", "card"}, {"wallet", "kakaopay"}, {"tosspay", "tosspay"}, {"vbank", "vbank"}, {"trans", "trans"}, {"phone", "phone"}, {"gift", "cultureland"}, {"billing", "card"}},
	"tosspay_v2":   {{"tosspay", "tosspay"}, {"tosspay_card", "tosspay_card"}, {"tosspay_money", "tosspay_money"}, {"billing", "tosspay"}},
}

// anyName is the parameter of the rows about names that are no parameters.
const anyName = "(unknown)"

func readMatrix(t *testing.T) []matrixRow {
	t.Helper()
	text, err := os.ReadFile("parameters.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(matrixColumns, lines[0]); d != "" {
		t.Fatal(d)
	}
	var out []matrixRow
	for _, l := range lines[1:] {
		out = append(out, matrixRow{l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]})
	}
	return out
}

// groups are the windows the row is about.
func (r matrixRow) groups() []group {
	named := strings.Fields(r.methods)
	return slices.DeleteFunc(slices.Clone(groups[r.provider]), func(g group) bool {
		switch r.methods {
		case "*":
			return false
		case "payments":
			return g.name == "billing"
		}
		return !slices.Contains(named, g.name)
	})
}

// items of the detail that begin with prefix, without it.
func (r matrixRow) items(prefix string) []string {
	var out []string
	for _, item := range strings.Split(r.detail, "; ") {
		if rest, ok := strings.CutPrefix(item, prefix); ok {
			out = append(out, rest)
		}
	}
	return out
}

// params are the parameters of the row's example in g's window.
func (r matrixRow) params(t *testing.T, g group) map[string]json.RawMessage {
	t.Helper()
	all := base(t, g)
	var example map[string]json.RawMessage
	if err := json.Unmarshal([]byte(fill(r.example)), &example); err != nil {
		t.Fatalf("%s: example %s: %v", r.parameter, r.example, err)
	}
	maps.Copy(all, example)
	return all
}

// base is an ordinary request for g's window.
func base(t *testing.T, g group) map[string]json.RawMessage {
	t.Helper()
	text := `{"channelKey":"channel-key-1","merchant_uid":"order-1","name":"원두","amount":84000,"buyer_name":"김나루","m_redirect_url":"https://shop.example/done","pay_method":"` + g.method + `"}`
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	if g.name == "billing" {
		out["customer_uid"], out["customer_id"] = json.RawMessage(`"customer-1"`), json.RawMessage(`"member-1"`)
	}
	return out
}

var blank = regexp.MustCompile(`\{\{(now|today)\+(\d+)([md])\}\}`)

// fill puts times in Korea and names into an example.
func fill(text string) string {
	text = blank.ReplaceAllStringFunc(text, func(s string) string {
		m := blank.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		if m[1] == "today" {
			return noon.In(korea()).AddDate(0, 0, n).Format(time.DateOnly)
		}
		return noon.In(korea()).Add(time.Duration(n) * time.Minute).Format(time.DateTime)
	})
	return strings.NewReplacer("{{channel}}", "channel-key-2", "{{payment channel}}", "channel-key-3", "{{pg}}", "tosspayments.mid", "{{unique}}", "unique-1").Replace(text)
}

func encoded(params map[string]json.RawMessage) json.RawMessage {
	out, _ := json.Marshal(params)
	return out
}

var index = regexp.MustCompile(`\[\d+\]`)

// knownNames is every name that the decoder asked for while it read all examples.
func knownNames(t *testing.T, rows []matrixRow) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, r := range rows {
		for _, g := range r.groups() {
			_, f, _ := readParams(encoded(r.params(t, g)), noon)
			for _, part := range f.all {
				for name := range part.known {
					known[index.ReplaceAllString(part.path+name, "[]")] = true
				}
			}
		}
	}
	return known
}

// TestMatrixNamesEveryParameter: what the decoder asks for has a row, and a row is
// about something the decoder asks for.
func TestMatrixNamesEveryParameter(t *testing.T) {
	t.Parallel()
	rows := readMatrix(t)
	named := map[string]bool{}
	for _, r := range rows {
		named[r.parameter] = true
	}
	known := knownNames(t, rows)
	for name := range known {
		within := func(n string) bool {
			return n == name || strings.HasPrefix(n, name+".") || strings.HasPrefix(n, name+"[]")
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(named)), within) {
			t.Errorf("%s is read and has no row in parameters.csv", name)
		}
	}
	for name := range named {
		if !known[name] && name != anyName {
			t.Errorf("%s has a row in parameters.csv and is not read", name)
		}
	}
}

// TestMatrixCoversEveryWindow: no window is forgotten.
func TestMatrixCoversEveryWindow(t *testing.T) {
	t.Parallel()
	rows := readMatrix(t)
	covered := map[string]bool{}
	for _, r := range rows {
		for _, g := range r.groups() {
			covered[r.parameter+" "+r.provider+" "+g.name] = true
		}
	}
	for _, r := range rows {
		for provider, all := range groups {
			for _, g := range all {
				if r.parameter == "customer_uid" && g.name != "billing" { // it makes the window one for billing keys
					continue
				}
				if key := r.parameter + " " + provider + " " + g.name; !covered[key] {
					t.Errorf("%s: no row", key)
				}
			}
		}
	}
}

var item = regexp.MustCompile(`^(phone|!\w+|refused:[A-Z0-9_]+(:[\w.\[\]]+)?|noted:(unknown|deprecated|unused|adapted)(:[\w.\[\]]+)?|[\w.\[\]]+=.+)$`)

func TestMatrixIsWellFormed(t *testing.T) {
	t.Parallel()
	for _, r := range readMatrix(t) {
		at := r.parameter + " " + r.provider + " " + r.methods
		if len(r.groups()) == 0 || r.methods != "*" && r.methods != "payments" && len(r.groups()) != len(strings.Fields(r.methods)) {
			t.Errorf("%s: no such methods", at)
		}
		if r.ko == "" || r.en == "" || r.ko == r.en || strings.ContainsAny(r.en, "가나다라마바사아자차카타파하") {
			t.Errorf("%s is not described in both languages", at)
		}
		for _, one := range strings.Split(r.detail, "; ") {
			if !item.MatchString(one) {
				t.Errorf("%s: detail %q", at, one)
			}
		}
		refused, noted := len(r.items("refused:")), len(r.items("noted:"))
		switch r.what {
		case "refused":
			if refused != 1 || noted != 0 {
				t.Errorf("%s: is refused once: %s", at, r.detail)
			}
		case "noted":
			if refused != 0 || noted == 0 {
				t.Errorf("%s: is noted: %s", at, r.detail)
			}
		case "passed", "acted":
			if refused != 0 || noted == len(strings.Split(r.detail, "; ")) {
				t.Errorf("%s: says what comes of it: %s", at, r.detail)
			}
		default:
			t.Errorf("%s: what %q", at, r.what)
		}
	}
}

// TestMatrixHoldsForTheDecoder: what the decoder refuses and notes by itself is
// what the row says, and what is passed on arrives.
func TestMatrixHoldsForTheDecoder(t *testing.T) {
	t.Parallel()
	for _, r := range readMatrix(t) {
		for _, g := range r.groups() {
			at := r.parameter + " " + r.provider + " " + g.name + " " + r.example
			w, _, err := readParams(encoded(r.params(t, g)), noon)
			if no, ok := errors.AsType[*gateway.Refusal](err); ok {
				code, _ := v1wire.RefusalText(string(no.Code), no.Field, no.Detail)
				if got := refusal(r.parameter, code, no.Field); !slices.Contains(r.items("refused:"), got) {
					t.Errorf("%s: refused:%s, want %s", at, got, r.detail)
				}
				continue
			}
			if r.what == "refused" { // by the gateway
				continue
			}
			for _, n := range w.Notes {
				if got := refusal(r.parameter, string(n.Kind), n.Parameter); r.parameter != anyName && !slices.Contains(r.items("noted:"), got) && !strings.HasSuffix(got, ":card.direct") {
					t.Errorf("%s: noted:%s, want %s", at, got, r.detail)
				}
			}
			if r.what != "noted" && !r.changes(t, g, w) {
				t.Errorf("%s makes no difference", at)
			}
		}
	}
}

// refusal is a code or kind, and the name that is told unless it is the parameter's.
func refusal(parameter, code, name string) string {
	if index.ReplaceAllString(name, "[]") == parameter && name == parameter {
		return code
	}
	return code + ":" + name
}

// changes reports whether the example makes another window of base: not one
// without what the example is about. Defaults that are named make none.
func (r matrixRow) changes(t *testing.T, g group, with gateway.WindowRequest) bool {
	t.Helper()
	if slices.Contains([]string{`{"currency":"KRW"}`, `{"useCardPoint":null}`, `{"bypass":{}}`, `{"amount":null}`}, r.example) {
		return true
	}
	without := base(t, g)
	var example map[string]json.RawMessage
	if err := json.Unmarshal([]byte(fill(r.example)), &example); err != nil {
		t.Fatal(err)
	}
	for name := range example {
		delete(without, name)
	}
	was, _, err := readParams(encoded(without), noon)
	return err != nil || cmp.Diff(was, with) != ""
}
