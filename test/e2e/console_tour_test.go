package e2e

import (
	"os"
	"strings"
	"testing"

	"naru/test/browser"
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

// TestConsoleTour goes through every page of the console of a shop that has been
// selling for five weeks. Nothing sticks out, everybody can use it, nothing is
// missing in either language.
func TestConsoleTour(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("NARU_SCREENSHOTS")
	s := tellStory(t)
	s.enter()
	for _, l := range consoleLooks(dir != "") {
		t.Run(l.name(), func(t *testing.T) {
			t.Parallel()
			a := &album{t: t, dir: dir, look: l}
			tab := s.Browser.Open(t, l.device)
			console := strings.TrimSuffix(s.Console[:strings.Index(s.Console, "/sign-in")], "/")
			page := tab.Page()
			tab.Go(console + "/sign-in?lang=" + l.lang)
			a.page("console-sign-in", tab, page)
			page.Value(`document.cookie = "naru_console=`+s.cookie+`; path=/console"`, nil)
			for _, p := range s.pages() {
				path, rest, _ := strings.Cut(p.path, "#")
				join := "?"
				if strings.Contains(path, "?") {
					join = "&"
				}
				tab.Go(console + path + join + "lang=" + l.lang)
				if rest != "" {
					page.Value(rest, nil)
				}
				a.page("console-"+p.name, tab, page)
				var problem bool
				page.Value(`!!document.querySelector('[data-testid="problem"]')`, &problem)
				if problem {
					t.Errorf("%s (%s) shows a problem: %s", p.name, p.path, page.Text("main"))
				}
			}
		})
	}
}

// tourPage is a page of the tour; what follows # in its path is run there.
type tourPage struct{ name, path string }

func (s *story) pages() []tourPage {
	return []tourPage{
		{"dashboard", "/dashboard"},
	}
}
