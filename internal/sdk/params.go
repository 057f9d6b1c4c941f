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
// without the fields that come from elsewhere (user code, origin, mobile, user
// agent). What is wrong, or not offered, is a *gateway.Refusal that names the
// parameter. The notes are hints for the page's developer: parameters that are
// unknown or replaced by newer ones. The rules are those of V1's page
// "결제요청 파라미터" and of decisions D3 to D28 in docs/v1-implementation-details.md.
func decodeParams(params json.RawMessage, now time.Time) (gateway.WindowRequest, []string, error) {
	fields, err := fieldsOf(params)
	if err != nil || fields == nil {
		return gateway.WindowRequest{}, nil, &gateway.Refusal{Code: gateway.RefusedParameter, Field: "params", Detail: "received " + show(params) + "; allowed: an object"}
	}
	f := newForm("", fields, nil)
	w := gateway.WindowRequest{
		MerchantUID: merchantUID(f, now), Name: f.text("name", 40), Buyer: buyer(f), Custom: customData(f),
		NoticeURLs: noticeURLs(f), ConfirmURL: f.address("confirm_url"), Language: language(f),
	}
	readChannel(f, &w)
	readAmount(f, &w)
	w.RedirectURL, _ = f.str("m_redirect_url")
	w.AppScheme, _ = f.str("app_scheme")
	refuseNotOffered(f)
	readCard(f, &w)
	readBypass(f, &w, now)
	f.ignore("products", "escrowProducts", "digital", "vbank_due", "biz_num", "customer_id", "popup", "company", "extra")
	if f.err != nil {
		return gateway.WindowRequest{}, nil, f.err
	}
	return w, notes(f), nil
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
// servers' parameters only; a window is not refused for a long name.
const buyerMost = 100

func buyer(f *form) pay.Buyer {
	return pay.Buyer{
		Name: f.text("buyer_name", buyerMost), Email: f.text("buyer_email", buyerMost), Tel: f.text("buyer_tel", buyerMost),
		Address: f.text("buyer_addr", 2*buyerMost), Postcode: f.text("buyer_postcode", buyerMost),
	}
}

// customData is whatever the page sent, as JSON text.
func customData(f *form) string {
	v, _ := f.raw("custom_data")
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
	first, _ := f.str("language")
	second, _ := f.str("locale")
	if first == "" {
		first = second
	}
	return web.Language(first)
}

func readChannel(f *form, w *gateway.WindowRequest) {
	key, _ := f.str("channelKey")
	w.ChannelKey = pay.ChannelKey(strings.TrimSpace(key))
	w.PG, _ = f.str("pg")
	w.PG = strings.TrimSpace(w.PG)
	method, _ := f.str("pay_method")
	w.Method = pay.Method(strings.TrimSpace(method))
}

// readAmount refuses anything but whole won: decision D24 and the section on
// amounts in V1's parameter page.
func readAmount(f *form, w *gateway.WindowRequest) {
	if c, ok := f.str("currency"); ok && c != "" && !strings.EqualFold(c, string(pay.KRW)) {
		f.refuse(gateway.RefusedParameter, "currency", "received %q; allowed: KRW", c)
	}
	n, ok := f.whole("amount")
	if !ok && f.root.err == nil {
		f.refuse(gateway.RefusedParameter, "amount", "received nothing; allowed: a whole number of won")
	}
	w.Amount.Total = pay.Won(n)
	if free, ok := f.part("tax_free"); ok {
		w.Amount.TaxFree = free
		if free > n {
			f.refuse(gateway.RefusedParameter, "tax_free", "received %d; allowed: 0 to the amount %d", free, n)
		}
	}
	name := "vat_amount"
	if _, ok := f.raw(name); !ok {
		name = "vat"
	}
	if vat, ok := f.part(name); ok {
		w.Amount.VAT = &vat
		if vat > n-w.Amount.TaxFree {
			f.refuse(gateway.RefusedParameter, name, "received %d; allowed: 0 to the taxable amount %d", vat, n-w.Amount.TaxFree)
		}
	}
	f.ignore("vat")
}

// refuseNotOffered names what this release does not sell, rather than opening
// a window that does something else.
func refuseNotOffered(f *form) {
	for _, no := range []struct{ name, why string }{
		{"customer_uid", "billing keys are not offered"},
		{"channelGroupId", "smart routing is not offered: use channelKey"},
		{"promotion_id", "promotions are not offered"},
	} {
		if s, ok := f.str(no.name); ok && s != "" {
			f.refuse(gateway.RefusedMethod, no.name, "%s", no.why)
		}
	}
	if f.isSet("escrow") {
		f.refuse(gateway.RefusedMethod, "escrow", "escrow is not offered: leave it out or send false")
	}
	if f.isSet("useFreeInterestFromMall") {
		f.refuse(gateway.RefusedMethod, "useFreeInterestFromMall", "interest paid by the merchant is not offered: leave it out or send false")
	}
}

// notes lists what a developer should know, each once.
func notes(f *form) []string {
	var out []string
	for _, name := range f.unknown() {
		out = append(out, name+": 알 수 없는 파라미터이므로 무시합니다. (unknown, ignored)")
	}
	_, key := f.raw("channelKey")
	if _, ok := f.raw("pg"); ok && !key {
		out = append(out, "pg: channelKey 사용을 권장합니다. (deprecated, use channelKey)")
	}
	if _, ok := f.raw("vat"); ok {
		out = append(out, "vat: vat_amount 사용을 권장합니다. (deprecated, use vat_amount)")
	}
	return out
}
