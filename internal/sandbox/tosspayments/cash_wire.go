package tosspayments

import "net/url"

// cashObject is the CashReceipt of the version.
func (s *Simulator) cashObject(r *cashReceipt, lang string) object {
	kind := "CONFIRM"
	if r.cancels != nil {
		kind = "CANCEL"
	}
	return object{
		{"receiptKey", r.key},
		{"orderId", r.orderID},
		{"orderName", r.orderName},
		{"type", r.kind},
		{"issueNumber", r.number},
		{"receiptUrl", s.cashURL(r)},
		{"businessNumber", r.business},
		{"transactionType", kind},
		{"amount", r.amount},
		{"taxFreeAmount", r.taxFree},
		{"issueStatus", r.state},
		{"failure", r.failure(lang)},
		{"customerIdentityNumber", r.identity},
		{"requestedAt", stamp(r.requested)},
	}
}

// failure begins with the tax office's own code in brackets.
func (r *cashReceipt) failure(lang string) any {
	if r.state != issueFailed {
		return nil
	}
	for _, e := range ntsErrors {
		if e.sub == r.sub {
			text := e.ko
			if lang == english {
				text = e.en
			}
			return object{{"code", "NTS_ERROR"}, {"message", "[" + e.sub + "] " + text}}
		}
	}
	return object{{"code", "NTS_ERROR"}, {"message", "[" + r.sub + "] " + refuse("NTS_ERROR").message(lang)}}
}

func (s *Simulator) cashURL(r *cashReceipt) string {
	return s.opts.BaseURL + "/receipt/mids/" + url.PathEscape(r.shop.MID) + "/orders/" + url.PathEscape(r.orderID) + "/cash-receipt?ref=dashboard"
}

// receiptObject is Payment.cashReceipt: what stands of the receipt that was
// issued with a transfer or a deposit.
func (s *Simulator) receiptObject(p *payment) any {
	r := p.cash.receipt
	if r == nil || r.left == 0 || r.state == issueFailed {
		return nil
	}
	return object{
		{"type", r.kind}, {"receiptKey", r.key}, {"issueNumber", r.number}, {"receiptUrl", s.cashURL(r)},
		{"amount", r.left}, {"taxFreeAmount", r.leftFree},
	}
}

// receiptObjects is Payment.cashReceipts: every issue and cancel.
func (s *Simulator) receiptObjects(p *payment) any {
	if len(p.cash.history) == 0 {
		return nil
	}
	out := make([]object, 0, len(p.cash.history))
	for _, r := range p.cash.history {
		out = append(out, s.cashObject(r, korean))
	}
	return out
}
