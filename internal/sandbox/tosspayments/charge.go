package tosspayments

// charge is a card payment without a window.
type charge struct {
	order
	kind        kind
	customerKey string
	card        card
	months      int
	free        bool // the shop pays the interest
	point       bool
}

// orderMembers are what a charge cannot be read without.
var orderMembers = []string{"amount", "orderId", "orderName"}

// readCharge reads what payments by card number and automatic payments share.
func readCharge(f *fields) charge {
	c := charge{order: order{method: "카드"}}
	f.require(orderMembers...)
	readOrder(f, &c.order)
	readBuyer(f)
	c.months = readInstallments(f)
	return c
}

// readOrder reads an order in won.
func readOrder(f *fields, o *order) {
	o.currency = "KRW"
	o.id = f.text("orderId", orderIDRule)
	o.name = f.text("orderName", orderNameRule)
	o.total = orZero(f.amount("amount", o.currency, 1))
	o.taxFree = orZero(f.amount("taxFreeAmount", o.currency, 0))
	o.exempt = orZero(f.amount("taxExemptionAmount", o.currency, 0))
	if o.taxFree+o.exempt > o.total {
		f.fail(f.code, "taxFreeAmount: with taxExemptionAmount at most the amount")
	}
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func readBuyer(f *fields) {
	f.text("customerName", textRule{max: 100})
	f.text("customerEmail", textRule{max: 100, form: emailForm, allowed: "must be name@domain", code: "INVALID_EMAIL"})
}

func readInstallments(f *fields) int {
	n := f.whole("cardInstallmentPlan", "INVALID_CARD_INSTALLMENT_PLAN")
	if n == nil {
		return 0
	}
	if *n != 0 && (*n < 2 || *n > 12) {
		f.fail("INVALID_CARD_INSTALLMENT_PLAN", "cardInstallmentPlan %d: must be 0 or 2 to 12", *n)
	}
	return *n
}

// chargeable checks the order and then the amounts. The code for instalments of
// a small amount is the one of its endpoints' lists that is nearest.
func (s *Simulator) chargeable(shop *shop, c charge) error {
	switch {
	case s.used(shop, c.id, nil):
		return refuse("DUPLICATED_ORDER_ID")
	case c.total < leastByCard:
		return refuse("BELOW_MINIMUM_AMOUNT")
	case c.months > 0 && c.total < leastForInstallments:
		return refusef("INVALID_CARD_INSTALLMENT_PLAN", "cardInstallmentPlan %d: from %d KRW", c.months, leastForInstallments)
	case c.point && c.card.company.foreign:
		return refuse("NOT_ALLOWED_POINT_USE")
	}
	return nil
}

// take performs a charge, or has it refused with the code decline. A refused one
// leaves an ABORTED payment, of which no webhook tells; nor does any tell of an
// automatic payment's approval ("웹훅 이벤트").
func (s *Simulator) take(c *call, ch charge, decline string) (any, error) {
	p := s.add(c.shop, ch.order)
	p.kind, p.customerKey = ch.kind, ch.customerKey
	ch.card.months, ch.card.usePoint = ch.months, ch.point
	if ch.free && ch.months > 0 {
		ch.card.interestPayer = "MERCHANT"
	}
	ch.card.check = ch.card.check && ch.months == 0
	p.card = &ch.card
	if decline != "" {
		p.state, p.failure = aborted, refuse(decline)
		return nil, p.failure
	}
	s.approve(p)
	if p.kind != billing {
		c.early = append(c.early, s.changed(p)...)
	}
	return s.paymentObject(p, c.lang), nil
}

// ordered takes the code that the control port ordered for the shop's next
// approval, "" for none.
func (shop *shop) ordered() string {
	code := shop.nextDecline
	shop.nextDecline = ""
	return code
}
