package tosspay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/pay"
)

// userID is what a customer may be called: "빌링키 생성 요청", userId.
var userID = regexp.MustCompile(`^[0-9A-Za-z_\-:.^@=]{1,50}$`)

var errUserID = errors.New("userId must be 1 to 50 digits, letters and _-:.^@=")

// Some of the states of "빌링키 상태 조회".
const (
	stateActive = "ACTIVE"
	stateRemove = "REMOVE"
	stateCancel = "CANCEL"
)

var keyStates = map[string]connector.KeyState{
	"CREATE":    connector.KeyPending,
	"AUTH":      connector.KeyPending,
	stateActive: connector.KeyActive,
	stateRemove: connector.KeyGone,
	"FAIL":      connector.KeyGone,
	stateCancel: connector.KeyGone,
}

// ReadBillingKey says how the customer's billing key stands: "빌링키 상태 조회".
func (s *shop) ReadBillingKey(ctx context.Context, customer string) (connector.BillingKey, error) {
	const op = "read billing key"
	if err := checkCustomer(customer); err != nil {
		return connector.BillingKey{}, s.fail(connector.Misconfigured, op, 0, err)
	}
	k, no, err := s.keyStatus(ctx, connector.Call{}, op, customer)
	switch {
	case err != nil:
		return connector.BillingKey{}, err
	case no == nil:
		return s.billingKey(op, k, customer)
	case no.Code == billingKeyNotFound:
		return connector.BillingKey{}, fmt.Errorf("tosspay %s: %w", op, connector.ErrNotFound)
	}
	return connector.BillingKey{}, s.because(op, connector.Unknown, no)
}

// keyStatus asks about a customer's latest billing key.
func (s *shop) keyStatus(ctx context.Context, call connector.Call, op, customer string, secrets ...pay.Secret) (k keyStatus, no *refusal, err error) {
	no, err = s.do(ctx, call, op, "/api/v1/billing-key/status",
		keyStatusRequest{APIKey: s.Credentials[APIKey].Reveal(), UserID: customer}, &k, append(secrets, pay.Secret(customer))...)
	return k, no, err
}

func (s *shop) billingKey(op string, k keyStatus, customer string) (connector.BillingKey, error) {
	state, known := keyStates[k.Status]
	switch {
	case k.UserID != "" && k.UserID != customer:
		return connector.BillingKey{}, s.fail(connector.Unknown, op, http.StatusOK, errors.New("the answer is about another customer"))
	case state == connector.KeyActive && checkBillingKey(pay.Secret(k.BillingKey)) != nil:
		return connector.BillingKey{}, s.fail(connector.Unknown, op, http.StatusOK, errors.New("the answer says ACTIVE and has no billing key of 1 to 50 characters"))
	case !known:
		s.Log.Warn("billing key status is unknown: nothing is learned from it", "status", k.Status)
	}
	out := connector.BillingKey{Key: pay.Secret(k.BillingKey), State: state}
	switch k.PayMethod {
	case "":
	case "CARD":
		out.Method = pay.MethodCard
		if c := k.card.V; c != nil {
			company := s.company(string(c.Company), c.CompanyName)
			out.Card = &pay.Card{Issuer: company, Acquirer: company, Number: masked(c.Number), Type: cardTypes[c.MethodType]}
		}
	case "TOSS_MONEY":
		out.Method, out.Bank = pay.MethodPoint, s.bank(k.account.V)
	default:
		s.Log.Warn("pay method is unknown and is taken for the wallet's own money", "method", k.PayMethod)
		out.Method = pay.MethodPoint
	}
	return out, nil
}

// ownMoney are the codes of what is no bank account: the balance and the points
// of the wallet ("은행 코드").
var ownMoney = map[string]bool{"888": true, "889": true}

// bank is the bank of the account behind a billing key; nil where the money is
// the wallet's own.
func (s *shop) bank(a *keyAccount) *pay.Bank {
	if a == nil || ownMoney[string(a.Bank)] {
		return nil
	}
	for _, word := range []string{string(a.Bank), a.BankName} {
		if code, ok := codes.BankFrom(pay.TossPay, word); ok {
			return &pay.Bank{Code: code}
		}
	}
	if a.Bank != "" || a.BankName != "" {
		s.Log.Warn("bank is unknown", "code", a.Bank, "name", a.BankName)
	}
	return nil
}

// RevokeBillingKey removes a billing key for good ("자동결제 API"). One that the
// provider does not find is gone already.
func (s *shop) RevokeBillingKey(ctx context.Context, call connector.Call, key pay.Secret) (connector.Outcome, error) {
	const op = "revoke billing key"
	if err := checkBillingKey(key); err != nil {
		return connector.Outcome{}, s.fail(connector.Misconfigured, op, 0, err)
	}
	no, err := s.do(ctx, call, op, "/api/v1/billing-key/remove",
		removeRequest{APIKey: s.Credentials[APIKey].Reveal(), BillingKey: key.Reveal()}, &struct{}{}, key)
	switch {
	case err != nil:
		return connector.Outcome{}, err
	case no != nil && no.Code != billingKeyNotFound:
		return no.declined(), nil
	}
	return connector.Outcome{Verdict: connector.Approved}, nil
}
