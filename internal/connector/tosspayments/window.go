package tosspayments

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const maxText = 100 // orderName, customerName and customerEmail

var orderID = regexp.MustCompile(`^[A-Za-z0-9_=-]{6,64}$`)

// OpenWindow asks the checkout page to call the provider's browser SDK:
// "결제창 SDK(버전 1)", requestPayment. No request is sent from here.
func (s *shop) OpenWindow(_ context.Context, w connector.Window) (connector.Launch, error) {
	args, err := s.windowArgs(w)
	if err != nil {
		return connector.Launch{}, s.misconfigured("open window", err)
	}
	return connector.Launch{Script: s.script("requestPayment", args), Ref: pay.Ref{Order: w.Order}}, nil
}

// script calls the browser SDK.
func (s *shop) script(call string, args []any) *connector.Script {
	return &connector.Script{
		Src:     s.Endpoints.Script,
		Object:  "TossPayments",
		Init:    []any{s.Credentials[ClientKey].Reveal()}, // made for browsers
		Call:    call,
		Args:    args,
		Origins: origins(s.Endpoints),
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
	out := connector.Returned{Ref: r.Ref}
	var err error
	if out.Decline, err = readDecline(r.Form); err != nil {
		return connector.Returned{}, err
	}
	if order := httpcall.First(r.Form, "orderId"); order != "" { // absent with PAY_PROCESS_CANCELED
		out.Ref.Order = httpcall.Cut(order, maxText)
	}
	return out, nil
}

// readDecline is why a window ended at failUrl. Leaving it is one decline,
// whether the SDK or the window said so.
func readDecline(form map[string][]string) (*connector.Decline, error) {
	code, message := httpcall.First(form, "code"), httpcall.First(form, "message")
	if code == "" || len(code) > maxText {
		return nil, fmt.Errorf("code has %d characters: it must have 1 to %d", len(code), maxText)
	}
	out := connector.Decline{
		Code: declineOf(code), ProviderCode: httpcall.Clean(code),
		ProviderMessage: httpcall.Clean(httpcall.Cut(strings.ToValidUTF8(message, "?"), maxMessage)),
	}
	if out.Code == connector.DeclineByCustomer {
		out.ProviderCode, out.ProviderMessage = "PAY_PROCESS_CANCELED", "사용자가 결제를 취소하였습니다"
	}
	return &out, nil
}
