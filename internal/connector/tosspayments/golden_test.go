package tosspayments_test

import (
	"net/http"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
)

const (
	clientKey = "sandbox_ck_Hb4Nc8VxQ2RmTz6WpKd1Lf7J"
	secretKey = "sandbox_sk_Wq8Zt5LmRx2VbN7kPc3Hd9Gf"
)

// settings is a channel whose API is at the given address.
func settings(api string) connector.Settings {
	return connector.Settings{
		Channel: "channel-key-1", MerchantID: "tnarutest01", Mode: pay.ModeSandbox,
		Credentials: map[string]pay.Secret{tosspayments.ClientKey: clientKey, tosspayments.SecretKey: secretKey},
		Endpoints:   connector.Endpoints{API: api, Script: "http://127.0.0.1:9/v1"},
		HTTP:        &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Now:         func() time.Time { return time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC) },
	}
}

func open(t *testing.T, s connector.Settings) connector.Connector {
	t.Helper()
	c, err := tosspayments.Driver().Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGoldenExchanges(t *testing.T) {
	t.Parallel()
	connectortest.Golden(t, "testdata/wire", func(t *testing.T, api string) connector.Connector { return open(t, settings(api)) })
}
