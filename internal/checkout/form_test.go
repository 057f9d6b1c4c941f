package checkout

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func FuzzForm(f *testing.F) {
	f.Add("orderId=1&amount=2", "paymentKey=k%20", "application/x-www-form-urlencoded")
	f.Add("orderId=%zz&a;b=%", "a=b=c&&", "text/plain")
	f.Add("orderNo=shop@1", "\x00", "multipart/form-data; boundary=x")
	h := &Handler{log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, query, body, kind string) {
		r := (&http.Request{
			Method: http.MethodPost, URL: &url.URL{Path: "/checkout/x/return", RawQuery: query},
			Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)),
		}).WithContext(t.Context())
		got := h.form(httptest.NewRecorder(), r)
		if got == nil {
			t.Fatal("no form at all")
		}
		whole, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		for name, values := range whole {
			for _, v := range values {
				if !slices.Contains(got[name], v) {
					t.Errorf("query %q, body %q: %s=%q was lost", query, body, name, v)
				}
			}
		}
	})
}
