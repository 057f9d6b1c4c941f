// Package browser drives a real headless Chromium for tests: one browser for a
// process, a private browser context for each test, and a way to reach into
// frames and popups of any origin by their address. A context is cleared and
// used again, because starting one costs more than most tests.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is how long anything in a page is waited for.
const Patience = 20 * time.Second

// Browser is one Chromium process. It is safe for concurrent use.
type Browser struct {
	ctx  context.Context
	stop func()
	warm []string

	mu   sync.Mutex
	idle []*seat // the one used last is at the end
}

// programs are those that can be driven, the best first. The headless shell is the
// same engine without the windows, tabs and menus of a browser, which the others
// paint though nobody sees them: that is more than half of their work. Debian's
// program of that name is a script that does not pass signals on.
func programs() []string {
	return []string{
		"/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell", "chrome-headless-shell",
		"chromium", "chromium-browser", "google-chrome",
	}
}

// Start launches Chromium, or says why it cannot: a browser test is never
// skipped. Each of the warm addresses is kept open beside every tab, so that the
// process of its site lives on from one test to the next: give one address of
// each site whose frames and popups tests open. Close the browser.
func Start(warm ...string) (*Browser, error) {
	path := ""
	for _, name := range programs() {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no Chromium: run `make deps/system` (it installs Debian's package chromium-headless-shell or chromium)")
	}
	dir, err := os.MkdirTemp("", "naru-chromium-")
	if err != nil {
		return nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-first-run", true),
		chromedp.Flag("lang", "ko-KR"),
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &Browser{ctx: ctx, warm: warm, stop: func() { cancel(); stopAlloc(); _ = os.RemoveAll(dir) }}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return b, nil
}

// Close ends the browser.
func (b *Browser) Close() { b.stop() }

// Open gives the test a tab that looks like d. It ends with the test: when the
// test failed, what was open is described in its log.
func (b *Browser) Open(t testing.TB, d Device) *Tab {
	t.Helper()
	s, err := b.take()
	if err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	tab := s.give(t)
	t.Cleanup(func() {
		if t.Failed() {
			tab.report()
			s.close()
			return
		}
		if err := tab.end(); err != nil {
			t.Logf("the tab is not used again: %v", err)
			s.close()
			return
		}
		b.put(s)
	})
	if err := chromedp.Do(s.ctx, d.pretend()); err != nil {
		t.Fatalf("open a tab as %s: %v", d.Name, err)
	}
	return tab
}

// take is the seat used last, or a new one when all are in use.
func (b *Browser) take() (*seat, error) {
	b.mu.Lock()
	if n := len(b.idle); n > 0 {
		s := b.idle[n-1]
		b.idle = b.idle[:n-1]
		b.mu.Unlock()
		return s, nil
	}
	b.mu.Unlock()
	return b.newSeat()
}

func (b *Browser) put(s *seat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = append(b.idle, s)
}
