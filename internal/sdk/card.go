package sdk

import (
	"regexp"
	"slices"
	"time"

	"naru/internal/gateway"
)

// installmentFloor is the smallest amount in won that may be paid in
// installments (Toss Payments, "결제창 파라미터"; decision D7).
const installmentFloor = 50_000

var cardCode = regexp.MustCompile(`^[0-9A-Z]{3,5}$`)

// readCard reads display, card, appCard and useCardPoint.
func readCard(f *form, w *gateway.WindowRequest) {
	w.Card.AppCardOnly = f.isSet("appCard")
	w.Card.Points = f.flag("useCardPoint") // absent, true and false are three values: decision D26
	card := f.object("card")
	if items, ok := card.list("detail"); ok && len(items) > 0 {
		card.refuse(gateway.RefusedMethod, "detail", "showing some cards only is not offered: use card.direct for one company")
	}
	if use := card.flag("useInstallment"); use != nil {
		w.Card.NoInstallment = !*use
	}
	readDisplay(f, w)
	readDirect(card, w)
}

// readDisplay reads display.card_quota. Months of a list are a ceiling, as the
// provider knows no sets; one value with only_installment is a fixed plan
// (decisions D7, D8). Below the floor there is lump sum only, so nothing is said.
func readDisplay(f *form, w *gateway.WindowRequest) {
	display := f.object("display")
	only := display.isSet("only_installment")
	items, ok := display.list("card_quota")
	if !ok {
		return
	}
	if w.Amount.Total.Minor < installmentFloor {
		return
	}
	top := 0
	for _, item := range items {
		n, ok := wholeOf(item)
		if !ok {
			display.wrong("card_quota", "months, each 0 or 2 to 12")
			return
		}
		if n > 1 { // one month is a lump sum, and the provider goes to twelve
			top = max(top, int(min(n, 12)))
		}
	}
	switch {
	case only && len(items) == 1:
		w.Card.Months = &top
	default:
		w.Card.MaxMonths = &top
	}
}

func isPlan(months int64) bool { return months == 0 || months >= 2 && months <= 12 }

// readDirect reads card.direct: straight to one company. Without a quota that
// is always lump sum, so display says nothing more.
func readDirect(card *form, w *gateway.WindowRequest) {
	direct := card.object("direct")
	code := direct.text("code", 5)
	quota, _ := direct.whole("quota")
	if code == "" {
		if quota != 0 {
			direct.refuse(gateway.RefusedParameter, "quota", "received %d without a code; allowed: together with card.direct.code", quota)
		}
		return
	}
	if !cardCode.MatchString(code) {
		direct.wrong("code", "a card company's standard code such as 367")
	}
	if !isPlan(quota) {
		direct.wrong("quota", "0 or 2 to 12")
	}
	w.Card.Company, w.Card.Months, w.Card.MaxMonths = code, nil, nil
	if quota == 0 {
		return
	}
	if w.Amount.Total.Minor < installmentFloor {
		direct.refuse(gateway.RefusedParameter, "quota", "received %d for an amount of %d; allowed: installments from %d won", quota, w.Amount.Total.Minor, installmentFloor)
	}
	months := int(quota)
	w.Card.Months = &months
}

// readBypass reads what is meant for one provider, flat or under its name: the
// level the newer guide documents wins (decisions D9, D10).
func readBypass(f *form, w *gateway.WindowRequest, now time.Time) {
	flat := f.objectOrText("bypass")
	tosspayments, tosspay := flat.object("tosspayments"), flat.object("tosspay_v2")
	w.Card.International = pickForm("useInternationalCardOnly", tosspayments, flat).isSet("useInternationalCardOnly")
	from := pickForm("discountCode", tosspayments, flat)
	if w.Card.DiscountCode = from.text("discountCode", 50); w.Card.DiscountCode != "" && w.Card.Company == "" {
		from.refuse(gateway.RefusedParameter, "discountCode", "received without card.direct; allowed: together with card.direct.code, as Toss Payments applies it in direct mode only")
	}
	w.ExpiresAt = expiry(pickForm("expiredTime", tosspay, flat), now)
	w.Receipt.Issue = tosspay.flag("cashReceipt")
	w.Receipt.Category = receiptCategory(tosspay, flat)
	for _, level := range []*form{flat, tosspayments} { // of transfers and accounts, which are not offered
		level.ignore("isCulturalExpense", "cashReceiptType")
	}
	for _, level := range []*form{flat, tosspayments, tosspay} {
		level.ignore("useInternationalCardOnly", "discountCode", "expiredTime", "cashReceiptTradeOption", "cashReceiptTradeType")
	}
	tosspay.ignore("encryptedUserCi", "sendFailPush")
}

// pickForm is the first form that has the field, or the first.
func pickForm(name string, forms ...*form) *form {
	for _, f := range forms {
		if _, ok := f.raw(name); ok {
			return f
		}
	}
	return forms[0]
}

var categories = []string{"GENERAL", "CULTURE", "PUBLIC_TP"}

func receiptCategory(nested, flat *form) string {
	for _, name := range []string{"cashReceiptTradeOption", "cashReceiptTradeType"} {
		from := pickForm(name, nested, flat)
		s, _ := from.str(name)
		if s == "" {
			continue
		}
		if !slices.Contains(categories, s) {
			from.wrong(name, "GENERAL, CULTURE or PUBLIC_TP")
		}
		return s
	}
	return ""
}

// maxExpiry is the longest a Toss Pay window may stay open.
const maxExpiry = time.Hour

// expiry reads bypass.expiredTime, Korean time.
func expiry(f *form, now time.Time) time.Time {
	s, _ := f.str("expiredTime")
	if s == "" {
		return time.Time{}
	}
	korea := time.FixedZone("KST", 9*60*60)
	var at time.Time
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "20060102150405"} {
		if t, err := time.ParseInLocation(layout, s, korea); err == nil {
			at = t
		}
	}
	switch {
	case at.IsZero():
		f.wrong("expiredTime", "yyyy-MM-dd HH:mm:ss, Korean time")
	case !at.After(now):
		f.refuse(gateway.RefusedParameter, "expiredTime", "received %s, which has passed; allowed: until 60 minutes from %s", s, now.In(korea).Format(time.DateTime))
	case at.Sub(now) > maxExpiry:
		f.refuse(gateway.RefusedParameter, "expiredTime", "received %s; allowed: at most 60 minutes from %s", s, now.In(korea).Format(time.DateTime))
	}
	return at
}
