package tosspay_test

import (
	"net/http"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/connector/tosspay"
	"naru/internal/pay"
)

const apiKey = "sk_sandbox_Qz7WxE4rTy2UiOp5As8"

// settings is a channel whose API is at the given address. It is five minutes
// past two in the afternoon in Korea.
func settings(api string) connector.Settings {
	return connector.Settings{
		Channel: "channel-key-2", MerchantID: "tosstest", Mode: pay.ModeSandbox,
		Credentials: map[string]pay.Secret{tosspay.APIKey: apiKey},
		Endpoints:   connector.Endpoints{API: api},
		HTTP:        &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Now:         func() time.Time { return time.Date(2026, 11, 20, 5, 5, 0, 0, time.UTC) },
	}
}

func open(t *testing.T, s connector.Settings) connector.Connector {
	t.Helper()
	c, err := tosspay.Driver().Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGoldenExchanges(t *testing.T) {
	t.Parallel()
	connectortest.Golden(t, "testdata/wire", func(t *testing.T, api string) connector.Connector { return open(t, settings(api)) })
}
