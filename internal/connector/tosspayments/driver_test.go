package tosspayments_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
)

func TestCheckKeepsModesApart(t *testing.T) {
	t.Parallel()
	keys := func(mode string) map[string]pay.Secret {
		return map[string]pay.Secret{
			tosspayments.ClientKey: pay.Secret(mode + "_ck_abcdefgh12345678"), tosspayments.SecretKey: pay.Secret(mode + "_sk_abcdefgh12345678"),
		}
	}
	check := tosspayments.Driver().Check
	for _, mode := range []pay.Mode{pay.ModeLive, pay.ModeTest, pay.ModeSandbox} {
		for _, of := range []string{"live", "test", "sandbox"} {
			err := check(mode, "im_shop", keys(of))
			if (err == nil) != (of == string(mode)) {
				t.Errorf("a %s channel with %s keys: %v", mode, of, err)
			}
			if err != nil && strings.Contains(err.Error(), "abcdefgh12345678") {
				t.Errorf("the error shows the key: %v", err)
			}
		}
	}
	swapped := keys("live")
	swapped[tosspayments.ClientKey], swapped[tosspayments.SecretKey] = swapped[tosspayments.SecretKey], swapped[tosspayments.ClientKey]
	blank := keys("live")
	blank[tosspayments.SecretKey] += " x"
	for what, c := range map[string]struct {
		mode pay.Mode
		mid  string
		keys map[string]pay.Secret
		say  string
	}{
		"keys swapped":     {pay.ModeLive, "im_shop", swapped, "must begin with live_"},
		"no secret key":    {pay.ModeLive, "im_shop", map[string]pay.Secret{tosspayments.ClientKey: "live_ck_1"}, "secret_key is missing"},
		"nothing but form": {pay.ModeLive, "im_shop", map[string]pay.Secret{tosspayments.ClientKey: "live_ck_", tosspayments.SecretKey: "live_sk_"}, "go on after it"},
		"a blank in it":    {pay.ModeLive, "im_shop", blank, "blank"},
		"no MID":           {pay.ModeLive, "", keys("live"), "MID"},
		"unknown mode":     {"prod", "im_shop", keys("live"), `"prod"`},
	} {
		if err := check(c.mode, c.mid, c.keys); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want an error with %q", what, err, c.say)
		}
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	live := func(s connector.Settings) connector.Settings {
		s.Mode = pay.ModeLive
		s.Credentials = map[string]pay.Secret{tosspayments.ClientKey: "live_ck_abcdefgh", tosspayments.SecretKey: "live_sk_abcdefgh"}
		return s
	}
	for what, change := range map[string]func(*connector.Settings){
		"sandbox keys on a live channel": func(s *connector.Settings) { s.Mode = pay.ModeLive },
		"live keys on a sandbox channel": func(s *connector.Settings) { *s = live(*s); s.Mode = pay.ModeSandbox },
		"live without TLS":               func(s *connector.Settings) { *s = live(*s) },
		"no HTTP client":                 func(s *connector.Settings) { s.HTTP = nil },
		"no API address":                 func(s *connector.Settings) { s.Endpoints.API = "" },
		"a script that is no address":    func(s *connector.Settings) { s.Endpoints.Script = "/v1" },
		"a query in the address":         func(s *connector.Settings) { s.Endpoints.API += "?a=b" },
	} {
		s := settings("http://127.0.0.1:9")
		change(&s)
		if _, err := tosspayments.Driver().Open(s); err == nil {
			t.Errorf("%s: was opened", what)
		}
	}
	s := live(settings(""))
	s.Endpoints = tosspayments.Driver().Production
	if _, err := tosspayments.Driver().Open(s); err != nil {
		t.Errorf("production: %v", err)
	}
}

func TestTimingsCoverWhatTheProviderPromises(t *testing.T) {
	t.Parallel()
	timings := tosspayments.Driver().Timings
	wants := map[pay.AttemptKind]struct{ deadline, settle, least time.Duration }{
		pay.AttemptConfirm:       {30 * time.Second, 30 * time.Second, 15 * time.Minute},
		pay.AttemptCancel:        {30 * time.Second, 30 * time.Second, 72 * time.Hour},
		pay.AttemptCharge:        {60 * time.Second, 60 * time.Second, 15 * time.Minute},
		pay.AttemptKeyIn:         {30 * time.Second, 60 * time.Second, 15 * time.Minute},
		pay.AttemptIssueAccount:  {30 * time.Second, 30 * time.Second, 15 * time.Minute},
		pay.AttemptRevokeAccount: {30 * time.Second, 30 * time.Second, 72 * time.Hour},
		pay.AttemptIssueKey:      {60 * time.Second, 60 * time.Second, 15 * time.Minute},
		pay.AttemptReceipt:       {30 * time.Second, 30 * time.Second, 72 * time.Hour},
	}
	if len(timings) != len(wants) {
		t.Errorf("%d kinds of calls have timings, want %d", len(timings), len(wants))
	}
	for kind, want := range wants {
		timing := timings[kind]
		var sum time.Duration
		for i, gap := range timing.Gaps {
			sum += gap
			if i > 0 && gap < timing.Gaps[i-1] {
				t.Errorf("%s: gap %d shrinks from %s to %s", kind, i, timing.Gaps[i-1], gap)
			}
		}
		switch {
		case timing.Deadline != want.deadline || timing.Settle != want.settle:
			t.Errorf("%s: deadline %s, settled after %s, want %s and %s", kind, timing.Deadline, timing.Settle, want.deadline, want.settle)
		case sum < want.least || sum > 15*24*time.Hour:
			t.Errorf("%s: questions end after %s, want at least %s and at most the key's 15 days", kind, sum, want.least)
		case timing.Repeatable != (kind != pay.AttemptKeyIn) || timing.KeepsAnswer != timing.Repeatable:
			t.Errorf("%s: repeatable %v, keeps its answer %v: the provider keeps our key, and we keep no card", kind, timing.Repeatable, timing.KeepsAnswer)
		}
	}
}

func TestAnOpenChannelDoesNotPrintItsKeys(t *testing.T) {
	t.Parallel()
	c := open(t, settings("http://127.0.0.1:9"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, c); strings.Contains(text, secretKey) {
			t.Errorf("%s prints the secret key: %s", verb, text)
		}
	}
}
