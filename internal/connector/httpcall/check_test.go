package httpcall_test

import (
	"strings"
	"testing"

	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

func TestCheckBase(t *testing.T) {
	t.Parallel()
	for address, least := range map[string]pay.Mode{
		"https://api.example": pay.ModeLive, "https://api.example/base": pay.ModeTest, "http://127.0.0.1:8788/x": pay.ModeSandbox,
	} {
		for _, mode := range []pay.Mode{pay.ModeLive, pay.ModeTest, pay.ModeSandbox} {
			err := httpcall.CheckBase(address, mode)
			if want := least != pay.ModeSandbox || mode == pay.ModeSandbox; (err == nil) != want {
				t.Errorf("%s for a %s channel: %v", address, mode, err)
			}
		}
	}
	for _, address := range []string{"", "api.example", "/v1", "ftp://api.example", "https://", "https://u:p@api.example", "https://a.example/?q=1", "https://a.example/#f"} {
		err := httpcall.CheckBase(address, pay.ModeSandbox)
		if err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestCutCountsCharacters(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"가나다라": "가나다", "가나다": "가나다", "ab": "ab", "": ""} {
		if got := httpcall.Cut(in, 3); got != want {
			t.Errorf("Cut(%q, 3) = %q", in, got)
		}
	}
}
