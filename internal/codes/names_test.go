package codes_test

import (
	"slices"
	"strings"
	"testing"

	"naru/internal/codes"
)

func TestNamesAreKoreanAndEnglish(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{"381": {"KOOKMIN", "국민"}, "374": {"HANA", "하나"}} {
		if got := codes.CardNames(code); !slices.Contains(got, want[0]) || !slices.Contains(got, want[1]) {
			t.Errorf("card %s: %q", code, got)
		}
	}
	if got := codes.BankNames("004"); !slices.Contains(got, "KOOKMIN") || got[0] != "국민은행" {
		t.Errorf("bank 004: %q", got)
	}
	for _, e := range append(codes.Cards(), codes.Banks()...) {
		for _, n := range append(codes.CardNames(e.Code), codes.BankNames(e.Code)...) {
			if n == "" || strings.Trim(n, "0123456789") == "" || len(n) < 2 {
				t.Errorf("%s: %q is no name", e.Code, n)
			}
		}
	}
}
