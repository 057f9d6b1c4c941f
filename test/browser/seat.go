package browser

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	logevents "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// seat is a browser context with one page, used by one test after the other.
type seat struct {
	ctx   context.Context // of its page
	id    cdp.BrowserContextID
	page  target.ID
	warm  []target.ID // pages that keep the processes of their sites alive
	close func()      // ends the context with all that is open in it

	mu  sync.Mutex
	now *Tab // who uses it; nil between two tests
}

func (b *Browser) newSeat() (*seat, error) {
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	s := &seat{ctx: ctx, close: cancel}
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, err
	}
	c := chromedp.FromContext(ctx)
	s.id, s.page = c.BrowserContextID, c.Target.TargetID
	behind := true
	for _, url := range b.warm {
		made, err := chromedp.CallBrowser(ctx, target.CreateTarget, target.CreateTargetParams{URL: url, BrowserContextID: s.id, Background: &behind})
		if err != nil {
			cancel()
			return nil, fmt.Errorf("keep %s warm: %w", url, err)
		}
		s.warm = append(s.warm, made.TargetID)
	}
	if err := listen(ctx, s.complain); err != nil {
		cancel()
		return nil, err
	}
	return s, nil
}

// give hands the seat to a test.
func (s *seat) give(t testing.TB) *Tab {
	tab := &Tab{t: t, seat: s, ctx: s.ctx, targets: map[target.ID]context.Context{s.page: s.ctx}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = tab
	return tab
}

func (s *seat) complain(what string) {
	s.mu.Lock()
	tab := s.now
	s.mu.Unlock()
	if tab != nil {
		tab.complain(what)
	}
}

// clear makes the seat as new: whoever uses it next sees nothing of what was.
func (s *seat) clear() error {
	s.mu.Lock()
	s.now = nil
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, Patience)
	defer cancel()
	infos, err := s.open(ctx)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if info.Type == "page" && info.TargetID != s.page {
			if _, err := chromedp.CallBrowser(ctx, target.CloseTarget, target.CloseTargetParams{TargetID: info.TargetID}); err != nil {
				return fmt.Errorf("close %s: %w", info.URL, err)
			}
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: `window.name = ""`}); err != nil {
		return err
	}
	if _, err := chromedp.CallBrowser(ctx, storage.ClearCookies, storage.ClearCookiesParams{BrowserContextID: s.id}); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: "*", StorageTypes: "all"}); err != nil {
		return err
	}
	_, err = chromedp.Call(ctx, page.ResetNavigationHistory, cdp.Empty{})
	return err
}

// open lists the pages and frames of the seat without those that keep it warm.
func (s *seat) open(ctx context.Context) ([]*target.Info, error) {
	all, err := chromedp.Targets(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(i *target.Info) bool {
		return i.BrowserContextID != s.id || i.Type != "page" && i.Type != "iframe" || slices.Contains(s.warm, i.TargetID)
	}), nil
}

// listen tells what the browser complains about in one target: errors in its
// console, exceptions, and what a policy forbade.
func listen(ctx context.Context, complain func(string)) error {
	err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *logevents.EventEntryAdded:
			if ev.Entry.Level == logevents.EntryLevelError {
				complain(fmt.Sprintf("%s: %s (%s)", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL))
			}
		case *runtime.EventConsoleAPICalled:
			if ev.Type == runtime.ConsoleAPICalledTypeError {
				complain("console.error: " + args(ev.Args))
			}
		case *runtime.EventExceptionThrown:
			text := ev.ExceptionDetails.Text
			if e := ev.ExceptionDetails.Exception; e != nil {
				text += " " + e.Description
			}
			complain("exception: " + text)
		}
	})
	if err != nil {
		return err
	}
	_, err = chromedp.Call(ctx, logevents.Enable, cdp.Empty{})
	return err
}
