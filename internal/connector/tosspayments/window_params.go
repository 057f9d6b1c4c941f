package tosspayments

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// maxDue is the longest that any version of the provider lets an account wait:
// "가상계좌 발급 요청", 2160 hours. What a shop's own version allows may be less.
const maxDue = 2160 * time.Hour

// noReceipt is the cashReceipt.type that hides the choice of one.
const noReceipt = "미발행"

// windowArgs are the arguments of requestPayment. Options that mean nothing for
// the method are not among them.
func (s *shop) windowArgs(w connector.Window) ([]any, error) {
	m, offered := windowMethods[w.Method]
	if !offered {
		return nil, fmt.Errorf("method %.40q is not offered in a window: it must be one of %v", w.Method, slices.Sorted(maps.Keys(windowMethods)))
	}
	p, err := commonParams(w)
	if err != nil {
		return nil, err
	}
	call := m.call
	switch {
	case w.Method == pay.MethodCard:
		err = cardParams(p, w)
	case m.easyPay != "":
		call, err = walletParams(p, m, w)
	case w.Method == pay.MethodTrans, w.Method == pay.MethodVbank:
		err = s.bankParams(p, w)
	}
	return []any{call, p}, err
}

// commonParams are the parameters of every method.
func commonParams(w connector.Window) (map[string]any, error) {
	if err := checkOrder(w.Order, w.Name, w.Amount); err != nil {
		return nil, err
	}
	if err := w.Amount.Validate(); err != nil {
		return nil, err
	}
	p, err := browserParams(w.SuccessURL, w.FailureURL, w.Mobile, w.Buyer)
	if err != nil {
		return nil, err
	}
	p["amount"], p["orderId"], p["orderName"] = w.Amount.Total.Minor, w.Order, httpcall.Cut(w.Name, maxText)
	if w.Amount.TaxFree > 0 {
		p["taxFreeAmount"] = w.Amount.TaxFree
	}
	setText(p, "appScheme", w.AppScheme)
	return p, nil
}

// browserParams are what the windows of payments and of billing keys have in common.
func browserParams(success, failure string, mobile bool, b pay.Buyer) (map[string]any, error) {
	for _, a := range []struct{ name, address string }{{"successUrl", success}, {"failUrl", failure}} {
		if err := httpcall.CheckReturn(a.name, a.address); err != nil {
			return nil, err
		}
	}
	p := map[string]any{"successUrl": success, "failUrl": failure, "windowTarget": "iframe"}
	if mobile {
		p["windowTarget"] = "self"
	}
	buyer := buyerOf(b)
	setText(p, "customerName", buyer.CustomerName)
	setText(p, "customerEmail", buyer.CustomerEmail)
	return p, nil
}

func setText(p map[string]any, name, value string) {
	if value != "" {
		p[name] = value
	}
}

// bankParams adds the parameters of "가상계좌" and "계좌이체". Whether a deposit is
// protected by escrow is the merchant's to say, never left to the buyer.
func (s *shop) bankParams(p map[string]any, w connector.Window) error {
	p["useEscrow"] = w.Escrow
	if w.Escrow && len(w.Products) > 0 {
		list, err := escrowProducts(w.Products, w.Name)
		if err != nil {
			return err
		}
		p["escrowProducts"] = list
	}
	switch kind, known := receiptTypes[w.Receipt.Type]; {
	case w.Receipt.Type == connector.NoReceipt:
		p["cashReceipt"] = map[string]any{"type": noReceipt}
	case known:
		p["cashReceipt"] = map[string]any{"type": kind}
	case w.Receipt.Type != "":
		return fmt.Errorf("cashReceipt.type %.40q must be %s, %s, %s or nothing", w.Receipt.Type, pay.ReceiptPerson, pay.ReceiptCompany, connector.NoReceipt)
	}
	if w.Receipt.Culture {
		p["cultureExpense"] = true
	}
	setText(p, "customerMobilePhone", mobile(w.Buyer.Tel))
	if w.Method == pay.MethodVbank {
		return s.depositParams(p, w)
	}
	return nil
}

// depositParams adds until when to deposit, and where to say that it came.
func (s *shop) depositParams(p map[string]any, w connector.Window) error {
	if w.NoticeURL != "" {
		if err := httpcall.CheckReturn("virtualAccountCallbackUrl", w.NoticeURL); err != nil {
			return err
		}
		p["virtualAccountCallbackUrl"] = w.NoticeURL
	}
	if w.Due.IsZero() {
		return nil
	}
	due := w.Due.In(httpcall.KST()).Format(dueLayout)
	if wait := w.Due.Sub(s.Now()); wait <= 0 || wait > maxDue {
		return fmt.Errorf("dueDate %s must be within the next %d hours", due, int(maxDue.Hours()))
	}
	p["dueDate"] = due
	return nil
}

// escrowProducts are the lines of an order under escrow ("가상계좌 발급 요청",
// escrowProducts: each has all five members). V1 calls them all optional, so what a
// merchant leaves out is filled in: the line's number, the order's name, one piece.
func escrowProducts(lines []connector.Product, order string) ([]map[string]any, error) {
	var out []map[string]any
	seen := map[string]bool{}
	for i, line := range lines {
		empty := line == connector.Product{}
		line.ID = cmp.Or(line.ID, fmt.Sprint("line-", i+1))
		switch {
		case empty:
			return nil, fmt.Errorf("escrowProducts[%d] says nothing", i)
		case seen[line.ID]:
			return nil, fmt.Errorf("escrowProducts[%d].id %.40q is there twice: it must be unique", i, line.ID)
		case line.UnitPrice < 0:
			return nil, fmt.Errorf("escrowProducts[%d].unitPrice %d must not be negative", i, line.UnitPrice)
		case line.Quantity < 0:
			return nil, fmt.Errorf("escrowProducts[%d].quantity %d must not be negative", i, line.Quantity)
		}
		seen[line.ID] = true
		out = append(out, map[string]any{
			"id": line.ID, "name": cmp.Or(line.Name, order), "code": cmp.Or(line.Code, line.ID), "unitPrice": line.UnitPrice, "quantity": max(line.Quantity, 1),
		})
	}
	return out, nil
}
