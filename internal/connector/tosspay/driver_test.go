package tosspay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/tosspay"
	"naru/internal/pay"
)

func TestCheckKeepsModesApart(t *testing.T) {
	t.Parallel()
	check := tosspay.Driver().Check
	for _, mode := range []pay.Mode{pay.ModeLive, pay.ModeTest, pay.ModeSandbox} {
		for _, of := range []string{"live", "test", "sandbox"} {
			err := check(mode, "tosstest", map[string]pay.Secret{tosspay.APIKey: pay.Secret("sk_" + of + "_abcdefgh12345678")})
			if (err == nil) != (of == string(mode)) {
				t.Errorf("a %s channel with a %s key: %v", mode, of, err)
			}
			if err != nil && strings.Contains(err.Error(), "abcdefgh12345678") {
				t.Errorf("the error shows the key: %v", err)
			}
		}
	}
	for what, c := range map[string]struct {
		mode pay.Mode
		mid  string
		key  pay.Secret
		say  string
	}{
		"no key":                       {pay.ModeLive, "m", "", "api_key is missing"},
		"nothing but form":             {pay.ModeLive, "m", "sk_live_", "go on after it"},
		"another provider's key":       {pay.ModeLive, "m", "live_sk_abcdefgh", "must begin with sk_live_"},
		"a line break":                 {pay.ModeLive, "m", "sk_live_abc\n", "blank"},
		"no MID":                       {pay.ModeLive, "", "sk_live_abc", "MID"},
		"a mode that is not one of us": {"", "m", "sk_live_abc", `mode ""`},
	} {
		err := check(c.mode, c.mid, map[string]pay.Secret{tosspay.APIKey: c.key})
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want an error with %q", what, err, c.say)
		}
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*connector.Settings){
		"a sandbox key on a live channel": func(s *connector.Settings) { s.Mode = pay.ModeLive },
		"live without TLS": func(s *connector.Settings) {
			s.Mode, s.Credentials = pay.ModeLive, map[string]pay.Secret{tosspay.APIKey: "sk_live_abcdefgh"}
		},
		"no HTTP client": func(s *connector.Settings) { s.HTTP = nil },
		"no API address": func(s *connector.Settings) { s.Endpoints.API = "" },
	} {
		s := settings("http://127.0.0.1:9")
		change(&s)
		if _, err := tosspay.Driver().Open(s); err == nil {
			t.Errorf("%s: was opened", what)
		}
	}
	s := settings("")
	s.Mode, s.Credentials, s.Endpoints = pay.ModeLive, map[string]pay.Secret{tosspay.APIKey: "sk_live_abcdefgh"}, tosspay.Driver().Production
	if _, err := tosspay.Driver().Open(s); err != nil {
		t.Errorf("production: %v", err)
	}
}

func TestTimingsCoverWhatTheProviderPromises(t *testing.T) {
	t.Parallel()
	for kind, c := range map[pay.AttemptKind]struct {
		least      time.Duration
		repeatable bool
	}{
		pay.AttemptConfirm: {65 * time.Minute, false}, // a payment lives 60 minutes at most
		pay.AttemptCancel:  {72 * time.Hour, true},
		pay.AttemptCharge:  {65 * time.Minute, false},
		// its links live 15 minutes
		pay.AttemptIssueKey: {15 * time.Minute, false},
	} {
		timing := tosspay.Driver().Timings[kind]
		var sum time.Duration
		for i, gap := range timing.Gaps {
			sum += gap
			if i > 0 && gap < timing.Gaps[i-1] {
				t.Errorf("%s: gap %d shrinks from %s to %s", kind, i, timing.Gaps[i-1], gap)
			}
		}
		if timing.Deadline != 15*time.Second || timing.Settle < timing.Deadline || sum < c.least || timing.Repeatable != c.repeatable {
			t.Errorf("%s: deadline %s, settled after %s, questions end after %s, repeatable %v", kind, timing.Deadline, timing.Settle, sum, timing.Repeatable)
		}
	}
}

// TestALostChargeIsNotGivenUpEarly: for ten minutes the provider may still be at
// work on it ("에러 코드", TRANSACTION_PENDING_ERROR), and it is asked afterwards.
func TestALostChargeIsNotGivenUpEarly(t *testing.T) {
	t.Parallel()
	timing := tosspay.Driver().Timings[pay.AttemptCharge]
	var after time.Duration
	for _, gap := range timing.Gaps {
		after += gap
	}
	if timing.Settle < 10*time.Minute || after <= timing.Settle {
		t.Errorf("settled after %s, asked until %s", timing.Settle, after)
	}
}

func TestWhatAPaymentIsRecordedAsIsNotForWindows(t *testing.T) {
	t.Parallel()
	d := tosspay.Driver()
	if d.Methods[0].Method != pay.MethodTossPay {
		t.Errorf("the wallet's first method is %s", d.Methods[0].Method)
	}
	for method, server := range map[pay.Method]bool{
		pay.MethodTossPay: false, pay.MethodTossPayCard: false, pay.MethodTossPayMoney: false, pay.MethodCard: true, pay.MethodPoint: true,
	} {
		if row, ok := d.Method(method); !ok || row.ServerOnly != server || !row.PartialCancel || !row.TaxFree {
			t.Errorf("%s: %+v, %v", method, row, ok)
		}
	}
}

func TestAnOpenChannelDoesNotPrintItsKey(t *testing.T) {
	t.Parallel()
	c := open(t, settings("http://127.0.0.1:9"))
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, c); strings.Contains(text, apiKey) {
			t.Errorf("%s prints the key: %s", verb, text)
		}
	}
}
