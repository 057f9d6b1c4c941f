package tosspayments

// phoneBill is a payment that goes on the buyer's phone bill.
type phoneBill struct{ number, carrier string }

// giftCertificate is a payment from the balance at a gift certificate service.
type giftCertificate struct{ approveNo string }

// transferObject is null until the payment is approved, as card is.
func (s *Simulator) transferObject(p *payment, lang string) any {
	if p.transfer == nil || p.approved.IsZero() {
		return nil
	}
	o := object{{"bank", p.transfer.name(lang)}, {"bankCode", p.transfer.code}, {"settlementStatus", "INCOMPLETED"}}
	if s.opts.Legacy2022 {
		return o.without("bankCode")
	}
	return o
}

// phoneObject does not name the carrier: the version has no place for it.
func (s *Simulator) phoneObject(p *payment) any {
	if p.phone == nil || p.approved.IsZero() {
		return nil
	}
	return object{{"customerMobilePhone", p.phone.number}, {"settlementStatus", "INCOMPLETED"}, {"receiptUrl", s.receiptURL(p)}}
}

func (p *payment) giftObject() any {
	if p.gift == nil || p.approved.IsZero() {
		return nil
	}
	return object{{"approveNo", p.gift.approveNo}, {"settlementStatus", "INCOMPLETED"}}
}
