package tosspayments_test

import (
	"strings"
	"testing"

	"naru/internal/sandbox/tosspayments"
)

func TestGiftLogin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, method := range []string{"문화상품권", "도서문화상품권", "게임문화상품권"} {
		w := b.open(method, nil)
		b.want(b.act(w, "approve", fields{}), 403, "INVALID_PASSWORD")
		b.want(b.act(w, "approve", choices(method, fields{"password": "guess"})), 403, "INVALID_PASSWORD")
		b.want(b.act(w, "approve", choices(method, fields{"id": "guess"})), 403, "INVALID_PASSWORD")
		b.want(b.act(w, "approve", choices(method, fields{"id": 1})), 400, "INVALID_REQUEST")
		b.want(b.act(w, "approve", choices(method, nil)), 200, "")
	}
}

func TestGiftBalanceIsAlwaysEnough(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.page(b.open("문화상품권", fields{"amount": 1234500}))
	if !strings.Contains(page, "1,300,000원") || !strings.Contains(page, "65,500원") {
		t.Error("the balance does not cover the order")
	}
}

func TestGiftApprovalNumberWithLiveKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tosspayments.Options) {
		o.Shops[0].ClientKey, o.Shops[1].ClientKey = o.Shops[1].ClientKey, "live_ck_dddddddddddddddddddddddddddd"
		o.Shops[0].SecretKey, o.Shops[1].SecretKey = liveKey, "live_sk_dddddddddddddddddddddddddddd"
	})
	live := fields{"clientKey": "live_ck_cccccccccccccccccccccccccccc"}
	w := b.request("도서문화상품권", params(nil), live).body["url"].(string)
	b.want(b.act(w, "approve", choices("도서문화상품권", nil)), 200, "")
	key := b.newest()["paymentKey"].(string)
	r := b.call("POST", "/v1/payments/confirm", confirmation(key, nil), "Authorization", basic(liveKey))
	gift, _ := r.body["giftCertificate"].(map[string]any)
	if no, _ := gift["approveNo"].(string); len(no) != 8 || no == "00000000" {
		t.Errorf("answer %s", r)
	}
}
