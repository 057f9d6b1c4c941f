package tosspay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// card is one of the cards the sandbox's buyer has. Numbers are masked the
// way Toss Pay masks them; there is nothing behind the asterisks.
type card struct {
	company      int // cardCompanyCode
	name         string
	method, user string // cardMethodType, cardUserType
	number       string
	bin, last    string
	freeMonths   int // interest-free up to so many months
	english      string
}

// account is one of the buyer's accounts linked to Toss money.
type account struct{ code, name, number, english string }

// cards are by company code ("토스페이 API 소개, 카드사 코드"). Citi (9) is in
// that list as not supported, so the buyer has none.
var cards = []card{
	{1, "신한", "CREDIT", "PERSONAL", "451842******102*", "451842", "102*", 5, "Shinhan"},
	{2, "현대", "CREDIT", "PERSONAL", "433028******557*", "433028", "557*", 3, "Hyundai"},
	{3, "삼성", "CREDIT", "PERSONAL", "537120******412*", "537120", "412*", 3, "Samsung"},
	{4, "국민", "CHECK", "PERSONAL", "557042******700*", "557042", "700*", 0, "KB Kookmin"},
	{5, "롯데", "CREDIT", "PERSONAL_FAMILY", "513762******8834", "513762", "8834", 3, "Lotte"},
	{6, "하나", "CREDIT", "CORP_COMPANY", "552103******2290", "552103", "2290", 0, "Hana"},
	{7, "우리", "CREDIT", "PERSONAL", "531764******410*", "531764", "410*", 2, "Woori"},
	{8, "농협", "PREPAYMENT", "PERSONAL", "546112******019*", "546112", "019*", 0, "NongHyup"},
	{10, "비씨", "CREDIT", "CORP_PERSONAL", "490220******365*", "490220", "365*", 6, "BC"},
}

var accounts = []account{
	{"092", "토스뱅크", "100******094", "Toss Bank"},
	{"088", "신한은행", "110******676", "Shinhan Bank"},
	{"004", "KB국민은행", "928******331", "KB Kookmin Bank"},
	{"011", "NH농협은행", "302******517", "NH NongHyup Bank"},
	{"090", "카카오뱅크", "333******820", "KakaoBank"},
}

// moneyBalance is the Toss money balance itself, which needs no account: code
// 888 of the bank list, and on the wire "토스머니" for a number.
var moneyBalance = account{"888", "토스머니", "토스머니", "Toss money balance"}

// means is what the buyer pays with: exactly one of the two.
type means struct {
	card    *card
	account *account
}

func (m means) payMethod() string {
	if m.card != nil {
		return "CARD"
	}
	return "TOSS_MONEY"
}

// choice is what the buyer decided in the app.
type choice struct {
	means
	months           int // 0 is a single payment
	discount, points int64
}

func (c *choice) noInterest() bool {
	return c.card != nil && c.months > 1 && c.months <= c.card.freeMonths
}

// Approval is what a buyer does in the app: how to pay, and what is to go wrong.
type Approval struct {
	PayMethod       string `json:"payMethod"`       // TOSS_MONEY or CARD; empty is the first that is offered
	CardCompanyCode int    `json:"cardCompanyCode"` // 0 is the first card offered
	AccountBankCode string `json:"accountBankCode"` // 888 is the Toss money balance; empty is the first account
	SpreadOut       int    `json:"spreadOut"`       // months, 0 or 2 to 12
	Discount        int64  `json:"discount"`        // won, instant discount
	Points          int64  `json:"points"`          // won, Toss points
	ExecuteFail     string `json:"executeFail"`     // errorCode that the capture is to fail with
	CallbackVersion string `json:"callbackVersion"` // V1 or V2 whatever the creation asked for; empty is as it asked
	Ending
}

const maxMonths = 12

// choose turns an approval into a choice. A request that makes no sense is an
// error; one that Toss or an issuer would decline is a failure.
func (p *payment) choose(a Approval) (*choice, *failure, error) {
	if a.ExecuteFail != "" && !codeForm.MatchString(a.ExecuteFail) {
		return nil, nil, fmt.Errorf("executeFail %q: must be an errorCode such as CARD_EXCEED_LIMIT", short(a.ExecuteFail))
	}
	if err := checkVersion(a.CallbackVersion); err != nil {
		return nil, nil, err
	}
	if a.Discount < 0 || a.Points < 0 || a.Discount > p.amount || a.Points > p.amount-a.Discount {
		return nil, nil, fmt.Errorf("discount %d and points %d: must be 0 or more and together at most the amount %d", a.Discount, a.Points, p.amount)
	}
	if a.SpreadOut < 0 || a.SpreadOut == 1 || a.SpreadOut > maxMonths {
		return nil, nil, fmt.Errorf("spreadOut %d: must be 0 or 2 to %d", a.SpreadOut, maxMonths)
	}
	c := &choice{discount: a.Discount, points: a.Points}
	if a.PayMethod == "" {
		a.PayMethod = "CARD"
		if p.money {
			a.PayMethod = "TOSS_MONEY"
		}
	}
	var err error
	switch {
	case a.PayMethod == "TOSS_MONEY" && p.money:
		c.account, err = pickAccount(a.AccountBankCode)
	case a.PayMethod == "CARD" && p.card:
		c.months = a.SpreadOut
		c.card, err = pickCard(p.offered(), a.CardCompanyCode)
	case a.PayMethod == "TOSS_MONEY" || a.PayMethod == "CARD":
		err = fmt.Errorf("payMethod %s: this payment does not offer it", a.PayMethod)
	default:
		err = fmt.Errorf("payMethod %q: must be TOSS_MONEY or CARD", a.PayMethod)
	}
	if err != nil {
		return nil, nil, err
	}
	return c, p.judge(c), nil
}

// pickAccount is the account at a bank, the balance for its code, or the first
// account for "".
func pickAccount(code string) (*account, error) {
	code = cmp.Or(code, accounts[0].code)
	if code == moneyBalance.code {
		return &moneyBalance, nil
	}
	i := slices.IndexFunc(accounts, func(a account) bool { return a.code == code })
	if i < 0 {
		return nil, fmt.Errorf("accountBankCode %q: the sandbox's buyer has accounts at %s", short(code), bankCodes())
	}
	return &accounts[i], nil
}

func bankCodes() string {
	var codes []string
	for _, a := range accounts {
		codes = append(codes, a.code)
	}
	return strings.Join(codes, ", ") + ", and the balance " + moneyBalance.code
}

// offered are the cards this payment may be made with.
func (p *payment) offered() []card {
	if !p.card {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(cards), func(c card) bool {
		return len(p.cards) > 0 && !slices.Contains(p.cards, c.company)
	})
}

// pickCard is the card of a company, or the first for 0.
func pickCard(offered []card, company int) (*card, error) {
	if company == 0 && len(offered) > 0 {
		return &offered[0], nil
	}
	i := slices.IndexFunc(offered, func(c card) bool { return c.company == company })
	if i < 0 {
		var codes []string
		for _, c := range offered {
			codes = append(codes, fmt.Sprint(c.company))
		}
		return nil, fmt.Errorf("cardCompanyCode %d: not among the cards that are offered: %s", company, strings.Join(codes, ", "))
	}
	return &offered[i], nil
}

// judge applies the limits that only show once a method is chosen.
func (p *payment) judge(c *choice) *failure {
	paid := p.amount - c.discount - c.points
	switch {
	case c.card == nil && paid > maxMoney:
		return refuse("COMMON_EXCEED_LIMIT")
	case c.card == nil && p.amount-c.discount < 1:
		return refuse("COMMON_PAY_ERROR")
	case c.card != nil && (p.amount-c.discount < minCard || paid < 1):
		return refuse("CARD_MIN_AMOUNT_ERROR")
	case c.months > 0 && (!p.installments || c.card.method != "CREDIT"):
		return refuse("CARD_SPREADOUT_ERROR")
	case c.months > 0 && paid < minInstallments:
		return refuse("CARD_MIN_AMOUNT_FOR_SPREADOUT_ERROR")
	}
	return nil
}
