package tosspay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// Limits of "빌링키 생성 요청".
const (
	maxBillingText = 1500 // retAppScheme, returnSuccessUrl, returnFailureUrl
	maxUserCI      = 255
)

// keyFailed are our words where the provider says that nothing came of a billing
// key, and gives a code at most.
const keyFailed = "자동결제 등록에 실패했습니다"

// unnamed is the productDesc of a window whose name cannot be shown.
const unnamed = "자동결제"

func checkCustomer(customer string) error {
	if !userID.MatchString(customer) {
		return errUserID
	}
	return nil
}

// OpenBillingWindow creates a billing key that is of no use until the customer has
// agreed, and sends the browser to the page where they do ("빌링키 생성 요청"). The
// key is the proof. No money moves, so a refusal is an error: it is misconfigured
// with the provider's code and words if the provider did nothing.
func (s *shop) OpenBillingWindow(ctx context.Context, w connector.BillingWindow) (connector.Launch, error) {
	const op = "open billing window"
	in, err := s.newKeyBody(w)
	if err != nil {
		return connector.Launch{}, s.fail(connector.Misconfigured, op, 0, err)
	}
	var k newKey
	no, err := s.do(ctx, connector.Call{}, op, "/api/v1/billing-key", in, &k, pay.Secret(w.Customer), pay.Secret(w.UserCI))
	switch {
	case err != nil:
		return connector.Launch{}, err
	case no != nil:
		return connector.Launch{}, s.because(op, connector.Misconfigured, no)
	case checkBillingKey(k.BillingKey) != nil || httpcall.CheckReturn("checkoutUri", k.CheckoutURI) != nil:
		return connector.Launch{}, s.fail(connector.Unknown, op, http.StatusOK, errors.New("the answer has no billingKey or no checkoutUri"))
	}
	return connector.Launch{Redirect: k.CheckoutURI, Proof: k.BillingKey}, nil
}

func (s *shop) newKeyBody(w connector.BillingWindow) (newKeyRequest, error) {
	if err := checkBillingWindow(w); err != nil {
		return newKeyRequest{}, err
	}
	in := newKeyRequest{
		APIKey: s.Credentials[APIKey].Reveal(), UserID: w.Customer, ProductDesc: describe(w.Name, unnamed), ResultCallback: w.NoticeURL,
		ReturnSuccessURL: w.SuccessURL, ReturnFailureURL: w.FailureURL, EncryptedUserCI: w.UserCI,
	}
	if w.Mobile { // it turns the page into a link that opens the app
		in.RetAppScheme = w.AppScheme
	}
	return in, nil
}

// checkBillingWindow never shows the customer nor their CI.
func checkBillingWindow(w connector.BillingWindow) error {
	if err := checkCustomer(w.Customer); err != nil {
		return err
	}
	for _, a := range []struct {
		field, address string
		most           int
	}{{"returnSuccessUrl", w.SuccessURL, maxBillingText}, {"returnFailureUrl", w.FailureURL, maxBillingText}, {"resultCallback", w.NoticeURL, maxCallback}} {
		if err := checkAddress(a.field, a.address, a.most); err != nil {
			return err
		}
	}
	if n := len([]rune(w.AppScheme)); n > maxBillingText {
		return fmt.Errorf("retAppScheme has %d characters: at most %d are allowed", n, maxBillingText)
	}
	if n := len([]rune(w.UserCI)); n > maxUserCI {
		return fmt.Errorf("encryptedUserCi has %d characters: at most %d are allowed", n, maxUserCI)
	}
	return nil
}

// ReadBillingReturn reads returnSuccessUrl and returnFailureUrl: "빌링키 생성
// 요청". The billing key that comes along is left alone: ours came with the window.
func (s *shop) ReadBillingReturn(_ context.Context, r connector.Return) (connector.BillingReturned, error) {
	out, err := readBillingReturn(r)
	if err != nil {
		return connector.BillingReturned{}, s.fail(connector.NotSent, "read billing return", 0, err)
	}
	return out, nil
}

func readBillingReturn(r connector.Return) (connector.BillingReturned, error) {
	state, customer := httpcall.First(r.Form, "status"), httpcall.First(r.Form, "userId")
	out := connector.BillingReturned{Customer: customer}
	switch {
	case r.Failed == (state == stateActive):
		return out, fmt.Errorf("status %.40q must be %s, and %s alone comes to returnSuccessUrl", state, stateActive, stateActive)
	case r.Failed && customer == "": // like a payment's window that was left
	case !userID.MatchString(customer):
		return out, errUserID
	}
	if r.Failed {
		out.Decline = readKeyDecline(state, httpcall.First(r.Form, "errorCode"))
	}
	return out, nil
}

// readKeyDecline is why a billing key came to nothing. Where not even a status is
// told the window was left, as with that of a payment.
func readKeyDecline(state, code string) *connector.Decline {
	if code == "" {
		code = state
	}
	if code == "" || code == stateCancel || meanings[code].decline == connector.DeclineByCustomer {
		return leftWindow()
	}
	out := connector.Decline{
		Code: meanings[code].decline, ProviderCode: httpcall.Clean(httpcall.Cut(strings.ToValidUTF8(code, "?"), maxID)),
		ProviderMessage: keyFailed,
	}
	if out.Code == "" {
		out.Code = connector.DeclineOther
	}
	return &out
}

// leftWindow is the decline when the buyer left a window, of a payment or of a
// billing key.
func leftWindow() *connector.Decline {
	return &connector.Decline{Code: connector.DeclineByCustomer, ProviderCode: "PAY_CANCEL", ProviderMessage: "사용자가 결제를 취소하셨습니다"}
}

// IssueFromWindow says what became of the billing key that the window began:
// "빌링키 상태 조회", which knows the customer's latest key alone. A key that is
// nobody's yet is Pending, and so is ours when the provider tells of a later one
// that came to nothing: how long the window lives, the caller knows.
func (s *shop) IssueFromWindow(ctx context.Context, call connector.Call, customer string, proof pay.Secret) (connector.KeyOutcome, error) {
	const op = "issue billing key from window"
	err := checkCustomer(customer)
	if err == nil {
		err = checkBillingKey(proof)
	}
	if err != nil {
		return connector.KeyOutcome{}, s.fail(connector.Misconfigured, op, 0, err)
	}
	k, no, err := s.keyStatus(ctx, call, op, customer, proof)
	switch {
	case err != nil:
		return connector.KeyOutcome{}, err
	case no != nil && no.Code == billingKeyNotFound:
		return connector.KeyOutcome{}, nil
	case no != nil:
		return connector.KeyOutcome{}, s.because(op, connector.Unknown, no)
	}
	key, err := s.billingKey(op, k, customer)
	if err != nil {
		return connector.KeyOutcome{}, err
	}
	return issuedKey(k.Status, key, proof), nil
}

// issuedKey is what a customer's latest key means for the one of a window. Two
// cannot be active at once.
func issuedKey(state string, key connector.BillingKey, ours pay.Secret) connector.KeyOutcome {
	another := key.Key != "" && key.Key != ours
	declined := func(d *connector.Decline) connector.KeyOutcome {
		return connector.KeyOutcome{Verdict: connector.Declined, Decline: d}
	}
	switch {
	case key.State == connector.KeyActive && another:
		return declined(&connector.Decline{
			Code: connector.DeclineState, ProviderCode: state, ProviderMessage: "다른 자동결제가 이미 등록되어 있습니다",
		})
	case key.State == connector.KeyActive:
		return connector.KeyOutcome{Verdict: connector.Approved, Key: key}
	case key.State != connector.KeyGone || another:
		return connector.KeyOutcome{}
	case state == stateCancel:
		return declined(leftWindow())
	case state == stateRemove:
		return declined(&connector.Decline{Code: connector.DeclineState, ProviderCode: state, ProviderMessage: "등록된 자동결제가 해지되었습니다"})
	}
	return declined(&connector.Decline{Code: connector.DeclineOther, ProviderCode: state, ProviderMessage: keyFailed})
}
