package gateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// arrival is a payment on its way to the books.
type arrival struct {
	line  int
	p     pay.Payment
	steps []store.StepRow
	moved []pay.Movement
	known bool // the movements have the provider's own names
}

var importedID = regexp.MustCompile(`^imps?_[0-9A-Za-z_-]{1,40}$`)

const maxMerchantUID = 40 // V1, "주문번호"

// payment makes a payment of a row, or refuses it.
func (im *importing) payment(r record) (arrival, bool) {
	c := &rowCheck{line: r.line, now: im.g.now(), value: func(f string) string { return im.mapping.value(r, f) }}
	var a arrival
	if r.own != nil {
		a = im.ownPayment(c, *r.own)
	} else {
		a = im.v1Payment(c)
	}
	a.line = r.line
	im.identity(c, a.p)
	if len(c.bad) == 0 {
		for _, f := range inconsistencies(a) {
			c.no("status", string(a.p.Status), fmt.Sprintf("%s; it has: %s", f.Expected, f.Found))
		}
	}
	if len(c.bad) > 0 {
		im.refuse(c.bad...)
		return a, false
	}
	im.seen[string(a.p.ID)] = r.line
	if a.p.Ref.Key != "" {
		im.theirs[a.p.Ref.Key] = r.line
	}
	if usesOrder(a.p.Status) {
		im.paid[a.p.MerchantUID] = r.line
	}
	return a, true
}

func usesOrder(s pay.Status) bool {
	return s == pay.StatusPaid || s == pay.StatusPartiallyCancelled || s == pay.StatusCancelled
}

// identity: no name comes twice in a file.
func (im *importing) identity(c *rowCheck, p pay.Payment) {
	if !importedID.MatchString(string(p.ID)) {
		c.no("imp_uid", string(p.ID), "imp_ or imps_ and the number")
	} else if line, twice := im.seen[string(p.ID)]; twice {
		c.no("imp_uid", string(p.ID), fmt.Sprintf("each once: line %d has it already", line))
	}
	if line, twice := im.theirs[p.Ref.Key]; twice {
		c.no("pg_tid", p.Ref.Key, fmt.Sprintf("each once: line %d has it already", line))
	}
	switch n := len([]rune(string(p.MerchantUID))); {
	case n == 0:
		c.no("merchant_uid", "", "an order number")
	case n > maxMerchantUID:
		c.no("merchant_uid", string(p.MerchantUID), fmt.Sprintf("at most %d characters", maxMerchantUID))
	}
	if line, twice := im.paid[p.MerchantUID]; twice && usesOrder(p.Status) {
		c.no("merchant_uid", string(p.MerchantUID), fmt.Sprintf("paid once: line %d pays for it already", line))
	}
}

// inconsistencies are what a check of the books would find.
func inconsistencies(a arrival) []Finding {
	p := a.p
	p.Version, p.UpdatedAt = int64(len(a.steps)), p.StartedAt
	c := check{d: store.Dossier{Payment: p, Steps: a.steps, Movements: a.moved}}
	c.steps()
	c.money()
	c.times()
	for _, m := range a.moved {
		if m.Kind == pay.MovementDepositReversal {
			c.reversal(m)
		}
	}
	return c.found
}

// v1Payment reads V1's fields.
func (im *importing) v1Payment(c *rowCheck) arrival {
	p := pay.Payment{Merchant: im.o.Merchant, ID: pay.PaymentID(c.value("imp_uid")), MerchantUID: pay.MerchantUID(c.value("merchant_uid"))}
	c.id = cutText(string(p.ID), 60)
	im.place(c, &p)
	status := c.status()
	p.Method = c.method()
	p.Name, p.UserAgent, p.Escrow = c.text("name", 1000), c.text("user_agent", 4000), c.yes("escrow")
	p.Custom = c.text("custom_data", 60000)
	p.Buyer = pay.Buyer{Name: c.text("buyer_name", 200), Email: c.text("buyer_email", 320), Tel: c.text("buyer_tel", 100), Address: c.text("buyer_addr", 500), Postcode: c.text("buyer_postcode", 20)}
	p.CustomerUID = pay.CustomerUID(c.text("customer_uid", 200))
	p.CustomerUsage = c.oneOf("customer_uid_usage", "", usageIssue, usagePayment, usageScheduled)
	c.source(&p)
	c.amounts(&p, status)
	p.Ref = pay.Ref{Key: c.text("pg_tid", 200), Order: c.text("provider_order", 100)}
	p.StartedAt, p.PaidAt, p.FailedAt, p.CancelledAt = c.when("started_at"), c.when("paid_at"), c.when("failed_at"), c.when("cancelled_at")
	p.Details = c.details(p.Provider)
	if status == "failed" {
		p.FailReason = c.text("fail_reason", 2000)
	}
	if p.StartedAt.IsZero() {
		p.StartedAt = earliest(p.PaidAt, p.FailedAt, p.CancelledAt)
	}
	if p.StartedAt.IsZero() {
		c.no("started_at", c.value("started_at"), "when it was begun, or paid_at")
	}
	a := arrival{p: p}
	c.history(&a, status)
	return a
}

func earliest(all ...time.Time) (first time.Time) {
	for _, at := range all {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// place finds the channel that a payment belongs to.
func (im *importing) place(c *rowCheck, p *pay.Payment) {
	provider := pay.Provider(strings.ToLower(c.value("pg_provider")))
	mid := c.value("pg_id")
	test := c.yes("sandbox")
	ch, why := im.channel(provider, mid, c.value("sandbox") != "", test)
	if why != "" {
		field, value := "pg_id", strings.Trim(string(provider)+"."+mid, ".")
		if test {
			field, value = "sandbox", "true"
		}
		c.no(field, value, why)
		p.Provider = provider
		return
	}
	p.Channel, p.Provider, p.MID, p.Mode = ch.Key, ch.Provider, ch.MID, ch.Mode
	if mid != "" {
		p.MID = mid
	}
}

// channel is the merchant's channel of a provider and a MID: as the mapping says, or
// the one there is. A test payment belongs to a channel of test mode, and no other does.
func (im *importing) channel(provider pay.Provider, mid string, told, test bool) (pay.Channel, string) {
	fits := func(ch pay.Channel) bool {
		return (provider == "" || ch.Provider == provider) && (mid == "" || ch.MID == mid) && (!told || test == (ch.Mode != pay.ModeLive))
	}
	for _, m := range im.mapping.Channels {
		if m.Provider != "" && m.Provider != provider || m.MID != "" && m.MID != mid {
			continue
		}
		i := slices.IndexFunc(im.channels, func(ch pay.Channel) bool { return ch.Key == m.Channel })
		switch {
		case i < 0:
			return pay.Channel{}, fmt.Sprintf("a channel of the merchant: the mapping says %q, and there is none", m.Channel)
		case fits(im.channels[i]):
			return im.channels[i], ""
		case told && test != (im.channels[i].Mode != pay.ModeLive):
			return pay.Channel{}, fmt.Sprintf("test payments in a channel of test mode and no others there: %s is %s", m.Channel, im.channels[i].Mode)
		}
		return pay.Channel{}, fmt.Sprintf("the provider and MID of %s, which are %s.%s", m.Channel, im.channels[i].Provider, im.channels[i].MID)
	}
	found := slices.DeleteFunc(slices.Clone(im.channels), func(ch pay.Channel) bool { return !fits(ch) })
	slices.SortStableFunc(found, func(a, b pay.Channel) int { // live before the rest, for payments before for billing keys
		return cmp.Or(cmp.Compare(b2i(a.Mode != pay.ModeLive), b2i(b.Mode != pay.ModeLive)), cmp.Compare(b2i(a.Kind != pay.ChannelPayment), b2i(b.Kind != pay.ChannelPayment)))
	})
	if len(found) == 0 {
		if test {
			return pay.Channel{}, "false: a test payment needs a channel of test mode with its provider and MID"
		}
		return pay.Channel{}, "the provider and MID of one of the merchant's channels: " + im.channelNames()
	}
	if first := found[0]; mid == "" || provider == "" {
		for _, other := range found[1:] {
			if other.Provider != first.Provider || other.MID != first.MID {
				return pay.Channel{}, "pg_provider and pg_id, or a channel in the mapping: more than one channel fits"
			}
		}
	}
	return found[0], ""
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (im *importing) channelNames() string {
	var all []string
	for _, ch := range im.channels {
		all = append(all, string(ch.Provider)+"."+ch.MID)
	}
	if len(all) == 0 {
		return "there is none yet"
	}
	return strings.Join(slices.Compact(all), ", ")
}

// source: imp_ began in a window, imps_ at a server.
func (c *rowCheck) source(p *pay.Payment) {
	switch c.oneOf("channel", "", "pc", "mobile", "api") {
	case "api":
		p.Source = pay.SourceAPI
	case "mobile":
		p.Source, p.Mobile = pay.SourceWindow, true
	case "pc":
		p.Source = pay.SourceWindow
	default:
		p.Source = pay.SourceWindow
		if strings.HasPrefix(string(p.ID), "imps_") {
			p.Source = pay.SourceAPI
		}
	}
	if p.Source == pay.SourceAPI && p.CustomerUsage == usageScheduled {
		p.Source = pay.SourceSchedule
	}
	if p.CustomerUsage != "" && p.CustomerUID == "" {
		c.no("customer_uid", "", "the billing key that customer_uid_usage speaks of")
	}
}

func (c *rowCheck) amounts(p *pay.Payment, status string) {
	total, given := c.amount("amount")
	if !given || total == 0 && p.CustomerUsage != usageIssue && len(c.bad) == 0 {
		c.no("amount", c.value("amount"), "an amount above 0")
	}
	if cur := strings.ToUpper(c.value("currency")); cur != "" && cur != string(pay.KRW) && cur != "원" {
		c.no("currency", cur, "KRW: both providers settle in won")
	}
	p.Amount = pay.Breakdown{Total: pay.Won(total)}
	p.Amount.TaxFree, _ = c.amount("tax_free")
	if vat, given := c.amount("vat_amount"); given {
		p.Amount.VAT = &vat
	}
	if err := p.Amount.Validate(); err != nil && len(c.bad) == 0 {
		c.no("tax_free", c.value("tax_free"), err.Error())
	}
	p.Cancelled, given = c.amount("cancel_amount")
	switch {
	case status == "cancelled" && (!given || p.Cancelled == 0):
		c.no("cancel_amount", c.value("cancel_amount"), "what was given back of a payment that is cancelled")
	case status != "cancelled" && p.Cancelled > 0:
		c.no("cancel_amount", c.value("cancel_amount"), "0 of a payment that is "+status)
	case p.Cancelled > total:
		c.no("cancel_amount", c.value("cancel_amount"), fmt.Sprintf("at most the amount, %d", total))
	}
}

func (c *rowCheck) details(p pay.Provider) pay.Details {
	d := pay.Details{
		EasyPay: c.text("emb_pg_provider", 40), ApprovalNo: c.text("apply_num", 40), ReceiptURL: c.text("receipt_url", 2000), CashReceipt: c.yes("cash_receipt_issued"),
	}
	months := strings.TrimSuffix(strings.TrimSuffix(c.value("card_quota"), "월"), "개")
	switch months {
	case "", "-", "일시불":
	default:
		if _, err := fmt.Sscanf(months, "%d", &d.Months); err != nil || d.Months < 0 || d.Months > 60 {
			c.no("card_quota", c.value("card_quota"), "months, 0 to 60")
		}
	}
	card := pay.Card{
		Issuer:   company(p, c.value("card_issuer_code"), c.value("card_code"), c.value("card_name")),
		Acquirer: company(p, c.value("card_publisher_code")), Number: hidden(c.text("card_number", 40)),
	}
	switch t := c.value("card_type"); t {
	case "":
	case "0", "신용":
		card.Type = "credit"
	case "1", "체크":
		card.Type = "debit"
	default:
		c.no("card_type", t, "0 (credit), 1 (debit) or nothing")
	}
	if card != (pay.Card{}) {
		d.Card = &card
	}
	if b := bankOf(p, c.value("bank_code"), c.value("bank_name")); b != "" {
		d.Bank = &pay.Bank{Code: b}
	}
	if number := c.text("vbank_num", 64); number != "" {
		d.Account = &pay.VirtualAccount{
			Bank: bankOf(p, c.value("vbank_code"), c.value("vbank_name")), Number: number, Holder: c.text("vbank_holder", 100),
			Due: c.whenBefore("vbank_date", c.now.AddDate(11, 0, 0)), Issued: c.when("vbank_issued_at"),
		}
	}
	return d
}

// told is one cancel of V1's cancel_history.
type told struct {
	PGTID          string  `json:"pg_tid"`
	Amount         float64 `json:"amount"`
	CancelledAt    int64   `json:"cancelled_at"`
	Reason         string  `json:"reason"`
	CancellationID string  `json:"cancellation_id"`
	ReceiptURL     string  `json:"receipt_url"`
}

func (c *rowCheck) cancels() []told {
	text := c.value("cancel_history")
	if text == "" {
		return nil
	}
	var all []told
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		c.no("cancel_history", text, "V1's list of cancels as JSON")
	}
	for _, t := range all {
		if t.Amount <= 0 || t.Amount != float64(int64(t.Amount)) || t.Amount > maxImported || t.CancelledAt <= 0 || len(t.PGTID) > 200 || len(t.Reason) > 4000 || len(t.ReceiptURL) > 2000 || len(t.CancellationID) > 200 {
			c.no("cancel_history", fmt.Sprintf("%v at %d", t.Amount, t.CancelledAt), "each with a whole amount above 0 and cancelled_at")
		}
	}
	return all
}
