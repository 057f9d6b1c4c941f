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

func startSimulator(t *testing.T, _ string) connectortest.Simulator {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base := server.URL + "/tosspay"
	sim, err := simulator.New(simulator.Options{BaseURL: base, Strict: true, Shops: []simulator.Shop{
		{Name: "나루 상점", MID: "tosstest", APIKey: apiKey},
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
	}
}

// actOnPage does what the buyer does in the app, and gives the address the
// waiting page is sent to.
func actOnPage(t *testing.T, control http.Handler, launch connector.Launch, action string, how map[string]any) string {
	t.Helper()
	body, err := json.Marshal(how)
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	control.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/payments/"+launch.Ref.Key+"/"+action, bytes.NewReader(body)))
	var page struct {
		Next string `json:"next"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || answer.Code != http.StatusOK || page.Next == "" {
		t.Fatalf("%s: %d %s", action, answer.Code, answer.Body)
	}
	return page.Next
}
