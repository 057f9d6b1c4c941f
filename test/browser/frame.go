package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Frame is a document to act in. It is looked up anew for each act, so it
// survives navigation.
type Frame struct {
	tab  *Tab
	what string
	find func() (context.Context, cdp.FrameID, error)
}

// eval runs an expression in the frame, as if a person had just pressed something.
func (f *Frame) eval(expr string, into any) error { return f.evalFor(5*time.Second, expr, into) }

func (f *Frame) evalFor(limit time.Duration, expr string, into any) error {
	ctx, id, err := f.find()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	world, err := chromedp.Call(ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: id, WorldName: "naru"})
	if err != nil {
		return err
	}
	yes := true
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expr, ContextID: world.ExecutionContextID, ReturnByValue: &yes, UserGesture: &yes, AwaitPromise: &yes,
	})
	if err != nil {
		return err
	}
	if res.ExceptionDetails != nil {
		text := res.ExceptionDetails.Text
		if e := res.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		return fmt.Errorf("%.200s: %s", expr, text)
	}
	if into == nil || len(res.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(res.Result.Value, into)
}

// until repeats an act that says when it is done, as long as Patience lasts.
func (f *Frame) until(goal string, act func() (bool, error)) {
	f.tab.t.Helper()
	var last error
	for end := time.Now().Add(Patience); time.Now().Before(end); {
		done, err := act()
		if err == nil && done {
			return
		}
		if err != nil {
			last = err
		}
		select {
		case <-f.tab.ctx.Done():
			f.tab.t.Fatalf("%s in %s: the browser is gone: %v", goal, f.what, f.tab.ctx.Err())
		case <-time.After(40 * time.Millisecond):
		}
	}
	f.tab.t.Fatalf("%s in %s: not within %s (last: %v)", goal, f.what, Patience, last)
}

func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

// usable is JavaScript for "the page's scripts have run, and the element is there,
// can be seen and is enabled": a press before that may be lost.
const usable = `if (!performance.timing.domContentLoadedEventEnd) return false; const e = document.querySelector(%s); if (!e || e.disabled || e.getAttribute("aria-disabled") === "true") return false; const r = e.getBoundingClientRect(); if (!(r.width || r.height)) return false;`

// Click presses the element once it can be pressed.
func (f *Frame) Click(css string) {
	f.tab.t.Helper()
	f.until("click "+css, func() (bool, error) {
		var done bool
		err := f.eval(fmt.Sprintf(`(() => { `+usable+` e.click(); return true })()`, quote(css)), &done)
		return done, err
	})
}

// See waits until the element can be seen.
func (f *Frame) See(css string) {
	f.tab.t.Helper()
	f.until("see "+css, func() (bool, error) {
		var done bool
		err := f.eval(fmt.Sprintf(`(() => { `+usable+` return true })()`, quote(css)), &done)
		return done, err
	})
}

// Fill types a value into a field or picks it in a list.
func (f *Frame) Fill(css, value string) {
	f.tab.t.Helper()
	f.until("fill "+css, func() (bool, error) {
		var done bool
		err := f.eval(fmt.Sprintf(`(() => { `+usable+` e.focus(); e.value = %s; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return true })()`, quote(css), quote(value)), &done)
		return done, err
	})
}

// Check ticks a box or radio that is not ticked.
func (f *Frame) Check(css string) {
	f.tab.t.Helper()
	f.until("check "+css, func() (bool, error) {
		var done bool
		err := f.eval(fmt.Sprintf(`(() => { if (!performance.timing.domContentLoadedEventEnd) return false; const e = document.querySelector(%s); if (!e || e.disabled) return false; if (!e.checked) e.click(); return e.checked })()`, quote(css)), &done)
		return done, err
	})
}

// Until waits for an expression to be true.
func (f *Frame) Until(expr string) {
	f.tab.t.Helper()
	f.until(expr, func() (bool, error) {
		var done bool
		err := f.eval("!!("+expr+")", &done)
		return done, err
	})
}

// Text waits for the element and gives its text.
func (f *Frame) Text(css string) string {
	f.tab.t.Helper()
	var text *string
	f.until("text of "+css, func() (bool, error) {
		err := f.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%s); return e ? e.textContent.trim() : null })()`, quote(css)), &text)
		return text != nil, err
	})
	return *text
}

// Value gives what an expression is right now, decoded into into.
func (f *Frame) Value(expr string, into any) {
	f.tab.t.Helper()
	if err := f.eval(expr, into); err != nil {
		f.tab.t.Fatalf("%s in %s: %v", expr, f.what, err)
	}
}

// Main gives what an expression is in the tab's page itself, where its own
// scripts' globals live; a promise is awaited.
func (tab *Tab) Main(expr string, into any) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	yes := true
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: expr, ReturnByValue: &yes, UserGesture: &yes, AwaitPromise: &yes})
	if err == nil && res.ExceptionDetails != nil {
		err = fmt.Errorf("%s", res.ExceptionDetails.Text)
	}
	if err == nil && into != nil && len(res.Result.Value) > 0 {
		err = json.Unmarshal(res.Result.Value, into)
	}
	if err != nil {
		tab.t.Fatalf("%s: %v", expr, err)
	}
}

// URL is the frame's address right now.
func (f *Frame) URL() string {
	f.tab.t.Helper()
	var u string
	f.Value("location.href", &u)
	return u
}

// Press sends a key to whatever has the focus in the tab's page: "Escape", "Tab",
// "Enter", "ArrowDown", "ArrowUp".
func (tab *Tab) Press(key string) {
	tab.t.Helper()
	tab.Page().Press(key)
}

// Press sends a key to whatever has the focus in the document's page, the
// document's own frame if that has it.
func (f *Frame) Press(key string) {
	f.tab.t.Helper()
	ctx, _, err := f.find()
	if err != nil {
		f.tab.t.Fatalf("press %s in %s: %v", key, f.what, err)
	}
	codes := map[string]int64{"Escape": 27, "Tab": 9, "Enter": 13, "ArrowDown": 40, "ArrowUp": 38}
	text := map[string]string{"Enter": "\r"}[key]
	for _, typ := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: typ, Key: key, Code: key, Text: text, WindowsVirtualKeyCode: codes[key], NativeVirtualKeyCode: codes[key],
		})
		if err != nil {
			f.tab.t.Fatalf("press %s in %s: %v", key, f.what, err)
		}
	}
}
