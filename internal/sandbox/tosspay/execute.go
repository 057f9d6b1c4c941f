package tosspay

// executeSpec is the request of "가맹점 결제 승인".
var executeSpec = spec{
	{name: "apiKey", need: true},
	{name: "payToken", need: true, max: 30},
	{name: "orderNo", max: 50},
}

// executeAnswer is the answer of "가맹점 결제 승인", for money or card.
type executeAnswer struct {
	Code              int    `json:"code"`
	Mode              string `json:"mode"`
	OrderNo           string `json:"orderNo"`
	Amount            int64  `json:"amount"`
	ApprovalTime      string `json:"approvalTime"`
	StateMsg          string `json:"stateMsg"`
	DiscountedAmount  int64  `json:"discountedAmount"`
	PaidAmount        int64  `json:"paidAmount"`
	PayMethod         string `json:"payMethod"`
	PayToken          string `json:"payToken"`
	TransactionID     string `json:"transactionId"`
	CashReceiptMgtKey string `json:"cashReceiptMgtKey,omitempty"`
	*cardFields
	*accountFields
}

// execute captures a payment the buyer has authenticated. It is not
// idempotent: a repeat is told that the payment exists.
func (s *Simulator) execute(c *apiCall) (any, *failure) {
	p, f := s.own(c)
	if f != nil {
		return nil, f
	}
	if no := c.v.texts["orderNo"]; no != "" && no != p.orderNo {
		return nil, invalid("orderNo", "결제를 생성할 때 보낸 값과 같아야 합니다. (받은 값: "+short(no)+")")
	}
	switch p.status {
	case Approved:
	case Standby:
		return nil, refuse("EXECUTE_PAY_NOT_APPROVED")
	case Progress:
		return nil, refuse("TRANSACTION_PENDING_ERROR")
	case Cancelled:
		return nil, refuse("COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS")
	default:
		return nil, refuse("PAYMENT_EXISTING_PAYMENT")
	}
	if f := s.capture(p, c.now); f != nil {
		return nil, f
	}
	b := p.whole()
	return executeAnswer{
		Mode: p.shop.mode(), OrderNo: p.orderNo, Amount: p.amount,
		ApprovalTime: stamp(p.paid), StateMsg: "결제 완료",
		DiscountedAmount: b.off(), PaidAmount: b.paid,
		PayMethod: p.choice.payMethod(), PayToken: p.token, TransactionID: p.payTransaction(),
		CashReceiptMgtKey: p.receiptKey,
		cardFields:        s.cardFields(p), accountFields: p.accountFields(),
	}, nil
}
