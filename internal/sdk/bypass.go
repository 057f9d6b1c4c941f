package sdk

import (
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// readBypass reads what is meant for one provider, flat or under its name: the
// level the newer guide documents wins (decisions D9, D10, D12).
func readBypass(f *form, w *gateway.WindowRequest, now time.Time) {
	flat := f.objectOrText("bypass")
	tosspayments, tosspay := flat.object("tosspayments"), flat.object("tosspay_v2")

	from := newer("useInternationalCardOnly", tosspayments, flat)
	if w.Card.International = from.isSet("useInternationalCardOnly"); w.Card.International && w.Card.AppCardOnly && byCard(w) {
		from.refuse(gateway.RefusedParameter, "useInternationalCardOnly", "received true with appCard: true; allowed: one of them, as cards issued abroad have no app")
	}
	from = newer("discountCode", tosspayments, flat)
	if w.Card.DiscountCode = from.text("discountCode", 50); w.Card.DiscountCode != "" && w.Card.Company == "" {
		from.refuse(gateway.RefusedParameter, "discountCode", "received without card.direct; allowed: together with card.direct.code, as Toss Payments applies it in direct mode only")
	}
	w.Receipt.Culture = either("isCulturalExpense", flat, tosspayments).isSet("isCulturalExpense")
	w.Receipt.Type = receiptType(either("cashReceiptType", flat, tosspayments))

	w.ExpiresAt = expiry(newer("expiredTime", tosspay, flat), now)
	w.Receipt.Issue = tosspay.flag("cashReceipt")
	w.Receipt.Category = receiptCategory(tosspay, flat)
	readUserCI(tosspay, w)
	for _, level := range []*form{flat, tosspay} {
		level.unused("of charges with a billing key", "sendFailPush")
	}
}

// either is the form to read the field from: documented, unless only the other has it.
func either(name string, documented, other *form) *form {
	if !other.given(name) {
		documented.raw(name)
		return documented
	}
	if documented.given(name) {
		other.note(gateway.NoteUnused, name, "%s%s is given as well and wins", documented.path, name)
		return documented
	}
	return other
}

// newer is either, where the other level is an older guide's.
func newer(name string, documented, older *form) *form {
	from := either(name, documented, older)
	if from == older {
		older.note(gateway.NoteDeprecated, name, "use %s%s", documented.path, name)
	}
	return from
}

func receiptType(f *form) pay.ReceiptType {
	const name = "cashReceiptType"
	s, _ := f.str(name)
	switch s {
	case "":
		return ""
	case "anonymous":
		return connector.NoReceipt
	case "personal":
		return pay.ReceiptPerson
	case "corporate":
		return pay.ReceiptCompany
	}
	f.wrong(name, "anonymous, personal or corporate")
	return ""
}

var categories = []string{"GENERAL", "CULTURE", "PUBLIC_TP"}

// receiptCategory is the first of the names and levels in their order that has
// something. Each of the others is noted.
func receiptCategory(nested, flat *form) string {
	const option, kind = "cashReceiptTradeOption", "cashReceiptTradeType"
	category, winner := "", ""
	for _, at := range []struct {
		f    *form
		name string
	}{{nested, option}, {flat, option}, {nested, kind}, {flat, kind}} {
		s, _ := at.f.str(at.name)
		switch {
		case s == "":
		case winner != "":
			at.f.note(gateway.NoteUnused, at.name, "%s is given as well and wins", winner)
		default:
			category, winner = s, at.f.path+at.name
			if !slices.Contains(categories, s) {
				at.f.wrong(at.name, "GENERAL, CULTURE or PUBLIC_TP")
			}
			if at.f != nested || at.name != option {
				at.f.note(gateway.NoteDeprecated, at.name, "use %s%s", nested.path, option)
			}
		}
	}
	return category
}

// userCIMost is the longest encryptedUserCi (Toss Pay, "빌링키 생성").
const userCIMost = 255

func readUserCI(tosspay *form, w *gateway.WindowRequest) {
	const name = "encryptedUserCi"
	ci, _ := tosspay.str(name)
	tosspay.fits(name, ci, userCIMost)
	if w.Billing == nil {
		tosspay.unused("only together with customer_uid", name)
		return
	}
	w.Billing.UserCI = ci
}

// maxExpiry is the longest a Toss Pay window may stay open.
const maxExpiry = time.Hour

// expiry reads bypass.expiredTime, Korean time.
func expiry(f *form, now time.Time) time.Time {
	s, _ := f.str("expiredTime")
	if s == "" {
		return time.Time{}
	}
	var at time.Time
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "20060102150405"} {
		if t, err := time.ParseInLocation(layout, s, korea()); err == nil {
			at = t
		}
	}
	switch {
	case at.IsZero():
		f.wrong("expiredTime", "yyyy-MM-dd HH:mm:ss, Korean time")
	case !at.After(now):
		f.refuse(gateway.RefusedParameter, "expiredTime", "received %s, which has passed; allowed: until 60 minutes from %s", s, now.In(korea()).Format(time.DateTime))
	case at.Sub(now) > maxExpiry:
		f.refuse(gateway.RefusedParameter, "expiredTime", "received %s; allowed: at most 60 minutes from %s", s, now.In(korea()).Format(time.DateTime))
	}
	return at
}
