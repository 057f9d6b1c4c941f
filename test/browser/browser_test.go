package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"naru/test/browser"
)

var chromium *browser.Browser

func TestMain(m *testing.M) {
	var err error
	if chromium, err = browser.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// site is a small site of pages that tests look at.
func site(t *testing.T, pages map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "script-src 'unsafe-inline'; default-src 'self'; style-src 'unsafe-inline'")
		http.SetCookie(w, &http.Cookie{Name: "visited", Value: "1"})
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title>`, pages[r.URL.Path])
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// What one test leaves in its tab, the next does not see, although it is the same tab.
func TestATabIsClearedBeforeItIsUsedAgain(t *testing.T) {
	url := site(t, map[string]string{"/": "<p>here</p>", "/left": `<p>left</p>`})
	state := `JSON.stringify({
		cookie: document.cookie.includes("mine"), local: localStorage.length, session: sessionStorage.length, name: window.name, script: window.planted || null,
		history: history.length, touch: "ontouchstart" in window && navigator.maxTouchPoints > 0, wide: innerWidth, agent: /Mobile/.test(navigator.userAgent), dark: matchMedia("(prefers-color-scheme: dark)").matches})`
	var fresh, spoilt, again string
	t.Run("fresh", func(t *testing.T) {
		tab := chromium.Open(t, browser.Desktop)
		tab.Go(url)
		tab.Main(state, &fresh)
	})
	t.Run("spoils", func(t *testing.T) {
		tab := chromium.Open(t, browser.DarkPhone)
		tab.OnNewDocument(`window.planted = 1`)
		tab.Go(url + "/left")
		tab.Go(url)
		tab.Main(`document.cookie = "mine=1", localStorage.a = sessionStorage.a = 1, window.name = "mine", void window.open("/left", "popup", "width=300,height=300")`, nil)
		tab.Frame(url + "/left").See("p")
		if n := tab.Popups(); n != 1 {
			t.Errorf("%d popups", n)
		}
		tab.Main(state, &spoilt)
	})
	t.Run("again", func(t *testing.T) {
		tab := chromium.Open(t, browser.Desktop)
		if n := tab.Popups(); n != 0 {
			t.Errorf("%d popups are left", n)
		}
		if c := tab.Complaints(); len(c) > 0 {
			t.Errorf("complaints are left: %v", c)
		}
		tab.Go(url)
		tab.Main(state, &again)
	})
	if fresh != again {
		t.Errorf("a used tab differs from a fresh one:\n%s\n%s", fresh, again)
	}
	if want := `"local":1,"session":1,"name":"mine","script":1`; !strings.Contains(spoilt, want) || !strings.Contains(spoilt, `"wide":390`) || !strings.Contains(spoilt, `"agent":true,"dark":true`) {
		t.Errorf("the test spoilt nothing: %s", spoilt)
	}
}

func TestDevicesAndFrames(t *testing.T) {
	t.Parallel()
	inner := site(t, map[string]string{"/inner": `<button id="b" onclick="this.textContent = 'pressed'">press</button>`})
	other := strings.Replace(inner, "127.0.0.1", "localhost", 1) // another site
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><meta name="viewport" content="width=device-width"><title>t</title><iframe src="%s/inner"></iframe><script>console.error("plain"); setTimeout(() => { throw new Error("thrown") })</script>`, other)
	}))
	t.Cleanup(outer.Close)
	for _, d := range []browser.Device{browser.Desktop, browser.Phone, browser.SmallPhone} {
		tab := chromium.Open(t, d)
		tab.Go(outer.URL)
		f := tab.Frame(other + "/inner")
		f.Click("#b")
		f.Until(`document.querySelector("#b").textContent === "pressed"`)
		var width int64
		tab.Page().Value(`innerWidth`, &width)
		if width != d.Width {
			t.Errorf("%s is %d wide, want %d", d.Name, width, d.Width)
		}
		said := strings.Join(tab.Complaints(), "\n")
		if !strings.Contains(said, "console.error: \"plain\"") || !strings.Contains(said, "Error: thrown") {
			t.Errorf("complaints: %s", said)
		}
	}
}

// Axe looks into frames of other sites, and past a policy that forbids scripts.
func TestAxeFindsWhatKeepsPeopleOut(t *testing.T) {
	t.Parallel()
	bad := site(t, map[string]string{"/": `<main><h1>x</h1><input><img src="x.png"></main>`})
	bad = strings.Replace(bad, "127.0.0.1", "localhost", 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-src *")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="ko"><title>t</title><main><h1>x</h1><iframe title="f" src="%s"></iframe></main>`, bad)
	}))
	t.Cleanup(s.Close)
	tab := chromium.Open(t, browser.Desktop)
	tab.Go(s.URL)
	tab.Frame(bad).See("h1")
	found := map[string]bool{}
	for _, v := range browser.Axe(tab) {
		if v.Bad() {
			found[v.Rule] = strings.HasPrefix(v.Page, bad)
		}
	}
	if len(found) != 2 || !found["label"] || !found["image-alt"] {
		t.Errorf("found %v, want label and image-alt in the frame", found)
	}
}
