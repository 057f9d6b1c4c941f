package browser

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Tab is one page in a browser context that no other test is in, with the frames
// and popups it opens. Complaints gathers console errors and policy violations
// of those it reached into.
type Tab struct {
	t    testing.TB
	seat *seat
	ctx  context.Context

	mu      sync.Mutex
	targets map[target.ID]context.Context
	detach  []func()
	scripts []page.ScriptIdentifier // run in every new document
	log     []string
}

// end takes back what the test did to the tab, and clears its seat.
func (tab *Tab) end() error {
	for _, detach := range tab.detach {
		detach()
	}
	for _, id := range tab.scripts {
		p := page.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: id}
		if _, err := chromedp.Call(tab.ctx, page.RemoveScriptToEvaluateOnNewDocument, p); err != nil {
			return err
		}
	}
	return tab.seat.clear()
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
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Reload()); err != nil {
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

// OnNewDocument runs a script in the tab's page before any of its own, in each
// document it goes to until the test ends.
func (tab *Tab) OnNewDocument(script string) {
	tab.t.Helper()
	added, err := chromedp.Call(tab.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		tab.t.Fatalf("script for new documents: %v", err)
	}
	tab.scripts = append(tab.scripts, added.Identifier)
}

// NoScripts turns the scripts of the tab's page off until the test ends.
func (tab *Tab) NoScripts() {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		tab.t.Fatalf("scripts off: %v", err)
	}
}

// BlockPopups makes window.open answer as a popup blocker does, until the next
// trusted press on an element that matches css.
func (tab *Tab) BlockPopups(css string) {
	tab.t.Helper()
	tab.OnNewDocument(fmt.Sprintf(`(() => { const open = window.open; let free = false;
		addEventListener("click", e => { if (e.target.closest && e.target.closest(%s)) free = true }, true);
		window.open = function () { return free ? open.apply(window, arguments) : null } })()`, quote(css)))
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

// find looks through all documents of the tab.
func (tab *Tab) find(prefix string) (context.Context, cdp.FrameID, error) {
	docs, err := tab.documents()
	if err != nil {
		return nil, "", err
	}
	for _, d := range docs {
		if strings.HasPrefix(d.url, prefix) {
			return d.ctx, d.id, nil
		}
	}
	return nil, "", fmt.Errorf("no frame at %s", prefix)
}

// document is a page, a popup or a frame that is open.
type document struct {
	ctx   context.Context
	id    cdp.FrameID
	url   string
	popup bool // or the tab's page: not a frame
}

func (tab *Tab) documents() ([]document, error) {
	infos, err := tab.seat.open(tab.ctx)
	if err != nil {
		return nil, err
	}
	var out []document
	for _, info := range infos {
		ctx, err := tab.attach(info.TargetID)
		if err != nil {
			continue // gone meanwhile
		}
		tree, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			continue
		}
		out = append(out, flatten(ctx, tree.FrameTree, info.Type == "page")...)
	}
	return out, nil
}

func flatten(ctx context.Context, tree *page.FrameTree, top bool) []document {
	out := []document{{ctx, tree.Frame.ID, tree.Frame.URL, top}}
	for _, child := range tree.ChildFrames {
		out = append(out, flatten(ctx, child, false)...)
	}
	return out
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
	err := chromedp.Do(ctx)
	if err == nil {
		err = listen(ctx, tab.complain)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.targets[id] = ctx
	tab.detach = append(tab.detach, cancel)
	return ctx, nil
}

// ClosePopup closes the popup at prefix, as a person who presses its X.
func (tab *Tab) ClosePopup(prefix string) {
	tab.t.Helper()
	infos, err := tab.seat.open(tab.ctx)
	if err != nil {
		tab.t.Fatal(err)
	}
	for _, info := range infos {
		if info.Type == "page" && info.TargetID != tab.seat.page && strings.HasPrefix(info.URL, prefix) {
			if _, err := chromedp.CallBrowser(tab.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: info.TargetID}); err != nil {
				tab.t.Fatalf("close %s: %v", prefix, err)
			}
			return
		}
	}
	tab.t.Fatalf("no popup at %s", prefix)
}

// Popups counts the pages of the tab beside the first.
func (tab *Tab) Popups() int {
	tab.t.Helper()
	infos, err := tab.seat.open(tab.ctx)
	if err != nil {
		tab.t.Fatal(err)
	}
	n := -1
	for _, info := range infos {
		if info.Type == "page" {
			n++
		}
	}
	return n
}
