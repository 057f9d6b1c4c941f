package console

import (
	"errors"
	"net/http"
	"strconv"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// receiptForm is what was entered to issue a cash receipt. The identifier is not kept
// in it: it is never shown again.
type receiptForm struct {
	Payment  pay.Payment   // none: for money taken elsewhere
	Left     pay.Breakdown // of a payment
	Channels []pay.Channel
	Wrong    problems
	Refused  string // why none can be issued

	Channel, MerchantUID, Name, Won, TaxFree, VAT, Type string
}

// askPaymentReceipt asks what for the cash receipt of a payment is to be.
func (c *Console) askPaymentReceipt(v *visit) error {
	f, err := c.paymentReceipt(v)
	if err != nil {
		return err
	}
	return v.receiptPage(http.StatusOK, f)
}

func (c *Console) paymentReceipt(v *visit) (receiptForm, error) {
	p, err := c.paymentOf(v)
	if err != nil {
		return receiptForm{}, err
	}
	f := receiptForm{Payment: p, Wrong: problems{}, Type: string(pay.ReceiptPerson)}
	f.Left, err = c.gateway.ReceiptTerms(v.r.Context(), v.Store.ID, p.ID)
	if errors.Is(err, gateway.ErrOutcomeUnknown) {
		f.Refused = v.t(v.unknownWords())
		return f, nil
	}
	if err != nil {
		var ok bool
		if _, f.Refused, ok = v.refusedWords(err); !ok {
			return f, err
		}
	}
	if f.Left.TaxFree > 0 {
		f.TaxFree = strconv.FormatInt(f.Left.TaxFree, 10)
	}
	return f, nil
}

func (c *Console) issuePaymentReceipt(v *visit) error {
	f, err := c.paymentReceipt(v)
	if err != nil {
		return err
	}
	r := gateway.ReceiptRequest{Merchant: v.Store.ID, Payment: f.Payment.ID, Buyer: f.Payment.Buyer}
	return c.issue(v, f, r)
}

// askReceipt asks for all of a receipt for money taken elsewhere.
func (c *Console) askReceipt(v *visit) error {
	f, err := c.elsewhere(v)
	if err != nil {
		return err
	}
	return v.receiptPage(http.StatusOK, f)
}

func (c *Console) elsewhere(v *visit) (f receiptForm, err error) {
	f = receiptForm{Wrong: problems{}, Type: string(pay.ReceiptPerson)}
	if f.Channels, err = c.gateway.ReceiptChannels(v.r.Context(), v.Store.ID); err == nil && len(f.Channels) == 0 {
		f.Refused = v.t("현금영수증을 발급할 수 있는 채널이 없습니다. 토스페이먼츠 채널을 먼저 등록해 주세요.", "No channel can issue cash receipts. Add one of Toss Payments first.")
	}
	return f, err
}

func (c *Console) issueReceipt(v *visit) error {
	f, err := c.elsewhere(v)
	if err != nil {
		return err
	}
	f.Channel, f.MerchantUID, f.Name, f.Won = v.field("channel"), v.field("merchant_uid"), v.field("name"), v.field("amount")
	r := gateway.ReceiptRequest{Merchant: v.Store.ID, MerchantUID: pay.MerchantUID(f.MerchantUID), Name: f.Name, Channel: gateway.ChannelChoice{Key: pay.ChannelKey(f.Channel)}}
	if f.MerchantUID == "" {
		f.Wrong["merchant_uid"] = v.t("주문번호를 적어 주세요.", "Write the order number.")
	}
	if f.Name == "" {
		f.Wrong["name"] = v.t("무엇을 판 것인지 적어 주세요.", "Write what was sold.")
	}
	var ok bool
	if r.Amount, ok = v.number("amount", f.Wrong); ok && r.Amount == 0 {
		f.Wrong["amount"] = v.t("받은 금액을 1 이상으로 적어 주세요.", "Write the amount that was taken: 1 or more.")
	}
	return c.issue(v, f, r)
}

// issue reads what both forms have, and has the receipt issued.
func (c *Console) issue(v *visit, f receiptForm, r gateway.ReceiptRequest) error {
	f.Type, f.TaxFree, f.VAT = v.field("type"), v.field("tax_free"), v.field("vat")
	switch r.Type = pay.ReceiptType(f.Type); r.Type {
	case pay.ReceiptPerson, pay.ReceiptCompany:
	default:
		f.Wrong["type"] = v.t("소득공제와 지출증빙 가운데 골라 주세요.", "Choose income deduction or business expense.")
	}
	r.TaxFree, _ = v.number("tax_free", f.Wrong)
	if f.VAT != "" {
		vat, _ := v.number("vat", f.Wrong)
		r.VAT = &vat
	}
	r.Identifier = pay.Secret(v.field("identifier"))
	if r.Identifier == "" {
		f.Wrong["identifier"] = v.t("번호를 적어 주세요.", "Write the number.")
	}
	if len(f.Wrong) > 0 || f.Refused != "" {
		return v.receiptPage(http.StatusUnprocessableEntity, f)
	}
	row, err := c.gateway.IssueReceipt(v.r.Context(), r)
	if err == nil {
		return v.done(c.path("/receipts/"+string(row.ID)), "현금영수증을 발급했습니다.", "The cash receipt was issued.")
	}
	return v.receiptRefused(err, row.ID, func(field, text string) error {
		switch field {
		case "identifier":
			text = v.t("숫자 1~30자리로 적어 주세요.", "Write 1 to 30 digits.")
		case "amount", "tax_free", "vat", "merchant_uid", "name":
		default:
			field = ""
		}
		f.Wrong[field] = text
		return v.receiptPage(http.StatusUnprocessableEntity, f)
	})
}

// receiptRefused says that the outcome is not known yet, or has why it was refused
// shown.
func (v *visit) receiptRefused(err error, id pay.ReceiptID, show func(field, text string) error) error {
	if errors.Is(err, gateway.ErrOutcomeUnknown) {
		ko, en := v.unknownWords()
		to := v.c.path("/receipts")
		if id != "" {
			to = v.c.path("/receipts/" + string(id))
		}
		return v.done(to, ko, en)
	}
	field, text, ok := v.refusedWords(err)
	if !ok {
		return err
	}
	return show(field, text)
}

func (v *visit) receiptPage(status int, f receiptForm) error {
	return v.renderStatus(status, "receipt_issue", v.t("현금영수증 발급", "Issue a cash receipt"), f)
}
