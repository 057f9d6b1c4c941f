package codes

import (
	"slices"
	"strings"
	"sync"

	"naru/internal/pay"
)

// CardNames is every name of a card company, by its standard code: the one V1 shows
// first, then those the providers know it by, Korean and English, in upper case.
func CardNames(code string) []string { return names().cards[code] }

// BankNames is every name of a bank likewise.
func BankNames(code string) []string { return names().banks[code] }

type nameTables struct{ cards, banks map[string][]string }

var names = sync.OnceValue(func() nameTables {
	s, out := tables(), nameTables{map[string][]string{}, map[string][]string{}}
	for _, e := range s.cards.entries {
		out.cards[e.Code] = []string{e.Name}
	}
	for _, e := range s.banks.entries {
		out.banks[e.Code] = []string{e.Name}
	}
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		addNames(out.cards, s.providers[p].cards)
		addNames(out.banks, s.providers[p].banks)
	}
	return out
})

// addNames adds the words of a dictionary that are names: not the provider's codes.
func addNames(to map[string][]string, d dictionary) {
	var words []string
	for w := range d.words {
		if len(w) > 3 || strings.Trim(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	for _, w := range words {
		code := d.words[w]
		known := slices.ContainsFunc(to[code], func(n string) bool { return fold(n) == w })
		if !known && !digits(w) {
			to[code] = append(to[code], w)
		}
	}
}
