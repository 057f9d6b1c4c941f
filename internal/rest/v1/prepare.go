package v1

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/store"
)

type prepareIn struct {
	MerchantUID string       `json:"merchant_uid"`
	Amount      *rest.Amount `json:"amount"`
	Currency    string       `json:"currency"`
}

type preparedIn struct {
	MerchantUID string `json:"merchant_uid"`
}

// Prepared is an order whose amount was registered beforehand. Currency is
// null when it was not registered.
type Prepared struct {
	MerchantUID string  `json:"merchant_uid"`
	Amount      int64   `json:"amount"`
	Currency    *string `json:"currency"`
}

func (a *api) prepare(ctx context.Context, in prepareIn) (Prepared, error) {
	if err := in.check(); err != nil {
		return Prepared{}, err
	}
	o, err := a.gateway.Prepare(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID), int64(*in.Amount), in.Currency)
	return preparedOf(o, err)
}

func (a *api) reprepare(ctx context.Context, in prepareIn) (Prepared, error) {
	if err := in.check(); err != nil {
		return Prepared{}, err
	}
	o, err := a.gateway.Reprepare(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID), int64(*in.Amount), in.Currency)
	return preparedOf(o, err)
}

func (a *api) prepared(ctx context.Context, in preparedIn) (Prepared, error) {
	if in.MerchantUID == "" {
		return Prepared{}, rest.Missing("merchant_uid")
	}
	return preparedOf(a.gateway.Prepared(ctx, merchantOf(ctx).ID, pay.MerchantUID(in.MerchantUID)))
}

func (in *prepareIn) check() error {
	in.Currency = strings.ToUpper(strings.TrimSpace(in.Currency))
	switch {
	case in.MerchantUID == "":
		return rest.Missing("merchant_uid")
	case utf8.RuneCountInString(in.MerchantUID) > maxMerchantUID:
		return &rest.FieldError{Field: "merchant_uid", Value: in.MerchantUID, Rule: rest.RuleLength, Want: strconv.Itoa(maxMerchantUID)}
	case in.Amount == nil:
		return rest.Missing("amount")
	case in.Currency != "" && in.Currency != string(pay.KRW):
		return &rest.FieldError{Field: "currency", Value: in.Currency, Rule: rest.RuleAllowed, Want: string(pay.KRW)}
	}
	return nil
}

func preparedOf(o store.Order, err error) (Prepared, error) {
	if err != nil {
		return Prepared{}, err
	}
	return Prepared{string(o.MerchantUID), o.Prepared.Minor, orNull(string(o.Prepared.Currency))}, nil
}
