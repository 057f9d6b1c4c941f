package checkout

import (
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/v1wire"
	"naru/internal/web"
)

// outcome is how a checkout ended, in words for the buyer.
type outcome struct {
	State             string // "paid", "ready", "cancelled" or "failed"
	Title, Text, More string
	Code, Message     string   // of a failure
	Account           *account // to deposit to; nil when there is none
}

// account is a virtual account as the buyer needs it.
type account struct{ Bank, Number, Holder, Due string }

func (h *Handler) outcomeOf(res gateway.Result) outcome {
	lang, p := res.Language, purposeOf(res.Payment, res.Language)
	o := outcome{Code: res.Code, Message: res.Message}
	switch {
	case res.Code == v1wire.CodeUserCancel:
		o.State = "cancelled"
		o.Title = p.say("{이} 취소되었습니다", "The {} was cancelled")
		o.Text = p.say("{}창에서 {을} 취소하셨습니다.", "You left the {} window.")
		o.More = p.say("다시 진행하시려면 쇼핑몰에서 계속해 주세요.", "To try again, please continue in the shop.")
	case res.Code != "":
		o.State = "failed"
		o.Title = p.say("{을} 완료하지 못했습니다", "The {} did not go through")
		o.Text = p.say("{이} 승인되지 않았습니다.", "The {} was not approved.")
		o.More = web.Pick(lang, "다른 결제수단으로 다시 시도하시려면 쇼핑몰에서 계속해 주세요.", "To try again, perhaps with another card, please continue in the shop.")
	case v1wire.Status(res.Payment.Status) == v1wire.StatusPaid && p.issue:
		o.State = "paid"
		o.Title = p.say("{이} 완료되었습니다", "Registration complete")
		o.Text = web.Pick(lang, "결제된 금액은 없습니다.", "Nothing was charged.")
		o.More = web.Pick(lang, "등록한 결제수단은 쇼핑몰에서 확인해 주세요.", "You will find what you registered in the shop.")
	case v1wire.Status(res.Payment.Status) == v1wire.StatusPaid:
		o.State = "paid"
		o.Title = web.Pick(lang, "결제가 완료되었습니다", "Payment complete")
		o.More = web.Pick(lang, "주문과 배송은 쇼핑몰의 주문 내역에서 확인해 주세요.", "You will find your order and its delivery in the shop's order list.")
	case v1wire.Status(res.Payment.Status) == v1wire.StatusCancelled:
		o.State = "cancelled"
		o.Title = web.Pick(lang, "취소된 결제입니다", "This payment has been refunded")
		o.More = web.Pick(lang, "환불 내역은 쇼핑몰의 주문 내역에서 확인해 주세요.", "You will find the refund in the shop's order list.")
	default:
		o.State, o.Account = "ready", h.accountOf(res.Payment, lang)
		o.Title = web.Pick(lang, "입금을 기다리고 있습니다", "Waiting for your deposit")
		if o.Account != nil {
			o.Text = web.Pick(lang, "아래 계좌로 입금 기한까지 정확한 금액을 보내 주세요.", "Please transfer exactly this amount to the account below before it is due.")
		}
		o.More = web.Pick(lang, "입금이 확인되면 쇼핑몰에서 알려 드립니다.", "The shop will tell you once the deposit has arrived.")
	}
	return o
}

func (h *Handler) accountOf(p pay.Payment, lang string) *account {
	a := p.Details.Account
	if a == nil {
		return nil
	}
	return &account{Bank: h.bankName(a.Bank, lang), Number: a.Number, Holder: a.Holder, Due: korean(a.Due, lang)}
}

// korean writes a moment as a buyer in Korea reads it; "" when it is not known.
func korean(at time.Time, lang string) string {
	if at.IsZero() {
		return ""
	}
	at = at.In(time.FixedZone("KST", 9*60*60))
	if lang == "en" {
		return at.Format("Mon 2 Jan 2006, 15:04 KST")
	}
	days := [...]string{"일", "월", "화", "수", "목", "금", "토"}
	return at.Format("2006. 1. 2. (") + days[at.Weekday()] + at.Format(") 15:04까지")
}
