package v1

import (
	"context"
	"regexp"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

type accountIn struct {
	testedIn
	channelIn
	orderIn
	Amount *rest.Amount `json:"amount"`
	Bank   string       `json:"vbank_code"`
	Due    *int64       `json:"vbank_due"`
	Holder string       `json:"vbank_holder"` // the provider names the shop itself
	Key    string       `json:"vbank_key"`
}

var bankCode = regexp.MustCompile(`^[0-9]{3}$`)

func (in accountIn) request(m pay.MerchantID, now time.Time) (gateway.AccountRequest, error) {
	var c check
	charge := in.charge(&c, (*int64)(in.Amount))
	c.need("vbank_code", in.Bank)
	if in.Bank != "" && !bankCode.MatchString(in.Bank) {
		c.wrong("vbank_code", in.Bank, rest.RuleForm, "세 자리 숫자로 된 은행 코드여야 합니다. GET /banks에서 볼 수 있습니다")
	}
	r := gateway.AccountRequest{
		Merchant: m, Channel: in.choice(&c), Bank: in.Bank, Due: c.instant("vbank_due", in.Due, now), FixedKey: in.Key, Charge: charge,
	}
	c.need("buyer_name", in.BuyerName) // decision D16
	c.fits("vbank_holder", in.Holder, maxVbankHolder)
	c.fits("vbank_key", in.Key, maxVbankKey)
	r.TestCode = in.testCode
	return r, c.err
}

// issueAccount issues a virtual account without a window (V1, "가상계좌 API").
func (a *api) issueAccount(ctx context.Context, in accountIn) (Payment, error) {
	r, err := in.request(merchantOf(ctx).ID, a.gateway.FirstAsked(ctx))
	if err != nil {
		return Payment{}, err
	}
	p, err := a.gateway.IssueAccount(ctx, r)
	if err != nil {
		return Payment{}, err
	}
	return a.show(ctx, p)
}

type revokeIn struct {
	testedIn
	ImpUID string `json:"imp_uid"`
}

// revokeAccount takes a virtual account back that waits for its deposit.
func (a *api) revokeAccount(ctx context.Context, in revokeIn) (Payment, error) {
	p, err := a.gateway.RevokeAccount(ctx, merchantOf(ctx).ID, pay.PaymentID(in.ImpUID), in.testCode)
	if err != nil {
		return Payment{}, err
	}
	return a.show(ctx, p)
}
