package main

import (
	"context"
	"errors"
	"fmt"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// The fixed identity of `naru dev`, so that examples can be copied. It exists
// nowhere else: `naru serve` makes its own.
const (
	devMerchant = pay.MerchantID("m_dev")
	devUserCode = "imp00000000"
	devKey      = "naru_dev_key"
	devSecret   = "naru_dev_secret"
	devName     = "나루 데모 상점"

	devOperator = "dev@naru.test" // signs in by the link of the start page
)

// The sandbox's shops: keys as the providers' own look, with the sandbox's
// prefix.
const (
	sandboxClientKey        = "sandbox_ck_NaruDevClientKey000000000001"
	sandboxSecretKey        = "sandbox_sk_NaruDevSecretKey000000000001"
	sandboxBillingClientKey = "sandbox_ck_NaruDevBillingClient00000001"
	sandboxBillingSecretKey = "sandbox_sk_NaruDevBillingSecret00000001"
	sandboxTossPayKey       = "sk_sandbox_NaruDevTossPay00001"
	sandboxTossPayBillKey   = "sk_sandbox_NaruDevTossPayBil1"
)

// devChannel is one of the fixed channels.
type devChannel struct {
	Key      pay.ChannelKey
	Provider pay.Provider
	MID      string
	Kind     pay.ChannelKind
	Default  bool
	Options  pay.ChannelOptions

	label       string // on the start page and the demo shop's buttons
	method      pay.Method
	credentials map[string]pay.Secret
}

func devChannels() []devChannel {
	return []devChannel{
		{
			Key: "channel-key-11111111-1111-4111-8111-111111111111", Provider: pay.TossPayments, MID: "tnaru", Kind: pay.ChannelPayment,
			Default: true, Options: pay.ChannelOptions{FixedAccounts: true}, label: "토스페이먼츠", method: pay.MethodCard,
			credentials: map[string]pay.Secret{"client_key": sandboxClientKey, "secret_key": sandboxSecretKey},
		},
		{
			Key: "channel-key-22222222-2222-4222-8222-222222222222", Provider: pay.TossPay, MID: "narutosspay", Kind: pay.ChannelPayment,
			label: "토스페이", method: pay.MethodTossPay,
			credentials: map[string]pay.Secret{"api_key": sandboxTossPayKey},
		},
		{
			Key: "channel-key-33333333-3333-4333-8333-333333333333", Provider: pay.TossPayments, MID: "tnarubill", Kind: pay.ChannelBilling,
			label: "토스페이먼츠 정기결제", method: pay.MethodCard,
			credentials: map[string]pay.Secret{"client_key": sandboxBillingClientKey, "secret_key": sandboxBillingSecretKey},
		},
		{
			Key: "channel-key-44444444-4444-4444-8444-444444444444", Provider: pay.TossPay, MID: "narutosspaybill", Kind: pay.ChannelBilling,
			label: "토스페이 정기결제", method: pay.MethodTossPay,
			credentials: map[string]pay.Secret{"api_key": sandboxTossPayBillKey},
		},
	}
}

// settle makes what is missing of the fixed identity, and moves what an earlier
// run left to this run's addresses.
func settle(ctx context.Context, a *app, sandbox, webhook string) error {
	if err := settleMerchant(ctx, a, webhook); err != nil {
		return err
	}
	if err := settleOperator(ctx, a); err != nil {
		return err
	}
	for _, c := range devChannels() {
		if err := settleChannel(ctx, a, c, sandbox); err != nil {
			return fmt.Errorf("channel of %s: %w", c.MID, err)
		}
	}
	return nil
}

func settleMerchant(ctx context.Context, a *app, webhook string) error {
	hasKey := false
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, devMerchant)
		if errors.Is(err, store.ErrNotFound) {
			return tx.InsertMerchant(ctx, pay.Merchant{
				ID: devMerchant, UserCode: devUserCode, Name: devName, Settings: pay.Settings{WebhookURL: webhook},
			})
		}
		if err != nil {
			return err
		}
		if _, err = tx.Key(ctx, devKey); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		hasKey = err == nil
		m.Settings.WebhookURL = webhook
		return tx.UpdateMerchant(ctx, m)
	})
	if err != nil || hasKey {
		return err
	}
	_, _, err = a.gateway.AddKey(ctx, devMerchant, devKey, devSecret)
	return err
}

// settleOperator makes the operator who enters the console by the start page's link.
func settleOperator(ctx context.Context, a *app) error {
	_, err := a.people.Add(ctx, people.NewOperator{Email: devOperator, Name: "개발자", Role: pay.RoleOwner})
	if errors.Is(err, people.ErrEmailTaken) {
		return nil
	}
	return err
}

func settleChannel(ctx context.Context, a *app, c devChannel, sandbox string) error {
	api, script := endpoints(sandbox, c.Provider)
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		ch, err := tx.Channel(ctx, devMerchant, c.Key)
		if err != nil || ch.API == api && ch.Script == script && ch.Options == c.Options {
			return err
		}
		ch.API, ch.Script, ch.Options = api, script, c.Options
		return tx.UpdateChannel(ctx, ch)
	})
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	_, err = a.gateway.AddChannel(ctx, gateway.NewChannel{
		Merchant: devMerchant, Key: c.Key, Provider: c.Provider, MID: c.MID, Name: c.label, Mode: pay.ModeSandbox, Kind: c.Kind,
		API: api, Script: script, Credentials: c.credentials, Default: c.Default, Options: c.Options,
	})
	return err
}
