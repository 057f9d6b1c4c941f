package tosspayments

import (
	"encoding/json"
	"regexp"
	"slices"
	"unicode/utf8"

	"naru/internal/web"
)

// accountBanks are the thirteen banks that the window issues accounts of, in its
// order. The API issues those of two more.
var accountBanks = []string{"06", "88", "20", "81", "11", "03", "71", "45", "07", "31", "32", "39", "34"}

var accountDeclines = []string{
	"NOT_AVAILABLE_BANK", "MAINTAINED_METHOD", "NOT_AVAILABLE_PAYMENT", "PROVIDER_ERROR", "FAILED_METHOD_HANDLING",
	"FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "COMMON_ERROR", "UNKNOWN_PAYMENT_ERROR",
}

// accountSheet is the window of 가상계좌.
type accountSheet struct {
	cashOffer
	customer string // depositor's name by the shop; "" is not known
	askPhone bool
	valid    validity
	callback string
}

// accountChoice is the body of its act.
type accountChoice struct {
	Bank       string `json:"bank"` // code
	Name       string `json:"name"` // who pays in
	Phone      string `json:"phone"`
	AccountKey string `json:"accountKey"` // with a contract for fixed accounts: the shop's number of the customer
	cashChoice
}

var accountKeyForm = regexp.MustCompile(`^[0-9]{1,13}$`)

func readAccountSheet(s *Simulator, f *fields, o *order) sheet {
	a := accountSheet{cashOffer: readCashOffer(f, o), askPhone: true}
	a.customer = f.text("customerName", textRule{max: 100})
	if show := f.flag("showCustomerMobilePhone"); show != nil {
		a.askPhone = *show
	}
	a.valid = s.readValidity(f)
	a.callback = readCallback(f)
	return a
}

func (a accountSheet) rejection() string { return accountDeclines[0] }

func (a accountSheet) title(lang string) string {
	return web.Pick(lang, "가상계좌 (무통장입금)", "Virtual account")
}

func (a accountSheet) take(s *Simulator, w *window, choices json.RawMessage) (func(*payment), error) {
	var ch accountChoice
	if err := readChoices(choices, &ch); err != nil {
		return nil, err
	}
	fixed := w.shop.FixedAccounts
	if err := a.check(s, ch, fixed); err != nil {
		return nil, err
	}
	chosen, err := a.choose(ch.cashChoice)
	if err != nil {
		return nil, err
	}
	b, _ := findBank(ch.Bank)
	asked := account{fixed: fixed, bank: b, customer: ch.Name, phone: a.phone, valid: a.valid, callback: a.callback}
	if ch.Phone != "" {
		asked.phone = ch.Phone
	}
	if fixed {
		asked.key = ch.AccountKey
	}
	return func(p *payment) {
		p.asked = &asked
		chosen(p)
	}, nil
}

func (a accountSheet) check(s *Simulator, ch accountChoice, fixed bool) error {
	now := s.opts.Now()
	switch n := utf8.RuneCountInString(ch.Name); {
	case !slices.Contains(accountBanks, ch.Bank):
		return refusef("INVALID_BANK", "bank %.20q is not offered", ch.Bank)
	case n < 1 || n > 100:
		return refusef("INVALID_REQUEST", "name: must have 1 to 100 characters, has %d", n)
	case ch.Phone != "" && !a.askPhone:
		return refusef("INVALID_PHONE", "phone: the shop does not have it asked for")
	case ch.Phone != "" && !mobileForm.MatchString(ch.Phone):
		return refusef("INVALID_PHONE", "phone: must be 10 or 11 digits that begin with 01")
	case fixed && ch.AccountKey == "":
		return refusef("REQUIRED_ACCOUNT_KEY", "accountKey: the shop's number of the customer")
	case fixed && !accountKeyForm.MatchString(ch.AccountKey):
		return refusef("INVALID_REQUEST", "accountKey: must be 1 to %d digits", accountKeyLimit)
	case !fixed && ch.AccountKey != "":
		return refusef("INVALID_REQUEST", "accountKey: the shop has no contract for fixed accounts")
	case !a.valid.due(now).After(now):
		return refusef("INVALID_DATE", "the due date is past")
	}
	return nil
}

// accountView is what the template needs.
type accountView struct {
	Banks    []bankTile
	Name     string
	Phone    string
	AskPhone bool
	FixedKey bool
	Due      string
	Cash     cashPart
	Tools    toolsView
}

func (a accountSheet) page(s *Simulator, w *window) (string, any) {
	cash := a.view(w.lang)
	v := accountView{
		Banks: viewBanks(accountBanks, w.lang), Name: a.customer, Phone: cash.Phone, AskPhone: a.askPhone, FixedKey: w.shop.FixedAccounts,
		Cash: cash, Tools: viewTools(w.lang, a.rejection(), accountDeclines),
	}
	v.Due = a.valid.due(s.opts.Now()).In(seoul).Format(web.Pick(w.lang, "2006년 1월 2일 15:04까지", "until 15:04 on 2 January 2006"))
	return "account", v
}
