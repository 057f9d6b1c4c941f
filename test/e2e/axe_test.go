package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"naru/test/browser"
)

// usable fails the test for what keeps people from using what is open in a tab.
func usable(t *testing.T, name string, tab *browser.Tab) {
	t.Helper()
	for _, v := range browser.Axe(tab) {
		if v.Bad() {
			t.Errorf("%s: %s", name, v)
		} else {
			t.Logf("%s: %s", name, v)
		}
	}
}

// places are pages that have an address of their own.
var places = []struct{ name, address string }{
	{"shop", "{shop}/"}, {"shop in English", "{shop}/?lang=en"}, {"orders", "{shop}/orders"}, {"no such order", "{shop}/orders/nothing"},
	{"playground", "{shop}/playground"}, {"playground in English", "{shop}/playground?lang=en"},
	{"reference", "{gateway}/x/docs"}, {"reference in English", "{gateway}/x/docs?lang=en"},
	{"no such checkout", "{gateway}/checkout/nothing"}, {"refused before the window", "{gateway}/checkout/failed?code=F1002"},
	{"deposits", "{sandbox}/control/tosspayments/accounts"},
}

// Nothing on any page of ours, of the demo shop or of the simulators keeps people
// out who see, hear or move less than others: no serious finding of axe-core.
func TestUsableByAll(t *testing.T) {
	t.Parallel()
	at := strings.NewReplacer("{shop}", stack.Shop, "{gateway}", stack.Gateway, "{sandbox}", stack.Sandbox)
	for _, d := range []browser.Device{browser.Desktop, browser.DarkPhone} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			for _, p := range places {
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					tab := stack.Browser.Open(t, d)
					tab.Go(at.Replace(p.address))
					tab.Page().See("h1, main")
					usable(t, p.name, tab)
				})
			}
		})
	}
}

// The windows of every method, in the layer with the shop's page behind it and
// on a phone, at each step.
func TestUsableWindows(t *testing.T) {
	t.Parallel()
	for _, r := range methods {
		if strings.Contains(r.name, ",") && r.channel == tossPayments || strings.Contains(r.name, " ") && r.channel == tossPayments {
			continue // the same window as another row's
		}
		for _, d := range []browser.Device{browser.Desktop, browser.Phone} {
			t.Run(r.name+"/"+d.Name, func(t *testing.T) {
				t.Parallel()
				a := r.ask(t, d)
				f := r.window(a)
				openTools(f)
				usable(t, r.name, a.tab)
				if r.channel == tossPay {
					toApp(f)
					usable(t, r.name+", the app", a.tab)
				}
			})
		}
	}
	for _, r := range []registration{registrations[0], registrations[2]} {
		t.Run("registering at "+r.name, func(t *testing.T) {
			t.Parallel()
			a, _ := r.ask(t, browser.Desktop)
			f := r.row().window(a)
			openTools(f)
			usable(t, r.name, a.tab)
			if r.channel == tossPayBilling {
				toApp(f)
				usable(t, r.name+", the app", a.tab)
			}
		})
	}
}

// Our own pages around a window.
func TestUsableCheckout(t *testing.T) {
	t.Parallel()
	t.Run("choosing a card", func(t *testing.T) {
		t.Parallel()
		for _, d := range []browser.Device{browser.Desktop, browser.DarkPhone} {
			a := ask(t, d, tossPayments, someCards(nil))
			f := a.chooser()
			usable(t, "nothing chosen", a.tab)
			f.Click(id("company-381"))
			f.See(id("months-381"))
			usable(t, "a card chosen", a.tab)
		}
	})
	t.Run("how it ended", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			state  string
			row    row
			finish steps
		}{
			{"paid", methods[0], byCard("41")}, {"ready", methodNamed("vbank"), byAccount("20", "880002")},
			{"failed", methods[0], func(f *browser.Frame) { refusedAtConfirm(f) }}, {"cancelled", methods[0], func(f *browser.Frame) { f.Click(id("close")) }},
		} {
			a := ask(t, browser.SmallPhone, c.row.channel, map[string]any{"pay_method": c.row.method, "m_redirect_url": nil})
			c.finish(a.tossPayments())
			f := a.ours()
			f.See(fmt.Sprintf(`[data-testid="result"][data-state="%s"]`, c.state))
			usable(t, c.state, a.tab)
			if over := f.Wide(); over > 0 {
				t.Errorf("%s sticks out sideways by %v px", c.state, over)
			}
		}
	})
	t.Run("an order at the shop", func(t *testing.T) {
		t.Parallel()
		b := visit(t, ways[0], "")
		b.pay().approve()
		b.tab.Go(stack.Shop + "/orders/" + url.PathEscape(b.outcome().str("merchant_uid")))
		b.tab.Page().See(id("order-status"))
		usable(t, "an order", b.tab)
	})
}

func methodNamed(name string) row {
	for _, r := range methods {
		if r.name == name {
			return r
		}
	}
	panic("no method " + name)
}
