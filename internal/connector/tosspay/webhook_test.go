package tosspay_test

import (
	"net/http"
	"strings"
	"testing"

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
		"status=PAY_SUCCESS&payToken=" + strings.Repeat("a", 101) + "&orderNo=imp_1":            "payToken",
		"status=PAY_SUCCESS&payToken=a&orderNo=imp_1&transactionId=" + strings.Repeat("a", 101): "transactionId",
	} {
		_, err := open(t, settings("http://127.0.0.1:9")).(connector.WebhookReader).ReadWebhook(t.Context(), http.Header{}, []byte(body))
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: error %v, want it to name %s", body, err, say)
		}
	}
}
