package tosspayments_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
	simulator "naru/internal/sandbox/tosspayments"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{Driver: tosspayments.Driver(), Start: startSimulator})
}

const (
	simClientKey = "sandbox_ck_Hb4Nc8VxQ2RmTz6WpKd1Lf7JsG3y"
	simSecretKey = "sandbox_sk_Wq8Zt5LmRx2VbN7kPc3Hd9GfTs6Y"
)

func startSimulator(t *testing.T, notices string) connectortest.Simulator {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base := server.URL + "/tosspayments"
	var ahead atomic.Int64
	sim, err := simulator.New(simulator.Options{BaseURL: base, Strict: true, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, Shops: []simulator.Shop{{
		MID: "tnarutest01", Name: "나루 상점", ClientKey: simClientKey, SecretKey: simSecretKey, WebhookURL: notices, TaxFree: true, Billing: true,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", sim))
	return connectortest.Simulator{
		MID:         "tnarutest01",
		Credentials: map[string]pay.Secret{tosspayments.ClientKey: simClientKey, tosspayments.SecretKey: simSecretKey},
		Endpoints:   connector.Endpoints{API: base, Script: base + "/js/v1"},
		Approve: func(t *testing.T, launch connector.Launch, declined bool) string {
			t.Helper()
			how := map[string]any{"company": "61"}
			if declined {
				how["code"] = "REJECT_CARD_PAYMENT"
			}
			return actInWindow(t, base, launch, "approve", how)
		},
		Leave: func(t *testing.T, launch connector.Launch) string {
			t.Helper()
			return actInWindow(t, base, launch, "cancel", map[string]any{})
		},
		Fault: func(t *testing.T, rule string) {
			t.Helper()
			if _, err := sim.Faults().Add(rule); err != nil {
				t.Fatal(err)
			}
		},
		ConfirmCall: "POST /v1/payments/confirm", CancelCall: "POST /v1/payments/*/cancel",
		Ways: func(m pay.Method) []connectortest.Way { return waysOf(base, m) },
		Billing: connectortest.BillingPage{
			Agree: func(t *testing.T, launch connector.Launch) string {
				t.Helper()
				return actInWindow(t, base, launch, "approve", map[string]any{"card": "good"})
			},
			Leave: func(t *testing.T, launch connector.Launch) string {
				t.Helper()
				return actInWindow(t, base, launch, "cancel", map[string]any{})
			},
			IssueCall: "POST /v1/billing/authorizations/issue",
		},
		Server: serverHooks(base, sim.Control(), &ahead),
	}
}

// serverHooks are what the suite needs for the calls without a window.
func serverHooks(base string, control http.Handler, ahead *atomic.Int64) connectortest.Server {
	return connectortest.Server{
		Card: func(declined bool) connector.Card {
			card := connector.Card{Number: "9410001234567890", ExpiryYear: "30", ExpiryMonth: "12", Birth: "900101", PasswordHead: "12"}
			for _, magic := range simulator.Cards() {
				if declined && magic.When == simulator.EachCharge {
					card.Number = pay.Secret(magic.Number)
				}
			}
			return card
		},
		Deposit: func(t *testing.T, order string) {
			t.Helper()
			deposit(t, control, paymentKeyOf(t, base, order))
		},
		IssueKeyCall: "POST /v1/billing/authorizations/card", ChargeCall: "POST /v1/billing/*", RevokeKeyCall: "DELETE /v1/billing/*",
		KeyInCall: "POST /v1/payments/key-in", AccountCall: "POST /v1/virtual-accounts",
		ReceiptCall: "POST /v1/cash-receipts", ReceiptCancelCall: "POST /v1/cash-receipts/*/cancel",
		ListCall: "GET /v1/transactions", Later: func(d time.Duration) { ahead.Add(int64(d)) },
	}
}

// paymentKeyOf asks the simulator as a shop would.
func paymentKeyOf(t *testing.T, base, order string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/payments/orders/"+order, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(simSecretKey, "")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var p struct {
		PaymentKey string `json:"paymentKey"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || p.PaymentKey == "" {
		t.Fatalf("order %s: %s, %v", order, answer.Status, err)
	}
	return p.PaymentKey
}

// deposit pays into the virtual account of a payment.
func deposit(t *testing.T, control http.Handler, paymentKey string) {
	t.Helper()
	answer := httptest.NewRecorder()
	control.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/payments/"+paymentKey+"/deposit", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("deposit: %d %s", answer.Code, answer.Body)
	}
}

// sdk is where the browser script registers a window, by what the page calls.
var sdk = map[string]string{"requestPayment": "/sdk/payments", "requestBillingAuth": "/sdk/billing-auths"}

// actInWindow does what the browser script and the window's page do, and gives
// the address the browser is sent to.
func actInWindow(t *testing.T, base string, launch connector.Launch, action string, how map[string]any) string {
	t.Helper()
	var opened, ended struct {
		URL string `json:"url"`
	}
	postJSON(t, base+sdk[launch.Script.Call], map[string]any{
		"clientKey": launch.Script.Init[0], "method": launch.Script.Args[0], "params": launch.Script.Args[1],
		"nonce": "0123456789abcdef", "phone": launch.Script.Args[1].(map[string]any)["windowTarget"] == "self",
	}, &opened)
	postJSON(t, opened.URL+"/"+action, how, &ended)
	if ended.URL == "" {
		t.Fatalf("the window did not send the browser anywhere after %s", action)
	}
	return ended.URL
}

func postJSON(t *testing.T, address string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(address, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(answer.Body)
		t.Fatalf("POST %s: %s %s", address, answer.Status, why)
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}
