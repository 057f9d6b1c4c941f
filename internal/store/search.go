package store

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"naru/internal/pay"
)

// Searching. A payment's terms are what a person may type to find it, each with the
// field it is of. They are derived from the books by the gateway's Follow, and
// kept twice: in search_terms, whose key is in the order of the terms' bytes, so
// that a prefix is a range of it; and as a text of each payment, against which a
// payment that was come upon is tested.
//
// A prefix with few matches is looked up in the range; what is found is filtered and
// sorted. Of one with many, the newest are near: the list is walked as without a
// search and each payment tested. Both are bounded (bounds); a page that ends at the
// bound says where to go on.

// SearchField is what a term is of.
type SearchField string

// The fields that payments are found by.
const (
	FieldPayment    SearchField = "imp_uid"
	FieldOrder      SearchField = "merchant_uid"
	FieldName       SearchField = "name"     // of the order: whole, and from each word
	FieldApproval   SearchField = "approval" // the card company's number
	FieldBuyerName  SearchField = "buyer_name"
	FieldBuyerTel   SearchField = "buyer_tel" // digits
	FieldBuyerEmail SearchField = "buyer_email"
	FieldAddress    SearchField = "buyer_address"
	FieldPostcode   SearchField = "buyer_postcode"
	FieldPgTid      SearchField = "pg_tid"      // the provider's key
	FieldCardNumber SearchField = "card_number" // what is to be seen of it: first digits, last digits
	FieldMID        SearchField = "pg_id"
	FieldAgent      SearchField = "environment" // MOBILE or PC, and the system's name
	FieldBank       SearchField = "bank"        // of a transfer: code and name
	FieldVbank      SearchField = "vbank"       // of a virtual account: code and name
	FieldAccount    SearchField = "account"     // its number, digits
	FieldDepositor  SearchField = "depositor"
	FieldReceipt    SearchField = "receipt" // the tax office's number of a cash receipt
	FieldReason     SearchField = "cancel_reason"
	FieldCard       SearchField = "card" // issuer and acquirer: code and name
	FieldMonths     SearchField = "months"
)

// SearchFields is all fields, in the order a person chooses from.
func SearchFields() []SearchField {
	return []SearchField{FieldPayment, FieldOrder, FieldName, FieldApproval, FieldBuyerName, FieldBuyerTel, FieldBuyerEmail,
		FieldAddress, FieldPostcode, FieldPgTid, FieldCardNumber, FieldMID, FieldAgent, FieldBank, FieldVbank, FieldAccount,
		FieldDepositor, FieldReceipt, FieldReason, FieldCard, FieldMonths}
}

// personal are the fields that tell of the buyer: they go when a payment is erased.
// A reason is among them, as it is free text.
func (f SearchField) personal() bool {
	return slices.Contains([]SearchField{FieldBuyerName, FieldBuyerTel, FieldBuyerEmail, FieldAddress, FieldPostcode, FieldCardNumber,
		FieldAgent, FieldAccount, FieldDepositor, FieldReason}, f)
}

// digits tells that a field is kept, and looked for, as its digits alone.
func (f SearchField) digits() bool {
	return slices.Contains([]SearchField{FieldBuyerTel, FieldCardNumber, FieldAccount}, f)
}

// Term is something that a payment is found by.
type Term struct {
	Field SearchField
	Text  string // normalised: Normalise, or Digits
}

// longestTerm is how many bytes of a term are kept.
const longestTerm = 96

// Normalise is a text as terms are kept and compared: NFC, lower case, one space
// between words, at most longestTerm bytes of whole characters.
func Normalise(text string) string {
	text = strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(clean(text)), " ")))
	if len(text) <= longestTerm {
		return text
	}
	return strings.ToValidUTF8(text[:longestTerm], "")
}

// Digits is the digits of a text, Korean telephone numbers as they are dialled at
// home.
func Digits(text string) string {
	out := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	if strings.HasPrefix(strings.TrimSpace(text), "+82") {
		out = "0" + strings.TrimPrefix(out[2:], "0")
	}
	return out[:min(len(out), longestTerm)]
}

// search is what is looked for.
type search struct {
	field  SearchField // "" is any
	text   string
	digits string // "" unless what was typed may be a number
}

// newSearch is a query's search; false when it has none.
func newSearch(q PaymentQuery) (search, bool) {
	s := search{field: q.Field, text: Normalise(q.Search)}
	if s.text == "" {
		return s, false
	}
	number := func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune(" -.()+", r) }
	if strings.TrimFunc(s.text, number) == "" {
		s.digits = Digits(s.text)
	}
	return s, true
}

// prefix is the prefix that terms of a field are to have, "" if none can.
func (s search) prefix(f SearchField) string {
	if f.digits() {
		return s.digits
	}
	return s.text
}

// The text of a payment's terms has a line for each, field and term.
const (
	termLine = "\n"
	termTab  = "\t"
)

func termsText(terms []Term) string {
	var b strings.Builder
	for _, x := range terms {
		b.WriteString(string(x.Field) + termTab + x.Text + termLine)
	}
	return b.String()
}

func parseTerms(text string) (out []Term) {
	for line := range strings.SplitSeq(text, termLine) {
		if field, term, ok := strings.Cut(line, termTab); ok {
			out = append(out, Term{SearchField(field), term})
		}
	}
	return out
}

// matches tells whether a payment of these terms is found.
func (s search) matches(terms string) bool {
	for line := range strings.SplitSeq(terms, termLine) {
		field, term, ok := strings.Cut(line, termTab)
		if !ok || s.field != "" && SearchField(field) != s.field {
			continue
		}
		if p := s.prefix(SearchField(field)); p != "" && strings.HasPrefix(term, p) {
			return true
		}
	}
	return false
}

// found is the statement for the payments of up to most matching terms, some of them
// more than once: a range of each field.
func (s search) found(w *condition, most int) {
	w.parts.WriteString(`SELECT payment FROM (`)
	first := true
	for _, f := range chosen([]SearchField{s.field}[:min(len(s.field), 1)], SearchFields()) {
		prefix := s.prefix(f)
		if prefix == "" {
			continue
		}
		if !first {
			w.parts.WriteString(` UNION ALL `)
		}
		first = false
		w.add(`SELECT payment FROM search_terms WHERE merchant = $1 AND field = `, f)
		w.and(`term >= `, []byte(prefix))
		w.and(`term < `, append([]byte(prefix), 0xff)) // which no text holds
	}
	w.parts.WriteString(`) AS one_field`)
	w.add(` LIMIT `, most)
}

// none tells that nothing can match: letters in a field of digits.
func (s search) none() bool { return s.field != "" && s.prefix(s.field) == "" }

// rare tells whether a search has no more matches than most.
func (t *Tx) rare(ctx context.Context, merchant pay.MerchantID, s search, most int) (bool, error) {
	if s.none() {
		return true, nil
	}
	w := &condition{args: []any{merchant}}
	s.found(w, most+1)
	n, err := t.number(ctx, `SELECT COUNT(*) FROM (`+w.text()+`) AS found`, w.args...)
	return n <= int64(most), err
}

// amongRare is what a query of a rare search chooses from, and how.
func (q PaymentQuery) amongRare(merchant pay.MerchantID, s search, most int) *condition {
	w := &condition{args: []any{merchant}}
	w.parts.WriteString(` FROM (SELECT DISTINCT payment FROM (`)
	s.found(w, most)
	w.parts.WriteString(`) AS matched) AS found CROSS JOIN payments AS p WHERE p.merchant = $1 AND p.id = found.payment`)
	q.narrow(w)
	q.period(w, q.column()+` + 0`)
	return w
}

// listRare is the next places of a query whose search has few matches.
func (t *Tx) listRare(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, s search, want, most int) ([]Cursor, error) {
	if s.none() {
		return nil, nil
	}
	w, sort := q.amongRare(merchant, s, most), q.sorting()
	PaymentFilter{After: After(q.cursor())}.behind(w, sort)
	w.parts.WriteString(` ORDER BY ` + sort.order(sort.column, `id`))
	w.add(` LIMIT `, want)
	return list(ctx, t, scanCursor, `SELECT `+sort.column+`, id`+w.text(), w.args...)
}

func scanCursor(r row) (c Cursor, err error) { return c, r.Scan(timeInto{&c.At}, &c.ID) }
