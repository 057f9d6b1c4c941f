package tosspayments_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

func reader(t *testing.T) connector.WebhookReader {
	t.Helper()
	r, err := connector.As[connector.WebhookReader](open(t, settings("http://127.0.0.1:9")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The bodies follow "웹훅": both forms of PAYMENT_STATUS_CHANGED and the flat
// DEPOSIT_CALLBACK. Values are our own.
func TestReadWebhook(t *testing.T) {
	t.Parallel()
	ref := pay.Ref{Order: "imp_274810035512", Key: "Lk3Vw9QzTn5R"}
	for _, c := range []struct {
		name, id, body string
		want           connector.Notice
	}{
		{"short form", "", `{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-20T14:03:41.000000",
			"data":{"paymentKey":"Lk3Vw9QzTn5R","status":"DONE","orderId":"imp_274810035512"}}`,
			connector.Notice{Kind: "PAYMENT_STATUS_CHANGED", Ref: ref, Key: "Lk3Vw9QzTn5R:DONE:2026-11-20T14:03:41.000000"}},
		{"whole payment", "", `{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-20T14:03:41.000",
			"data":{"mId":"tnarutest01","lastTransactionKey":"0F4A8C21","paymentKey":"Lk3Vw9QzTn5R","status":"DONE","orderId":"imp_274810035512","card":{"company":"삼성"}}}`,
			connector.Notice{Kind: "PAYMENT_STATUS_CHANGED", Ref: ref, Key: "Lk3Vw9QzTn5R:DONE:0F4A8C21"}},
		{"with a transmission id", "whtrans_1", `{"eventType":"PAYMENT_STATUS_CHANGED","data":{"paymentKey":"Lk3Vw9QzTn5R","status":"DONE","orderId":"imp_274810035512"}}`,
			connector.Notice{Kind: "PAYMENT_STATUS_CHANGED", Ref: ref, Key: "whtrans_1"}},
		{"deposit", "", `{"createdAt":"2026-11-20T18:00:01.000000","secret":"ps_1","status":"DONE","transactionKey":"E07C","orderId":"imp_274810035512"}`,
			connector.Notice{Kind: "DEPOSIT_CALLBACK", Ref: pay.Ref{Order: "imp_274810035512"}, Key: "deposit:imp_274810035512:DONE:E07C", Proof: "ps_1"}},
		{"deposit of 2021", "", `{"secret":"ps_1","status":"DONE","orderId":"imp_274810035512"}`,
			connector.Notice{Kind: "DEPOSIT_CALLBACK", Ref: pay.Ref{Order: "imp_274810035512"}, Key: "deposit:imp_274810035512:DONE:", Proof: "ps_1"}},
		{"deposit without a proof", "", `{"status":"DONE","orderId":"imp_274810035512"}`,
			connector.Notice{Kind: "DEPOSIT_CALLBACK", Ref: pay.Ref{Order: "imp_274810035512"}, Key: "deposit:imp_274810035512:DONE:"}},
		{"a billing key that is gone", "whtrans_3", `{"eventType":"BILLING_DELETED","createdAt":"2026-11-20T18:00:01.000","data":{"billingKey":"b","reason":"r"}}`,
			connector.Notice{Kind: "BILLING_DELETED", Key: "whtrans_3"}},
		{"an event of no use here", "whtrans_2", `{"eventType":"CUSTOMER_STATUS_CHANGED","createdAt":"2026-11-20T18:00:01.000","data":{"customerKey":"c","status":"CREATED"}}`,
			connector.Notice{Kind: "CUSTOMER_STATUS_CHANGED", Key: "whtrans_2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if c.id != "" {
				h.Set("tosspayments-webhook-transmission-id", c.id)
			}
			got, err := reader(t).ReadWebhook(t.Context(), h, []byte(c.body))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestTheKeyOfANoticeTellsEventsApart(t *testing.T) {
	t.Parallel()
	key := func(body string) string {
		n, err := reader(t).ReadWebhook(t.Context(), http.Header{}, []byte(body))
		if err != nil || n.Key == "" {
			t.Fatalf("%s: key %q, %v", body, n.Key, err)
		}
		return n.Key
	}
	short := `{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-20T14:0%","data":{"paymentKey":"k","status":"PARTIAL_CANCELED","orderId":"imp_274810035512"}}`
	one, two := strings.Replace(short, "%", "1", 1), strings.Replace(short, "%", "2", 1)
	if first, again := key(one), key(one); first != again || first == key(two) {
		t.Error("two partial cancels in the short form must differ, and a repeat must not")
	}
	other := `{"eventType":"METHOD_UPDATED","data":{"methodKey":"%"}}`
	if first, again := key(other), key(other); first != again || first == key(strings.Replace(other, "%", "2", 1)) {
		t.Error("events of no use must differ by their body")
	}
	if long := key(strings.Replace(one, "2026", strings.Repeat("9", 5000), 1)); len(long) > 400 {
		t.Errorf("a key of %d characters came from outside", len(long))
	}
}

func TestAWebhookThatCannotBeReadNamesTheField(t *testing.T) {
	t.Parallel()
	for body, say := range map[string]string{
		``:                                       "JSON",
		`[]`:                                     "JSON",
		`{`:                                      "JSON",
		`{}`:                                     "eventType",
		`{"a":null}`:                             "eventType",
		`{"status":"DONE","orderId":"a b"}`:      "eventType",
		`{"status":"DONE","secret":7}`:           "secret",
		`{"eventType":"PAYMENT_STATUS_CHANGED"}`: "data",
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":"x"}`:                                                 "data",
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"imp_274810035512"}}`:                      "data.paymentKey",
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"paymentKey":"k"}}`:                                  "data.orderId",
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"paymentKey":"k","orderId":"../../v1/other?a=b#c"}}`: "data.orderId",
	} {
		if _, err := reader(t).ReadWebhook(t.Context(), http.Header{}, []byte(body)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: error %v, want it to name %s", body, err, say)
		}
	}
}
