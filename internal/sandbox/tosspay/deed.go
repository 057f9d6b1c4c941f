package tosspay

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What a script can have a buyer do.
const (
	deedApprove = "approve" // identify and pay, or agree
	deedDecline = "decline" // the same, but execute fails with Code; a registration fails with it
	deedClose   = "close"   // press X
	deedHang    = "hang"    // nothing, until the time is over
	deedLeave   = "leave"   // pay or agree, but leave the app before it goes back to the shop
)

var deeds = []string{deedApprove, deedDecline, deedClose, deedHang, deedLeave}

// Kinds of a window.
const (
	paymentKind = "payment"
	billingKind = "billing"
)

// deed is what a window does by itself in the place of a buyer.
type deed struct {
	Action  string   `json:"action"`
	Code    string   `json:"code,omitempty"` // errorCode of a decline; empty is the first that the page offers
	Choices *choices `json:"choices,omitempty"`
}

// choices are what the buyer picks on the sheet. What is left out is as the
// sheet has it at first.
type choices struct {
	Method   string `json:"method,omitempty"`   // CARD or TOSS_MONEY
	Card     int    `json:"card,omitempty"`     // company code
	Bank     string `json:"bank,omitempty"`     // bank code of an account; 888 is the Toss money balance
	Months   int    `json:"months,omitempty"`   // instalments, 2 to 12
	Discount int64  `json:"discount,omitempty"` // won
	Points   int64  `json:"points,omitempty"`   // won
}

// parseDeed reads the words of ?auto=: an action, and for decline a code after
// a colon.
func parseDeed(words string) (deed, error) {
	action, code, _ := strings.Cut(words, ":")
	d := deed{Action: action, Code: code}
	return d, d.check()
}

// check refuses what makes no sense and brings the rest into one form.
func (d *deed) check() error {
	if action, code, cut := strings.Cut(d.Action, ":"); cut && d.Code == "" {
		d.Action, d.Code = action, code
	}
	if d.Action == "cancel" { // what close was called first
		d.Action = deedClose
	}
	switch {
	case !slices.Contains(deeds, d.Action):
		return fmt.Errorf("action %q: must be one of %s", short(d.Action), strings.Join(deeds, ", "))
	case d.Code != "" && d.Action != deedDecline:
		return fmt.Errorf("code %q: only with action %s", short(d.Code), deedDecline)
	case d.Code != "" && !codeForm.MatchString(d.Code):
		return fmt.Errorf("code %q: must be an errorCode such as CARD_EXCEED_LIMIT", short(d.Code))
	case d.Choices == nil:
		return nil
	case d.Action == deedClose || d.Action == deedHang:
		return fmt.Errorf("choices: not with action %s", d.Action)
	}
	return d.Choices.check()
}

func (c *choices) check() error {
	if c.Method == "" {
		switch {
		case c.Card != 0 || c.Months != 0:
			c.Method = "CARD"
		case c.Bank != "":
			c.Method = "TOSS_MONEY"
		}
	}
	switch {
	case c.Method != "" && c.Method != "CARD" && c.Method != "TOSS_MONEY":
		return fmt.Errorf("choices.method %q: must be CARD or TOSS_MONEY", short(c.Method))
	case c.Method != "CARD" && (c.Card != 0 || c.Months != 0):
		return errors.New("choices.card and choices.months: only with method CARD")
	case c.Method != "TOSS_MONEY" && c.Bank != "":
		return errors.New("choices.bank: only with method TOSS_MONEY")
	case c.Months != 0 && (c.Months < 2 || c.Months > maxMonths):
		return fmt.Errorf("choices.months %d: must be 2 to %d, or left out", c.Months, maxMonths)
	case c.Discount < 0 || c.Discount > maxWon || c.Points < 0 || c.Points > maxWon:
		return fmt.Errorf("choices.discount %d and choices.points %d: must be 0 to %d", c.Discount, c.Points, maxWon)
	}
	if c.Card != 0 {
		if _, err := pickCard(cards, c.Card); err != nil {
			return fmt.Errorf("choices.card: %w", err)
		}
	}
	if _, err := pickAccount(c.Bank); err != nil {
		return fmt.Errorf("choices.bank: %w", err)
	}
	return nil
}

// onlyPays is whether the deed makes sense for a payment only.
func (d *deed) onlyPays() bool {
	c := d.Choices
	return c != nil && (c.Months != 0 || c.Discount != 0 || c.Points != 0) || d.Code != "" && checkCode("code", d.Code) != nil
}

// pageDeed is a deed in the words of the page: what to press, and what to have
// picked before.
type pageDeed struct {
	Action string         `json:"action"`
	Code   string         `json:"code,omitempty"`
	Pick   map[string]any `json:"pick,omitempty"` // fields of Approval or Agreement
}

// forPage puts a deed into the words of a page of its kind. No deed is no action.
func (d *deed) forPage(kind string) pageDeed {
	if d == nil {
		return pageDeed{}
	}
	p := pageDeed{Action: d.Action, Code: d.Code, Pick: map[string]any{}}
	if d.Choices != nil {
		p.Pick = d.Choices.forPayment()
		if kind == billingKind {
			p.Pick = d.Choices.forBilling()
		}
	}
	switch {
	case d.Action == deedLeave:
		p.Action, p.Pick["loseReturn"] = deedApprove, true
	case d.Action == deedDecline && kind == paymentKind:
		p.Action, p.Code, p.Pick["executeFail"] = deedApprove, "", cmp.Or(d.Code, declines[0])
	case d.Action == deedDecline:
		p.Code = cmp.Or(d.Code, keyDeclines[0])
	}
	return p
}

func (c *choices) forPayment() map[string]any {
	m := map[string]any{}
	put(m, "payMethod", c.Method)
	put(m, "cardCompanyCode", c.Card)
	put(m, "accountBankCode", c.Bank)
	put(m, "spreadOut", c.Months)
	put(m, "discount", c.Discount)
	put(m, "points", c.Points)
	return m
}

// forBilling has the three methods of a registration: Toss money without a bank
// is the balance.
func (c *choices) forBilling() map[string]any {
	m := map[string]any{}
	switch {
	case c.Method == "CARD":
		m["method"] = "card"
		put(m, "cardCompanyCode", c.Card)
	case c.Method == "":
	case c.Bank == "" || c.Bank == moneyBalance.code:
		m["method"] = "money"
	default:
		m["method"], m["accountBankCode"] = "bank", c.Bank
	}
	return m
}

// put leaves out what was not picked.
func put[T comparable](m map[string]any, name string, v T) {
	var none T
	if v != none {
		m[name] = v
	}
}
