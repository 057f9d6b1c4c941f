package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"naru/test/browser"
)

const guidesFolder = "../../examples/guides/"

// guides are the pages of examples/guides, served as its README says, beside a
// gateway. Their files are used as they are: only the gateway's address in the
// script tags is this run's.
type guides struct {
	*Stack
	shop string // base address of the pages' server

	mu  sync.Mutex
	ran map[string]bool // pages
}

func openGuides(t *testing.T, s *Stack) *guides {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", "static/serve.mjs")
	cmd.Dir = guidesFolder
	cmd.Env = append(os.Environ(), "GATEWAY="+s.Gateway, "PORT=0")
	cmd.Stderr = os.Stderr
	said, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		t.Fatalf("the guides' server: %v", err)
	}
	lines := bufio.NewScanner(said)
	lines.Scan()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() { // it prints what it hears; /heard has the same
		}
	}()
	t.Cleanup(func() {
		stop()
		<-drained
		_ = cmd.Wait() // killed
	})
	base := strings.TrimSuffix(lines.Text(), "/")
	if !strings.HasPrefix(base, "http://localhost:") {
		t.Fatalf("the guides' server printed %q", base)
	}
	return &guides{Stack: s, shop: base, ran: map[string]bool{}}
}

// allRan complains about pages of a folder that no test opened.
func (g *guides) allRan(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(guidesFolder + folder + "/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no pages, %v", folder, err)
	}
	for _, f := range files {
		if page := folder + "/" + filepath.Base(f); !g.ran[page] {
			t.Errorf("%s was not run", page)
		}
	}
}

// guest is a buyer on one page.
type guest struct {
	*guides
	t      *testing.T
	tab    *browser.Tab
	device browser.Device
	calls  int // callbacks that were looked at
}

func (g *guides) open(t *testing.T, page string, d browser.Device) *guest {
	t.Helper()
	g.mu.Lock()
	g.ran[page] = true
	g.mu.Unlock()
	b := &guest{guides: g, t: t, tab: stack.Browser.Open(t, d), device: d}
	b.tab.Go(g.shop + "/" + page)
	return b
}

// press presses a button of the page.
func (b *guest) press(css string) *guest {
	b.t.Helper()
	b.tab.Page().Click(css)
	return b
}

func (b *guest) tossPayments() *browser.Frame {
	b.t.Helper()
	return b.window("/tosspayments/window/")
}

func (b *guest) tossPay() *browser.Frame {
	b.t.Helper()
	return b.window("/tosspay/payfront/auth")
}

// window is a provider's window whose scripts have run: a button pressed before
// them does nothing.
func (b *guest) window(path string) *browser.Frame {
	b.t.Helper()
	f := b.tab.Frame(b.Sandbox + path)
	f.Until(`document.readyState === "complete"`)
	return f
}

// asked compares what Toss Payments' window of a payment was asked for: the
// method, and parameters; nil is one that is not sent.
func (b *guest) asked(p map[string]any, method string, want map[string]any) {
	b.t.Helper()
	b.opened("orderId="+fmt.Sprint(p["imp_uid"]), "requestPayment", method, want)
}

// opened compares the latest window that Toss Payments' script opened with a query.
func (b *guest) opened(query, call, method string, want map[string]any) {
	b.t.Helper()
	res, err := http.Get(b.Sandbox + "/control/tosspayments/windows?" + query)
	if err != nil {
		b.t.Fatal(err)
	}
	var body struct {
		Windows []struct {
			Call, Method string
			Params       map[string]any
		}
	}
	decode(b.t, res, &body)
	if len(body.Windows) == 0 {
		b.t.Fatalf("Toss Payments opened no window of %s", query)
	}
	w := body.Windows[0]
	if w.Call != call || w.Method != method {
		b.t.Errorf("Toss Payments was called as %s(%s), want %s(%s)", w.Call, w.Method, call, method)
	}
	b.same(call, w.Params, want)
}

// same compares members; numbers are float64, as JSON has them.
func (b *guest) same(what string, got, want map[string]any) {
	b.t.Helper()
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			b.t.Errorf("%s: %s is %v, want %v", what, name, got[name], value)
		}
	}
}

// outcome is what the page shows it was given: by the next callback, and on a
// phone by the query of m_redirect_url.
func (b *guest) outcome() outcome {
	b.t.Helper()
	page := b.tab.Page()
	if b.device.Mobile {
		page.Until(`location.href.startsWith("` + b.shop + `/static/result.html?")`)
	}
	b.calls++
	page.Until(fmt.Sprintf(`document.getElementById("result").dataset.callbacks === "%d"`, b.calls))
	out := outcome{}
	page.Value(`JSON.parse(document.querySelector("#result pre").textContent)`, &out)
	return out
}

// says is the sentence the page shows its buyer.
func (b *guest) says() string {
	b.t.Helper()
	return b.tab.Page().Text("#result p")
}

// paid compares the callback's keys and the payment as a server reads it.
func (b *guest) paid(keys string, want map[string]any) map[string]any {
	b.t.Helper()
	got := b.outcome()
	if got.keys() != keys {
		b.t.Fatalf("the callback was given %v, want %s", got, keys)
	}
	p := b.payment(b.t, got.str("imp_uid"))
	if p["merchant_uid"] != got["merchant_uid"] {
		b.t.Errorf("merchant_uid %v in the callback, %v in the payment", got["merchant_uid"], p["merchant_uid"])
	}
	b.same("the payment", p, want)
	if c := b.tab.Complaints(); len(c) > 0 {
		b.t.Errorf("the browser complained:\n%s", strings.Join(c, "\n"))
	}
	return p
}

// hears waits until the page's server was told of a payment at a path.
func (b *guest) hears(path string, p map[string]any, want map[string]any) {
	b.t.Helper()
	eventually(b.t, path+" of "+fmt.Sprint(p["merchant_uid"]), func() (bool, string) {
		res, err := http.Get(b.shop + "/heard")
		if err != nil {
			return false, err.Error()
		}
		var all []struct {
			Path string
			Body map[string]any
		}
		decode(b.t, res, &all)
		i := slices.IndexFunc(all, func(h struct {
			Path string
			Body map[string]any
		}) bool {
			return h.Path == path && h.Body["imp_uid"] == p["imp_uid"]
		})
		if i < 0 {
			return false, fmt.Sprint(all)
		}
		b.same(path, all[i].Body, want)
		return true, ""
	})
}

// options are the values of a list in a window, which may have a single one and
// be locked.
func options(f *browser.Frame, css string) string {
	f.Until(`document.querySelector('` + css + `')`)
	var values string
	f.Value(`Array.from(document.querySelector('`+css+`').options, o => o.value).join(" ")`, &values)
	return values
}
