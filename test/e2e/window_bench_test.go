package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"naru/test/browser"
)

// BenchmarkFirstWindow reports how long after the click the provider's window is
// painted: the gateway, the launch page, the stand-in's script and its window, on
// loopback. ms/median and ms/worst are over all rounds but the first.
func BenchmarkFirstWindow(b *testing.B) {
	for _, w := range []struct{ name, channel, method, window string }{
		{"layer", tossPayments, "card", "/tosspayments/window/"},
		{"popup", tossPay, "tosspay", "/tosspay/payfront/"},
	} {
		b.Run(w.name, func(b *testing.B) {
			tab := stack.Browser.Open(b, browser.Desktop)
			var took []float64
			for i := range max(b.N, 2) {
				raw, err := json.Marshal(map[string]any{
					"channelKey": w.channel, "pay_method": w.method, "merchant_uid": fmt.Sprintf("bench-%s-%d", w.name, orders.Add(1)),
					"name": "나루 머그컵", "amount": 60000, "buyer_name": "홍길동",
				})
				if err != nil {
					b.Fatal(err)
				}
				tab.Go(stack.Merchant.URL + "/pay?params=" + url.QueryEscape(string(raw)))
				page := tab.Page()
				var installed bool
				page.Value(`(document.getElementById("pay").addEventListener("click", () => { window.clicked = performance.timeOrigin + performance.now() }, true), true)`, &installed)
				page.Click("#pay")
				window := tab.Frame(stack.Sandbox + w.window)
				window.Until(`performance.getEntriesByName("first-contentful-paint").length > 0`)
				var painted, clicked float64
				window.Value(`performance.timeOrigin + performance.getEntriesByName("first-contentful-paint")[0].startTime`, &painted)
				page.Value(`window.clicked`, &clicked)
				if i > 0 {
					took = append(took, painted-clicked)
				}
				if w.name == "popup" {
					tab.ClosePopup(stack.Sandbox + w.window)
				}
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2], "ms/median")
			b.ReportMetric(took[len(took)-1], "ms/worst")
			b.ReportMetric(0, "ns/op")
		})
	}
}
