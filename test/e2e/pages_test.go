package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"naru/test/browser"
	"naru/test/devserver"
)

// orders numbers the orders that are made without the shop.
var orders atomic.Int64

// look is how a page is looked at.
type look struct {
	device browser.Device
	lang   string
}

func (l look) name() string {
	if l.device.Dark {
		return l.device.Name + "-dark-" + l.lang
	}
	return l.device.Name + "-" + l.lang
}

// looks are what a test needs to see: the smallest phone with the longest words,
// and both colour schemes. Pictures are taken of two more.
func looks(pictures bool) []look {
	all := []look{{browser.Desktop, "ko"}, {browser.SmallPhone, "en"}, {browser.DarkPhone, "ko"}}
	if pictures {
		all = append(all, look{browser.Desktop, "en"}, look{browser.SmallPhone, "ko"})
	}
	return all
}

// album takes pictures. They are kept when NARU_SCREENSHOTS names a folder; the
// pages are held to their duties either way.
type album struct {
	t    *testing.T
	dir  string
	look look
}

// page holds what is to be seen to what every page owes its reader: nothing
// sticks out sideways, the language is told, and (on a desktop and in the dark)
// nothing keeps people out. Frame is the part that is new.
func (a *album) page(name string, tab *browser.Tab, frame *browser.Frame) {
	a.t.Helper()
	if over := frame.Wide(); over > 0 {
		a.t.Errorf("%s (%s) sticks out sideways by %v px", name, a.look.name(), over)
	}
	var lang, title string
	frame.Value(`document.documentElement.lang`, &lang)
	frame.Value(`document.title`, &title)
	// Toss Payments' own window for domestic cards is Korean, whoever opens it.
	if lang != a.look.lang && !strings.HasPrefix(name, "tosspayments-") {
		a.t.Errorf("%s (%s) says its language is %q", name, a.look.name(), lang)
	}
	if title == "" {
		a.t.Errorf("%s (%s) has no title", name, a.look.name())
	}
	if a.look.lang == "ko" && a.look.device != browser.SmallPhone {
		usable(a.t, name, frame)
	}
	if a.dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(a.dir, name+"-"+a.look.name()+".png"), tab.Screenshot(strings.HasPrefix(name, "console-")), 0o644); err != nil {
		a.t.Error(err)
	}
}

// Every page a buyer, a merchant or a tester meets, in both languages, on a
// desktop and on a small phone, and in the dark.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("NARU_SCREENSHOTS")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range looks(dir != "") {
		t.Run(l.name(), func(t *testing.T) {
			t.Parallel()
			a := &album{t: t, dir: dir, look: l}
			a.card()
			a.wallet()
			a.ends()
			a.choosing()
			a.unpaid()
		})
	}
}

func (a *album) visit(provider, query string) *buyer {
	w := way{"tosspayments", "pay-card", a.look.device}
	if provider == "tosspay_v2" {
		w = way{"tosspay_v2", "pay-tosspay", a.look.device}
	}
	b := &buyer{t: a.t, tab: stack.Browser.Open(a.t, a.look.device), how: w}
	b.tab.Go(stack.Shop + "/?lang=" + a.look.lang + query)
	return b
}

// card is the way through Toss Payments' window, to the shop's order page.
func (a *album) card() {
	a.t.Helper()
	b := a.visit("tosspayments", "")
	b.tab.Page().See(id("pay-card"))
	a.page("shop", b.tab, b.tab.Page())
	f := b.pay().window()
	f.See(id("card-41"))
	a.page("tosspayments-1-choose", b.tab, f)
	f.Click(id("card-41"))
	f.Check(id("agree"))
	f.Click(id("next"))
	f.See(id("approve"))
	a.page("tosspayments-2-card-company", b.tab, f)
	f.Click(id("approve"))
	page := b.tab.Page()
	page.Until(`location.pathname === "/complete"`)
	page.See(id("result"))
	a.page("shop-complete", b.tab, page)
	b.tab.Go(stack.Shop + "/orders?lang=" + a.look.lang)
	a.page("shop-orders", b.tab, page)

	b = a.visit("tosspayments", "")
	f = b.pay().window()
	f.See(id("card-41"))
	b.tester(f)
	f.Click(id("expire"))
	f.See(id("expired"))
	a.page("tosspayments-expired", b.tab, f)
}

// wallet is the way through Toss Pay's page and app.
func (a *album) wallet() {
	a.t.Helper()
	b := a.visit("tosspay_v2", "")
	f := b.pay().window()
	toss := f
	if !a.look.device.Mobile {
		b.tab.Page().See(".imp-actions button")
		a.page("layer-popup-open", b.tab, b.tab.Page())
	}
	window := stack.Browser.Open(a.t, a.look.device)
	window.Go(withLang(toss.URL(), a.look.lang))
	f = window.Page()
	f.See(id("phone"))
	a.page("tosspay-1-phone", window, f)
	f.Click(id("tab-qr"))
	a.page("tosspay-2-qr", window, f)
	f.Click(id("tab-phone"))
	(&buyer{t: a.t, tab: window, how: b.how}).identify(f)
	f.Settle()
	a.page("tosspay-3-app", window, f)
}

// ends are the pages of ours that a buyer meets when something ends or is wrong.
func (a *album) ends() {
	a.t.Helper()
	tab := stack.Browser.Open(a.t, a.look.device)
	tab.Go(stack.Gateway + "/checkout/no-such-link?lang=" + a.look.lang)
	tab.Page().See(id("back-to-shop"))
	a.page("checkout-unknown", tab, tab.Page())

	token := a.open("tosspayments", "used")
	tab.Go(stack.Gateway + "/checkout/" + token)
	tab.Frame(stack.Sandbox + "/tosspayments/").See(id("card-41"))
	tab.Go(stack.Gateway + "/checkout/" + token)
	tab.Page().See(id("back-to-shop"))
	a.page("checkout-used", tab, tab.Page())

	for name, code := range map[string]string{"checkout-declined": "CARD_EXCEED_LIMIT", "checkout-paid": ""} {
		token, back := a.authenticated(name, code)
		tab.Go(back)
		tab.Page().Until(`location.pathname.endsWith("/result/` + token + `")`)
		tab.Page().See(id("result"))
		a.page(name, tab, tab.Page())
	}
}

// open registers a checkout of a phone without m_redirect_url.
func (a *album) open(provider, order string) string {
	a.t.Helper()
	return a.openWith(map[string]any{"pg": provider, "merchant_uid": fmt.Sprint(order, "-", orders.Add(1))})
}

// openWith registers a checkout of a phone with params over what an order has.
func (a *album) openWith(params map[string]any) string {
	a.t.Helper()
	all := map[string]any{
		"pg": "tosspayments", "merchant_uid": fmt.Sprint("album-", orders.Add(1)), "name": "나루 머그컵 · 물안개", "amount": 12000,
		"buyer_name": "홍길동", "locale": a.look.lang,
	}
	maps.Copy(all, params)
	body, err := json.Marshal(map[string]any{"user_code": devserver.UserCode, "mobile": true, "params": all})
	if err != nil {
		a.t.Fatal(err)
	}
	res, err := http.Post(stack.Gateway+"/sdk/checkouts", "text/plain", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	var opened struct{ Token string }
	decode(a.t, res, &opened)
	if opened.Token == "" {
		a.t.Fatal("no checkout was opened")
	}
	return opened.Token
}

// choosing is the page on which a card is chosen, before and after the choice.
func (a *album) choosing() {
	a.t.Helper()
	tab := stack.Browser.Open(a.t, a.look.device)
	f := tab.Page()
	for name, detail := range map[string][]any{
		"some": {map[string]any{"card_code": "*", "enabled": false}, map[string]any{"card_code": "366", "enabled": true}, map[string]any{"card_code": "381", "enabled": true, "max_month": 6}},
		"many": {map[string]any{"card_code": "370", "enabled": false}, map[string]any{"card_code": "*", "max_month": 3}},
	} {
		token := a.openWith(map[string]any{"amount": 128000, "useFreeInterestFromMall": true, "card": map[string]any{"detail": detail}})
		tab.Go(stack.Gateway + "/checkout/" + token)
		f.See(id("choose-card"))
		a.page("checkout-choose-"+name, tab, f)
		f.Click(id("company-381"))
		f.See(id("months-381"))
		a.page("checkout-choose-"+name+"-months", tab, f)
	}
	f.Value(`document.querySelector("[value='381']").value = "1"`, nil)
	f.Click(id("continue"))
	f.See(id("choose-problem"))
	a.page("checkout-choose-again", tab, f)
}

// accounts and registrations end on pages of their own.
func (a *album) unpaid() {
	a.t.Helper()
	tab := stack.Browser.Open(a.t, a.look.device)
	for name, c := range map[string]struct {
		params map[string]any
		finish steps
	}{
		"checkout-account":    {map[string]any{"pay_method": "vbank"}, byAccount("20", "880003")},
		"checkout-registered": {map[string]any{"customer_uid": fmt.Sprint("album-", orders.Add(1)), "amount": 0}, byBilling},
	} {
		tab.Go(stack.Gateway + "/checkout/" + a.openWith(c.params))
		f := tab.Frame(stack.Sandbox + "/tosspayments/")
		f.See(id("window"))
		c.finish(f)
		tab.Frame(stack.Gateway + "/checkout/result/").See(id("result"))
		a.page(name, tab, tab.Page())
	}
}

// authenticated is a Toss Pay checkout whose buyer agreed; the browser is to go to back.
func (a *album) authenticated(order, code string) (token, back string) {
	a.t.Helper()
	token = a.open("tosspay_v2", order)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(stack.Gateway + "/checkout/" + token)
	if err != nil {
		a.t.Fatal(err)
	}
	res.Body.Close()
	window, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		a.t.Fatal(err)
	}
	approval := `{"payMethod":"CARD","cardCompanyCode":1,"executeFail":"` + code + `"}`
	res, err = http.Post(stack.Sandbox+"/control/tosspay/payments/"+window.Query().Get("payToken")+"/approve", "application/json", strings.NewReader(approval))
	if err != nil {
		a.t.Fatal(err)
	}
	var seen struct{ Next string }
	decode(a.t, res, &seen)
	return token, seen.Next
}

func withLang(u, lang string) string { return u + "&lang=" + lang }
