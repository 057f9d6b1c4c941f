package tosspay

import "time"

const (
	maxSpreadOut = 12
	pushEvery    = time.Hour // at most one push a billing key
)

// billSpec is the request of "자동결제(bill) 승인 요청".
var billSpec = spec{
	{name: "apiKey", need: true},
	{name: "billingKey", need: true, max: 50},
	{name: "orderNo", need: true, max: 50, form: userForm},
	{name: "productDesc", need: true, max: 255, form: descForm},
	{name: "amount", kind: won, need: true},
	{name: "amountTaxFree", kind: won, need: true},
	{name: "amountTaxable", kind: won},
	{name: "amountVat", kind: won},
	{name: "amountServiceFee", kind: won},
	{name: "spreadOut", kind: won, most: maxSpreadOut},
	{name: "cashReceipt", kind: flag},
	{name: "cashReceiptTradeOption", max: 9, form: oneOf("GENERAL", "CULTURE", "PUBLIC_TP")},
	{name: "sendFailPush", kind: flag},
}

// billAnswer is the answer of "자동결제(bill) 승인 요청": that of an execute
// without stateMsg and cashReceiptMgtKey.
type billAnswer struct {
	Code             int    `json:"code"`
	Mode             string `json:"mode"`
	ApprovalTime     string `json:"approvalTime"`
	Amount           int64  `json:"amount"`
	PayMethod        string `json:"payMethod"`
	PayToken         string `json:"payToken"`
	OrderNo          string `json:"orderNo"`
	TransactionID    string `json:"transactionId"`
	DiscountedAmount int64  `json:"discountedAmount"`
	PaidAmount       int64  `json:"paidAmount"`
	*cardFields
	*accountFields
}

// bill charges a billing key. A request that could never be charged leaves
// nothing behind; one that the buyer's method declined is a payment in
// PAY_CANCEL, and its orderNo is used up.
func (s *Simulator) bill(c *apiCall) (any, *failure) {
	switch {
	case c.shop.Suspended:
		return nil, refuse("PAYMENT_SHOP_STATE_NOT_NORMAL")
	case !c.shop.Billing:
		return nil, refuse("NOT_SUPPORTED_BILLING_KEY_SHOP")
	}
	k, f := s.activeKey(c)
	if f != nil {
		return nil, f
	}
	p, f := charge(c, k)
	if f != nil {
		return nil, f
	}
	if len(s.orders[orderKey(c.shop, p.orderNo)]) > 0 {
		return nil, refuse("PAYMENT_DUPLICATION_ORDER_NO")
	}
	if f := p.judge(p.choice); f != nil {
		s.pushFail(p, f, c.now)
		return nil, f
	}
	s.keep(p)
	if f := s.take(p, c.now); f != nil {
		return nil, f
	}
	b := p.whole()
	return billAnswer{
		Mode: p.shop.mode(), ApprovalTime: stamp(p.paid), Amount: p.amount, PayMethod: p.choice.payMethod(),
		PayToken: p.token, OrderNo: p.orderNo, TransactionID: p.payTransaction(),
		DiscountedAmount: b.off(), PaidAmount: b.paid,
		cardFields: s.cardFields(p), accountFields: p.accountFields(),
	}, nil
}

// charge is the payment that a request describes: sum, then limits.
func charge(c *apiCall, k *billingKey) (*payment, *failure) {
	v := c.v
	p := &payment{
		shop: c.shop, status: Standby, created: c.now, billed: k, authenticated: true, installments: true,
		orderNo: v.texts["orderNo"], amount: v.wons["amount"], desc: v.texts["productDesc"],
		given: givenParts(v), cashReceipt: wantsReceipt(c), tradeOption: v.texts["cashReceiptTradeOption"],
		sendFailPush: true, choice: &choice{means: *k.means},
	}
	if p.tradeOption == "" {
		p.tradeOption = "GENERAL"
	}
	if push, given := v.flags["sendFailPush"]; given {
		p.sendFailPush = push
	}
	if months := v.wons["spreadOut"]; months > 1 && p.byCard() && p.amount >= minInstallments {
		p.choice.months = int(months) // "50,000원 미만은 일시불", and money knows no months
	}
	if p.amount < 1 {
		return nil, invalid("amount", "1 이상이어야 합니다. (받은 값: 0)")
	}
	var f *failure
	if p.parts, f = split(p.amount, p.given, p.cashReceipt); f != nil {
		return nil, f
	}
	if c.shop.NoCard && p.amount > maxWithoutCard {
		return nil, refuse("COMMON_EXCEED_LIMIT")
	}
	return p, nil
}

// take captures a charge, or fails the way the buyer's app is set to. A charge
// in doubt goes on, and the buyer is not told of a failure.
func (s *Simulator) take(p *payment, now time.Time) *failure {
	k := p.billed
	p.executeFail = k.chargeFail
	if !k.failAlways {
		k.chargeFail = ""
	}
	f := s.capture(p, now)
	if p.status == Standby {
		s.end(p, "declined")
		s.pushFail(p, f, now)
	}
	return f
}

// push is a notification about a failed charge on the buyer's phone.
type push struct {
	At         string `json:"at"`
	BillingKey string `json:"billingKey"`
	UserID     string `json:"userId"`
	DisplayID  string `json:"displayId,omitempty"`
	OrderNo    string `json:"orderNo"`
	ErrorCode  string `json:"errorCode"`
	Message    string `json:"message"`
}

// pushFail notifies the buyer if the merchant wants it and the last push is an
// hour ago.
func (s *Simulator) pushFail(p *payment, f *failure, now time.Time) {
	k := p.billed
	if !p.sendFailPush || !k.lastPush.IsZero() && now.Before(k.lastPush.Add(pushEvery)) {
		return
	}
	k.lastPush = now
	s.pushes = append(s.pushes, push{stamp(now), k.key, k.userID, k.displayID, p.orderNo, f.code, f.msg})
}
