package e2e

import (
	"strings"
	"testing"

	"naru/test/browser"
)

// usable fails the test for what keeps people out who see, hear or move less
// than others: the serious findings of axe-core.
func usable(t *testing.T, name string, f *browser.Frame, except ...string) {
	t.Helper()
	for _, v := range f.Axe(except...) {
		if v.Bad() {
			t.Errorf("%s: %s", name, v)
		} else {
			t.Logf("%s: %s", name, v)
		}
	}
}

// usableWindow does so with all steps of a window and its tester's panel in view,
// and leaves the window as it was.
func usableWindow(t *testing.T, f *browser.Frame) {
	t.Helper()
	openTools(f)
	f.Value(`globalThis.steps = document.querySelectorAll("[data-step][hidden]"), steps.forEach(s => { s.hidden = false })`, nil)
	usable(t, "the window", f)
	f.Value(`steps.forEach(s => { s.hidden = true }), document.querySelectorAll("details").forEach(d => { d.open = false })`, nil)
}

// TestUsableByAll looks at the pages that no other test does so: TestScreenshots
// looks at the checkout's and the shop's, TestMethods and TestRegistrations at windows.
func TestUsableByAll(t *testing.T) {
	t.Parallel()
	at := strings.NewReplacer("{shop}", stack.Shop, "{gateway}", stack.Gateway, "{sandbox}", stack.Sandbox)
	for _, p := range []struct {
		name, address string
		device        browser.Device
	}{
		{"playground", "{shop}/playground", browser.Desktop},
		{"playground in the dark", "{shop}/playground", browser.DarkPhone},
		{"playground in English", "{shop}/playground?lang=en", browser.Phone},
		{"reference", "{gateway}/x/docs", browser.Desktop},
		{"reference in the dark", "{gateway}/x/docs?lang=en", browser.DarkPhone},
		{"no such order", "{shop}/orders/nothing", browser.Desktop},
		{"refused before the window", "{gateway}/checkout/failed?code=F1002", browser.DarkPhone},
		{"deposits", "{sandbox}/control/tosspayments/accounts", browser.Desktop},
		{"deposits in the dark", "{sandbox}/control/tosspayments/accounts?lang=en", browser.DarkPhone},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			tab := stack.Browser.Open(t, p.device)
			tab.Go(at.Replace(p.address))
			tab.Page().See("h1, main")
			usable(t, p.name, tab.Page(), "article:nth-of-type(n+4)") // the reference has a hundred of one kind
		})
	}
}
