package tosspay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// Limits of "결제 생성".
const (
	maxText     = 255 // productDesc, retUrl, retCancelUrl, retAppScheme
	maxCallback = 500
	maxLife     = 60 * time.Minute
)

var orderNo = regexp.MustCompile(`^[0-9A-Za-z_\-:.^@]{1,50}$`)

// enable are the values of enablePayMethods; "" is the merchant's own set.
var enable = map[pay.Method]string{pay.MethodTossPay: "", pay.MethodTossPayCard: "CARD", pay.MethodTossPayMoney: "TOSS_MONEY"}

// OpenWindow creates the payment at the provider and sends the browser to its
// checkout page. No money moves, so a refusal is an error: it is misconfigured
// with the provider's code and words if the provider did nothing.
func (s *shop) OpenWindow(ctx context.Context, w connector.Window) (connector.Launch, error) {
	const op = "open window"
	in, err := s.createBody(w)
	if err != nil {
		return connector.Launch{}, s.fail(connector.Misconfigured, op, 0, err)
	}
	var p created
	no, err := s.do(ctx, connector.Call{}, op, "/api/v2/payments", in, &p)
	switch {
	case err != nil:
		return connector.Launch{}, err
	case no != nil:
		return connector.Launch{}, s.because(op, connector.Misconfigured, no)
	case p.PayToken == "" || httpcall.CheckReturn("checkoutPage", p.CheckoutPage) != nil:
		return connector.Launch{}, s.fail(connector.Unknown, op, http.StatusOK, errors.New("the answer has no payToken or no checkoutPage"))
	}
	return connector.Launch{Redirect: p.CheckoutPage, Ref: pay.Ref{Order: w.Order, Key: p.PayToken}}, nil
}

func (s *shop) createBody(w connector.Window) (createRequest, error) {
	if err := s.checkWindow(w); err != nil {
		return createRequest{}, err
	}
	in := createRequest{
		APIKey: s.Credentials[APIKey].Reveal(), OrderNo: w.Order, Amount: w.Amount.Total.Minor, AmountTaxFree: w.Amount.TaxFree,
		ProductDesc: describe(w.Name, w.Order), RetURL: w.SuccessURL, RetCancelURL: w.FailureURL,
		EnablePayMethods: enable[w.Method], CashReceipt: true, CashReceiptTradeOption: w.Receipt.Category,
	}
	if w.Receipt.Issue != nil {
		in.CashReceipt = *w.Receipt.Issue
	}
	if w.NoticeURL != "" {
		in.ResultCallback, in.CallbackVersion = w.NoticeURL, "V2"
	}
	if w.Mobile { // from a desktop browser the buyer would not come back
		in.RetAppScheme = w.AppScheme
	}
	if !w.ExpiresAt.IsZero() {
		in.ExpiredTime = w.ExpiresAt.In(httpcall.KST()).Format(time.DateTime)
	}
	if w.Card.NoInstallment {
		in.Installment = "NOT_USE"
	}
	in.AmountTaxable, in.AmountVAT, in.AmountServiceFee = parts(w.Amount)
	return in, nil
}

// parts are the parts of an amount beside the tax-free one, which is always
// sent. They are sent if the VAT was given, and then they sum to the amount;
// otherwise the provider works them out.
func parts(b pay.Breakdown) (taxable, vat, fee *int64) {
	if b.VAT == nil {
		return nil, nil, nil
	}
	rest := b.Total.Minor - b.TaxFree - *b.VAT
	return &rest, b.VAT, new(int64)
}

func (s *shop) checkWindow(w connector.Window) error {
	if _, offered := enable[w.Method]; !offered {
		return fmt.Errorf("method %q is not offered: it must be %s, %s or %s", w.Method, pay.MethodTossPay, pay.MethodTossPayCard, pay.MethodTossPayMoney)
	}
	if err := checkOrder(w.Order, w.Amount, w.Receipt.Category); err != nil {
		return err
	}
	if left := w.ExpiresAt.Sub(s.Now()); !w.ExpiresAt.IsZero() && (left <= 0 || left > maxLife) {
		return fmt.Errorf("expiredTime %s must be within the next %d minutes", w.ExpiresAt.In(httpcall.KST()).Format(time.DateTime), int(maxLife.Minutes()))
	}
	for _, a := range []struct {
		field, address string
		most           int
	}{{"retUrl", w.SuccessURL, maxText}, {"retCancelUrl", w.FailureURL, maxText}, {"resultCallback", w.NoticeURL, maxCallback}} {
		if a.address == "" && a.field == "resultCallback" {
			continue
		}
		if err := checkAddress(a.field, a.address, a.most); err != nil {
			return err
		}
	}
	if n := len([]rune(w.AppScheme)); n > maxText {
		return fmt.Errorf("retAppScheme has %d characters: at most %d are allowed", n, maxText)
	}
	return nil
}

func checkAddress(field, address string, most int) error {
	if err := httpcall.CheckReturn(field, address); err != nil {
		return err
	}
	if n := len([]rune(address)); n > most {
		return fmt.Errorf("%s has %d characters: at most %d are allowed", field, n, most)
	}
	return nil
}

// checkOrder checks what a window and a charge have in common.
func checkOrder(order string, amount pay.Breakdown, category string) error {
	switch {
	case amount.Total.Currency != pay.KRW || amount.Total.Minor <= 0:
		return fmt.Errorf("amount %s must be above 0 and in %s", amount.Total, pay.KRW)
	case !orderNo.MatchString(order):
		return fmt.Errorf("orderNo %.80q must be 1 to 50 digits, letters and _-:.^@", order)
	case !slices.Contains([]string{"", "GENERAL", "CULTURE", "PUBLIC_TP"}, category):
		return fmt.Errorf("cashReceiptTradeOption %.40q must be GENERAL, CULTURE or PUBLIC_TP", category)
	}
	return amount.Validate()
}

// describe makes a productDesc, which must not hold \ " or ' and must not be
// blank: then it is the alternative.
func describe(name, alternative string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`\"'`, r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
	if clean = strings.TrimSpace(httpcall.Cut(clean, maxText)); clean != "" {
		return clean
	}
	return alternative
}

// ReadReturn reads retUrl and retCancelUrl: "결제창 띄우기". Neither brings the
// payToken or an amount, and nothing is documented to come to retCancelUrl.
func (s *shop) ReadReturn(_ context.Context, r connector.Return) (connector.Returned, error) {
	if r.Failed {
		return connector.Returned{Ref: r.Ref, Decline: leftWindow()}, nil
	}
	state, order := httpcall.First(r.Form, "status"), httpcall.First(r.Form, "orderNo")
	var err error
	switch {
	case state != "PAY_APPROVED" && state != "PAY_COMPLETE":
		err = fmt.Errorf("status %.40q must be PAY_APPROVED or PAY_COMPLETE", state)
	case !orderNo.MatchString(order):
		err = fmt.Errorf("orderNo %.80q must be 1 to 50 digits, letters and _-:.^@", order)
	}
	if err != nil {
		return connector.Returned{}, s.fail(connector.NotSent, "read return", 0, err)
	}
	return connector.Returned{Ref: pay.Ref{Order: order, Key: r.Ref.Key, Data: r.Ref.Data}}, nil
}
