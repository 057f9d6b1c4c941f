package v1

import (
	"context"

	"naru/internal/codes"
	"naru/internal/pay"
)

type noIn struct{}

// Channel is one of a merchant's contracts with a provider.
type Channel struct {
	PGProvider  string `json:"pg_provider"`
	PGID        string `json:"pg_id"`
	Sandbox     bool   `json:"sandbox"`
	Type        string `json:"type"`
	ChannelName string `json:"channel_name"`
	ChannelKey  string `json:"channel_key"`
}

// channels lists the merchant's channels that are in use. A channel for
// windows is of type payment, one for billing keys of type api_payment.
func (a *api) channels(ctx context.Context, _ noIn) ([]Channel, error) {
	all, err := a.gateway.Channels(ctx, merchantOf(ctx).ID)
	if err != nil {
		return nil, err
	}
	out := []Channel{}
	for _, ch := range all {
		if ch.Disabled {
			continue
		}
		kind := "payment"
		if ch.Kind == pay.ChannelBilling {
			kind = "api_payment"
		}
		out = append(out, Channel{string(ch.Provider), ch.MID, ch.Mode == pay.ModeTest, kind, ch.Name, string(ch.Key)})
	}
	return out, nil
}

// Code is a card company or a bank with its standard code.
type Code struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type cardCodeIn struct {
	Code string `json:"card_standard_code"`
}

type bankCodeIn struct {
	Code string `json:"bank_standard_code"`
}

func (a *api) cards(context.Context, noIn) ([]Code, error) { return codesOf(codes.Cards()), nil }
func (a *api) banks(context.Context, noIn) ([]Code, error) { return codesOf(codes.Banks()), nil }

func (a *api) card(_ context.Context, in cardCodeIn) (Code, error) {
	if e, ok := codes.Card(in.Code); ok {
		return Code(e), nil
	}
	return Code{}, errNoCard
}

func (a *api) bank(_ context.Context, in bankCodeIn) (Code, error) {
	if e, ok := codes.Bank(in.Code); ok {
		return Code(e), nil
	}
	return Code{}, errNoBank
}

func codesOf(entries []codes.Entry) []Code {
	out := make([]Code, len(entries))
	for i, e := range entries {
		out[i] = Code(e)
	}
	return out
}
