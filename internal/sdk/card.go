package sdk

import (
	"regexp"

	"naru/internal/gateway"
	"naru/internal/pay"
)

const (
	// installmentFloor is the smallest amount in won that may be paid in
	// installments (Toss Payments, "결제창 파라미터"; decision D7).
	installmentFloor = 50_000
	maxMonths        = 12
	maxCardRows      = 100
)

var cardCode = regexp.MustCompile(`^[0-9A-Z]{3,5}$`)

// readCard reads display, card, appCard, useCardPoint and useFreeInterestFromMall.
func readCard(f *form, w *gateway.WindowRequest) {
	w.Card.AppCardOnly = f.isSet("appCard")
	w.Card.Points = f.flag("useCardPoint") // absent, true and false are three values: decision D26
	card := f.object("card")
	if use := card.flag("useInstallment"); use != nil {
		w.Card.NoInstallment = !*use
	}
	display := f.object("display")
	readQuota(display, w)
	readDirect(card, display, w)
	readRows(f, card, w)
}

// readQuota reads display.card_quota. Months of a list are a ceiling, as the
// provider knows no sets; one value with only_installment is a fixed plan
// (decision D8). Below the floor there is lump sum only, so nothing is said (D7).
func readQuota(display *form, w *gateway.WindowRequest) {
	only := display.isSet("only_installment")
	items, ok := display.list("card_quota")
	if !ok {
		display.unused("only together with display.card_quota", "only_installment")
		return
	}
	top := 0
	for _, item := range items {
		n, ok := wholeOf(item)
		if !ok {
			display.wrong("card_quota", "months, each 0 or 2 to 12")
			return
		}
		if n > maxMonths {
			display.note(gateway.NoteAdapted, "card_quota", "%d months: the longest plan is %d", n, maxMonths)
		}
		if n > 1 { // one month is a lump sum
			top = max(top, int(min(n, maxMonths)))
		}
	}
	if w.Billing == nil && w.Amount.Total.Minor < installmentFloor {
		display.note(gateway.NoteUnused, "card_quota", "installments begin at %d won", installmentFloor)
		return
	}
	if only && len(items) == 1 {
		w.Card.Months = &top
		return
	}
	if only && len(items) > 1 {
		display.note(gateway.NoteAdapted, "only_installment", "the window takes one plan or a longest one: a lump sum and every plan up to %d months", top)
	}
	w.Card.MaxMonths = &top
}

func isPlan(months int64) bool { return months == 0 || months >= 2 && months <= maxMonths }

// readDirect reads card.direct: straight to one company. Without a quota that
// is always lump sum, so display says nothing more.
func readDirect(card, display *form, w *gateway.WindowRequest) {
	direct := card.object("direct")
	code := direct.text("code", 5)
	quota, _ := direct.part("quota")
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
	if w.Card.Months != nil || w.Card.MaxMonths != nil {
		display.note(gateway.NoteUnused, "card_quota", "card.direct goes to one company with one plan: use card.direct.quota")
	}
	w.Card.Company, w.Card.Months, w.Card.MaxMonths = code, nil, nil
	if quota == 0 {
		return
	}
	if byCard(w) && w.Amount.Total.Minor < installmentFloor {
		direct.refuse(gateway.RefusedParameter, "quota", "received %d for an amount of %d; allowed: installments from %d won", quota, w.Amount.Total.Minor, installmentFloor)
	}
	months := int(quota)
	w.Card.Months = &months
}

// byCard reports whether the window asked for is one of cards.
func byCard(w *gateway.WindowRequest) bool {
	return w.Billing == nil && (w.Method == "" || w.Method == pay.MethodCard)
}

// readRows reads card.detail, which companies are shown (decision D6), and for
// how many months the merchant pays the interest.
func readRows(f, card *form, w *gateway.WindowRequest) {
	w.FreeMonths = f.isSet("useFreeInterestFromMall")
	free := false
	for _, r := range card.rows("detail", maxCardRows) {
		row := gateway.CardRow{Company: r.text("card_code", 5), Enabled: r.flag("enabled")}
		if row.Company != gateway.AllCards && !cardCode.MatchString(row.Company) {
			r.refuse(gateway.RefusedParameter, "card_code", "received %q; allowed: %q for all, or a card company's standard code such as 366", row.Company, gateway.AllCards)
		}
		if months, ok := r.part("max_month"); ok {
			if months < 2 || months > maxMonths {
				r.wrong("max_month", "2 to 12")
			}
			row.MaxMonths, free = int(min(months, maxMonths)), true
		}
		w.CardRows = append(w.CardRows, row)
	}
	if w.FreeMonths && !free {
		f.refuse(gateway.RefusedParameter, "card.detail[].max_month", "received none with useFreeInterestFromMall: true; allowed: 2 to 12 in at least one row")
	}
}
