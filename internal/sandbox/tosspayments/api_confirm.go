package tosspayments

import (
	"cmp"
	"regexp"
)

var (
	orderIDForm   = regexp.MustCompile(`^[A-Za-z0-9_=-]{6,64}$`)
	orderIDRule   = textRule{required: true, code: "INVALID_ORDER_ID", form: orderIDForm, allowed: "must be 6 to 64 letters, digits, -, _ or ="}
	orderNameRule = textRule{required: true, code: "INVALID_ORDER_NAME", min: 1, max: 100}
)

// The smallest amounts in won, which PortOne's guide on Toss Payments gives;
// virtual accounts take 1, and of gift certificates nothing is said.
const (
	leastByCard     = 100
	leastByTransfer = 200
	leastByPhone    = 300
)

func (p *payment) least() int64 {
	switch {
	case p.transfer != nil:
		return leastByTransfer
	case p.phone != nil:
		return leastByPhone
	case p.asked != nil, p.gift != nil:
		return 1
	}
	return leastByCard
}

// confirm is POST /v1/payments/confirm ("결제 승인").
func confirm(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	return s.confirm(c, f, f.text("paymentKey", textRule{required: true, min: 1, max: 200}))
}

// confirmInPath is the older POST /v1/payments/{paymentKey}.
func confirmInPath(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	return s.confirm(c, f, c.param("paymentKey"))
}

func (s *Simulator) confirm(c *call, f *fields, key string) (any, error) {
	orderID := f.text("orderId", textRule{required: true, min: 1, max: 64})
	currency := "KRW"
	p, found := s.payments[key]
	if found {
		currency = p.currency
	}
	amount := f.amount("amount", currency, 1)
	if amount == nil {
		f.fail("INVALID_REQUEST", "amount: required")
	}
	if err := f.done(); err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse("NOT_FOUND_PAYMENT")
	}
	if err := s.confirmable(c, p, orderID, *amount); err != nil {
		return nil, err
	}
	if why := s.declined(p); why != nil {
		c.early = append(c.early, s.abort(p, why)...)
		return nil, why
	}
	s.approve(p)
	c.early = append(c.early, s.changed(p)...)
	return s.paymentObject(p, c.lang), nil
}

// confirmable checks the state and then the amounts. The codes for a payment
// that was not authenticated yet and for amounts that differ are not
// documented.
func (s *Simulator) confirmable(c *call, p *payment, orderID string, amount int64) error {
	switch {
	case p.shop != c.shop:
		return refuse("INVALID_API_KEY")
	case p.state == ready || p.state == expired:
		return refuse("NOT_FOUND_PAYMENT_SESSION")
	case p.state != inProgress:
		return refuse("ALREADY_PROCESSED_PAYMENT")
	case orderID != p.orderID:
		return refusef("INVALID_REQUEST", "orderId differs from the one the window was opened with")
	case amount != p.total:
		return refusef("INVALID_REQUEST", "amount differs from the one the window was opened with")
	case s.used(p.shop, p.orderID, p):
		return refuse("DUPLICATED_ORDER_ID")
	case p.currency == "KRW" && amount < p.least():
		return refusef("BELOW_MINIMUM_AMOUNT", "from %d KRW", p.least())
	}
	return nil
}

// declined says how the provider refuses the payment: as the control port
// ordered for the shop's next confirm, or as was chosen in the window.
func (s *Simulator) declined(p *payment) *apiError {
	if code := cmp.Or(p.shop.ordered(), p.decline, p.phone.limit(p.total)); code != "" {
		return refuse(code)
	}
	return nil
}
