package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
)

// What schedules and billing keys are found by stands beside them, normalised
// (Normalise, Digits) and as bytes: a prefix is a range of an index.
const (
	scheduleFind   = `find_uid, find_customer, find_member, find_name, find_buyer, find_tel, listed`
	billingKeyFind = `find_customer, find_member, find_buyer, find_tel, find_card, listed`
)

// nowListed is what listed says of a row whose other columns are written.
const nowListed = 1

func scheduleFinds(s pay.Schedule) []any {
	return []any{[]byte(Normalise(string(s.MerchantUID))), []byte(Normalise(string(s.CustomerUID))), []byte(Normalise(s.CustomerID)),
		[]byte(Normalise(s.Name)), []byte(Normalise(s.Buyer.Name)), []byte(Digits(s.Buyer.Tel)), nowListed}
}

func billingKeyFinds(k pay.BillingKey) []any {
	return []any{[]byte(Normalise(string(k.CustomerUID))), []byte(Normalise(k.CustomerID)), []byte(Normalise(k.Buyer.Name)),
		[]byte(Digits(k.Buyer.Tel)), []byte(cardTail(k.Card)), nowListed}
}

// tailLength is how many characters at the end of a card's number it is found by.
const tailLength = 4

// cardTail is the end of a masked card number, masks as asterisks; "" if no digit
// of it is to be seen.
func cardTail(c *pay.Card) string {
	if c == nil {
		return ""
	}
	n := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r == '-' || r == ' ':
			return -1
		}
		return '*'
	}, c.Number)
	n = n[max(0, len(n)-tailLength):]
	if strings.Trim(n, "*") == "" {
		return ""
	}
	return n
}

// tailsOf are the masked ends that four digits may have: companies show all of them,
// or hide the last ones.
func tailsOf(digits string) []string {
	var out []string
	for shown := len(digits); shown > 0; shown-- {
		out = append(out, digits[:shown]+strings.Repeat("*", len(digits)-shown))
	}
	return out
}

// BillingField is what a schedule or a key is looked for by.
type BillingField string

// The fields. Keys have no order, schedules no card.
const (
	BillingOrder    BillingField = "merchant_uid"
	BillingCustomer BillingField = "customer_uid"
	BillingMember   BillingField = "customer_id"
	BillingName     BillingField = "name" // of the order
	BillingBuyer    BillingField = "buyer_name"
	BillingTel      BillingField = "buyer_tel"
	BillingCard     BillingField = "card" // last four digits
)

// ScheduleFields and KeyFields are what each can be looked for by.
func ScheduleFields() []BillingField {
	return []BillingField{BillingOrder, BillingCustomer, BillingMember, BillingName, BillingBuyer, BillingTel}
}

// KeyFields: see ScheduleFields.
func KeyFields() []BillingField {
	return []BillingField{BillingCustomer, BillingMember, BillingBuyer, BillingTel, BillingCard}
}

func (f BillingField) column() string {
	return map[BillingField]string{BillingOrder: "find_uid", BillingCustomer: "find_customer", BillingMember: "find_member",
		BillingName: "find_name", BillingBuyer: "find_buyer", BillingTel: "find_tel", BillingCard: "find_card"}[f]
}

// MostMatches is how many matches of a field are looked at, at most: of a prefix
// with more, those that come last in its order.
const MostMatches = 500

// prefixSpan is a range of a find column.
type prefixSpan struct {
	column   string
	from, to []byte
}

// spans are the ranges in which text is looked for; field "" is each of fields.
func spans(text string, field BillingField, fields []BillingField) []prefixSpan {
	var out []prefixSpan
	prefix := func(f BillingField, p string) {
		out = append(out, prefixSpan{f.column(), []byte(p), append([]byte(p), 0xff)}) // which no text holds
	}
	for _, f := range fields {
		if field != "" && field != f {
			continue
		}
		digits := Digits(text)
		number := strings.Trim(text, "0123456789-+ ().") == ""
		switch {
		case f == BillingTel && number && digits != "":
			prefix(f, digits)
		case f == BillingCard && number && len(digits) == tailLength:
			for _, tail := range tailsOf(digits) {
				out = append(out, prefixSpan{f.column(), []byte(tail), []byte(tail + "\x00")})
			}
		case f != BillingTel && f != BillingCard && Normalise(text) != "":
			prefix(f, Normalise(text))
		}
	}
	return out
}

// Place is a row's place in a list by time: keys by when they were made, schedules
// by when they are due. Its zero is the beginning.
type Place struct {
	At time.Time
	ID string
}

func scanPlace(r row) (p Place, err error) { return p, r.Scan(timeInto{&p.At}, &p.ID) }

// compare orders places by time.
func (p Place) compare(q Place) int {
	return cmp.Or(p.At.Compare(q.At), strings.Compare(p.ID, q.ID))
}

// matchText is the statement for the newest places of a table in a prefixSpan.
func (s prefixSpan) matchText(table, at, id string) string {
	return `SELECT ` + at + `, ` + id + ` FROM ` + table + ` WHERE merchant = $1 AND LENGTH(` + s.column + `) > 0 AND ` + s.column + ` >= $2 AND ` +
		s.column + ` < $3 ORDER BY ` + s.column + ` DESC, ` + at + ` DESC, ` + id + ` DESC LIMIT $4`
}

// matches is the places in spans, each once, the newest first, and whether there may
// be more.
func (t *Tx) matches(ctx context.Context, merchant pay.MerchantID, in []prefixSpan, table, at, id string) ([]Place, bool, error) {
	var out []Place
	more := false
	for _, s := range in {
		found, err := list(ctx, t, scanPlace, s.matchText(table, at, id), merchant, s.from, s.to, MostMatches+1)
		if err != nil {
			return nil, false, err
		}
		more = more || len(found) > MostMatches
		out = append(out, found[:min(len(found), MostMatches)]...)
	}
	slices.SortFunc(out, func(a, b Place) int { return b.compare(a) })
	return slices.Compact(out), more, nil
}
