// Package browser drives a real headless Chromium for tests: one browser for a
// process, a private context for each test, and a way to reach into frames and
// popups of any origin by their address.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	logevents "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Patience is how long anything in a page is waited for.
const Patience = 20 * time.Second

// Browser is one Chromium process.
type Browser struct {
	ctx  context.Context
	stop func()
}

// Start launches Chromium. It fails the test when there is none: a browser
// test is never skipped.
func Start() (*Browser, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no Chromium: run `make deps/system` (it installs Debian's package chromium)")
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
	b := &Browser{ctx: ctx, stop: func() { cancel(); stopAlloc(); _ = os.RemoveAll(dir) }}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return b, nil
}

// Close ends the browser.
func (b *Browser) Close() { b.stop() }

// Device is how a tab looks to a page.
type Device struct {
	Name          string
	Width, Height int64
	Mobile        bool
	UserAgent     string
	Dark          bool
}

const phoneAgent = "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"

// Devices the tests use.
var (
	Desktop = Device{Name: "desktop", Width: 1280, Height: 800}
	Phone   = Device{Name: "phone", Width: 390, Height: 844, Mobile: true, UserAgent: phoneAgent}
)

// Tab is one page in a private browser context, with the frames and popups it
// opens. Complaints gathers console errors and policy violations of them all.
type Tab struct {
	t       testing.TB
	ctx     context.Context
	id      cdp.BrowserContextID
	mu      sync.Mutex
	targets map[target.ID]context.Context
	log     []string
}

// Open makes a tab that ends with the test.
func (b *Browser) Open(t testing.TB, d Device) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	opts := []chromedp.EmulateViewportOption{}
	if d.Mobile {
		opts = append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(d.Width, d.Height, opts...)); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	tab := &Tab{t: t, ctx: ctx, targets: map[target.ID]context.Context{}}
	c := chromedp.FromContext(ctx)
	tab.id = c.BrowserContextID
	tab.targets[c.Target.TargetID] = ctx
	if d.UserAgent != "" || d.Dark {
		tab.pretend(d)
	}
	tab.listen(ctx)
	return tab
}

// listen gathers what the browser complains about in one target.
func (tab *Tab) listen(ctx context.Context) {
	_, _ = chromedp.Call(ctx, logevents.Enable, cdp.Empty{})
	entries := chromedp.Events(ctx, logevents.EntryAdded)
	calls := chromedp.Events(ctx, runtime.ConsoleAPICalled)
	thrown := chromedp.Events(ctx, runtime.ExceptionThrown)
	go func() {
		for ev, err := range entries {
			if err != nil {
				return
			}
			if ev.Entry.Level == logevents.EntryLevelError {
				tab.complain(fmt.Sprintf("%s: %s (%s)", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL))
			}
		}
	}()
	go func() {
		for ev, err := range calls {
			if err != nil {
				return
			}
			if ev.Type == runtime.ConsoleAPICalledTypeError {
				tab.complain("console.error: " + args(ev.Args))
			}
		}
	}()
	go func() {
		for ev, err := range thrown {
			if err != nil {
				return
			}
			tab.complain("exception: " + ev.ExceptionDetails.Text)
		}
	}()
}

func args(list []*runtime.RemoteObject) string {
	var out []string
	for _, a := range list {
		out = append(out, string(a.Value)+a.Description)
	}
	return strings.Join(out, " ")
}

func (tab *Tab) complain(s string) {
	if strings.Contains(s, "favicon.ico") {
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.log = append(tab.log, s)
}

// Complaints are the console errors, exceptions and policy violations so far.
func (tab *Tab) Complaints() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.log...)
}

// Go navigates the tab's page.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		tab.t.Fatalf("go to %s: %v", url, err)
	}
}

// Reload loads the tab's page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, chromedp.Reload()); err != nil {
		tab.t.Fatalf("reload: %v", err)
	}
}

// Screenshot is the tab's page as a PNG, to its full height when full is set.
func (tab *Tab) Screenshot(full bool) []byte {
	tab.t.Helper()
	shot := chromedp.CaptureScreenshot()
	if full {
		shot = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(tab.ctx, shot)
	if err != nil {
		tab.t.Fatalf("screenshot: %v", err)
	}
	return png
}

// Page is the tab's own document, wherever it has gone.
func (tab *Tab) Page() *Frame {
	return &Frame{tab: tab, what: "the page", find: func() (context.Context, cdp.FrameID, error) {
		tree, err := chromedp.Call(tab.ctx, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return nil, "", err
		}
		return tab.ctx, tree.FrameTree.Frame.ID, nil
	}}
}

// Frame is the frame, popup or page whose address begins with prefix.
func (tab *Tab) Frame(prefix string) *Frame {
	return &Frame{tab: tab, what: prefix, find: func() (context.Context, cdp.FrameID, error) { return tab.find(prefix) }}
}

// Has reports whether there is a frame, popup or page at prefix right now.
func (tab *Tab) Has(prefix string) bool {
	_, _, err := tab.find(prefix)
	return err == nil
}

// find looks through all targets of the tab's browser context.
func (tab *Tab) find(prefix string) (context.Context, cdp.FrameID, error) {
	infos, err := chromedp.Targets(tab.ctx)
	if err != nil {
		return nil, "", err
	}
	for _, info := range infos {
		if info.BrowserContextID != tab.id || info.Type != "page" && info.Type != "iframe" {
			continue
		}
		ctx, err := tab.attach(info.TargetID)
		if err != nil {
			continue // gone meanwhile
		}
		tree, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			continue
		}
		if id, ok := within(tree.FrameTree, prefix); ok {
			return ctx, id, nil
		}
	}
	return nil, "", fmt.Errorf("no frame at %s", prefix)
}

func within(tree *page.FrameTree, prefix string) (cdp.FrameID, bool) {
	if strings.HasPrefix(tree.Frame.URL, prefix) {
		return tree.Frame.ID, true
	}
	for _, child := range tree.ChildFrames {
		if id, ok := within(child, prefix); ok {
			return id, true
		}
	}
	return "", false
}

// attach connects to a target once.
func (tab *Tab) attach(id target.ID) (context.Context, error) {
	tab.mu.Lock()
	ctx, ok := tab.targets[id]
	tab.mu.Unlock()
	if ok {
		return ctx, ctx.Err()
	}
	ctx, cancel := chromedp.NewContext(tab.ctx, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel())
	tab.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}
	tab.listen(ctx)
	tab.mu.Lock()
	tab.targets[id] = ctx
	tab.mu.Unlock()
	return ctx, nil
}

// ClosePopup closes the popup at prefix, as a person who presses its X.
func (tab *Tab) ClosePopup(prefix string) {
	tab.t.Helper()
	infos, err := chromedp.Targets(tab.ctx)
	if err != nil {
		tab.t.Fatal(err)
	}
	for _, info := range infos {
		if info.BrowserContextID == tab.id && info.Type == "page" && strings.HasPrefix(info.URL, prefix) {
			if _, err := chromedp.CallBrowser(tab.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: info.TargetID}); err != nil {
				tab.t.Fatalf("close %s: %v", prefix, err)
			}
			return
		}
	}
	tab.t.Fatalf("no popup at %s", prefix)
}

// Popups counts the pages of the tab's context beside the first.
func (tab *Tab) Popups() int {
	infos, err := chromedp.Targets(tab.ctx)
	if err != nil {
		tab.t.Fatal(err)
	}
	n := -1
	for _, info := range infos {
		if info.BrowserContextID == tab.id && info.Type == "page" {
			n++
		}
	}
	return n
}
