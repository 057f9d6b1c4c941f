package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (r *rig) addChannel(key string, kind pay.ChannelKind, provider pay.Provider, mid string, def bool, credentials map[string]pay.Secret) {
	r.t.Helper()
	c := gateway.NewChannel{
		Merchant: r.merchant.ID, Key: pay.ChannelKey(key), Provider: provider, MID: mid, Name: key, Mode: pay.ModeSandbox, Kind: kind,
		API: r.sandbox.URL + "/tosspayments", Script: r.sandbox.URL + "/tosspayments/js/v1", Default: def, Credentials: credentials,
	}
	if provider == pay.TossPay {
		c.API, c.Script = r.sandbox.URL+"/tosspay", ""
	}
	_, err := r.gw.AddChannel(r.ctx, c)
	must2(r.t, err)
}

var billKeys = map[string]pay.Secret{"client_key": billClientKey, "secret_key": billSecretKey}

func (r *rig) issueOn(choice gateway.ChannelChoice) (pay.BillingKey, error) {
	return r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Channel: choice})
}

// The default of a kind stays the default of that kind, whatever the setting
// says about another (decision D2).
func TestDefaultOfTheNeededKind(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Advance(time.Second)
		r.addChannel("bill-2", pay.ChannelBilling, pay.TossPayments, "tnarubill", true, billKeys)
		if k, err := r.issueOn(gateway.ChannelChoice{}); err != nil || k.Channel != "bill-2" {
			t.Fatalf("issued on %s: %v", k.Channel, err)
		}
		r.merchant.Settings.DefaultChannel = string(r.channels[pay.TossPayments]) // of payments
		must2(t, r.gw.UpdateMerchant(r.ctx, r.merchant))
		if k, err := r.issueOn(gateway.ChannelChoice{}); err != nil || k.Channel != "bill-2" {
			t.Errorf("issued on %s: %v", k.Channel, err)
		}
	})
}

// A default channel that does not open is trouble, and not a reason to take the
// money on another contract.
func TestBrokenDefaultIsNotPassedOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Advance(time.Second)
		r.addChannel("bill-2", pay.ChannelBilling, pay.TossPayments, "tnarubill", true, billKeys)
		r.breakChannel("bill-2")
		if k, err := r.issueOn(gateway.ChannelChoice{}); !errors.Is(err, gateway.ErrProviderDown) {
			t.Errorf("the key was issued on %s: %v", k.Channel, err)
		}
	})
}

// A request for one provider is not carried out at another.
func TestNamedProviderThatCannot(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if k, err := r.issueOn(gateway.ChannelChoice{PG: "tosspay_v2"}); err == nil {
			t.Errorf("asked for Toss Pay, the key was issued at %s", k.Provider)
		}
	})
}

// A sub-store has nothing of its parent's, nor the other way round.
func TestTiersAreApart(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		tier, err := r.gw.AddTier(r.ctx, r.merchant.ID, "A01", "지점")
		must2(t, err)
		r.key(pay.TossPayments, "c1")
		r.book("c1", map[string]int{"m1": 1})
		paid, err := r.again("c1", "o1", 1000)
		must2(t, err)
		for what, c := range map[string]struct {
			err  error
			want error
		}{
			"charge":     {second(r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: tier.ID, CustomerUID: "c1", Charge: charge("o2", 1000)})), gateway.ErrNoBillingKey},
			"channel":    {second(r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: tier.ID, Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}, Charge: charge("o2", 1000)})), gateway.ErrChannelMissing},
			"pg":         {second(r.gw.ChargeOnce(r.ctx, gateway.OnetimeRequest{Merchant: tier.ID, Card: card, Channel: gateway.ChannelChoice{PG: "tosspayments.tnarubill"}, Charge: charge("o2", 1000)})), gateway.ErrChannelMissing},
			"cancel":     {second(r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: tier.ID, PaymentID: paid.ID})), gateway.ErrNoPayment},
			"revoke":     {second(r.gw.RevokeAccount(r.ctx, tier.ID, paid.ID, "")), gateway.ErrNoPayment},
			"receipt":    {second(r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: tier.ID, Payment: paid.ID, Identifier: "01012345678"})), gateway.ErrNoPayment},
			"key":        {second(r.gw.BillingKey(r.ctx, tier.ID, "c1")), gateway.ErrNoBillingKey},
			"delete":     {second(r.gw.DeleteKey(r.ctx, tier.ID, "c1")), gateway.ErrNoBillingKey},
			"schedule":   {second(r.gw.BookedCharge(r.ctx, tier.ID, "m1")), gateway.ErrNoSchedule},
			"unschedule": {second(r.gw.Unschedule(r.ctx, tier.ID, "c1", nil)), gateway.ErrNothingToRevoke},
			"retry":      {second(r.gw.RetrySchedule(r.ctx, tier.ID, "m1", "")), gateway.ErrNoSchedule},
			"of nobody":  {second(r.gw.Tier(r.ctx, tier.ID, "A01")), gateway.ErrNoTier},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", what, c.err, c.want)
			}
		}
	})
}

// The channel that is no default any more has an entry of its own in the audit log.
func TestTheFormerDefaultIsAudited(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.addChannel("channel-key-a", pay.ChannelBilling, pay.TossPayments, "tbill1", true, billKeys)
		r.addChannel("channel-key-b", pay.ChannelBilling, pay.TossPayments, "tbill2", true, billKeys)
		yes := true
		_, err := r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: "channel-key-a", Default: &yes})
		must2(t, err)
		for key, want := range map[string][]string{"channel-key-a": {"true", "false"}, "channel-key-b": {"false"}} {
			var got []string
			must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
				all, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{Target: key, Limit: 50})
				for _, a := range all {
					var before, after map[string]any
					if a.Action != "channel.update" {
						continue
					}
					must2(t, errors.Join(json.Unmarshal(a.Before, &before), json.Unmarshal(a.After, &after)))
					if before["default"] == after["default"] || len(after) > 1 {
						t.Errorf("%s: %s became %s", key, a.Before, a.After)
					}
					got = append(got, fmt.Sprint(after["default"] == true))
				}
				return err
			}))
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, and not %v", key, got, want)
			}
		}
	})
}
