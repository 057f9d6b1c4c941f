package shop_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestPagesAllowOnlyTheShopAndTheGateway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.paidOrder("imp_000000000001", 1)
	for path, want := range map[string]int{"/": 200, "/?lang=en": 200, "/orders": 200, "/orders/" + id: 200, "/orders/mug-x": 404, "/nowhere": 404, "/static/shop.js": 200} {
		w := b.send("GET", path, "")
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		policy := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self' " + b.g.url, "frame-src " + b.g.url, "connect-src 'self' " + b.g.url, "style-src 'self';"} {
			if !strings.Contains(policy+";", part) || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: policy %q lacks %q or is unsafe", path, policy, part)
			}
		}
		page := w.Body.String()
		if strings.Contains(page, "hush-hush") {
			t.Errorf("%s shows the secret", path)
		}
		for _, inline := range []string{" style=", " onclick=", "<style", "<script>"} {
			if strings.Contains(page, inline) && path != "/static/shop.js" {
				t.Errorf("%s has %q, which its own policy refuses", path, inline)
			}
		}
	}
}

func TestProductPageFollowsItsQuery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for query, wants := range map[string][]string{
		"":                                {`lang="ko"`, "나루 머그컵", `data-confirm="true"`, `data-redirect="true"`, `data-stay="false"`, `value="mist" checked`, b.g.url + "/v1/iamport.js"},
		"?lang=en":                        {`lang="en"`, "Naru Mug", "Pay by card", `href="/orders?lang=en"`},
		"?variant=soldout":                {`value="soldout" checked`, `data-variant="soldout"`},
		"?confirm=0&redirect=0&stay=1":    {`data-confirm="false"`, `data-redirect="false"`, `data-stay="true"`},
		`?variant="><script>x</script>`:   {`data-variant="mist"`, `value="mist" checked`},
		"?lang=<script>alert(1)</script>": {`lang="ko"`},
	} {
		status, page := b.do("GET", "/"+strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E").Replace(query), "")
		if status != http.StatusOK {
			t.Errorf("%q: %d", query, status)
		}
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%q: no %s in the page", query, want)
			}
		}
	}
	_, page := b.do("GET", "/", "")
	if attr(t, page, "pay-card", "data-channel-key") != "channel-key-1" || attr(t, page, "pay-tosspay", "data-channel-key") != "channel-key-2" {
		t.Error("buttons must carry their channel keys")
	}
}
