package v1

import (
	"net/http"
	"regexp"
	"strings"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/v1wire"
)

// cardIn is a card as a merchant's server sends it. Its fields are secrets from
// the moment they are read: no error quotes them, nothing stores them.
type cardIn struct {
	Number       pay.Secret `json:"card_number"`
	Expiry       pay.Secret `json:"expiry"`
	Birth        pay.Secret `json:"birth"`
	PasswordHead pay.Secret `json:"pwd_2digit"`
}

// errBadCard is V1's answer to a number that cannot be a card's.
var errBadCard = &failure{http.StatusOK, -1, v1wire.TextBadCard}

var (
	cardNumber = regexp.MustCompile(`^[0-9]{15,16}$`)
	// V1 says YYYY-MM; its clients also send YYYYMM and YYMM.
	cardExpiry   = regexp.MustCompile(`^(?:20)?([0-9]{2})-?(0[1-9]|1[0-2])$`)
	cardBirth    = regexp.MustCompile(`^(?:[0-9]{6}|[0-9]{10})$`)
	cardPassword = regexp.MustCompile(`^[0-9]{2}$`)
)

// given reports whether there is a card at all.
func (in cardIn) given() bool { return in.Number != "" || in.Expiry != "" }

// read holds the card against the form of its parts, and against nothing else
// (decision D1 of docs/v1-implementation-details.md): what is true of it the
// provider says.
func (in cardIn) read(c *check) connector.Card {
	c.there("card_number", in.Number != "")
	c.there("expiry", in.Expiry != "")
	number := strings.NewReplacer("-", "", " ", "").Replace(in.Number.Reveal())
	if in.Number != "" && !cardNumber.MatchString(number) {
		c.fail(errBadCard)
	}
	expiry := strings.TrimSpace(in.Expiry.Reveal())
	when := cardExpiry.FindStringSubmatch(expiry)
	if when == nil || len(expiry) == 5 { // YY-MM is nobody's
		c.hidden("expiry", "YYYY-MM, YYYYMM, YYMM 중 한 가지 형식이어야 합니다")
		when = []string{"", "", ""}
	}
	birth, password := strings.TrimSpace(in.Birth.Reveal()), strings.TrimSpace(in.PasswordHead.Reveal())
	if birth != "" && !cardBirth.MatchString(birth) {
		c.hidden("birth", "생년월일 6자리 또는 사업자등록번호 10자리 숫자여야 합니다")
	}
	if password != "" && !cardPassword.MatchString(password) {
		c.hidden("pwd_2digit", "카드 비밀번호 앞 2자리 숫자여야 합니다")
	}
	return connector.Card{
		Number: pay.Secret(number), ExpiryYear: pay.Secret(when[1]), ExpiryMonth: pay.Secret(when[2]),
		Birth: pay.Secret(birth), PasswordHead: pay.Secret(password),
	}
}

// hidden refuses a secret by its form, without quoting it.
func (c *check) hidden(field, want string) {
	c.fail(&rest.FieldError{Field: c.prefix + field, Rule: rest.RuleForm, Want: want, Hidden: true})
}
