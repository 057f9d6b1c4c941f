package tosspay

// statusSpec is the request of "결제 상태 확인".
var statusSpec = spec{
	{name: "apiKey", need: true},
	{name: "payToken", max: 30},
	{name: "orderNo", max: 50},
}

// statusAnswer is the answer of "결제 상태 확인". Unlike elsewhere, card fields
// are nested. Before completion only part of it is there.
type statusAnswer struct {
	Code      int    `json:"code"`
	Mode      string `json:"mode"`
	PayToken  string `json:"payToken"`
	OrderNo   string `json:"orderNo"`
	PayStatus Status `json:"payStatus"`
	PayMethod string `json:"payMethod,omitempty"`
	Amount    int64  `json:"amount"`
	*statusPaid
	AmountTaxable        int64  `json:"amountTaxable"`
	AmountTaxFree        int64  `json:"amountTaxFree"`
	AmountVAT            int64  `json:"amountVat"`
	AmountServiceFee     int64  `json:"amountServiceFee"`
	DisposableCupDeposit *int64 `json:"disposableCupDeposit,omitempty"`
	*accountFields
	Card         *cardFields         `json:"card,omitempty"`
	Transactions []statusTransaction `json:"transactions"`
	CreatedTs    string              `json:"createdTs"`
	PaidTs       string              `json:"paidTs,omitempty"`
}

// statusPaid are the amounts known once the money was taken. Refunds do not
// change them, but refundableAmount.
type statusPaid struct {
	DiscountedAmount int64 `json:"discountedAmount"`
	DiscountAmountV2 int64 `json:"discountAmountV2"`
	PaidPointV2      int64 `json:"paidPointV2"`
	PaidAmount       int64 `json:"paidAmount"`
	PaidPoint        int64 `json:"paidPoint"` // always 0
	RefundableAmount int64 `json:"refundableAmount"`
}

// statusTransaction has negative amounts for a refund.
type statusTransaction struct {
	StepType          string `json:"stepType"`
	TransactionID     string `json:"transactionId"`
	TransactionAmount int64  `json:"transactionAmount"`
	DiscountedAmount  int64  `json:"discountedAmount"`
	PointAmount       int64  `json:"pointAmount"` // always 0
	PaidAmount        int64  `json:"paidAmount"`
	RegTs             string `json:"regTs"`
}

func (s *Simulator) status(c *apiCall) (any, *failure) {
	if !c.body.given("payToken") && !c.body.given("orderNo") {
		return nil, invalid("payToken 또는 orderNo", "필수값입니다.")
	}
	p, f := s.asked(c)
	if f != nil {
		return nil, f
	}
	return s.statusAnswer(p), nil
}

// asked finds a payment by payToken, by orderNo (the latest of that number),
// or by both, which must then agree.
func (s *Simulator) asked(c *apiCall) (*payment, *failure) {
	no := c.v.texts["orderNo"]
	if c.v.texts["payToken"] != "" {
		p, f := s.own(c)
		if f == nil && no != "" && no != p.orderNo {
			return nil, refuse("TRANSACTION_NOT_FOUND")
		}
		return p, f
	}
	list := s.orders[orderKey(c.shop, no)]
	for i := len(list) - 1; i >= 0; i-- {
		if p := list[i]; p.shop == c.shop {
			s.refresh(p, c.now)
			return p, nil
		}
	}
	return nil, refuse("TRANSACTION_NOT_FOUND")
}

func (s *Simulator) statusAnswer(p *payment) statusAnswer {
	a := statusAnswer{
		Mode: p.shop.mode(), PayToken: p.token, OrderNo: p.orderNo, PayStatus: p.status, Amount: p.amount,
		AmountTaxable: p.parts.Taxable, AmountTaxFree: p.parts.TaxFree, AmountVAT: p.parts.VAT, AmountServiceFee: p.parts.ServiceFee,
		Transactions: []statusTransaction{}, CreatedTs: stamp(p.created),
	}
	if p.choice != nil {
		a.PayMethod = p.choice.payMethod()
	}
	if p.paid.IsZero() {
		return a
	}
	b := p.whole()
	a.statusPaid = &statusPaid{
		DiscountedAmount: b.off(), DiscountAmountV2: b.discount, PaidPointV2: b.points,
		PaidAmount: b.paid, RefundableAmount: p.refundable(),
	}
	a.DisposableCupDeposit = new(int64)
	a.accountFields, a.Card = p.accountFields(), s.cardFields(p)
	a.PaidTs = stamp(p.paid)
	for _, m := range p.txns {
		a.Transactions = append(a.Transactions, statusRow(m))
	}
	return a
}

func statusRow(m entry) statusTransaction {
	kind, sign := "PAY", int64(1)
	if m.refund {
		kind, sign = "REFUND", -1
	}
	return statusTransaction{
		StepType: kind, TransactionID: m.id, TransactionAmount: sign * m.balance.gross,
		DiscountedAmount: sign * m.balance.off(), PaidAmount: sign * m.balance.paid, RegTs: stamp(m.at),
	}
}
