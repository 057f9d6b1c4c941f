package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const maxAuthKey = 300

var (
	customerKey = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9\-_=.@]{%d,%d}$`, minCustomer, maxCustomer))
	authKey     = regexp.MustCompile(fmt.Sprintf(`^[!-~]{1,%d}$`, maxAuthKey))
)

var (
	errCustomerKey = fmt.Errorf("customerKey must be %d to %d letters, digits and - _ = . @", minCustomer, maxCustomer)
	errAuthKey     = fmt.Errorf("authKey must be 1 to %d signs without blanks", maxAuthKey)
)

// checkWindowCustomer holds a customerKey to the documents ("결제창 SDK(버전 1)",
// requestBillingAuth), which the API itself is laxer than. It never shows it.
func checkWindowCustomer(customer string) error {
	if !customerKey.MatchString(customer) {
		return errCustomerKey
	}
	return nil
}

// OpenBillingWindow asks the checkout page to call the provider's browser SDK:
// "결제창 SDK(버전 1)", requestBillingAuth. No request is sent from here, and what
// the key is for is not told.
func (s *shop) OpenBillingWindow(_ context.Context, w connector.BillingWindow) (connector.Launch, error) {
	const op = "open billing window"
	if err := checkWindowCustomer(w.Customer); err != nil {
		return connector.Launch{}, s.misconfigured(op, err)
	}
	p, err := browserParams(w.SuccessURL, w.FailureURL, w.Mobile, w.Buyer)
	if err != nil {
		return connector.Launch{}, s.misconfigured(op, err)
	}
	p["customerKey"] = w.Customer
	return connector.Launch{Script: s.script("requestBillingAuth", []any{callCard, p})}, nil
}

// ReadBillingReturn reads successUrl and failUrl of a billing window. The authKey
// is the proof: it may be used once.
func (s *shop) ReadBillingReturn(_ context.Context, r connector.Return) (connector.BillingReturned, error) {
	out, err := readBillingReturn(r)
	if err != nil {
		return connector.BillingReturned{}, s.notSent("read billing return", err)
	}
	return out, nil
}

func readBillingReturn(r connector.Return) (out connector.BillingReturned, err error) {
	if r.Failed {
		out.Decline, err = readDecline(r.Form)
		return out, err
	}
	out = connector.BillingReturned{Customer: httpcall.First(r.Form, "customerKey"), Proof: pay.Secret(httpcall.First(r.Form, "authKey"))}
	switch {
	case !customerKey.MatchString(out.Customer):
		return out, errCustomerKey
	case !authKey.MatchString(out.Proof.Reveal()):
		return out, errAuthKey
	}
	return out, nil
}

// IssueFromWindow issues the billing key that the customer agreed to: "인증 키로
// 빌링키 발급". The provider keeps its answer under call.Key ("멱등키"), so asking
// again gives the same key although the authKey is used up.
func (s *shop) IssueFromWindow(ctx context.Context, call connector.Call, customer string, proof pay.Secret) (connector.KeyOutcome, error) {
	const op = "issue billing key from window"
	switch {
	case checkCustomer(customer) != nil:
		return connector.KeyOutcome{}, s.misconfigured(op, checkCustomer(customer))
	case proof == "":
		return connector.KeyOutcome{}, s.notSent(op, errors.New("the authKey is not known"))
	case !authKey.MatchString(proof.Reveal()):
		return connector.KeyOutcome{}, s.misconfigured(op, errAuthKey)
	}
	return s.issueKey(ctx, call, request{
		op: op, method: http.MethodPost, path: "/v1/billing/authorizations/issue",
		body:    keyFromWindowRequest{AuthKey: proof.Reveal(), CustomerKey: customer},
		secrets: []pay.Secret{proof, pay.Secret(customer)}, deadline: billingDeadline,
	}, customer)
}
