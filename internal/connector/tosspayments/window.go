package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	maxText         = 100   // orderName, customerName and customerEmail
	installmentsMin = 50000 // won, from which installments are possible
	maxInstallments = 12
)

var orderID = regexp.MustCompile(`^[A-Za-z0-9_=-]{6,64}$`)

// OpenWindow asks the checkout page to call the provider's browser SDK:
// "결제창 SDK(버전 1)", requestPayment. No request is sent from here.
func (s *shop) OpenWindow(_ context.Context, w connector.Window) (connector.Launch, error) {
	params, err := windowParams(w)
	if err != nil {
		return connector.Launch{}, s.misconfigured("open window", err)
	}
	return connector.Launch{
		Script: &connector.Script{
			Src:     s.Endpoints.Script,
			Object:  "TossPayments",
			Init:    []any{s.Credentials[ClientKey].Reveal()}, // made for browsers
			Call:    "requestPayment",
			Args:    []any{"카드", params},
			Origins: origins(s.Endpoints),
		},
		Ref: pay.Ref{Order: w.Order},
	}, nil
}

func windowParams(w connector.Window) (map[string]any, error) {
	if w.Method != pay.MethodCard {
		return nil, fmt.Errorf("method %q is not offered: it must be %s", w.Method, pay.MethodCard)
	}
	if err := checkOrder(w.Order, w.Name, w.Amount); err != nil {
		return nil, err
	}
	p := map[string]any{
		"amount": w.Amount.Total.Minor, "orderId": w.Order, "orderName": httpcall.Cut(w.Name, maxText),
		"successUrl": w.SuccessURL, "failUrl": w.FailureURL, "windowTarget": "iframe", "useEscrow": w.Escrow,
	}
	for _, name := range []string{"successUrl", "failUrl"} {
		if err := httpcall.CheckReturn(name, p[name].(string)); err != nil {
			return nil, err
		}
	}
	if w.Mobile {
		p["windowTarget"] = "self"
	}
	if w.Amount.TaxFree > 0 {
		p["taxFreeAmount"] = w.Amount.TaxFree
	}
	buyer := buyerOf(w.Buyer)
	setText(p, "customerName", buyer.CustomerName)
	setText(p, "customerEmail", buyer.CustomerEmail)
	setText(p, "appScheme", w.AppScheme)
	if w.Language == "en" {
		p["language"] = "EN"
	}
	return p, cardParams(p, w.Card, w.Amount.Total.Minor)
}

// cardParams adds "카드·간편결제" parameters. Below the amount from which
// installments are possible their parameters are dropped.
func cardParams(p map[string]any, o connector.CardOptions, amount int64) error {
	if o.Company != "" {
		company, ok := codes.CardTo(pay.TossPayments, o.Company)
		if !ok {
			return fmt.Errorf("card company %.20q: the provider has no code for it", o.Company)
		}
		p["cardCompany"], p["flowMode"] = company, "DIRECT"
	}
	for name, months := range map[string]*int{"cardInstallmentPlan": o.Months, "maxCardInstallmentPlan": o.MaxMonths} {
		if months == nil {
			continue
		}
		if *months < 0 || *months == 1 || *months > maxInstallments {
			return fmt.Errorf("%s %d must be 0 or 2 to %d", name, *months, maxInstallments)
		}
		if amount >= installmentsMin && (name == "cardInstallmentPlan" || o.Months == nil) {
			p[name] = *months
		}
	}
	if o.AppCardOnly {
		p["useAppCardOnly"] = true
	}
	if o.Points != nil {
		p["useCardPoint"] = *o.Points
	}
	if o.International {
		p["useInternationalCardOnly"] = true
	}
	if o.DiscountCode != "" {
		if o.Company == "" {
			return errors.New("discountCode is possible only together with one card company, which goes to it directly")
		}
		p["discountCode"] = o.DiscountCode
	}
	return nil
}

func setText(p map[string]any, name, value string) {
	if value != "" {
		p[name] = value
	}
}

// origins are what the page that opens the window must be allowed to frame and
// call. The provider's own window lives on several hosts of its domain.
func origins(e connector.Endpoints) []string {
	var out []string
	for _, address := range []string{e.Script, e.API} {
		u, err := url.Parse(address)
		if err != nil { // open checked both
			continue
		}
		origin := u.Scheme + "://" + u.Host
		if strings.HasSuffix(u.Hostname(), ".tosspayments.com") {
			origin = "https://*.tosspayments.com"
		}
		if !slices.Contains(out, origin) {
			out = append(out, origin)
		}
	}
	return out
}

const maxPaymentKey = 200

// ReadReturn reads successUrl and failUrl: "결제창 SDK(버전 1)", 결제 결과.
// Leaving the window is one decline, whether the SDK or the window said so.
func (s *shop) ReadReturn(_ context.Context, r connector.Return) (connector.Returned, error) {
	read := s.readSuccess
	if r.Failed {
		read = s.readFailure
	}
	out, err := read(r)
	if err != nil {
		return connector.Returned{}, s.notSent("read return", err)
	}
	return out, nil
}

func (s *shop) readSuccess(r connector.Return) (connector.Returned, error) {
	key, order, amount := httpcall.First(r.Form, "paymentKey"), httpcall.First(r.Form, "orderId"), httpcall.First(r.Form, "amount")
	if key == "" || len(key) > maxPaymentKey {
		return connector.Returned{}, fmt.Errorf("paymentKey has %d characters: it must have 1 to %d", len(key), maxPaymentKey)
	}
	if !orderID.MatchString(order) {
		return connector.Returned{}, fmt.Errorf("orderId %.80q must be 6 to 64 letters, digits, _, = or -", order)
	}
	won, err := strconv.ParseInt(amount, 10, 64)
	if err != nil || won <= 0 {
		return connector.Returned{}, fmt.Errorf("amount %.40q must be a whole number above 0", amount)
	}
	return connector.Returned{Ref: pay.Ref{Order: order, Key: key, Data: r.Ref.Data}, Amount: &won}, nil
}

// maxMessage is the longest message of "에러 객체".
const maxMessage = 510

func (s *shop) readFailure(r connector.Return) (connector.Returned, error) {
	code, order := httpcall.First(r.Form, "code"), httpcall.First(r.Form, "orderId")
	if code == "" || len(code) > maxText {
		return connector.Returned{}, fmt.Errorf("code has %d characters: it must have 1 to %d", len(code), maxText)
	}
	out := connector.Returned{Ref: r.Ref, Decline: &connector.Decline{
		Code: declineOf(code), ProviderCode: httpcall.Clean(code),
		ProviderMessage: httpcall.Clean(httpcall.Cut(strings.ToValidUTF8(httpcall.First(r.Form, "message"), "?"), maxMessage)),
	}}
	if order != "" { // absent with PAY_PROCESS_CANCELED
		out.Ref.Order = httpcall.Cut(order, maxText)
	}
	if out.Decline.Code == connector.DeclineByCustomer {
		out.Decline.ProviderCode, out.Decline.ProviderMessage = "PAY_PROCESS_CANCELED", "사용자가 결제를 취소하였습니다"
	}
	return out, nil
}
