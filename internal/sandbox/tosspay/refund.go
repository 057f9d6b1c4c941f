package tosspay

import (
	"fmt"
	"strings"
	"time"
)

// refundSpec is the request of "결제 환불". RefundNo is checked by itself,
// because a shop may be allowed to leave it out.
var refundSpec = spec{
	{name: "apiKey", need: true},
	{name: "payToken", need: true, max: 30},
	{name: "refundNo", max: 36},
	{name: "idempotent", kind: flag},
	{name: "reason", max: 255},
	{name: "amount", kind: won},
	{name: "amountTaxFree", kind: won},
	{name: "amountTaxable", kind: won},
	{name: "amountVat", kind: won},
	{name: "amountServiceFee", kind: won},
}

// refundRequest is what is to be given back.
type refundRequest struct {
	no     string // refundNo; empty is made by the simulator
	amount *int64 // nil is all that is left
	given  given
}

// refund is one that was made, with the answer a repeat gets again.
type refund struct {
	token  string
	asked  string // the request's amounts, to tell a repeat from another refund
	answer refundAnswer
}

// refundAnswer is the answer of "결제 환불". What was given back is negative,
// as in the documentation's example.
type refundAnswer struct {
	Code                   int    `json:"code"`
	RefundNo               string `json:"refundNo"`
	ApprovalTime           string `json:"approvalTime"`
	RefundableAmount       int64  `json:"refundableAmount"`
	DiscountedAmount       int64  `json:"discountedAmount"`
	PaidAmount             int64  `json:"paidAmount"`
	RefundedAmount         int64  `json:"refundedAmount"`
	RefundedDiscountAmount int64  `json:"refundedDiscountAmount"`
	RefundedPaidAmount     int64  `json:"refundedPaidAmount"`
	PayToken               string `json:"payToken"`
	TransactionID          string `json:"transactionId"`
	CashReceiptMgtKey      string `json:"cashReceiptMgtKey,omitempty"`
	*refundCard
	*accountFields
}

func (s *Simulator) refund(c *apiCall) (any, *failure) {
	req := refundRequest{no: c.v.texts["refundNo"], amount: c.v.wonOrNil("amount"), given: givenParts(c.v)}
	if req.no == "" && (!c.shop.LegacyRefundNo || c.body["refundNo"] != nil) {
		return nil, invalid("refundNo", "필수값입니다.")
	}
	p, f := s.own(c)
	if f != nil {
		return nil, f
	}
	if req.no != "" && req.no == p.payTransaction() {
		return nil, invalid("refundNo", "승인 거래의 transactionId 와 달라야 합니다.")
	}
	if done := s.refunds[refundKey(p.shop, req.no)]; done != nil {
		if off, given := c.v.flags["idempotent"]; (given && !off) || done.token != p.token || done.asked != req.asked() {
			return nil, refuse("REFUND_REFUND_NO_DUPLICATE")
		}
		return done.answer, nil
	}
	if f := req.check(); f != nil {
		return nil, f
	}
	answer, f := s.giveBack(p, req, c.now)
	if f != nil {
		return nil, f
	}
	return answer, nil
}

func refundKey(shop *Shop, no string) string { return shop.MID + "\x00" + no }

// asked is the same for two requests that ask for the same money.
func (r refundRequest) asked() string {
	show := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	g := r.given
	return strings.Join([]string{show(r.amount), show(g.taxable), show(g.taxFree), show(g.vat), show(g.serviceFee)}, " ")
}

// check refuses requests that make no sense whatever the payment.
func (r refundRequest) check() *failure {
	if r.amount == nil && (r.given.taxable != nil || r.given.vat != nil || r.given.serviceFee != nil || orZero(r.given.taxFree) > 0) {
		return refuse("REFUND_REQUIRED_AMOUNT")
	}
	if r.amount != nil && *r.amount < 1 {
		return invalid("amount", "1 이상이어야 합니다. (받은 값: 0)")
	}
	return nil
}

// giveBack makes a refund. The caller holds the lock and has refreshed p.
func (s *Simulator) giveBack(p *payment, req refundRequest, now time.Time) (refundAnswer, *failure) {
	var none refundAnswer
	if f := p.refundState(); f != nil {
		return none, f
	}
	left := p.refundable()
	amount := left
	if req.amount != nil {
		amount = *req.amount
	}
	if amount > left {
		return none, refuse("REFUND_EXCEED_AMOUNT")
	}
	shares, f := p.refundParts(amount, req)
	if f != nil {
		return none, f
	}
	day := p.shop.MID + now.In(seoul).Format(" 2006-01-02")
	if limit := p.shop.RefundLimit; limit > 0 && s.refunded[day]+amount > limit {
		return none, refuse("REFUND_EXCEED_DAILY")
	}
	p.to(RefundProgress)
	before, after := p.whole().left(left), p.whole().left(left-amount)
	m := entry{id: s.uuid(), refund: true, parts: shares, balance: before.minus(after), at: now}
	p.txns = append(p.txns, m)
	s.book(p, cancelKind)
	p.to(Refunded)
	s.refunded[day] += amount
	if req.no == "" {
		req.no = m.id
	}
	answer := s.refundAnswer(p, req.no, m, after)
	s.refunds[refundKey(p.shop, req.no)] = &refund{p.token, req.asked(), answer}
	return answer, nil
}

// refundState says why a payment cannot be refunded now, or nil.
func (p *payment) refundState() *failure {
	switch {
	case p.shop.RefundBlocked:
		return refuse("PAYMENT_SHOP_STATE_CANNOT_REFUND")
	case p.status == Standby, p.status == Approved:
		return refuse("TRANSACTION_NOT_COMPLETE")
	case p.status == Progress, p.status == RefundProgress:
		return refuse("TRANSACTION_PENDING_ERROR")
	case p.status == Refunded && p.refundable() == 0:
		return refuse("REFUND_ALREADY_REFUNDED")
	case p.status != Complete && p.status != Refunded: // cancelled, or a year old
		return refuse("COMMON_REFUND_ERROR")
	case p.refundFail != "":
		return refuse(p.refundFail)
	}
	return nil
}

// refundParts is how a refund of the amount is taxed.
func (p *payment) refundParts(amount int64, req refundRequest) (parts, *failure) {
	left := p.partsLeft()
	if req.amount == nil {
		return left, nil
	}
	if f := p.mirror(req.given); f != nil {
		return parts{}, f
	}
	share := parts{TaxFree: orZero(req.given.taxFree), ServiceFee: orZero(req.given.serviceFee)}
	gross := amount - share.TaxFree - share.ServiceFee
	switch {
	case gross < 0:
		return share, invalid("amountTaxFree + amountServiceFee", "amount 이하여야 합니다.")
	case req.given.vat != nil:
		share.VAT = *req.given.vat
	case req.given.taxable != nil:
		share.VAT = vatOf(gross)
	default: // rounding up again and again must not take more than there is
		share.VAT = min(max(vatOf(gross), gross-left.Taxable), left.VAT)
	}
	share.Taxable = gross - share.VAT
	if req.given.taxable != nil {
		share.Taxable = *req.given.taxable
	}
	if share.Taxable < 0 || share.sum() != amount {
		return share, invalid("amount", "amountTaxable + amountTaxFree + amountVat + amountServiceFee 와 같아야 합니다.")
	}
	return share, within(share, left)
}

// mirror asks that a refund states the parts that the creation stated.
func (p *payment) mirror(g given) *failure {
	switch {
	case g.taxFree == nil && p.parts.TaxFree > 0:
		return refuse("REFUND_NO_TAXFREE_ON_COMPLEX_TAX")
	case g.taxable == nil && p.given.taxable != nil:
		return invalid("amountTaxable", "결제를 생성할 때 보냈으므로 필수값입니다.")
	case g.vat == nil && p.given.vat != nil:
		return invalid("amountVat", "결제를 생성할 때 보냈으므로 필수값입니다.")
	case g.serviceFee == nil && p.parts.ServiceFee > 0:
		return invalid("amountServiceFee", "결제를 생성할 때 보냈으므로 필수값입니다.")
	}
	return nil
}

// within refuses to give back more of a part than is left of it.
func within(share, left parts) *failure {
	for _, c := range []struct {
		name        string
		share, left int64
	}{
		{"amountTaxFree", share.TaxFree, left.TaxFree},
		{"amountServiceFee", share.ServiceFee, left.ServiceFee},
		{"amountVat", share.VAT, left.VAT},
		{"amountTaxable", share.Taxable, left.Taxable},
	} {
		if c.share > c.left {
			return invalid(c.name, fmt.Sprintf("남은 금액 %d 이하여야 합니다. (받은 값: %d)", c.left, c.share))
		}
	}
	return nil
}

func (s *Simulator) refundAnswer(p *payment, no string, m entry, after balance) refundAnswer {
	a := refundAnswer{
		RefundNo: no, ApprovalTime: stamp(m.at),
		RefundableAmount: after.gross, DiscountedAmount: after.off(), PaidAmount: after.paid,
		RefundedAmount: -m.balance.gross, RefundedDiscountAmount: -m.balance.off(), RefundedPaidAmount: -m.balance.paid,
		PayToken: p.token, TransactionID: m.id, CashReceiptMgtKey: p.receiptKey,
		accountFields: p.accountFields(),
	}
	if c := s.cardFields(p); c != nil {
		a.refundCard = &refundCard{c.cardNumbers, s.slipURL(p, m.id)}
	}
	return a
}
