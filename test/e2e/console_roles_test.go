package e2e

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"naru/test/browser"
)

// roleSections is the menu that each role sees.
var roleSections = map[string][]string{
	"owner": {
		"/dashboard", "/payments", "/attention", "/receipts", "/billing-keys", "/schedules", "/channels", "/keys", "/webhooks", "/deliveries",
		"/stores", "/operators", "/audit", "/moving", "/system",
	},
	"manager": {
		"/dashboard", "/payments", "/attention", "/receipts", "/billing-keys", "/schedules", "/channels", "/keys", "/webhooks", "/deliveries",
		"/stores", "/operators", "/audit", "/moving", "/system",
	},
	"developer": {"/channels", "/keys", "/webhooks", "/deliveries", "/system"},
	"read_only": {"/dashboard", "/payments", "/attention", "/receipts", "/billing-keys", "/schedules", "/channels", "/keys", "/webhooks", "/deliveries"},
}

var signInLink = regexp.MustCompile(`http://\S+/console/sign-in/link/\S+`)

// role signs somebody of a role in by the link that the command line makes, goes to
// each section of their menu by its entry, and to each other by its address.
func (s *story) role(t *testing.T, role string, sections []string) {
	link := signInLink.FindString(s.naru("operator", "add", "--email", role+"@example.test", "--role", role, "--public-url", strings.TrimSuffix(s.console(), "/console")))
	tab := s.Browser.Open(t, browser.Desktop)
	page := tab.Page()
	tab.Go(link)
	page.Click(id("enter"))
	page.See(".side a")
	var menu []string
	page.Value(`[...document.querySelectorAll(".side a")].map(a => a.pathname.replace("/console", ""))`, &menu)
	if !slices.Equal(menu, sections) {
		t.Errorf("the menu of %s is %v, want %v", role, menu, sections)
	}
	for _, path := range menu {
		page.Click(`.side a[href="/console` + path + `"]`)
		page.Until(`location.pathname === "/console` + path + `" && document.readyState === "complete"`)
		if text, is := problemOn(page); is {
			t.Errorf("%s sees at %s: %s", role, path, text)
		}
		var current string
		page.Value(`document.querySelector('.side a[aria-current="page"]')?.getAttribute("href") ?? ""`, &current)
		if current != "/console"+path {
			t.Errorf("at %s the menu marks %q", path, current)
		}
	}
	for _, path := range roleSections["owner"] {
		if slices.Contains(sections, path) {
			continue
		}
		tab.Go(s.console() + path)
		if text, _ := problemOn(page); !strings.Contains(text, "권한이 없습니다") {
			t.Errorf("%s at %s reads %q", role, path, text)
		}
	}
}

// ownerActs is what an owner does in a day, with the mouse and the dialogs that ask
// once more.
func (s *story) ownerActs(t *testing.T) {
	tab := s.Browser.Open(t, browser.Desktop)
	page := tab.Page()
	tab.Go(s.console() + "/sign-in")
	page.Value(`document.cookie = "naru_console=`+s.cookie+`; path=/console"`, nil)
	open := func(path, sees string) {
		t.Helper()
		tab.Go(s.console() + path)
		page.See(sees)
	}
	sure := func() { // the dialog
		t.Helper()
		page.Until(`document.getElementById("confirm").open`)
		page.Click("#confirm-yes")
		page.See(id("said"))
	}

	// A part of a payment goes back; what is asked once more says how much.
	open("/payments/"+s.paid+"/cancel", "#f-amount")
	page.Fill("#f-amount", "3000")
	page.Click(id("check"))
	page.See(id("sure"))
	if text := page.Text(id("sure")); !strings.Contains(text, "3,000원") {
		t.Errorf("the question is %q", text)
	}
	page.Click(id("cancel"))
	page.See(id("timeline"))
	if p := s.payment(t, s.paid); p["cancel_amount"] != 3000.0 || p["cancel_reason"] != "관리자페이지취소" {
		t.Errorf("V1 says cancel_amount %v, cancel_reason %v", p["cancel_amount"], p["cancel_reason"])
	}

	// A booked charge is taken back.
	open("/schedules/"+s.booked, id("revoke"))
	page.Click(id("revoke"))
	sure()
	if e := s.rest(t, http.MethodGet, "/subscribe/payments/schedule/"+s.booked, nil); e.Response["schedule_status"] != "revoked" {
		t.Errorf("V1 says %v", e.Response["schedule_status"])
	}

	// What nobody listened to is sent again.
	open("/deliveries?status=given_up", id("deliveries"))
	page.Click(`[name="id"]`)
	page.Click(id("resend-ticked"))
	page.See(id("said"))

	// The contract is tried.
	open("/channels/channel-key-11111111-1111-4111-8111-111111111111", id("check"))
	page.Click(id("check"))
	page.See(id("check-result"))

	// A key is made, shown once, and ended.
	open("/keys", id("key-add"))
	page.Fill(id("key-add")+` [name="name"]`, "물류 서버")
	page.Click(id("key-add") + " button")
	page.See(id("new-secret"))
	secret := page.Text(id("new-secret"))
	tab.Go(s.console() + "/keys")
	page.See(id("keys"))
	var whole string
	page.Value(`document.documentElement.outerHTML`, &whole)
	for _, word := range strings.Fields(secret) {
		if len(word) > 60 && strings.Contains(whole, word) {
			t.Error("the secret is shown again")
		}
	}

	// With the keyboard: past the menu, and out.
	open("/dashboard", "main")
	page.Press("Tab")
	var first string
	page.Value(`document.activeElement.className`, &first)
	if first != "skip" {
		t.Errorf("the first stop is %q, not the way to the content", first)
	}
	page.Click(id("me") + " summary")
	page.Click(id("sign-out"))
	page.See("#f-email")
}
