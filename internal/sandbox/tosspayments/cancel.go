package tosspayments

// refund is what a cancel asks for. Nil amounts were left out.
type refund struct {
	reason     string
	amount     *int64
	taxFree    *int64
	exempt     *int64
	refundable *int64 // the caller's idea of the balance
}

// cancel gives back all or part of a payment by the rules of "결제 취소". The
// caller holds the lock and refreshed the payment. A refused cancel changes
// nothing.
func (s *Simulator) cancel(p *payment, r refund) ([]*delivery, error) {
	switch p.state {
	case canceled:
		return nil, refuse("ALREADY_CANCELED_PAYMENT")
	case done, partialCanceled:
	default:
		return nil, refusef("NOT_CANCELABLE_PAYMENT", "status is %s", p.state)
	}
	if r.refundable != nil && *r.refundable != p.balance {
		return nil, refusef("NOT_MATCHES_REFUNDABLE_AMOUNT", "the balance is %s", number(p.balance, p.currency))
	}
	amount := p.balance
	if r.amount != nil {
		amount = *r.amount
	}
	if amount > p.balance || p.balance == 0 {
		return nil, refusef("NOT_CANCELABLE_AMOUNT", "the balance is %s", number(p.balance, p.currency))
	}
	if amount < p.balance && !p.partial() {
		return nil, refuse("NOT_ALLOWED_PARTIAL_REFUND")
	}
	taxFree, exempt, err := p.split(amount, r)
	if err != nil {
		return nil, err
	}
	p.state = partialCanceled
	if amount == p.total {
		p.state = canceled
	}
	p.balance, p.taxFree, p.exempt = p.balance-amount, p.taxFree-taxFree, p.exempt-exempt
	now := s.opts.Now()
	s.record(p, now, -amount)
	p.cancels = append(p.cancels, cancellation{amount, taxFree, exempt, p.balance, r.reason, now, p.lastTransaction})
	return s.changed(p), nil
}

// partial says whether a part of the balance may be cancelled: not with a part
// that is outside taxation.
func (p *payment) partial() bool { return p.exempt == 0 }

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
