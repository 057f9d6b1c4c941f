package e2e

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// eventually waits for what other processes do on their own.
func eventually(t testing.TB, what string, done func() (bool, string)) {
	t.Helper()
	last := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var ok bool
		if ok, last = done(); ok {
			return
		}
	}
	t.Fatalf("%s: not within 20 s; last seen:\n%s", what, last)
}

// webhookArrives waits until the shop's order page shows a webhook with the status.
func webhookArrives(t *testing.T, _ *buyer, uid, status string) {
	t.Helper()
	eventually(t, "webhook "+status+" of "+uid, func() (bool, string) {
		res, err := http.Get(stack.Shop + "/orders/" + url.PathEscape(uid))
		if err != nil {
			return false, err.Error()
		}
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		if err != nil {
			return false, err.Error()
		}
		_, log, _ := strings.Cut(string(page), `data-testid="webhook-log"`)
		return strings.Contains(log, status), res.Status
	})
}
