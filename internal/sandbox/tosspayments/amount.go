package tosspayments

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// maxAmount bounds amounts in the smallest unit, so that arithmetic cannot overflow.
const maxAmount = 999_999_999_999

var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// decimals of the currencies the window knows.
func decimals(currency string) (int, bool) {
	switch currency {
	case "KRW", "JPY":
		return 0, true
	case "USD":
		return 2, true
	}
	return 0, false
}

// parseAmount reads a JSON number as an amount in the smallest unit.
func parseAmount(text, currency string) (int64, error) {
	places, ok := decimals(currency)
	if !ok {
		return 0, refusef("INVALID_CURRENCY", "currency %q: must be KRW, USD or JPY", currency)
	}
	if len(text) > 40 || !plainNumber.MatchString(text) { // 1e999999999 would be a very large rational
		return 0, fmt.Errorf("%.40q: must be a number without exponent", text)
	}
	r, _ := new(big.Rat).SetString(text) // plain numbers always parse
	r.Mul(r, new(big.Rat).SetInt64(pow10(places)))
	if !r.IsInt() {
		return 0, refusef("INVALID_MINOR_UNIT_FOR_CURRENCY", "%s: %s has %d decimals", text, currency, places)
	}
	if r.Num().CmpAbs(big.NewInt(maxAmount)) > 0 {
		return 0, fmt.Errorf("%s: too large", text)
	}
	return r.Num().Int64(), nil
}

// number writes an amount as a JSON number in the currency's main unit.
func number(minor int64, currency string) json.Number {
	places, _ := decimals(currency)
	text := new(big.Rat).SetFrac64(minor, pow10(places)).FloatString(places)
	if places > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return json.Number(text)
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// vat is the tax in a taxed amount: an eleventh of it, half up ("Payment 객체", vat).
func vat(taxed int64) int64 { return (2*taxed + 11) / 22 }
