package tosspayments

// cancelPayment is POST /v1/payments/{paymentKey}/cancel ("결제 취소").
func cancelPayment(s *Simulator, c *call) (any, error) {
	f, err := parseFields(c.body, s.opts.Strict, "INVALID_REQUEST")
	if err != nil {
		return nil, err
	}
	p, found := s.payments[c.param("paymentKey")]
	found = found && p.shop == c.shop
	currency := "KRW"
	if found {
		currency = p.currency
	}
	r := readRefund(f, currency)
	if found && p.account != nil && p.state != waiting {
		r.to = readRefundAccount(f)
	}
	if err := f.done(); err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse("NOT_FOUND_PAYMENT")
	}
	early, err := s.cancel(p, r)
	if err != nil {
		return nil, err
	}
	c.early = append(c.early, early...)
	return s.paymentObject(p, c.lang), nil
}

// readRefund reads the request but for the refund account, which is for
// deposited virtual accounts only; elsewhere it is not used.
func readRefund(f *fields, currency string) refund {
	f.known("refundReceiveAccount", "taxAmount")
	r := refund{
		reason:     f.text("cancelReason", textRule{required: true, min: 1, max: 200}),
		amount:     f.amount("cancelAmount", currency, 1),
		taxFree:    f.amount("taxFreeAmount", currency, 0),
		exempt:     f.amount("taxExemptionAmount", currency, 0),
		refundable: f.amount("refundableAmount", currency, 0),
	}
	if given := f.text("currency", textRule{}); given != "" && given != currency {
		f.fail("INVALID_CURRENCY", "currency %q: the payment is in %s", given, currency)
	}
	return r
}
