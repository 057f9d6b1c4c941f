package tosspayments

// refund is what a cancel asks for. Nil amounts were left out.
type refund struct {
	reason     string
	amount     *int64
	taxFree    *int64
	exempt     *int64
	refundable *int64 // the caller's idea of the balance
	to         *refundAccount
	office     bool // made in the provider's own back office
}

// cancel gives back all or part of a payment by the rules of "결제 취소". The
// caller holds the lock. A refused cancel changes nothing.
func (s *Simulator) cancel(p *payment, r refund) ([]*delivery, error) {
	switch p.state {
	case canceled:
		return nil, refuse("ALREADY_CANCELED_PAYMENT")
	case done, partialCanceled, waiting:
	default:
		return nil, refusef("NOT_CANCELABLE_PAYMENT", "status is %s", p.state)
	}
	if err := s.refundAllowed(p, r); err != nil {
		return nil, err
	}
	if r.refundable != nil && *r.refundable != p.balance {
		return nil, refusef("NOT_MATCHES_REFUNDABLE_AMOUNT", "the balance is %s", number(p.balance, p.currency))
	}
	amount := p.balance
	if r.amount != nil {
		amount = *r.amount
	}
	if p.promotion != nil && amount < p.balance && amount < p.promotion.Amount {
		return nil, refusef("EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", "the card company took %d off at once", p.promotion.Amount)
	}
	if amount > p.balance || p.balance == 0 {
		return nil, refusef("NOT_CANCELABLE_AMOUNT", "the balance is %s", number(p.balance, p.currency))
	}
	if amount < p.balance && p.state == waiting {
		return nil, refuse("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT")
	}
	if amount < p.balance && !p.partial() {
		return nil, refuse("NOT_ALLOWED_PARTIAL_REFUND")
	}
	taxFree, exempt, err := p.split(amount, r)
	if err != nil {
		return nil, err
	}
	s.takeOff(p, cancellation{amount: amount, taxFree: taxFree, exempt: exempt, reason: r.reason, at: s.opts.Now()})
	return s.changed(p), nil
}

// takeOff books a cancel. For an account that waits for its deposit no money
// moves: nobody pays any more.
func (s *Simulator) takeOff(p *payment, c cancellation) {
	deposited := p.state != waiting
	p.state = partialCanceled
	if c.amount == p.total {
		p.state = canceled
	}
	c.points = p.giveBack(c.amount)
	p.balance, p.taxFree, p.exempt = p.balance-c.amount, p.taxFree-c.taxFree, p.exempt-c.exempt
	back := c.amount
	if !deposited {
		back = 0
	}
	s.record(p, c.at, -back)
	c.balance, c.transaction = p.balance, p.lastTransaction
	if deposited {
		s.move(p, Cancel, -back)
	}
	if p.account != nil {
		c.receiptKey = s.refundDeposit(p, c, deposited)
	} else {
		c.receiptKey = s.cancelCashFor(p, c.amount, c.taxFree)
	}
	p.cancels = append(p.cancels, c)
}

// partial says whether a part of the balance may be cancelled: not with a part
// that is outside taxation, nor of gift certificates.
func (p *payment) partial() bool { return p.exempt == 0 && p.gift == nil }

// split says how much of a cancel is tax-free and how much outside taxation.
// The rest of the balance takes all that is left. What is left of neither kind
// may go below zero; the code for that is not documented.
func (p *payment) split(amount int64, r refund) (taxFree, exempt int64, err error) {
	if amount == p.balance {
		return p.taxFree, p.exempt, nil
	}
	if r.taxFree != nil && p.shop.TaxFree {
		taxFree = *r.taxFree
	}
	if r.exempt != nil {
		exempt = *r.exempt
	}
	taxed, left := amount-taxFree-exempt, p.balance-p.taxFree-p.exempt
	switch {
	case taxFree > p.taxFree:
		err = refusef("NOT_CANCELABLE_AMOUNT", "taxFreeAmount: %s of the balance is tax-free", number(p.taxFree, p.currency))
	case exempt > p.exempt:
		err = refusef("NOT_CANCELABLE_AMOUNT", "taxExemptionAmount: %s of the balance is exempt", number(p.exempt, p.currency))
	case taxed < 0:
		err = refusef("INVALID_REQUEST", "taxFreeAmount: must not be above cancelAmount")
	case taxed > left:
		err = refusef("NOT_CANCELABLE_AMOUNT", "cancelAmount without taxFreeAmount: %s of the balance is taxed", number(left, p.currency))
	}
	return taxFree, exempt, err
}
