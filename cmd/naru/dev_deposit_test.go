package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"naru/internal/pay"
)

func TestSandboxDepositAsksTheControlPort(t *testing.T) {
	t.Parallel()
	var asked []string
	status := http.StatusOK
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"code":"NOT_WAITING_FOR_DEPOSIT"}`))
	}))
	defer control.Close()
	deposit := sandboxDeposit(func() string { return control.URL + "/control" })
	p := pay.Payment{ID: "imps_1", Provider: pay.TossPayments, Ref: pay.Ref{Key: "key1"}}
	if err := deposit(t.Context(), p); err != nil {
		t.Error(err)
	}
	status = http.StatusConflict
	if err := deposit(t.Context(), p); err == nil || !strings.Contains(err.Error(), "409") || !strings.Contains(err.Error(), "NOT_WAITING_FOR_DEPOSIT") {
		t.Errorf("a refusal: %v", err)
	}
	p.Provider = pay.TossPay
	if err := deposit(t.Context(), p); err == nil {
		t.Error("a wallet has no virtual account")
	}
	if len(asked) != 2 || asked[0] != "POST /control/tosspayments/payments/key1/deposit" {
		t.Errorf("asked %q", asked)
	}
}
