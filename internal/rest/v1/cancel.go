package v1

import (
	"context"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/v1wire"
)

type cancelIn struct {
	testedIn
	ImpUID        string       `json:"imp_uid"`
	MerchantUID   string       `json:"merchant_uid"`
	Amount        *rest.Amount `json:"amount"`
	TaxFree       *rest.Part   `json:"tax_free"`
	VATAmount     *rest.Part   `json:"vat_amount"`
	Checksum      *rest.Amount `json:"checksum"`
	Reason        string       `json:"reason"`
	RefundHolder  string       `json:"refund_holder"`
	RefundBank    string       `json:"refund_bank"`
	RefundAccount pay.Secret   `json:"refund_account"`
	EnableWebhook bool         `json:"enable_webhook"`
}

// cancel gives money back. imp_uid wins over merchant_uid even when it is
// wrong; amount absent or 0 is everything that is left (V1, "결제취소 API").
func (a *api) cancel(ctx context.Context, in cancelIn) (Payment, error) {
	if in.ImpUID == "" && in.MerchantUID == "" {
		return Payment{}, errNoCancelID
	}
	req := gateway.CancelRequest{
		Merchant: merchantOf(ctx).ID, PaymentID: pay.PaymentID(in.ImpUID), MerchantUID: pay.MerchantUID(in.MerchantUID),
		Amount: (*int64)(in.Amount), VAT: (*int64)(in.VATAmount), Checksum: (*int64)(in.Checksum),
		Reason: in.Reason, RefundTo: in.refundTo(), Webhook: in.EnableWebhook, TestCode: in.testCode, Actor: "api",
	}
	if in.TaxFree != nil {
		req.TaxFree = int64(*in.TaxFree)
	}
	if req.Reason == "" {
		req.Reason = v1wire.CancelReasonAPI
	}
	p, err := a.gateway.Cancel(ctx, req)
	if err != nil {
		return Payment{}, err
	}
	return a.show(ctx, p)
}

// refundTo is the account a virtual account's money goes back to.
func (in *cancelIn) refundTo() *connector.BankAccount {
	if in.RefundBank == "" && in.RefundAccount == "" && in.RefundHolder == "" {
		return nil
	}
	return &connector.BankAccount{Bank: in.RefundBank, Number: in.RefundAccount, Holder: in.RefundHolder}
}
