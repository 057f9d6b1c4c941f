package tosspay_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/connector/tosspay"
	"naru/internal/pay"
	simulator "naru/internal/sandbox/tosspay"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{Driver: tosspay.Driver(), Start: startSimulator})
}

func startSimulator(t *testing.T, notices string) connectortest.Simulator {
	t.Helper()
	out, control := simulated(t)
	out.Ways = func(m pay.Method) []connectortest.Way { return waysOf(control, m) }
	out.Billing = connectortest.BillingPage{
		Agree: func(t *testing.T, launch connector.Launch) string {
			t.Helper()
			return actOnKey(t, control, launch, "agree", map[string]any{"method": "card"})
		},
		Leave: func(t *testing.T, launch connector.Launch) string {
			t.Helper()
			return actOnKey(t, control, launch, "cancel", map[string]any{})
		},
		IssueCall: "POST /api/v1/billing-key/status",
	}
	out.Server = connectortest.Server{
		BillingKey: func(t *testing.T, customer string, declined bool) pay.Secret {
			t.Helper()
			return registeredKey(t, control, customer, notices, declined)
		},
		KeyNotices: true,
		ChargeCall: "POST /api/v1/billing-key/bill", RevokeKeyCall: "POST /api/v1/billing-key/remove",
		ListCall: "POST /pay/api/v2/settlement-details",
	}
	return out
}

// simulated is a running simulator and its control.
func simulated(t *testing.T) (connectortest.Simulator, http.Handler) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base := server.URL + "/tosspay"
	sim, err := simulator.New(simulator.Options{BaseURL: base, Strict: true, Shops: []simulator.Shop{
		{Name: "나루 상점", MID: "tosstest", APIKey: apiKey, Billing: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	mux.Handle("/tosspay/", http.StripPrefix("/tosspay", sim))
	return connectortest.Simulator{
		MID: "tosstest", Credentials: map[string]pay.Secret{tosspay.APIKey: apiKey}, Endpoints: connector.Endpoints{API: base},
		Approve: func(t *testing.T, launch connector.Launch, declined bool) string {
			t.Helper()
			how := map[string]any{"payMethod": "CARD", "spreadOut": 3}
			if declined {
				how["executeFail"] = "CARD_EXCEED_LIMIT"
			}
			return actOnPage(t, sim.Control(), launch, "approve", how)
		},
		Leave: func(t *testing.T, launch connector.Launch) string {
			t.Helper()
			return actOnPage(t, sim.Control(), launch, "cancel", map[string]any{})
		},
		Fault: func(t *testing.T, rule string) {
			t.Helper()
			if _, err := sim.Faults().Add(rule); err != nil {
				t.Fatal(err)
			}
		},
		ConfirmCall: "POST /api/v2/execute", CancelCall: "POST /api/v2/refunds",
	}, sim.Control()
}

// registeredKey is the billing key of a customer who agreed in the app.
func registeredKey(t *testing.T, control http.Handler, customer, notices string, declined bool) pay.Secret {
	t.Helper()
	var made struct {
		BillingKey pay.Secret `json:"billingKey"`
	}
	onControl(t, control, http.MethodPost, "/billing-keys", map[string]any{"userId": customer, "method": "card", "resultCallback": notices}, &made)
	if made.BillingKey == "" {
		t.Fatal("the simulator made no billing key")
	}
	if declined {
		onControl(t, control, http.MethodPut, "/billing-keys/"+customer+"/charge-fail", map[string]any{"errorCode": "COMMON_NOT_ENOUGH_CASH"}, &struct{}{})
	}
	return made.BillingKey
}

// actOnPage does what the buyer does in the app, and gives the address the
// waiting page is sent to.
func actOnPage(t *testing.T, control http.Handler, launch connector.Launch, action string, how map[string]any) string {
	t.Helper()
	return actAt(t, control, "/payments/"+launch.Ref.Key+"/"+action, how)
}

// actOnKey does what the buyer does in the app about a billing key.
func actOnKey(t *testing.T, control http.Handler, launch connector.Launch, action string, how map[string]any) string {
	t.Helper()
	return actAt(t, control, "/billing-keys/"+launch.Proof.Reveal()+"/"+action, how)
}

func actAt(t *testing.T, control http.Handler, path string, how map[string]any) string {
	t.Helper()
	var page struct {
		Next string `json:"next"`
	}
	onControl(t, control, http.MethodPost, path, how, &page)
	if page.Next == "" {
		t.Fatalf("%s: the browser is sent nowhere", path)
	}
	return page.Next
}

// onControl asks the simulator's control and reads its answer.
func onControl(t *testing.T, control http.Handler, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	control.ServeHTTP(answer, httptest.NewRequest(method, path, bytes.NewReader(body)))
	if err := json.Unmarshal(answer.Body.Bytes(), out); err != nil || answer.Code/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}
