package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
)

// Violation is a rule of accessibility that a document breaks, as axe-core finds
// it. Impact is "minor", "moderate", "serious" or "critical".
type Violation struct {
	Page   string // address of the document
	Rule   string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Where  []struct {
		HTML string `json:"html"`
		Why  string `json:"why"`
	} `json:"where"`
}

// Bad reports whether the violation keeps people from using the page.
func (v Violation) Bad() bool { return v.Impact == "serious" || v.Impact == "critical" }

func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s): %s", v.Page, v.Rule, v.Impact, v.Help)
	for _, w := range v.Where {
		fmt.Fprintf(&b, "\n    %s\n      %s", w.HTML, strings.ReplaceAll(w.Why, "\n", "\n      "))
	}
	return b.String()
}

// axeLimit is how long one document is looked at.
const axeLimit = time.Minute

// Axe looks through every document of the tab that can be seen, its page and
// the frames and popups it opened, for what WCAG 2.2 (A, AA) and good practice forbid.
func Axe(tab *Tab) []Violation {
	tab.t.Helper()
	docs, err := tab.documents()
	if err != nil {
		tab.t.Fatal(err)
	}
	var out []Violation
	for _, d := range docs {
		if !strings.HasPrefix(d.url, "http") {
			continue
		}
		f := &Frame{tab: tab, what: d.url, find: always(d)}
		out = append(out, f.Axe()...)
	}
	return out
}

func always(d document) func() (context.Context, cdp.FrameID, error) {
	return func() (context.Context, cdp.FrameID, error) { return d.ctx, d.id, nil }
}

// Axe looks through one document but for the elements that match except, such as
// the many of one kind; see the function of that name. It runs in a world of its
// own, where the page's policy and scripts do not reach.
func (f *Frame) Axe(except ...string) []Violation {
	f.tab.t.Helper()
	script, err := axeScript()
	if err != nil {
		f.tab.t.Fatal(err)
	}
	f.Settle()
	var out []Violation
	leave, err := json.Marshal(except)
	if err != nil {
		f.tab.t.Fatal(err)
	}
	err = f.evalFor(axeLimit, script+`;
		axe.run({exclude: `+string(leave)+` || []}, {resultTypes: ["violations"], iframes: false, rules: {"page-has-heading-one": {enabled: false}}})
		.then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, where: v.nodes.slice(0, 5).map(n => ({html: n.html.slice(0, 200), why: n.failureSummary}))})))`, &out)
	if err != nil {
		f.tab.t.Fatalf("axe in %s: %v", f.what, err)
	}
	url := f.URL()
	for i := range out {
		out[i].Page = url
	}
	return out
}

// axeScript is axe-core as npm installed it.
func axeScript() (string, error) { return axeOnce() }

var axeOnce = sync.OnceValues(func() (string, error) {
	dir, err := root()
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "test", "js", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core: run `make test/js/node_modules`: %w", err)
	}
	return string(raw), nil
})

// Settle waits until what moves in the document has come to rest, but for what
// moves for ever.
func (f *Frame) Settle() {
	f.tab.t.Helper()
	f.Until(`document.getAnimations().every(a => a.playState === "finished" || a.effect.getTiming().iterations === Infinity)`)
}

// Wide is by how many pixels the document sticks out sideways: 0 on a page that fits.
func (f *Frame) Wide() float64 {
	f.tab.t.Helper()
	var over float64
	f.Value(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over)
	return max(0, over)
}
