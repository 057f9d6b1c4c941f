package tosspayments

import (
	"regexp"
	"strconv"
	"time"
)

// cardMembers are what a card cannot be read without.
var cardMembers = []string{"cardNumber", "cardExpirationYear", "cardExpirationMonth", "customerIdentityNumber"}

// cardData is what is kept of a card that was given by its number: neither the
// number nor the expiry, the identity or the password.
type cardData struct {
	card    card
	magic   *MagicCard
	expired bool
}

var (
	cardNumberRule = textRule{form: regexp.MustCompile(`^[0-9]{15,16}$`), private: true, code: "INVALID_CARD_NUMBER", allowed: "must be 15 or 16 digits"}
	yearRule       = textRule{form: regexp.MustCompile(`^[0-9]{2}$`), private: true, code: "INVALID_CARD_EXPIRATION", allowed: "must be 2 digits"}
	monthRule      = textRule{form: regexp.MustCompile(`^(0[1-9]|1[0-2])$`), private: true, code: "INVALID_CARD_EXPIRATION", allowed: "must be 01 to 12"}
	identityRule   = textRule{form: regexp.MustCompile(`^([0-9]{6}|[0-9]{10})$`), private: true, code: "INVALID_BIRTH_DAY_FORMAT", allowed: "must be 6 or 10 digits"}
	passwordRule   = textRule{form: regexp.MustCompile(`^[0-9]{2}$`), private: true, code: "INVALID_CARD_PASSWORD", allowed: "must be the first 2 digits"}
)

// readCardData reads a card ("카드 번호 결제", "카드 정보로 빌링키 발급"). The check
// digit is not looked at, as in the provider's own test environment.
func readCardData(f *fields, now time.Time) cardData {
	f.require(cardMembers...)
	number := f.text("cardNumber", cardNumberRule)
	year, month := f.text("cardExpirationYear", yearRule), f.text("cardExpirationMonth", monthRule)
	identity := f.text("customerIdentityNumber", identityRule)
	f.text("cardPassword", passwordRule)
	f.within("vbv", func(in *fields) {
		for _, name := range []string{"cavv", "xid", "eci"} {
			in.text(name, textRule{})
		}
	})
	if f.complain != nil {
		return cardData{}
	}
	c := issuer(number)
	d := cardData{card: card{company: c, number: mask(number), check: c.checkOnly}, magic: findMagic(number), expired: past(year, month, now)}
	if len(identity) == 10 {
		d.card.owner = "법인"
	}
	return d
}

// past says whether a card's last month is over in Seoul.
func past(year, month string, now time.Time) bool {
	y, _ := strconv.Atoi(year) // the rules want digits
	m, _ := strconv.Atoi(month)
	end := time.Date(2000+y, time.Month(m)+1, 1, 0, 0, 0, 0, seoul)
	return !now.Before(end)
}
