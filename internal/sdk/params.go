package sdk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/web"
)

// decodeParams reads what a page gave to IMP.request_pay into a window request,
// without the fields that come from elsewhere (user code, sub-store, origin,
// mobile, user agent). What is wrong, or not offered by either provider, is a
// *gateway.Refusal that names the parameter; what is not passed on as it is has
// a note. What depends on the channel or the method is left to the gateway. The
// rules are those of V1's page "결제요청 파라미터" and of decisions D3 to D28 in
// docs/v1-implementation-details.md; docs/window-parameters.md lists every name.
func decodeParams(params json.RawMessage, now time.Time) (gateway.WindowRequest, error) {
	w, _, err := readParams(params, now)
	return w, err
}

// readParams is decodeParams, and the form it read, which knows every name it was
// asked for.
func readParams(params json.RawMessage, now time.Time) (gateway.WindowRequest, *form, error) {
	fields, err := fieldsOf(params)
	if err != nil || fields == nil {
		return gateway.WindowRequest{}, nil, &gateway.Refusal{Code: gateway.RefusedParameter, Field: "params", Detail: "received " + show(params) + "; allowed: an object"}
	}
	f := newForm("", fields, nil)
	w := gateway.WindowRequest{
		MerchantUID: merchantUID(f, now), Name: f.text("name", 40), Buyer: buyer(f), Custom: customData(f),
		NoticeURLs: noticeURLs(f), ConfirmURL: f.address("confirm_url"), Language: language(f),
		AppScheme: f.text("app_scheme", 255), Billing: billing(f),
	}
	w.RedirectURL, _ = f.str("m_redirect_url")
	readChannel(f, &w)
	readAmount(f, &w)
	readEscrow(f, &w)
	readDue(f, &w, now)
	readCard(f, &w)
	readBypass(f, &w, now)
	readUnused(f)
	refuseNotOffered(f)
	w.Notes = f.told()
	if f.err != nil {
		return gateway.WindowRequest{}, f, f.err
	}
	return w, f, nil
}

func merchantUID(f *form, now time.Time) pay.MerchantUID {
	s, ok := f.str("merchant_uid")
	if !ok {
		return pay.MerchantUID(fmt.Sprintf("nobody_%d", now.UnixMilli()))
	}
	if strings.TrimSpace(s) == "" {
		f.wrong("merchant_uid", "1 to 40 characters")
	}
	f.fits("merchant_uid", s, 40)
	return pay.MerchantUID(s)
}

// buyerMost bounds what a page says of its buyer. V1 gives lengths for its
// servers' parameters only.
const buyerMost = 100

func buyer(f *form) pay.Buyer {
	return pay.Buyer{
		Name: f.text("buyer_name", buyerMost), Email: f.text("buyer_email", buyerMost), Tel: f.text("buyer_tel", buyerMost),
		Address: f.text("buyer_addr", 2*buyerMost), Postcode: f.text("buyer_postcode", buyerMost),
	}
}

// customMost is the most custom_data may hold, in bytes of its JSON text.
const customMost = 64 << 10

// customData is whatever the page sent, as JSON text.
func customData(f *form) string {
	v, _ := f.raw("custom_data")
	if len(v) > customMost {
		f.refuse(gateway.RefusedParameter, "custom_data", "received %d bytes of JSON; allowed: at most %d", len(v), customMost)
		return ""
	}
	return string(v)
}

const maxNotices = 10

func noticeURLs(f *form) []string {
	items, _ := f.list("notice_url")
	if len(items) > maxNotices {
		f.refuse(gateway.RefusedParameter, "notice_url", "received %d addresses; allowed: at most %d", len(items), maxNotices)
		return nil
	}
	var out []string
	for _, item := range items {
		var s string
		if json.Unmarshal(item, &s) != nil || strings.TrimSpace(s) != "" && !isAddress(strings.TrimSpace(s)) {
			f.wrong("notice_url", "absolute http or https addresses")
			return nil
		}
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// language is "ko" unless English was asked for (decision D23).
func language(f *form) string {
	from, name := "", ""
	for _, n := range []string{"language", "locale"} {
		s, _ := f.str(n)
		switch s = strings.TrimSpace(s); {
		case from == "":
			from, name = s, n
		case s != "" && web.Language(s) != web.Language(from):
			f.note(gateway.NoteUnused, n, "%s is given as well and wins", name)
		}
	}
	lang := web.Language(from)
	if lang == "ko" && from != "" && !strings.HasPrefix(strings.ToLower(from), "ko") {
		f.note(gateway.NoteAdapted, name, "the windows speak Korean and English: shown in Korean")
	}
	return lang
}

func readChannel(f *form, w *gateway.WindowRequest) {
	key, _ := f.str("channelKey")
	w.ChannelKey = pay.ChannelKey(strings.TrimSpace(key))
	w.PG, _ = f.str("pg")
	w.PG = strings.TrimSpace(w.PG)
	switch {
	case w.PG != "" && w.ChannelKey != "":
		f.note(gateway.NoteUnused, "pg", "channelKey is given as well and wins")
	case w.PG != "":
		f.note(gateway.NoteDeprecated, "pg", "use channelKey")
	}
	method, _ := f.str("pay_method")
	w.Method = pay.Method(strings.TrimSpace(method))
	if w.Method == pay.MethodSamsung {
		f.note(gateway.NoteDeprecated, "pay_method", "samsung: use samsungpay")
	}
}

// readAmount refuses anything but whole won: decision D24 and the section on
// amounts in V1's parameter page. A billing key needs no amount (D13).
func readAmount(f *form, w *gateway.WindowRequest) {
	if c, ok := f.str("currency"); ok && c != "" && !strings.EqualFold(c, string(pay.KRW)) {
		f.refuse(gateway.RefusedParameter, "currency", "received %q; allowed: KRW", c)
	}
	read := f.whole
	if w.Billing != nil {
		read = f.part
	}
	n, ok := read("amount")
	if !ok && f.root.err == nil && w.Billing == nil {
		f.refuse(gateway.RefusedParameter, "amount", "received nothing; allowed: a whole number of won")
	}
	w.Amount.Total = pay.Won(n)
	if w.Billing != nil {
		f.unused("nothing is bought in a billing-key window", "tax_free", "vat_amount", "vat")
		return
	}
	readTaxes(f, w)
}

func readTaxes(f *form, w *gateway.WindowRequest) {
	n := w.Amount.Total.Minor
	if free, ok := f.part("tax_free"); ok {
		w.Amount.TaxFree = free
		if free > n {
			f.refuse(gateway.RefusedParameter, "tax_free", "received %d; allowed: 0 to the amount %d", free, n)
		}
	}
	name := "vat_amount"
	if f.given("vat") {
		f.note(gateway.NoteDeprecated, "vat", "use vat_amount")
		if _, ok := f.raw(name); !ok {
			name = "vat"
		}
	}
	if vat, ok := f.part(name); ok {
		w.Amount.VAT = &vat
		if vat > n-w.Amount.TaxFree {
			f.refuse(gateway.RefusedParameter, name, "received %d; allowed: 0 to the taxable amount %d", vat, n-w.Amount.TaxFree)
		}
	}
}

const (
	customerUIDMost = 80
	customerIDMost  = 300 // Toss Payments, "자동결제": customerKey
)

// billing is there when the page wants a billing key.
func billing(f *form) *gateway.BillingRequest {
	uid, id := f.id("customer_uid", customerUIDMost), f.id("customer_id", customerIDMost)
	if uid == "" {
		f.unused("only together with customer_uid", "customer_id")
		return nil
	}
	return &gateway.BillingRequest{CustomerUID: pay.CustomerUID(uid), CustomerID: id}
}

// readUnused reads what V1 has for other providers and for servers' calls.
func readUnused(f *form) {
	f.flag("digital")
	f.flag("popup")
	f.unused("no window of these providers has such a parameter", "digital")
	f.unused("the provider decides how its window is shown", "popup")
	f.unused("of other providers", "biz_num", "company", "extra")
	f.unused("of charges with a billing key; in a window it is the buyer's choice", "cash_receipt_type", "cash_recipt_type")
}

// refuseNotOffered names what no channel offers, rather than opening a window
// that does something else.
func refuseNotOffered(f *form) {
	for _, no := range []struct{ name, why string }{
		{"channelGroupId", "smart routing is not offered: use channelKey"},
		{"promotion_id", "promotions are not offered: leave it out"},
	} {
		if s, ok := f.str(no.name); ok && s != "" {
			f.refuse(gateway.RefusedMethod, no.name, "%s", no.why)
		}
	}
}
