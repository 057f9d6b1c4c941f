package console

import (
	"errors"
	"fmt"
	"net/http"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// consoleReason is the reason of a cancel that names none (PortOne V1's console).
const consoleReason = "관리자페이지취소"

// cancelForm is what was entered to cancel a payment.
type cancelForm struct {
	Terms   gateway.CancelTerms
	Wrong   problems
	Refused string // why nothing can be cancelled

	Amount, TaxFree, VAT, Reason, Checksum string
	Bank, Account, Holder                  string

	// Of the page that asks once more.
	Sure        bool
	Take, After int64 // what is cancelled, and left then
}

func (c *Console) askCancel(v *visit) error {
	terms, err := c.gateway.CancelTerms(v.r.Context(), v.Store.ID, pay.PaymentID(v.param("imp_uid")))
	if err != nil {
		return err
	}
	f := cancelForm{Terms: terms, Wrong: problems{}, Reason: consoleReason, Amount: fmt.Sprint(terms.Free), Checksum: fmt.Sprint(terms.Free)}
	if terms.TaxFreeLeft > 0 {
		f.TaxFree = fmt.Sprint(terms.TaxFreeLeft)
	}
	if terms.Refused != nil {
		_, f.Refused, _ = v.refusedWords(terms.Refused)
		if errors.Is(terms.Refused, gateway.ErrOverCancel) || errors.Is(terms.Refused, gateway.ErrOutcomeUnknown) {
			f.Refused = v.t(v.unknownWords())
		}
	}
	return v.cancelPage(http.StatusOK, f)
}

func (v *visit) cancelPage(status int, f cancelForm) error {
	return v.renderStatus(status, "payment_cancel", v.t("결제 취소", "Cancel the payment"), f)
}

// readCancel reads the form, and tells what is wrong with it.
func (v *visit) readCancel(terms gateway.CancelTerms) (cancelForm, gateway.CancelRequest) {
	f := cancelForm{
		Terms: terms, Wrong: problems{}, Amount: v.field("amount"), TaxFree: v.field("tax_free"), VAT: v.field("vat"),
		Reason: v.field("reason"), Checksum: v.field("checksum"),
		Bank: v.field("refund_bank"), Account: v.field("refund_account"), Holder: v.field("refund_holder"),
	}
	if f.Reason == "" {
		f.Reason = consoleReason
	}
	r := gateway.CancelRequest{Merchant: v.Store.ID, PaymentID: terms.Payment.ID, Reason: f.Reason, Webhook: true, Actor: "console"}
	amount, ok := v.number("amount", f.Wrong)
	if ok && amount == 0 {
		f.Wrong["amount"] = v.t("취소할 금액을 1 이상으로 적어 주세요.", "Write the amount to cancel: 1 or more.")
	}
	r.Amount = &amount
	r.TaxFree, _ = v.number("tax_free", f.Wrong)
	if f.VAT != "" {
		vat, _ := v.number("vat", f.Wrong)
		r.VAT = &vat
	}
	checksum, ok := v.number("checksum", f.Wrong)
	if !ok || f.Checksum == "" {
		checksum = -1 // a form of nobody's: nothing is left like that
	}
	r.Checksum = &checksum
	if terms.RefundTo {
		r.RefundTo = &connector.BankAccount{Bank: f.Bank, Number: pay.Secret(f.Account), Holder: f.Holder}
	}
	f.Take, f.After = amount, terms.Free-amount
	return f, r
}

// cancelPayment asks once more, and then cancels.
func (c *Console) cancelPayment(v *visit) error {
	terms, err := c.gateway.CancelTerms(v.r.Context(), v.Store.ID, pay.PaymentID(v.param("imp_uid")))
	if err != nil {
		return err
	}
	f, r := v.readCancel(terms)
	if len(f.Wrong) > 0 {
		return v.cancelPage(http.StatusUnprocessableEntity, f)
	}
	sure := v.field("sure") == "yes" && v.field("back") == ""
	if !sure {
		err = c.gateway.CheckCancel(v.r.Context(), r)
		if f.Sure = err == nil && v.field("back") == ""; err == nil {
			return v.cancelPage(http.StatusOK, f)
		}
	} else {
		_, err = c.gateway.Cancel(v.r.Context(), r)
	}
	return v.cancelled(f, err)
}

// cancelled says what came of a cancel.
func (v *visit) cancelled(f cancelForm, err error) error {
	to := v.c.path("/payments/" + string(f.Terms.Payment.ID))
	amount := func(lang string) string { return money(lang, f.Take, f.Terms.Payment.Amount.Total.Currency) }
	switch {
	case err == nil:
		return v.done(to, fmt.Sprintf("%s을 취소했습니다. 결제사가 확인했습니다.", amount("ko")), fmt.Sprintf("%s was cancelled. The provider has confirmed it.", amount("en")))
	case errors.Is(err, gateway.ErrOutcomeUnknown):
		ko, en := v.unknownWords()
		return v.done(to, ko, en)
	}
	field, text, ok := v.refusedWords(err)
	if !ok {
		return err
	}
	f.Wrong[cancelField(field)] = text
	return v.cancelPage(http.StatusUnprocessableEntity, f)
}

// cancelField is the field of the form that the gateway's word for one means.
func cancelField(field string) string {
	switch field {
	case "amount", "tax_free", "vat", "refund_bank", "refund_account", "refund_holder", "reason":
		return field
	default:
		return ""
	}
}
