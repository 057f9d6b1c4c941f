package gateway

import (
	"strconv"
	"strings"

	"naru/internal/codes"
	"naru/internal/pay"
	"naru/internal/store"
)

const (
	// mostWords is from how many words of a name one may begin to type it.
	mostWords = 4
	// wordTail is how many bytes are kept of a text from a word in its middle on.
	wordTail = 30
)

// termsOf is what a payment is found by: the fields that merchants search by in
// V1's console.
func termsOf(s store.Subject) []store.Term {
	var b termBuilder
	p := s.Payment
	b.whole(store.FieldPayment, string(p.ID))
	b.whole(store.FieldOrder, string(p.MerchantUID))
	b.words(store.FieldName, p.Name)
	b.words(store.FieldBuyerName, p.Buyer.Name)
	b.digits(store.FieldBuyerTel, p.Buyer.Tel)
	b.whole(store.FieldBuyerEmail, p.Buyer.Email) // which begins with its local part
	b.words(store.FieldAddress, p.Buyer.Address)
	b.whole(store.FieldPostcode, p.Buyer.Postcode)
	b.whole(store.FieldPgTid, p.Ref.Key)
	b.whole(store.FieldMID, p.MID)
	for _, e := range environment(p) {
		b.whole(store.FieldAgent, e)
	}
	b.details(p.Details)
	for _, c := range s.Receipts {
		b.whole(store.FieldReceipt, c.ApprovalNo)
	}
	b.whole(store.FieldReason, p.CancelReason)
	for _, m := range s.Movements {
		b.whole(store.FieldReason, m.Reason)
	}
	return b.terms
}

// termBuilder gathers terms. One that another of its field begins with is not
// needed.
type termBuilder struct{ terms []store.Term }

func (b *termBuilder) add(f store.SearchField, text string) {
	if text == "" {
		return
	}
	kept := b.terms[:0]
	for _, t := range b.terms {
		if t.Field == f && strings.HasPrefix(t.Text, text) {
			return
		}
		if t.Field != f || !strings.HasPrefix(text, t.Text) {
			kept = append(kept, t)
		}
	}
	b.terms = append(kept, store.Term{Field: f, Text: text})
}

func (b *termBuilder) whole(f store.SearchField, text string)  { b.add(f, store.Normalise(text)) }
func (b *termBuilder) digits(f store.SearchField, text string) { b.add(f, store.Digits(text)) }

// words adds a text whole, and from each of its words on.
func (b *termBuilder) words(f store.SearchField, text string) {
	text = store.Normalise(text)
	b.add(f, text)
	for range mostWords - 1 {
		_, rest, ok := strings.Cut(text, " ")
		if !ok {
			return
		}
		b.add(f, strings.ToValidUTF8(rest[:min(len(rest), wordTail)], ""))
		text = rest
	}
}

// details adds what is known of how it was paid.
func (b *termBuilder) details(d pay.Details) {
	b.whole(store.FieldApproval, d.ApprovalNo)
	if c := d.Card; c != nil {
		for _, run := range visible(c.Number) {
			b.add(store.FieldCardNumber, run)
		}
		for _, code := range []string{c.Issuer, c.Acquirer} {
			b.named(store.FieldCard, code, codes.CardNames(code))
		}
		b.whole(store.FieldMonths, strconv.Itoa(d.Months))
	}
	if d.Bank != nil {
		b.named(store.FieldBank, d.Bank.Code, codes.BankNames(d.Bank.Code))
	}
	if a := d.Account; a != nil {
		b.named(store.FieldVbank, a.Bank, codes.BankNames(a.Bank))
		b.digits(store.FieldAccount, a.Number)
		b.words(store.FieldDepositor, a.Holder)
	}
}

// named adds a code and its names.
func (b *termBuilder) named(f store.SearchField, code string, names []string) {
	b.whole(f, code)
	for _, n := range names {
		b.whole(f, n)
	}
}

// visible is what is to be seen of a masked card number: the runs of digits before
// the first mask and after the last.
func visible(number string) []string {
	bare := strings.NewReplacer("-", "", " ", "").Replace(number)
	runs := strings.FieldsFunc(bare, func(r rune) bool { return r < '0' || r > '9' })
	if len(runs) > 2 {
		runs = []string{runs[0], runs[len(runs)-1]}
	}
	return runs
}

// environment is where the buyer paid: MOBILE or PC, and the system as the browser
// named it.
func environment(p pay.Payment) []string {
	if p.Source != pay.SourceWindow {
		return nil
	}
	out := []string{"PC"}
	if p.Mobile {
		out[0] = "MOBILE"
	}
	agent := strings.ToUpper(p.UserAgent)
	for _, system := range []string{"IPHONE", "IPAD", "ANDROID", "WINDOWS", "MACINTOSH", "CROS", "LINUX"} {
		if strings.Contains(agent, system) {
			return append(out, system)
		}
	}
	return out
}
