package console

import (
	"strconv"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// column is one of an export. Its value is a text, or a number.
type column struct {
	Key    string
	Ko, En string
	usual  bool // chosen unless others are
	value  func(c *Console, lang string, p pay.Payment) any
}

// Usual reports whether it is chosen unless others are.
func (c column) Usual() bool { return c.usual }

func textOf(f func(p pay.Payment) string) func(*Console, string, pay.Payment) any {
	return func(_ *Console, _ string, p pay.Payment) any { return f(p) }
}

func numberOf(f func(p pay.Payment) int64) func(*Console, string, pay.Payment) any {
	return func(_ *Console, _ string, p pay.Payment) any { return f(p) }
}

func timeOf(f func(p pay.Payment) time.Time) func(*Console, string, pay.Payment) any {
	return func(_ *Console, _ string, p pay.Payment) any {
		if t := f(p); !t.IsZero() {
			return t.In(kst).Format(time.DateTime)
		}
		return ""
	}
}

func wordOf(kind string, f func(p pay.Payment) string) func(*Console, string, pay.Payment) any {
	return func(_ *Console, lang string, p pay.Payment) any { return wordFor(lang, kind, f(p)) }
}

// columns are what an export may have, in its order. Times are Korean.
var columns = []column{
	{"imp_uid", "imp_uid", "imp_uid", true, textOf(func(p pay.Payment) string { return string(p.ID) })},
	{"merchant_uid", "주문번호", "Order number", true, textOf(func(p pay.Payment) string { return string(p.MerchantUID) })},
	{"status", "상태", "Status", true, wordOf("payment", func(p pay.Payment) string { return string(p.Status) })},
	{"mode", "모드", "Mode", true, wordOf("mode", func(p pay.Payment) string { return string(p.Mode) })},
	{"name", "주문명", "Order name", true, textOf(func(p pay.Payment) string { return p.Name })},
	{"currency", "통화", "Currency", true, textOf(func(p pay.Payment) string { return string(p.Amount.Total.Currency) })},
	{"amount", "결제 금액", "Amount", true, numberOf(func(p pay.Payment) int64 { return p.Amount.Total.Minor })},
	{"cancelled", "취소 금액", "Cancelled", true, numberOf(func(p pay.Payment) int64 { return p.Cancelled })},
	{"left", "남은 금액", "Left", true, numberOf(leftOf)},
	{"tax_free", "면세 금액", "Tax-free", false, numberOf(func(p pay.Payment) int64 { return p.Amount.TaxFree })},
	{"method", "결제수단", "Method", true, wordOf("method", func(p pay.Payment) string { return string(p.Method) })},
	{"easy_pay", "간편결제", "Wallet", false, textOf(func(p pay.Payment) string { return p.Details.EasyPay })},
	{"provider", "결제사", "Provider", true, wordOf("provider", func(p pay.Payment) string { return string(p.Provider) })},
	{"mid", "상점아이디", "MID", false, textOf(func(p pay.Payment) string { return p.MID })},
	{"channel", "채널 키", "Channel key", false, textOf(func(p pay.Payment) string { return string(p.Channel) })},
	{"pg_tid", "결제사 거래번호", "Provider's key", false, textOf(func(p pay.Payment) string { return p.Ref.Key })},
	{"source", "경로", "Source", false, wordOf("source", func(p pay.Payment) string { return string(p.Source) })},
	{"customer_uid", "customer_uid", "customer_uid", false, textOf(func(p pay.Payment) string { return string(p.CustomerUID) })},
	{"card", "카드사", "Card company", false, func(c *Console, _ string, p pay.Payment) any { return c.cardName(cardOf(p).Issuer) }},
	{"card_number", "카드번호", "Card number", false, textOf(func(p pay.Payment) string { return cardOf(p).Number })},
	{"months", "할부개월", "Instalments", false, numberOf(func(p pay.Payment) int64 { return int64(p.Details.Months) })},
	{"approval", "승인번호", "Approval number", false, textOf(func(p pay.Payment) string { return p.Details.ApprovalNo })},
	{"vbank", "가상계좌 은행", "Virtual account's bank", false, func(c *Console, _ string, p pay.Payment) any { return c.bankName(accountOf(p).Bank) }},
	{"account", "가상계좌 번호", "Virtual account", false, textOf(func(p pay.Payment) string { return accountOf(p).Number })},
	{"buyer_name", "구매자", "Buyer", true, textOf(func(p pay.Payment) string { return p.Buyer.Name })},
	{"buyer_tel", "구매자 전화번호", "Buyer's telephone", false, textOf(func(p pay.Payment) string { return p.Buyer.Tel })},
	{"buyer_email", "구매자 이메일", "Buyer's e-mail", false, textOf(func(p pay.Payment) string { return p.Buyer.Email })},
	{"buyer_address", "구매자 주소", "Buyer's address", false, textOf(func(p pay.Payment) string { return p.Buyer.Address })},
	{"buyer_postcode", "우편번호", "Postcode", false, textOf(func(p pay.Payment) string { return p.Buyer.Postcode })},
	{"started_at", "요청 시각(KST)", "Asked for (KST)", true, timeOf(func(p pay.Payment) time.Time { return p.StartedAt })},
	{"paid_at", "결제 시각(KST)", "Paid (KST)", true, timeOf(func(p pay.Payment) time.Time { return p.PaidAt })},
	{"cancelled_at", "취소 시각(KST)", "Cancelled (KST)", true, timeOf(func(p pay.Payment) time.Time { return p.CancelledAt })},
	{"failed_at", "실패 시각(KST)", "Failed (KST)", false, timeOf(func(p pay.Payment) time.Time { return p.FailedAt })},
	{"fail_reason", "실패 사유", "Why it failed", false, textOf(func(p pay.Payment) string { return p.FailReason })},
	{"cancel_reason", "취소 사유", "Why it was cancelled", false, textOf(func(p pay.Payment) string { return p.CancelReason })},
	{"receipt_url", "매출전표", "Sales slip", false, textOf(func(p pay.Payment) string { return p.Details.ReceiptURL })},
}

// leftOf is what is left of what was paid; 0 of what was not.
func leftOf(p pay.Payment) int64 {
	if (paymentShown{Payment: p}).Paid() {
		return p.Left()
	}
	return 0
}

func cardOf(p pay.Payment) pay.Card {
	if p.Details.Card == nil {
		return pay.Card{}
	}
	return *p.Details.Card
}

func accountOf(p pay.Payment) pay.VirtualAccount {
	if p.Details.Account == nil {
		return pay.VirtualAccount{}
	}
	return *p.Details.Account
}

// cell is a value as CSV has it.
func cell(v any) string {
	switch x := v.(type) {
	case int64:
		return strconv.FormatInt(x, 10)
	case string:
		return gateway.CellText(x)
	default:
		return ""
	}
}
