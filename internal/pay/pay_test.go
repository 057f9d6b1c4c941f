package pay_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"naru/internal/pay"
)

const marker = "planted-5409-marker"

// A secret shows itself nowhere but where Reveal is called.
func TestSecretHidesItself(t *testing.T) {
	t.Parallel()
	s := pay.Secret(marker)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", s, "in", struct{ K pay.Secret }{s})
	raw, err := json.Marshal(map[string]any{"k": s, "list": []pay.Secret{s}})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{
		fmt.Sprint(s), fmt.Sprintf("%v %s %q %+v %#v %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%v %+v", struct{ S pay.Secret }{s}, &s),
		fmt.Errorf("key %s", s).Error(), log.String(), string(raw),
	}
	for _, out := range shown {
		if strings.Contains(out, marker) || strings.Contains(out, fmt.Sprintf("%x", marker)) {
			t.Errorf("the secret shows in %q", out)
		}
	}
	if _, err := s.Value(); !errors.Is(err, pay.ErrSecretUnsealed) {
		t.Errorf("a database took the secret: %v", err)
	}
	if s.Reveal() != marker {
		t.Error("Reveal lost the secret")
	}
}

func TestBreakdown(t *testing.T) {
	t.Parallel()
	vat := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		name string
		b    pay.Breakdown
		ok   bool
	}{
		{"all taxable", pay.Breakdown{Total: pay.Won(1000)}, true},
		{"all tax free", pay.Breakdown{Total: pay.Won(1000), TaxFree: 1000}, true},
		{"zero rated", pay.Breakdown{Total: pay.Won(1000), VAT: vat(0)}, true},
		{"more tax free than there is", pay.Breakdown{Total: pay.Won(1000), TaxFree: 1001}, false},
		{"negative tax free", pay.Breakdown{Total: pay.Won(1000), TaxFree: -1}, false},
		{"VAT of the tax-free part", pay.Breakdown{Total: pay.Won(1000), TaxFree: 950, VAT: vat(51)}, false},
		{"negative VAT", pay.Breakdown{Total: pay.Won(1000), VAT: vat(-1)}, false},
		{"negative total", pay.Breakdown{Total: pay.Won(-1)}, false},
	} {
		if err := c.b.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// "No retries" and "the gateway's own" are two settings, also after a trip
// through the database.
func TestNoRetriesSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, want := range [][]int{nil, {}, {60}} {
		raw, err := json.Marshal(pay.Settings{WebhookRetries: want})
		if err != nil {
			t.Fatal(err)
		}
		var got pay.Settings
		if err := json.Unmarshal(raw, &got); err != nil || (got.WebhookRetries == nil) != (want == nil) || len(got.WebhookRetries) != len(want) {
			t.Errorf("%v became %v (%s, %v)", want, got.WebhookRetries, raw, err)
		}
	}
}
