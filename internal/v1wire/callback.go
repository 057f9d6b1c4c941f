package v1wire

import (
	"encoding/json"
	"net/url"
	"time"

	"naru/internal/pay"
)

// CallbackOptions say what may be added to the fields V1 documents.
type CallbackOptions struct {
	// Success is the merchant's setting callback_success: success and
	// imp_success are told where V1 leaves them out (tosspayments).
	Success bool
	Names   Names
}

// Names turns the standard codes of card companies and banks into V1's names.
// A nil function, or an empty answer, leaves the name null.
type Names struct{ Card, Bank func(code string) string }

// Callback is the object a page's callback is given at the end of a window. An
// empty code means that the window ended well: the payment is paid or, for a
// virtual account, waits for its deposit. Otherwise code and message are the
// provider's own, or ours.
//
// tosspayments tells imp_uid and merchant_uid, and error_code and error_msg on
// failure only: absent, never empty. tosspay_v2 tells the classic set.
func Callback(p pay.Payment, code, message string, o CallbackOptions) map[string]any {
	m := map[string]any{"imp_uid": string(p.ID), "merchant_uid": string(p.MerchantUID)}
	if code != "" {
		m["error_code"], m["error_msg"] = code, message
	}
	if reduced(p.Provider) {
		if o.Success {
			m["success"], m["imp_success"] = code == "", code == ""
		}
		return m
	}
	m["success"], m["imp_success"] = code == "", code == ""
	m["pay_method"], m["pg_provider"], m["pg_type"] = Method(p.Method), string(p.Provider), "payment"
	if code == "" {
		addClassic(m, p, o.Names)
	}
	return m
}

// reduced reports whether V1 tells the short set of fields for provider.
func reduced(p pay.Provider) bool { return p == pay.TossPayments }

func addClassic(m map[string]any, p pay.Payment, names Names) {
	d := p.Details
	m["paid_amount"], m["currency"] = p.Amount.Total.Minor, string(p.Amount.Total.Currency)
	if p.CustomerUsage == "issue" { // shown, and not paid
		m["paid_amount"] = 0
	}
	m["status"], m["name"], m["paid_at"] = Status(p.Status), orNull(p.Name), unix(p.PaidAt)
	m["pg_tid"], m["receipt_url"] = orNull(p.Ref.Key), orNull(d.ReceiptURL)
	m["buyer_name"], m["buyer_email"], m["buyer_tel"] = orNull(p.Buyer.Name), orNull(p.Buyer.Email), orNull(p.Buyer.Tel)
	m["buyer_addr"], m["buyer_postcode"] = orNull(p.Buyer.Address), orNull(p.Buyer.Postcode)
	m["custom_data"] = echo(p.Custom)
	m["apply_num"], m["card_number"], m["card_quota"] = d.ApprovalNo, "", d.Months
	m["card_name"], m["bank_name"] = nil, nil
	if d.EasyPay != "" {
		m["emb_pg_provider"] = d.EasyPay
	}
	if d.Card != nil {
		m["card_number"], m["card_name"] = d.Card.Number, named(names.Card, d.Card.Issuer, d.Card.Acquirer)
	}
	if d.Bank != nil {
		m["bank_name"] = named(names.Bank, d.Bank.Code)
	}
	if a := d.Account; a != nil {
		m["vbank_num"], m["vbank_name"] = orNull(a.Number), named(names.Bank, a.Bank)
		m["vbank_holder"], m["vbank_date"] = orNull(a.Holder), unix(a.Due)
	}
}

// Failure is the callback of a request that was refused before there was a
// payment: imp_uid is null. An empty provider is one not known, which gets the
// classic fields: success false is true of every provider.
func Failure(provider pay.Provider, uid pay.MerchantUID, code, message string, o CallbackOptions) map[string]any {
	m := map[string]any{"imp_uid": nil, "merchant_uid": string(uid), "error_code": code, "error_msg": message}
	if !reduced(provider) || o.Success {
		m["success"], m["imp_success"] = false, false
	}
	if provider != "" && !reduced(provider) {
		m["pg_provider"], m["pg_type"] = string(provider), "payment"
	}
	return m
}

// RedirectQuery is what is appended to m_redirect_url at the end of a window
// that took the whole page. Code and message are as in Callback.
func RedirectQuery(p pay.Payment, code, message string, o CallbackOptions) url.Values {
	q := url.Values{"merchant_uid": {string(p.MerchantUID)}}
	if p.ID != "" {
		q.Set("imp_uid", string(p.ID))
	}
	flag := "true"
	if code != "" {
		q.Set("error_code", code)
		q.Set("error_msg", message)
		flag = "false"
	}
	if !reduced(p.Provider) || o.Success {
		q.Set("imp_success", flag)
	}
	if reduced(p.Provider) && o.Success {
		q.Set("success", flag)
	}
	return q
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// echo gives custom_data back as the page sent it.
func echo(custom string) any {
	switch {
	case custom == "":
		return nil
	case json.Valid([]byte(custom)):
		return json.RawMessage(custom)
	}
	return custom
}

// named is the name of the first code that has one.
func named(name func(string) string, codes ...string) any {
	for _, c := range codes {
		if name == nil || c == "" {
			continue
		}
		if n := name(c); n != "" {
			return n
		}
	}
	return nil
}
