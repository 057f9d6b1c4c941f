package parameters_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// matrix is the table that is walked. What its columns mean is told where it is
// checked, in the tests of the package beside it.
const matrix = "../../internal/sdk/parameters.csv"

// row says what becomes of one parameter at one provider in the windows of some
// methods.
type row struct {
	line                                        int // in the file
	parameter, provider, methods, what, example string
	items                                       []string // what is to be proved
}

// window is one kind of window, and the method that stands for it.
type window struct{ name, method string }

var windows = map[string][]window{
	cards:  {{"card", "card"}, {"wallet", "kakaopay"}, {"tosspay", "tosspay"}, {"vbank", "vbank"}, {"trans", "trans"}, {"phone", "phone"}, {"gift", "cultureland"}, {billing, "card"}},
	wallet: {{"tosspay", "tosspay"}, {"tosspay_card", "tosspay_card"}, {"tosspay_money", "tosspay_money"}, {billing, "tosspay"}},
}

func readMatrix() ([]row, error) {
	f, err := os.Open(matrix)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	in := csv.NewReader(f)
	head, err := in.Read()
	if err != nil {
		return nil, err
	}
	if want := []string{"parameter", "provider", "methods", "what", "detail", "ko", "en", "example"}; !slices.Equal(head, want) {
		return nil, fmt.Errorf("%s has columns %v, want %v", matrix, head, want)
	}
	lines, err := in.ReadAll()
	var out []row
	for i, l := range lines {
		out = append(out, row{line: i + 2, parameter: l[0], provider: l[1], methods: l[2], what: l[3], items: strings.Split(l[4], "; "), example: l[7]})
	}
	return out, err
}

// windows are those the row is about: "*" is all, "payments" all but billing.
func (r row) windows() []window {
	named := strings.Fields(r.methods)
	return slices.DeleteFunc(slices.Clone(windows[r.provider]), func(w window) bool {
		switch r.methods {
		case "*":
			return false
		case "payments":
			return w.name == billing
		}
		return !slices.Contains(named, w.name)
	})
}

// told are the items that begin with prefix, without it, each as KIND:NAME: the
// parameter's own name is what an item without a name means.
func (r row) told(prefix string) []string {
	var out []string
	for _, item := range r.items {
		if rest, ok := strings.CutPrefix(item, prefix); ok {
			if kind, name, named := strings.Cut(rest, ":"); named {
				out = append(out, kind+":"+name)
			} else {
				out = append(out, kind+":"+r.parameter)
			}
		}
	}
	return out
}

func (r row) phone() bool { return slices.Contains(r.items, "phone") }

// params are parameters of a request; null takes one away.
type params map[string]json.RawMessage

func text(s string) json.RawMessage {
	out, _ := json.Marshal(s) // a string is always JSON
	return out
}

func parse(s string) (params, error) {
	var p params
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return nil, fmt.Errorf("example %s: %w", s, err)
	}
	return p, nil
}

// over puts the parameters of an example over those of an ordinary request.
func (p params) over(ordinary params) params {
	out := maps.Clone(ordinary)
	maps.Copy(out, p)
	return out
}

// without is the example without the parameter at path, such as
// products[].name: what is left is what the example needs around it.
func without(example, path string) (params, error) {
	var tree any
	if err := json.Unmarshal([]byte(example), &tree); err != nil {
		return nil, err
	}
	prune(tree, strings.Split(path, "."))
	out, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	return parse(string(out))
}

func prune(tree any, path []string) {
	in, ok := tree.(map[string]any)
	if !ok {
		return
	}
	name, each := strings.CutSuffix(path[0], "[]")
	items, _ := in[name].([]any)
	switch {
	case len(path) == 1:
		delete(in, name)
	case each:
		for _, item := range items {
			prune(item, path[1:])
		}
	default:
		prune(in[name], path[1:])
	}
}

var later = regexp.MustCompile(`\{\{(now|today)\+(\d+)([md])\}\}`)

var korea = time.FixedZone("KST", 9*60*60)

// atTime puts times of Korea, counted from now, where {{now+30m}} and
// {{today+3d}} stand.
func atTime(s string, now time.Time) string {
	return later.ReplaceAllStringFunc(s, func(blank string) string {
		m := later.FindStringSubmatch(blank)
		n, err := strconv.Atoi(m[2])
		switch {
		case err != nil:
			return blank
		case m[1] == "today" && m[3] == "d":
			return now.In(korea).AddDate(0, 0, n).Format(time.DateOnly)
		case m[1] == "now" && m[3] == "m":
			return now.In(korea).Add(time.Duration(n) * time.Minute).Format(time.DateTime)
		}
		return blank
	})
}
