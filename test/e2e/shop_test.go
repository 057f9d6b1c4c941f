package e2e

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"naru/test/browser"
)

// buyer is a person at the demo shop.
type buyer struct {
	t   *testing.T
	tab *browser.Tab
	how way
}

// way is a way to pay: a provider on a device.
type way struct {
	provider string // "tosspayments" or "tosspay_v2"
	button   string // the shop's button
	device   browser.Device
}

func (w way) window() string {
	if w.provider == "tosspayments" {
		return stack.Sandbox + "/tosspayments/"
	}
	return stack.Sandbox + "/tosspay/payfront/auth"
}

var ways = []way{
	{"tosspayments", "pay-card", browser.Desktop},
	{"tosspayments", "pay-card", browser.Phone},
	{"tosspay_v2", "pay-tosspay", browser.Desktop},
	{"tosspay_v2", "pay-tosspay", browser.Phone},
}

func (w way) name() string { return w.provider + "/" + w.device.Name }

func id(name string) string { return `[data-testid="` + name + `"]` }

// visit opens the shop. Query is added to its address; on a desktop the page
// stays after the payment and shows the raw callback.
func visit(t *testing.T, w way, query string) *buyer {
	t.Helper()
	b := &buyer{t: t, tab: stack.Browser.Open(t, w.device), how: w}
	b.tab.Go(stack.Shop + "/?stay=1" + query)
	return b
}

// pay presses the button of the way.
func (b *buyer) pay() *buyer {
	b.t.Helper()
	b.tab.Page().Click(id(b.how.button))
	return b
}

// window is the provider's window once it is open.
func (b *buyer) window() *browser.Frame {
	b.t.Helper()
	f := b.tab.Frame(b.how.window())
	f.See("body")
	return f
}

// approve goes through the provider's window to the end.
func (b *buyer) approve() {
	b.t.Helper()
	f := b.window()
	if b.how.provider == "tosspayments" {
		f.Click(id("card-41"))
		f.Check(id("agree"))
		f.Click(id("next"))
		f.Click(id("approve"))
		return
	}
	b.identify(f)
	f.Click(id("pay"))
}

// identify goes past Toss Pay's phone number page to the app's sheet.
func (b *buyer) identify(f *browser.Frame) {
	b.t.Helper()
	f.Fill(id("phone"), "01012345678")
	f.Fill(id("birth"), "900101")
	f.Click(id("start"))
	f.See(id("app"))
}

// decline has the provider refuse when it is asked for the money.
func (b *buyer) decline() {
	b.t.Helper()
	f := b.window()
	if b.how.provider == "tosspayments" {
		f.Click(id("card-41"))
		f.Check(id("agree"))
		f.Click(id("next"))
		b.tester(f)
		f.Fill(id("decline-code"), "REJECT_CARD_PAYMENT")
		f.Click(id("decline-confirm"))
		return
	}
	b.identify(f)
	b.tester(f)
	f.Fill(id("execute-fail"), "CARD_EXCEED_LIMIT")
	f.Click(id("pay"))
}

// tester opens the tester's panel of a window.
func (b *buyer) tester(f *browser.Frame) {
	b.t.Helper()
	var n int
	f.Value(`document.querySelectorAll("details").forEach(d => d.open = true), 1`, &n)
}

// leave presses the window's own way out.
func (b *buyer) leave() {
	b.t.Helper()
	b.window().Click(id("close"))
}

// outcome is what the shop's page learned: the callback's object on a desktop,
// the query of the redirect on a phone.
type outcome map[string]any

func (b *buyer) outcome() outcome {
	b.t.Helper()
	if b.how.device.Mobile {
		b.tab.Page().Until(`location.href.startsWith(` + quote(stack.Shop+"/complete") + `)`)
		u, err := url.Parse(b.tab.Page().URL())
		if err != nil {
			b.t.Fatal(err)
		}
		out := outcome{}
		for k, v := range u.Query() {
			out[k] = v[0]
		}
		return out
	}
	b.tab.Page().Until(`document.querySelector("[data-callbacks]").dataset.callbacks === "1"`)
	out := outcome{}
	b.tab.Page().Value(`JSON.parse(document.querySelector("[data-callbacks]").textContent)`, &out)
	return out
}

func (o outcome) keys() string { return strings.Join(slices.Sorted(maps.Keys(o)), " ") }

func (o outcome) str(k string) string { s, _ := o[k].(string); return s }

// quiet fails the test when any page complained.
func (b *buyer) quiet() {
	b.t.Helper()
	if c := b.tab.Complaints(); len(c) > 0 {
		b.t.Errorf("the browser complained:\n%s", strings.Join(c, "\n"))
	}
}

// once asserts that the callback ran one time, however long one looks.
func (b *buyer) once() {
	b.t.Helper()
	if b.how.device.Mobile {
		return
	}
	var n string
	b.tab.Page().Value(`new Promise(r => setTimeout(() => r(document.querySelector("[data-callbacks]").dataset.callbacks), 400))`, &n)
	if n != "1" {
		b.t.Errorf("the callback ran %s times", n)
	}
}

func quote(s string) string { return `"` + s + `"` }
