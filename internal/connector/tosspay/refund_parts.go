package tosspay

import "naru/internal/connector"

// share is the part of a payment that one refund gave back, as it was told to
// the provider.
type share struct {
	Amount  int64 `json:"amount"`
	TaxFree int64 `json:"tax_free,omitempty"`
	VAT     int64 `json:"vat,omitempty"`
}

// refundVAT is the VAT of a partial refund of a payment that was made with an
// explicit one: as asked for, otherwise the refund's share of what is left of
// it. What stays is rounded half up, and no part gives more than is left of it,
// so that the refunds after it add up.
func refundVAT(c connector.Cancel, m memory) int64 {
	if c.Amount.VAT != nil {
		return *c.Amount.VAT
	}
	left := m.left(c)
	gross, of := c.Amount.Total.Minor-c.Amount.TaxFree, left.Amount-left.TaxFree
	if gross <= 0 || of <= 0 {
		return 0
	}
	return left.VAT - portion(left.VAT, max(0, of-gross), of)
}

// left is what earlier refunds left of a payment. Only our memory knows how they
// were split: "결제 상태 조회" shows the split of the whole. Of money that went back
// without our knowing how, its share is taken to have gone.
func (m memory) left(c connector.Cancel) share {
	left := share{Amount: c.Paid.Total.Minor, TaxFree: c.Paid.TaxFree, VAT: *c.Paid.VAT}
	for _, r := range m.Refunds {
		left = share{left.Amount - r.Amount, left.TaxFree - r.TaxFree, left.VAT - r.VAT}
	}
	left.TaxFree, left.VAT = max(0, left.TaxFree), max(0, left.VAT)
	if books := c.Left.Minor; books < left.Amount {
		left = share{books, portion(left.TaxFree, books, left.Amount), portion(left.VAT, books, left.Amount)}
	}
	left.VAT = max(0, min(left.VAT, left.Amount-left.TaxFree))
	return left
}

// with remembers what a refund gave back, if it told the provider its parts.
func (m memory) with(r refundRequest) memory {
	if r.AmountVAT == nil {
		return m
	}
	refunds := map[string]share{r.RefundNo: {*r.Amount, *r.AmountTaxFree, *r.AmountVAT}}
	for no, of := range m.Refunds {
		if no != r.RefundNo {
			refunds[no] = of
		}
	}
	m.Refunds = refunds
	return m
}

// portion is amount·n/of, rounded half up.
func portion(amount, n, of int64) int64 { return (2*amount*n + of) / (2 * of) }
