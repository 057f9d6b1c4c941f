package tosspayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const (
	maxAccountKey = 13 // accountKey, of a fixed account
	dueLayout     = "2006-01-02T15:04:05"
)

// IssueAccount issues a virtual account: "가상계좌 발급 요청". No money moves, so
// nothing is made. A zero Due is the provider's own time, 168 hours. The
// account's holder is never told. Which banks issue accounts, and for how long at
// most, is the provider's to say.
func (s *shop) IssueAccount(ctx context.Context, call connector.Call, spec connector.AccountSpec) (connector.Outcome, error) {
	const op = "issue account"
	body, err := accountBody(spec)
	if err != nil {
		return connector.Outcome{}, s.misconfigured(op, err)
	}
	out, err := s.create(ctx, call, request{op: op, method: http.MethodPost, path: "/v1/virtual-accounts", body: body}, spec.Order, spec.Amount)
	out.Made = ""
	return out, err
}

func accountBody(spec connector.AccountSpec) (in accountRequest, err error) {
	if in.orderFields, err = orderOf(spec.Order, spec.Name, spec.Amount); err != nil {
		return in, err
	}
	bank, ok := codes.BankTo(pay.TossPayments, spec.Bank)
	switch {
	case !ok:
		return in, fmt.Errorf("bank: the provider has no code for bank %.20q", spec.Bank)
	case spec.Buyer.Name == "":
		return in, errors.New("customerName is empty")
	case len([]rune(spec.FixedKey)) > maxAccountKey:
		return in, fmt.Errorf("accountKey has %d characters: it must have at most %d", len([]rune(spec.FixedKey)), maxAccountKey)
	}
	in.buyerFields, in.CustomerMobilePhone, in.Bank = buyerOf(spec.Buyer), mobile(spec.Buyer.Tel), bank
	if !spec.Due.IsZero() {
		in.DueDate = spec.Due.In(httpcall.KST()).Format(dueLayout)
	}
	if spec.FixedKey != "" {
		in.AccountType, in.AccountKey = fixedAccount, spec.FixedKey
	}
	return in, nil
}
