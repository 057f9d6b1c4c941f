package tosspay_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

// The bodies follow "resultCallback", V2 and V1. Values are our own.
func TestReadWebhook(t *testing.T) {
	t.Parallel()
	ref := pay.Ref{Order: "imp_274810035512", Key: "Vk8Rn3WqT5yL"}
	for name, c := range map[string]struct {
		body string
		want connector.Notice
	}{
		"V2": {`{"status":"PAY_COMPLETE","payToken":"Vk8Rn3WqT5yL","orderNo":"imp_274810035512","payMethod":"CARD","amount":84000,
			"transactionId":"3e1b7c52-9d40","cardCompanyCode":3,"spreadOut":"6","unheardOf":{}}`,
			connector.Notice{Kind: "PAY_COMPLETE", Ref: ref, Key: "Vk8Rn3WqT5yL:3e1b7c52-9d40:PAY_COMPLETE"}},
		"V1": {"status=PAY_SUCCESS&payToken=Vk8Rn3WqT5yL&orderNo=imp_274810035512&payMethod=TOSS_MONEY&amount=84000&paidTs=2026-11-20+14%3A03%3A40&transactionId=3e1b7c52-9d40",
			connector.Notice{Kind: "PAY_SUCCESS", Ref: ref, Key: "Vk8Rn3WqT5yL:3e1b7c52-9d40:PAY_SUCCESS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, []byte(c.body))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The bodies follow "빌링키 생성 요청", callback. Values are our own.
func TestReadWebhookOfABillingKey(t *testing.T) {
	t.Parallel()
	const activated = `{"action":"ACTIVATED","processedTs":"2026-11-20 14:03:15","userId":"cust-3906","billingKey":"Hn6Tq2LwXr9B","payMethod":"CARD",` +
		`"cardCompanyNo":7,"cardCompanyName":"우리","cardNumber":"531764******220*","unheardOf":{}}`
	read := func(body string) connector.Notice {
		t.Helper()
		n, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, []byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return n
	}
	first := read(activated)
	at := time.Date(2026, 11, 20, 5, 3, 15, 0, time.UTC)
	if diff := cmp.Diff(connector.Notice{Kind: "BILLING_ACTIVATED", Customer: "cust-3906", Key: first.Key, At: at}, first); diff != "" || len(first.Key) < 20 {
		t.Errorf("key %q (-want +got):\n%s", first.Key, diff)
	}
	if again := read(strings.Replace(activated, `"unheardOf":{}`, `"unheardOf":1`, 1)); again.Key != first.Key {
		t.Errorf("sent again its key is %q, at first %q", again.Key, first.Key)
	}
	keys := map[string]string{first.Key: "first"}
	for what, body := range map[string]string{
		"a later one": strings.Replace(activated, "14:03:15", "15:03:15", 1),
		"removed":     strings.Replace(activated, "ACTIVATED", "REMOVED", 1),
		"somebody's":  strings.Replace(activated, "cust-3906", "cust-3907", 1),
		"another key": strings.Replace(activated, "Hn6Tq2LwXr9B", "Hn6Tq2LwXr9C", 1),
		"unheard of":  strings.Replace(activated, "ACTIVATED", "CHANGED", 1),
	} {
		n := read(body)
		if keys[n.Key] != "" || n.Ref.Order != "" || n.Customer == "" {
			t.Errorf("%s: %+v has the key of %q", what, n, keys[n.Key])
		}
		keys[n.Key] = what
	}
	if n := read(strings.Replace(activated, "ACTIVATED", "REMOVED", 1)); n.Kind != "BILLING_REMOVED" {
		t.Errorf("kind %q", n.Kind)
	}
}

func TestAWebhookThatCannotBeReadNamesTheField(t *testing.T) {
	t.Parallel()
	for body, say := range map[string]string{
		"":                                 "payToken",
		"{":                                "JSON",
		`{"payToken":{}}`:                  "JSON",
		"a=%zz":                            "form",
		"status=PAY_SUCCESS&orderNo=imp_1": "payToken",
		"status=PAY_SUCCESS&payToken=a":    "orderNo",
		"payToken=a&orderNo=imp_1":         "status",
		`{"payToken":"a","orderNo":"imp 1","status":"PAY_COMPLETE"}`:                            "orderNo",
		`{"action":"activated","userId":"cust-3906"}`:                                           "action",
		`{"action":"ACTIVATED"}`:                                                                "userId",
		`{"action":"ACTIVATED","userId":"고객"}`:                                                  "userId",
		`{"action":"ACTIVATED","userId":"` + strings.Repeat("a", 51) + `"}`:                     "userId",
		"status=PAY_SUCCESS&payToken=" + strings.Repeat("a", 101) + "&orderNo=imp_1":            "payToken",
		"status=PAY_SUCCESS&payToken=a&orderNo=imp_1&transactionId=" + strings.Repeat("a", 101): "transactionId",
	} {
		_, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, []byte(body))
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: error %v, want it to name %s", body, err, say)
		}
	}
}
