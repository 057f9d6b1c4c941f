package pay

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// WithoutPerson is a payment without what tells of its buyer: the name, e-mail
// address, telephone number and postal address, custom_data, the browser's name,
// the masked card number, and the number and holder of a virtual account. What
// the books are made of stays: ids, amounts, states, times, the card's company
// and kind, the bank, the approval number, the link to the sales slip.
func (p Payment) WithoutPerson() Payment {
	p.Buyer, p.Custom, p.UserAgent = Buyer{}, "", ""
	p.Details.Card = p.Details.Card.WithoutNumber()
	if a := p.Details.Account; a != nil {
		bare := *a
		bare.Number, bare.Holder = "", ""
		p.Details.Account = &bare
	}
	return p
}

// WithoutNumber is a card without its masked number.
func (c *Card) WithoutNumber() *Card {
	if c == nil {
		return nil
	}
	bare := *c
	bare.Number = ""
	return &bare
}

// Values are the fields of a buyer that are not empty.
func (b Buyer) Values() []string {
	var out []string
	for _, v := range []string{b.Name, b.Email, b.Tel, b.Address, b.Postcode} {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

// Retention is how long a merchant keeps buyers' personal fields: years ("5y") or
// days ("1826d"); "" is for ever.
type Retention string

// The longest retention that can be asked for.
const (
	longestYears = 100
	longestDays  = 36525
)

// ParseRetention reads a retention as a person writes it; "off" is for ever.
func ParseRetention(text string) (Retention, error) {
	if text == "off" {
		return "", nil
	}
	r := Retention(text)
	if _, _, ok := r.span(); !ok {
		return "", fmt.Errorf("%q: want years such as 5y (to %dy), days such as 1826d (to %dd), or off", text, longestYears, longestDays)
	}
	return r, nil
}

// span is the years or the days of a retention.
func (r Retention) span() (years, days int, ok bool) {
	if r == "" {
		return 0, 0, false
	}
	digits, unit := string(r[:len(r)-1]), r[len(r)-1:]
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || strings.HasPrefix(digits, "+") {
		return 0, 0, false
	}
	switch unit {
	case "y":
		return n, 0, n <= longestYears
	case "d":
		return 0, n, n <= longestDays
	}
	return 0, 0, false
}

// Before is the time whose personal fields are over at now, in calendar years or
// in days of 24 hours; zero when they are kept for ever.
func (r Retention) Before(now time.Time) time.Time {
	years, days, ok := r.span()
	if !ok {
		return time.Time{}
	}
	return now.AddDate(-years, 0, -days)
}
