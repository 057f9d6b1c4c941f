package e2e

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"naru/test/browser"
	"naru/test/devserver"
)

// consoleLooks are what each page of the console is looked at in: both widths, both
// languages and both colour schemes, each at least once; all of them for pictures.
func consoleLooks(pictures bool) []look {
	darkDesktop := browser.Desktop
	darkDesktop.Dark = true
	all := []look{{browser.Desktop, "ko"}, {browser.DarkPhone, "en"}}
	if pictures {
		all = append(all, look{browser.Desktop, "en"}, look{darkDesktop, "ko"}, look{browser.Phone, "ko"}, look{browser.Phone, "en"})
	}
	return all
}

// TestConsole is the console of a shop that has been selling for five weeks, in a
// browser: every page in every look, then each role, then what an owner does.
func TestConsole(t *testing.T) {
	t.Parallel()
	s := tellStory(t)
	s.enter()
	t.Run("tour", func(t *testing.T) {
		dir := os.Getenv("NARU_SCREENSHOTS")
		for _, l := range consoleLooks(dir != "") {
			t.Run(l.name(), func(t *testing.T) { t.Parallel(); s.tour(&album{t: t, dir: dir, look: l}) })
		}
	})
	t.Run("roles", func(t *testing.T) {
		for role, sections := range roleSections {
			t.Run(role, func(t *testing.T) { t.Parallel(); s.role(t, role, sections) })
		}
	})
	t.Run("owner", s.ownerActs)
}

// console is the console's address.
func (s *story) console() string { return s.Console[:strings.Index(s.Console, "/sign-in")] }

// tour goes through every page in one look. Nothing sticks out, everybody can use
// it, nothing is missing in either language.
func (s *story) tour(a *album) {
	tab := s.Browser.Open(a.t, a.look.device)
	page := tab.Page()
	tab.Go(s.console() + "/sign-in?lang=" + a.look.lang)
	a.page("console-sign-in", tab, page)
	page.Value(`document.cookie = "naru_console=`+s.cookie+`; path=/console"`, nil)
	for _, p := range s.pages() {
		join := "?"
		if strings.Contains(p.path, "?") {
			join = "&"
		}
		tab.Go(s.console() + p.path + join + "lang=" + a.look.lang)
		a.page("console-"+p.name, tab, page)
		if text, is := problemOn(page); is {
			a.t.Errorf("%s (%s) shows a problem: %s", p.name, p.path, text)
		}
	}
}

// problemOn is what the page of a problem says.
func problemOn(page *browser.Frame) (text string, is bool) {
	page.Value(`document.querySelector('[data-testid="problem"]')?.innerText ?? ""`, &text)
	return text, text != ""
}

// tourPage is a page of the tour; what follows # in its path is run there.
type tourPage struct{ name, path string }

func (s *story) pages() []tourPage {
	return []tourPage{
		{"dashboard", "/dashboard"},
		{"dashboard-year", "/dashboard?days=365"},
		{"payments", "/payments?period=30days"},
		{"payments-search", "/payments?period=all&q=" + url.QueryEscape("김하늘")},
		{"payment-paid", "/payments/" + s.paid},
		{"payment-partly", "/payments/" + s.partly},
		{"payment-failed", "/payments/" + s.failed},
		{"payment-account", "/payments/" + s.account},
		{"payment-cancel", "/payments/" + s.paid + "/cancel"},
		{"payment-receipt", "/payments/" + s.deposited + "/receipt"},
		{"payments-export", "/payments/export"},
		{"attention", "/attention"},
		{"receipts", "/receipts"},
		{"receipt-new", "/receipts/new"},
		{"billing-keys", "/billing-keys"},
		{"billing-key", "/billing-keys/" + s.customer},
		{"schedules", "/schedules"},
		{"schedules-calendar", "/schedules/calendar"},
		{"schedule", "/schedules/" + s.booked},
		{"schedule-new", "/schedules/new?customer_uid=" + s.customer},
		{"schedules-recovery", "/schedules/recovery"},
		{"channels", "/channels"},
		{"channel", "/channels/channel-key-11111111-1111-4111-8111-111111111111"},
		{"channel-edit", "/channels/channel-key-11111111-1111-4111-8111-111111111111/edit"},
		{"channel-new", "/channels/new"},
		{"keys", "/keys"},
		{"key", "/keys/" + devserver.Key},
		{"webhooks", "/webhooks"},
		{"deliveries", "/deliveries"},
		{"stores", "/stores"},
		{"store-new", "/stores/new"},
		{"store-merchant", "/stores/merchant"},
		{"operators", "/operators"},
		{"operator-new", "/operators/new"},
		{"audit", "/audit"},
		{"me", "/me"},
		{"moving", "/moving"},
		{"system", "/system"},
	}
}
