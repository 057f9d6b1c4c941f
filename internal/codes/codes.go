// Package codes translates between Korea's standard card and bank codes, which
// the gateway keeps and PortOne V1 shows, and the codes and names of each
// provider. The tables are the CSV files beside it.
//
// Sources: PortOne V1 "카드사 코드", "은행 코드"; Toss Payments "기관 코드";
// Toss Pay "카드사 코드", "은행 코드". Codes no V1 page lists but a provider
// reports (card 092, banks 103, 271 and 288) were added under their standard
// number so that such a payment has a name.
package codes

import (
	"slices"
	"strings"

	"naru/internal/pay"
)

// Entry is a standard code with the name V1 shows for it.
type Entry struct{ Code, Name string }

// Cards lists every card company, in the order of V1's page.
func Cards() []Entry { return slices.Clone(tables().cards.entries) }

// Card finds a card company by its standard code.
func Card(code string) (Entry, bool) { return tables().cards.find(code) }

// Banks lists every bank and securities firm, by code.
func Banks() []Entry { return slices.Clone(tables().banks.entries) }

// Bank finds a bank by its standard three-digit code.
func Bank(code string) (Entry, bool) { return tables().banks.find(code) }

// CardFrom is the standard code of a card company that provider p names by its
// own code or by its Korean or English name. English names match in any case.
func CardFrom(p pay.Provider, theirs string) (string, bool) {
	return tables().providers[p].cards.from(theirs)
}

// CardTo is provider p's code of a card company. Where p has several codes for
// one company (Toss Payments 33 and W1 for 041, 31 and 3K for 361) it is the first.
func CardTo(p pay.Provider, standard string) (string, bool) {
	return tables().providers[p].cards.to(standard)
}

// BankFrom is the standard code of a bank that provider p names by its own
// code or by name. Toss Pay sometimes drops leading zeros: its codes are
// padded to three digits first.
func BankFrom(p pay.Provider, theirs string) (string, bool) {
	if p == pay.TossPay && theirs != "" && len(theirs) < 3 && digits(theirs) {
		theirs = strings.Repeat("0", 3-len(theirs)) + theirs
	}
	return tables().providers[p].banks.from(theirs)
}

// BankTo is provider p's code of a bank.
func BankTo(p pay.Provider, standard string) (string, bool) {
	return tables().providers[p].banks.to(standard)
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
