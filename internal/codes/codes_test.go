package codes_test

import (
	"regexp"
	"testing"

	"naru/internal/codes"
	"naru/internal/pay"
)

var providers = []pay.Provider{pay.TossPayments, pay.TossPay}

func TestStandardTablesAreWellFormed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entries []codes.Entry
		find    func(string) (codes.Entry, bool)
		code    *regexp.Regexp
		least   int
	}{
		"cards": {codes.Cards(), codes.Card, regexp.MustCompile(`^([0-9]{3}|1000[1-6]|[A-Z]{3})$`), 35},
		"banks": {codes.Banks(), codes.Bank, regexp.MustCompile(`^[0-9]{3}$`), 88},
	} {
		if len(c.entries) < c.least {
			t.Errorf("%s: %d entries, want at least %d", name, len(c.entries), c.least)
		}
		seen := map[string]bool{}
		for _, e := range c.entries {
			if seen[e.Code] {
				t.Errorf("%s: code %s is there twice", name, e.Code)
			}
			seen[e.Code] = true
			if !c.code.MatchString(e.Code) || e.Name == "" {
				t.Errorf("%s: %+v is not well formed", name, e)
			}
			if got, ok := c.find(e.Code); !ok || got != e {
				t.Errorf("%s: find(%q) = %v, %v", name, e.Code, got, ok)
			}
		}
		if _, ok := c.find("000"); ok {
			t.Errorf("%s: code 000 was found", name)
		}
	}
}

func TestCallersCannotChangeTheTables(t *testing.T) {
	t.Parallel()
	codes.Cards()[0].Name = "changed"
	codes.Banks()[0].Name = "changed"
	if codes.Cards()[0].Name == "changed" || codes.Banks()[0].Name == "changed" {
		t.Error("a caller changed the table")
	}
}

func TestWhatAProviderIsToldComesBackAsTheSameCode(t *testing.T) {
	t.Parallel()
	for _, p := range providers {
		cards, banks := 0, 0
		for _, e := range codes.Cards() {
			if theirs, ok := codes.CardTo(p, e.Code); ok {
				cards++
				if back, ok := codes.CardFrom(p, theirs); !ok || back != e.Code {
					t.Errorf("%s card %s: sent %q, read back %q", p, e.Code, theirs, back)
				}
			}
		}
		for _, e := range codes.Banks() {
			if theirs, ok := codes.BankTo(p, e.Code); ok {
				banks++
				if back, ok := codes.BankFrom(p, theirs); !ok || back != e.Code {
					t.Errorf("%s bank %s: sent %q, read back %q", p, e.Code, theirs, back)
				}
			}
		}
		if cards < 10 || banks < 40 {
			t.Errorf("%s: only %d cards and %d banks can be sent", p, cards, banks)
		}
	}
}

func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	type translate func(pay.Provider, string) (string, bool)
	for _, c := range []struct {
		what     string
		f        translate
		p        pay.Provider
		in, want string
	}{
		{"Kookmin is 06 at Toss Payments, not 04", codes.BankTo, pay.TossPayments, "004", "06"},
		{"and 06 is read as 004", codes.BankFrom, pay.TossPayments, "06", "004"},
		{"other banks lose their zero", codes.BankTo, pay.TossPayments, "088", "88"},
		{"a Korean bank name", codes.BankFrom, pay.TossPayments, "국민", "004"},
		{"a variant of it", codes.BankFrom, pay.TossPayments, "카카오뱅크", "090"},
		{"an English bank name", codes.BankFrom, pay.TossPayments, "shinhan", "088"},
		{"a securities firm", codes.BankFrom, pay.TossPayments, "SQ", "288"},
		{"Toss Pay codes are padded", codes.BankFrom, pay.TossPay, "88", "088"},
		{"and sent with three digits", codes.BankTo, pay.TossPay, "092", "092"},
		{"a card by code", codes.CardFrom, pay.TossPayments, "61", "367"},
		{"a card by Korean name", codes.CardFrom, pay.TossPayments, "현대", "367"},
		{"a card by English name", codes.CardFrom, pay.TossPayments, "Hyundai", "367"},
		{"BC in its older spelling", codes.CardFrom, pay.TossPayments, "BC", "361"},
		{"Woori's own network", codes.CardFrom, pay.TossPayments, "W1", "041"},
		{"Woori in a request", codes.CardTo, pay.TossPayments, "041", "33"},
		{"foreign Visa", codes.CardFrom, pay.TossPayments, "4V", "10005"},
		{"Toss Pay Samsung", codes.CardFrom, pay.TossPay, "3", "365"},
		{"Toss Pay BC", codes.CardTo, pay.TossPay, "361", "10"},
	} {
		if got, ok := c.f(c.p, c.in); !ok || got != c.want {
			t.Errorf("%s: %q gives %q, %v, want %q", c.what, c.in, got, ok, c.want)
		}
	}
}

func TestWhatIsNotInATableIsNotFound(t *testing.T) {
	t.Parallel()
	for what, ok := range map[string]bool{
		"Toss money is no bank":      second(codes.BankFrom(pay.TossPay, "888")),
		"an unknown card":            second(codes.CardFrom(pay.TossPayments, "ZZ")),
		"an empty word":              second(codes.CardFrom(pay.TossPayments, "")),
		"an empty bank":              second(codes.BankFrom(pay.TossPay, "")),
		"an unknown provider":        second(codes.CardFrom("nobody", "11")),
		"a card Toss Pay has not":    second(codes.CardTo(pay.TossPay, "10005")),
		"a bank Toss Payments lacks": second(codes.BankTo(pay.TossPayments, "001")),
	} {
		if ok {
			t.Errorf("%s: was found", what)
		}
	}
}

func second(_ string, ok bool) bool { return ok }
