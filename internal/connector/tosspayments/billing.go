package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"naru/internal/connector"
	"naru/internal/pay"
)

const (
	minCustomer = 2 // customerKey
	maxCustomer = 300
)

// IssueBillingKey issues a billing key from card details: "카드 정보로 빌링키
// 발급". Identity and password that are not known are left out, and then the
// provider decides. A zero card leaves out the card altogether: the provider
// looks at the idempotency key first and gives the first answer again ("멱등키").
func (s *shop) IssueBillingKey(ctx context.Context, call connector.Call, customer string, card connector.Card) (connector.KeyOutcome, error) {
	const op = "issue billing key"
	if err := checkCustomer(customer); err != nil {
		return connector.KeyOutcome{}, s.misconfigured(op, err)
	}
	return s.issueKey(ctx, call, request{
		op: op, method: http.MethodPost, path: "/v1/billing/authorizations/card",
		body: billingKeyRequest{CustomerKey: customer, cardFields: cardOf(card)}, secrets: cardSecrets(card), deadline: billingDeadline,
	}, customer)
}

// issueKey makes a call that issues a billing key for a customer.
func (s *shop) issueKey(ctx context.Context, call connector.Call, r request, customer string) (connector.KeyOutcome, error) {
	var b billing
	no, err := s.do(ctx, call, r, &b)
	switch {
	case err != nil:
		return connector.KeyOutcome{}, err
	case no != nil:
		return connector.KeyOutcome{Verdict: connector.Declined, Decline: no.decline()}, nil
	case b.BillingKey == "":
		return connector.KeyOutcome{}, s.unknown(r.op, http.StatusOK, errors.New("the answer has no billingKey"))
	case b.CustomerKey != customer:
		return connector.KeyOutcome{}, s.unknown(r.op, http.StatusOK, errors.New("the answer is not about the customerKey"))
	}
	return connector.KeyOutcome{Verdict: connector.Approved, Key: s.billingKey(b)}, nil
}

// billingKey is the "Billing 객체" in the gateway's terms. Only cards have one.
func (s *shop) billingKey(b billing) connector.BillingKey {
	out := connector.BillingKey{Key: b.BillingKey, State: connector.KeyActive, Method: pay.MethodCard}
	c := card{Company: text(b.CardCompany), Number: text(b.CardNumber)} // gone from version 2024-06-01 on
	if b.Card.V != nil {
		c = *b.Card.V
	}
	if c != (card{}) {
		out.Card = s.card(c)
	}
	return out
}

// RevokeBillingKey deletes a billing key: "빌링키 삭제". One that was deleted
// before, or that the provider does not know, is gone.
func (s *shop) RevokeBillingKey(ctx context.Context, call connector.Call, key pay.Secret) (connector.Outcome, error) {
	const op = "revoke billing key"
	if key == "" {
		return connector.Outcome{}, s.notSent(op, errors.New("the billing key is not known"))
	}
	no, err := s.do(ctx, call, request{op: op, method: http.MethodDelete, path: billingPath(key), secrets: []pay.Secret{key}}, nil)
	switch {
	case err != nil:
		return connector.Outcome{}, err
	case no == nil, no.Code == keyRemoved, no.Code == keyUnknown:
		return connector.Outcome{Verdict: connector.Approved}, nil
	}
	return no.declined(), nil
}

// checkCustomer never shows the key, which is as good as a secret.
func checkCustomer(customer string) error {
	if n := len([]rune(customer)); n < minCustomer || n > maxCustomer {
		return fmt.Errorf("customerKey has %d characters: it must have %d to %d", n, minCustomer, maxCustomer)
	}
	return nil
}

func cardOf(c connector.Card) cardFields {
	return cardFields{
		CardNumber: c.Number.Reveal(), CardExpirationYear: c.ExpiryYear.Reveal(), CardExpirationMonth: c.ExpiryMonth.Reveal(),
		CustomerIdentityNumber: c.Birth.Reveal(), CardPassword: c.PasswordHead.Reveal(),
	}
}

// cardSecrets are the parts of a card to strike out wherever they stand. Those
// of two digits are only looked for in the fields that are made for them.
func cardSecrets(c connector.Card) []pay.Secret {
	return []pay.Secret{c.Number, c.ExpiryYear, c.ExpiryMonth, c.Birth, c.PasswordHead}
}
