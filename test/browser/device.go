package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Device is how a tab looks to a page.
type Device struct {
	Name          string
	Width, Height int64 // of the page, in CSS pixels
	Mobile        bool  // a phone: its viewport rules, touch, and what UserAgent says
	UserAgent     string
	Dark          bool // prefers-color-scheme: dark
}

const phoneAgent = "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"

// Devices the tests use. SmallPhone is the narrowest that pages must fit.
var (
	Desktop    = Device{Name: "desktop", Width: 1280, Height: 800}
	Phone      = Device{Name: "phone", Width: 390, Height: 844, Mobile: true, UserAgent: phoneAgent}
	SmallPhone = Device{Name: "phone", Width: 360, Height: 740, Mobile: true, UserAgent: phoneAgent}
	DarkPhone  = Device{Name: "phone", Width: 390, Height: 844, Mobile: true, UserAgent: phoneAgent, Dark: true}
)

// pretend makes the page's tab look like d, whatever it looked like before.
func (d Device) pretend() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: d.Width, Height: d.Height, DeviceScaleFactor: 1, Mobile: d.Mobile,
		}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: d.Mobile}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{}); err != nil {
			return err
		}
		agent := emulation.SetUserAgentOverrideParams{UserAgent: d.UserAgent, AcceptLanguage: "ko-KR,ko"}
		if d.Mobile {
			agent.Platform = "Linux armv81"
			agent.UserAgentMetadata = &emulation.UserAgentMetadata{Platform: "Android", PlatformVersion: "14", Model: "SM-S921N", Mobile: true}
		}
		if _, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, agent); err != nil {
			return err
		}
		scheme := "light"
		if d.Dark {
			scheme = "dark"
		}
		// What moves for its own sake is drawn by the processor that all tests share.
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})
}
