package tosspayments

import "cmp"

// paymentObject is the Payment of version 2022-07-27 as later additions left
// it: institution names beside their codes, and both transaction keys. Every
// key is there, null where unused.
func (s *Simulator) paymentObject(p *payment, lang string) object {
	taxed := p.balance - p.taxFree - p.exempt
	var escrow, receipt, failure, metadata any
	if p.method != "" {
		escrow = p.escrow
	}
	if p.receiptID != "" {
		receipt = object{{"url", s.receiptURL(p)}}
	}
	if p.failure != nil {
		failure = p.failure.object(lang)
	}
	if p.metadata != nil {
		metadata = p.metadata
	}
	o := object{
		{"mId", p.shop.MID},
		{"lastTransactionKey", orNull(p.lastTransaction)},
		{"paymentKey", p.key},
		{"orderId", p.orderID},
		{"orderName", p.orderName},
		{"taxExemptionAmount", number(p.exempt, p.currency)},
		{"status", p.state},
		{"requestedAt", stamp(p.requested)},
		{"approvedAt", stamp(p.approved)},
		{"useEscrow", escrow},
		{"cultureExpense", p.culture},
		{"card", s.cardObject(p, lang)},
		{"virtualAccount", s.accountObject(p, lang)},
		{"transfer", s.transferObject(p, lang)},
		{"mobilePhone", s.phoneObject(p)},
		{"giftCertificate", p.giftObject()},
		{"cashReceipt", s.receiptObject(p)},
		{"cashReceipts", s.receiptObjects(p)},
		{"discount", p.discountObject()},
		{"cancels", s.cancelObjects(p)},
		{"secret", orNull(p.secret)},
		{"type", p.kind},
		{"easyPay", p.easyPayObject(lang)},
		{"country", "KR"},
		{"failure", failure},
		{"isPartialCancelable", p.partial()},
		{"receipt", receipt},
		{"checkout", object{{"url", s.opts.BaseURL + "/v1/payments/" + p.key + "/checkout"}}},
		{"transactionKey", orNull(p.lastTransaction)},
		{"currency", p.currency},
		{"totalAmount", number(p.total, p.currency)},
		{"balanceAmount", number(p.balance, p.currency)},
		{"suppliedAmount", number(taxed-vat(taxed), p.currency)},
		{"vat", number(vat(taxed), p.currency)},
		{"taxFreeAmount", number(p.taxFree, p.currency)},
		{"method", orNull(word(lang, p.method))},
		{"version", cmp.Or(p.shop.Version, version)},
		{"metadata", metadata},
	}
	if p.shop.old() {
		o = o.without("lastTransactionKey", "receipt")
	}
	if s.opts.Legacy2022 {
		return o.without("taxExemptionAmount", "isPartialCancelable", "cashReceipts", "metadata")
	}
	return o
}

// cardObject is null until the payment is approved: what a payment that is
// still under way shows is not documented.
func (s *Simulator) cardObject(p *payment, lang string) any {
	c := p.card
	if c == nil || p.approved.IsZero() {
		return nil
	}
	var payer any
	if c.months > 0 {
		payer = cmp.Or(c.interestPayer, "BUYER")
	}
	kind, owner := c.words()
	o := object{
		{"company", c.company.name(lang)},
		{"issuerCode", c.company.code},
		{"acquirerCode", c.company.acquirerCode()},
		{"number", c.number},
		{"installmentPlanMonths", c.months},
		{"isInterestFree", c.months > 0 && c.interestPayer != ""},
		{"interestPayer", payer},
		{"approveNo", c.approveNo},
		{"useCardPoint", c.usePoint},
		{"cardType", word(lang, kind)},
		{"ownerType", word(lang, owner)},
		{"acquireStatus", "READY"},
		{"receiptUrl", s.receiptURL(p)},
		{"amount", number(cmp.Or(c.part, p.total), p.currency)},
	}
	if c.bare {
		o = o.without("company", "issuerCode", "acquirerCode", "number")
	}
	if p.shop.old() {
		o = append(o, member{"provider", nil})
	}
	if s.opts.Legacy2022 {
		return o.without("issuerCode", "acquirerCode")
	}
	return o
}

// words are Card.cardType and ownerType in Korean. Nothing is known of cards
// from abroad, nor of a wallet's newer ones.
func (c *card) words() (kind, owner string) {
	kind, owner = "신용", "개인"
	if c.owner != "" {
		owner = c.owner
	}
	switch {
	case c.company.foreign, c.bare:
		kind, owner = "미확인", "미확인"
	case c.check:
		kind = "체크"
	}
	return kind, owner
}

func (s *Simulator) cancelObjects(p *payment) any {
	if len(p.cancels) == 0 {
		return nil
	}
	out := make([]object, 0, len(p.cancels))
	for _, c := range p.cancels {
		o := object{
			{"cancelAmount", number(c.amount, p.currency)},
			{"cancelReason", c.reason},
			{"taxFreeAmount", number(c.taxFree, p.currency)},
			{"taxExemptionAmount", number(c.exempt, p.currency)},
			{"refundableAmount", number(c.balance, p.currency)},
			{"easyPayDiscountAmount", c.points},
			{"canceledAt", stamp(c.at)},
			{"transactionKey", c.transaction},
			{"receiptKey", orNull(c.receiptKey)},
		}
		if s.opts.Legacy2022 {
			o = o.without("taxExemptionAmount")
		}
		out = append(out, o)
	}
	return out
}

func (s *Simulator) transactionObject(t transaction, lang string) object {
	p := t.payment
	return object{
		{"mId", p.shop.MID},
		{"transactionKey", t.key},
		{"paymentKey", p.key},
		{"orderId", p.orderID},
		{"method", word(lang, p.method)},
		{"customerKey", orNull(p.customerKey)},
		{"useEscrow", p.escrow},
		{"receiptUrl", s.receiptURL(p)},
		{"status", t.state},
		{"transactionAt", stamp(t.at)},
		{"currency", p.currency},
		{"amount", number(t.amount, p.currency)},
	}
}

func (s *Simulator) receiptURL(p *payment) string {
	return s.opts.BaseURL + "/receipt/redirection?transactionId=" + p.receiptID + "&ref=PX"
}
