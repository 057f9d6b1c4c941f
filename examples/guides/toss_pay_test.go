package guides_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestTossPay: its billing keys are issued in a window, which a guide's reader
// has been through; here the customer agrees at the sandbox and the key is
// brought in from the command line.
func TestTossPay(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	r.set(t, newYear)
	r.try(t, step{file: "toss-pay/again.sh", code: 1, says: `^등록되지 않은 구매자입니다\.$`})
	r.importWalletKey(t)

	paid := map[string]any{"status": "paid", "amount": 6400, "pg_provider": "tosspay_v2", "channel": "api", "customer_uid": "guide-wallet", "customer_uid_usage": "payment"}
	for _, c := range []struct {
		file  string
		asked map[string]any // of the provider
	}{
		{"again.sh", map[string]any{"cashReceipt": true, "cashReceiptTradeOption": "CULTURE", "sendFailPush": true, "productDesc": "독서모임 회비"}},
		{"again-bypass-text.sh", map[string]any{"cashReceipt": false, "cashReceiptTradeOption": "PUBLIC_TP", "sendFailPush": false}},
		{"again-push.sh", map[string]any{"cashReceipt": true, "cashReceiptTradeOption": nil, "sendFailPush": true}},
		{"again-right.sh", map[string]any{"cashReceipt": true, "cashReceiptTradeOption": "CULTURE", "sendFailPush": false, "amountTaxFree": 2000.0, "amountVat": 400.0}},
		{"again-short.sh", map[string]any{"cashReceipt": true, "cashReceiptTradeOption": nil, "sendFailPush": false, "productDesc": "guide-wallet-5"}},
	} {
		r.try(t, step{file: "toss-pay/" + c.file, is: paid})
		r.asked(t, c.file, c.asked)
	}
	r.try(t, step{file: "toss-pay/again.sh", code: 1, says: orderUsed})

	r.try(t, step{file: "toss-pay/schedule.sh", is: map[string]any{"merchant_uid": "guide-wallet-january", "schedule_status": "scheduled", "payment_status": nil}})
	r.set(t, afterCharge)
	r.try(t, step{file: "toss-payments/payment.sh", edits: []string{"guide-month-1", "guide-wallet-january"}, is: map[string]any{
		"status": "paid", "amount": 6400, "name": "독서모임 1월 회비", "customer_uid_usage": "payment.scheduled",
	}})
	r.asked(t, "schedule.sh", map[string]any{"cashReceipt": false, "sendFailPush": true})
	r.allRan(t, "toss-pay")
}

// importWalletKey has an active key made at the sandbox and brings it in.
func (r *reader) importWalletKey(t *testing.T) {
	t.Helper()
	var key struct {
		BillingKey, Status string
	}
	if err := r.Control(http.MethodPost, "tosspay/billing-keys", map[string]string{"userId": "member-9", "method": "card"}, &key); err != nil {
		t.Fatal(err)
	}
	if key.BillingKey == "" || key.Status != "ACTIVE" {
		t.Fatalf("the sandbox made a key that is %q", key.Status)
	}
	out, err := r.Naru(key.BillingKey+"\n", "billing-key", "import", "--merchant", "imp00000000", "--channel", "channel-key-44444444-4444-4444-8444-444444444444",
		"--customer-uid", "guide-wallet", "--customer-id", "member-9", "--key-file", "-")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "imported guide-wallet (tosspay_v2.narutosspaybill)") {
		t.Fatalf("import printed %q", out)
	}
}

// asked compares what the provider was asked for by its last charge.
func (r *reader) asked(t *testing.T, file string, want map[string]any) {
	t.Helper()
	var transcript struct {
		Entries []struct {
			Path    string
			Request struct{ Body string }
		}
	}
	if err := r.Control(http.MethodGet, "tosspay/transcript", nil, &transcript); err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	for _, e := range transcript.Entries {
		if strings.HasSuffix(e.Path, "/billing-key/bill") {
			body = nil
			if err := json.Unmarshal([]byte(e.Request.Body), &body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if body == nil {
		t.Fatalf("%s: the provider was asked for no charge", file)
	}
	for name, value := range want {
		if body[name] != value {
			t.Errorf("%s: the provider was asked for %s %v, want %v", file, name, body[name], value)
		}
	}
}
