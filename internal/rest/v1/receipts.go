package v1

import (
	"context"
	"regexp"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

// Receipt is V1's ReceiptAnnotation: the cash receipt of a payment.
type Receipt struct {
	ImpUID      string  `json:"imp_uid"`
	ReceiptTID  *string `json:"receipt_tid"`
	ApplyNum    *string `json:"apply_num"`
	Type        string  `json:"type"`
	Amount      int64   `json:"amount"`
	VAT         int64   `json:"vat"`
	ReceiptURL  *string `json:"receipt_url"`
	AppliedAt   int64   `json:"applied_at"`
	CancelledAt int64   `json:"cancelled_at"`
}

// ExternalReceipt is V1's ExternalReceiptAnnotation: the cash receipt of money
// taken elsewhere.
type ExternalReceipt struct {
	MerchantUID string  `json:"merchant_uid"`
	ReceiptTID  *string `json:"receipt_tid"`
	ApplyNum    *string `json:"apply_num"`
	Type        string  `json:"type"`
	Amount      int64   `json:"amount"`
	VAT         int64   `json:"vat"`
	ReceiptURL  *string `json:"receipt_url"`
	AppliedAt   int64   `json:"applied_at"`
	CancelledAt int64   `json:"cancelled_at"`
}

func receiptOf(r pay.Receipt, err error) (Receipt, error) {
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{
		ImpUID: string(r.Payment), ReceiptTID: orNull(r.Key), ApplyNum: orNull(r.ApprovalNo), Type: string(r.Type),
		Amount: r.Amount.Total.Minor, VAT: vatOf(r.Amount), ReceiptURL: orNull(r.URL), AppliedAt: unix(r.IssuedAt), CancelledAt: unix(r.CancelledAt),
	}, nil
}

func externalOf(r pay.Receipt, err error) (ExternalReceipt, error) {
	w, err := receiptOf(r, err)
	if err != nil {
		return ExternalReceipt{}, err
	}
	return ExternalReceipt{string(r.MerchantUID), w.ReceiptTID, w.ApplyNum, w.Type, w.Amount, w.VAT, w.ReceiptURL, w.AppliedAt, w.CancelledAt}, nil
}

// vatOf is the VAT that was stated, or an eleventh of what is not free of it,
// half a won rounded up (Toss Payments, "Payment 객체", vat).
func vatOf(b pay.Breakdown) int64 {
	if b.VAT != nil {
		return *b.VAT
	}
	return (2*(b.Total.Minor-b.TaxFree) + 11) / 22
}

// receiptFields are common to both kinds of receipt. Identifier is a phone
// number or the like: a secret from the moment it is read.
type receiptFields struct {
	Identifier pay.Secret `json:"identifier"`
	Type       string     `json:"type"`
	BuyerName  string     `json:"buyer_name"`
	BuyerEmail string     `json:"buyer_email"`
	BuyerTel   string     `json:"buyer_tel"`
	TaxFree    *rest.Part `json:"tax_free"`
	VATAmount  *rest.Part `json:"vat_amount"`
	VAT        *rest.Part `json:"vat"`
}

var identifier = regexp.MustCompile(`^[0-9]{1,30}$`)

func (in receiptFields) read(c *check, m pay.MerchantID) gateway.ReceiptRequest {
	c.there("identifier", in.Identifier != "")
	id := strings.NewReplacer("-", "", " ", "").Replace(in.Identifier.Reveal())
	if in.Identifier != "" && !identifier.MatchString(id) {
		c.hidden("identifier", "휴대폰번호, 사업자등록번호, 현금영수증 카드번호 등 30자리 이하의 숫자여야 합니다")
	}
	switch in.Type {
	case "", "person", "company":
	default:
		c.wrong("type", in.Type, rest.RuleAllowed, "person, company")
	}
	b := taxIn{in.TaxFree, in.VATAmount, in.VAT}.parts(0)
	return gateway.ReceiptRequest{
		Merchant: m, Identifier: pay.Secret(id), Type: pay.ReceiptType(in.Type), TaxFree: b.TaxFree, VAT: b.VAT,
		Buyer: orderIn{BuyerName: in.BuyerName, BuyerEmail: in.BuyerEmail, BuyerTel: in.BuyerTel}.buyer(c),
	}
}

type issueReceiptIn struct {
	testedIn
	receiptFields
	ImpUID string `json:"imp_uid"`
}

// issueReceipt issues the cash receipt of a payment, over what is left of it.
func (a *api) issueReceipt(ctx context.Context, in issueReceiptIn) (Receipt, error) {
	var c check
	r := in.receiptFields.read(&c, merchantOf(ctx).ID)
	if c.err != nil {
		return Receipt{}, c.err
	}
	r.Payment, r.TestCode = pay.PaymentID(in.ImpUID), in.testCode
	return receiptOf(a.gateway.IssueReceipt(ctx, r))
}

type receiptIn struct {
	ImpUID string `json:"imp_uid"`
}

type cancelReceiptIn struct {
	testedIn
	ImpUID string `json:"imp_uid"`
}

func (a *api) receipt(ctx context.Context, in receiptIn) (Receipt, error) {
	return receiptOf(a.gateway.ReceiptOfPayment(ctx, merchantOf(ctx).ID, pay.PaymentID(in.ImpUID)))
}

func (a *api) cancelReceipt(ctx context.Context, in cancelReceiptIn) (Receipt, error) {
	return receiptOf(a.gateway.CancelReceiptOfPayment(ctx, merchantOf(ctx).ID, pay.PaymentID(in.ImpUID), in.testCode))
}

type issueExternalIn struct {
	testedIn
	channelIn
	receiptFields
	MerchantUID string       `json:"merchant_uid"`
	Name        string       `json:"name"`
	Amount      *rest.Amount `json:"amount"`
}

// issueExternal issues the cash receipt of money taken elsewhere.
func (a *api) issueExternal(ctx context.Context, in issueExternalIn) (ExternalReceipt, error) {
	var c check
	c.named("merchant_uid", in.MerchantUID, maxMerchantUID)
	c.named("name", in.Name, maxReceiptName)
	c.there("amount", in.Amount != nil)
	r := in.receiptFields.read(&c, merchantOf(ctx).ID)
	r.Channel = in.choice(&c)
	if c.err != nil {
		return ExternalReceipt{}, c.err
	}
	c.positive(int64(*in.Amount))
	r.Amount = taxIn{in.TaxFree, in.VATAmount, in.VAT}.of(&c, int64(*in.Amount)).Total.Minor
	if c.err != nil {
		return ExternalReceipt{}, c.err
	}
	r.MerchantUID, r.Name, r.TestCode = pay.MerchantUID(in.MerchantUID), in.Name, in.testCode
	return externalOf(a.gateway.IssueReceipt(ctx, r))
}

type externalIn struct {
	MerchantUID string `json:"merchant_uid"`
}

type cancelExternalIn struct {
	testedIn
	MerchantUID string `json:"merchant_uid"`
}

func (a *api) external(ctx context.Context, in externalIn) (ExternalReceipt, error) {
	return externalOf(a.gateway.ReceiptOfOrder(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID)))
}

func (a *api) cancelExternal(ctx context.Context, in cancelExternalIn) (ExternalReceipt, error) {
	return externalOf(a.gateway.CancelReceiptOfOrder(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID), in.testCode))
}
