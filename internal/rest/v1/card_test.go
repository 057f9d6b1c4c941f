package v1

import (
	"errors"
	"testing"

	"naru/internal/pay"
	"naru/internal/rest"
)

// TestFormsOfACard: what is taken, and as what it goes to the provider.
func TestFormsOfACard(t *testing.T) {
	t.Parallel()
	good := cardIn{Number: "4330121234561234", Expiry: "2028-12"}
	with := func(change func(*cardIn)) cardIn { in := good; change(&in); return in }
	for name, c := range map[string]struct {
		in    cardIn
		wrong string // the field that is refused; "number" is V1's own answer
	}{
		"plain":                  {good, ""},
		"dashes":                 {with(func(in *cardIn) { in.Number = "4330-1212-3456-1234" }), ""},
		"blanks":                 {with(func(in *cardIn) { in.Number = " 4330 1212 3456 1234 " }), ""},
		"15 digits":              {with(func(in *cardIn) { in.Number = "370012345678901" }), ""},
		"14 digits":              {with(func(in *cardIn) { in.Number = "37001234567890" }), "number"},
		"17 digits":              {with(func(in *cardIn) { in.Number = "43301212345612345" }), "number"},
		"a letter":               {with(func(in *cardIn) { in.Number = "433012123456123O" }), "number"},
		"other digits":           {with(func(in *cardIn) { in.Number = "４３３０１２１２３４５６１２３４" }), "number"},
		"dashes alone":           {with(func(in *cardIn) { in.Number = "----" }), "number"},
		"no number":              {with(func(in *cardIn) { in.Number = "" }), "card_number"},
		"YYYYMM":                 {with(func(in *cardIn) { in.Expiry = "202812" }), ""},
		"YYMM":                   {with(func(in *cardIn) { in.Expiry = "2812" }), ""},
		"no expiry":              {with(func(in *cardIn) { in.Expiry = "" }), "expiry"},
		"MM/YY":                  {with(func(in *cardIn) { in.Expiry = "12/28" }), "expiry"},
		"MMYYYY":                 {with(func(in *cardIn) { in.Expiry = "122028" }), "expiry"},
		"YY-MM":                  {with(func(in *cardIn) { in.Expiry = "28-12" }), "expiry"},
		"a thirteenth month":     {with(func(in *cardIn) { in.Expiry = "2028-13" }), "expiry"},
		"no month":               {with(func(in *cardIn) { in.Expiry = "2028-00" }), "expiry"},
		"another century":        {with(func(in *cardIn) { in.Expiry = "1928-12" }), "expiry"},
		"past is the provider's": {with(func(in *cardIn) { in.Expiry = "2019-12" }), ""},
		"birth":                  {with(func(in *cardIn) { in.Birth = "820213" }), ""},
		"no such day":            {with(func(in *cardIn) { in.Birth = "829999" }), ""},
		"business number":        {with(func(in *cardIn) { in.Birth = "1234567890" }), ""},
		"8 digits":               {with(func(in *cardIn) { in.Birth = "19820213" }), "birth"},
		"birth with dashes":      {with(func(in *cardIn) { in.Birth = "82-02-13" }), "birth"},
		"password":               {with(func(in *cardIn) { in.PasswordHead = "00" }), ""},
		"whole password":         {with(func(in *cardIn) { in.PasswordHead = "0000" }), "pwd_2digit"},
		"letters":                {with(func(in *cardIn) { in.PasswordHead = "ab" }), "pwd_2digit"},
	} {
		var k check
		card := c.in.read(&k)
		field := ""
		if f, ok := errors.AsType[*rest.FieldError](k.err); ok {
			field = f.Field
			if f.Value != "" || f.Rule == rest.RuleForm && !f.Hidden {
				t.Errorf("%s: the error holds %q", name, f.Value)
			}
		} else if errors.Is(k.err, errBadCard) {
			field = "number"
		}
		if field != c.wrong {
			t.Errorf("%s: refused %q (%v), want %q", name, field, k.err, c.wrong)
		}
		if c.wrong == "" {
			if n := card.Number.Reveal(); n != "4330121234561234" && n != "370012345678901" {
				t.Errorf("%s: number %s", name, n)
			}
			if y, m := card.ExpiryYear.Reveal(), card.ExpiryMonth.Reveal(); y != "28" && y != "19" || m != "12" {
				t.Errorf("%s: expiry %s %s", name, y, m)
			}
			if card.Birth != c.in.Birth || card.PasswordHead != c.in.PasswordHead {
				t.Errorf("%s: %s %s", name, card.Birth.Reveal(), card.PasswordHead.Reveal())
			}
		}
	}
}

func TestVATOfAReceipt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		total, free int64
		vat         *int64
		want        int64
	}{
		{58000, 0, nil, 5273}, {15000, 0, nil, 1364}, {10000, 3000, nil, 636}, {200, 0, nil, 18}, {50000, 0, nil, 4545},
		{1000, 1000, nil, 0}, {1, 0, nil, 0}, {1000, 0, new(int64(0)), 0}, {1000, 0, new(int64(7)), 7}, {rest.MaxAmount, 0, nil, 818836295885545},
	} {
		if got := vatOf(pay.Breakdown{Total: pay.Won(c.total), TaxFree: c.free, VAT: c.vat}); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
