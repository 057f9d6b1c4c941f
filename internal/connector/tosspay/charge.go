package tosspay

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Limits of "자동결제(bill) 승인 요청".
const (
	maxBillingKey = 50
	maxMonths     = 12
)

// ChargeBillingKey takes money with a billing key: "자동결제(bill) 승인 요청". It
// must not be repeated: a lost answer is settled by Query, by order number. A
// refusal because the order number was used is settled by asking at once.
func (s *shop) ChargeBillingKey(ctx context.Context, call connector.Call, key pay.Secret, c connector.Charge) (connector.Outcome, error) {
	const op = "charge"
	in, err := s.chargeBody(key, c)
	if err != nil {
		return connector.Outcome{}, s.fail(connector.Misconfigured, op, 0, err)
	}
	var p executed
	no, err := s.do(ctx, call, op, "/api/v1/billing-key/bill", in, &p, key, pay.Secret(c.Customer))
	if err != nil {
		return connector.Outcome{}, err
	}
	return s.judge(ctx, op, p, no, pay.Ref{Order: c.Order}, c.Amount)
}

func (s *shop) chargeBody(key pay.Secret, c connector.Charge) (chargeRequest, error) {
	if err := checkBillingKey(key); err != nil {
		return chargeRequest{}, err
	}
	if err := checkOrder(c.Order, c.Amount, c.Options.ReceiptCategory); err != nil {
		return chargeRequest{}, err
	}
	if c.Options.Months < 0 || c.Options.Months > maxMonths {
		return chargeRequest{}, fmt.Errorf("spreadOut %d must be 0 to %d months", c.Options.Months, maxMonths)
	}
	in := chargeRequest{
		APIKey: s.Credentials[APIKey].Reveal(), BillingKey: key.Reveal(), OrderNo: c.Order, ProductDesc: describe(c.Name, c.Order),
		Amount: c.Amount.Total.Minor, AmountTaxFree: c.Amount.TaxFree, SpreadOut: c.Options.Months,
		CashReceipt: true, CashReceiptTradeOption: c.Options.ReceiptCategory, SendFailPush: c.Options.FailPush,
	}
	if c.Options.CashReceipt != nil {
		in.CashReceipt = *c.Options.CashReceipt
	}
	in.AmountTaxable, in.AmountVAT, in.AmountServiceFee = parts(c.Amount)
	return in, nil
}

// checkBillingKey refuses what cannot be a billing key, without showing it.
func checkBillingKey(key pay.Secret) error {
	switch n := len(key); {
	case n == 0:
		return errors.New("the billing key is empty")
	case n > maxBillingKey:
		return fmt.Errorf("the billing key has %d characters: at most %d are allowed", n, maxBillingKey)
	}
	return nil
}
