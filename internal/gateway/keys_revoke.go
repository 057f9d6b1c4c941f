package gateway

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// revokeTries is how often a key that is not used any more is revoked before it
// is left to lie: nothing charges it from here.
const revokeTries = 20

// workRevokeKey makes a key useless at its provider, where that can be done.
func (g *Gateway) workRevokeKey(ctx context.Context, j store.Job) error {
	var arg keyArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	k, ch, err := g.keyWithChannel(ctx, arg.Merchant, pay.KeyID(j.Key))
	if errors.Is(err, ErrChannelMissing) { // there is nowhere to revoke it any more
		g.log.WarnContext(ctx, "billing key not revoked", "billing_key", k.ID, "err", err)
		return nil
	}
	if err != nil || len(k.Sealed) == 0 {
		return translate(err, store.ErrNotFound, nil)
	}
	if used, err := g.keyInUse(ctx, k); used || err != nil {
		return err
	}
	on, err := openFor[connector.BillingRevoker](g, ch)
	if errors.Is(err, connector.ErrUnsupported) {
		return nil
	}
	var out connector.Outcome
	if err == nil {
		out, err = g.revoke(ctx, on, k)
	}
	switch {
	case err == nil && out.Verdict == connector.Declined:
		g.log.WarnContext(ctx, "billing key not revoked", "billing_key", k.ID, "code", out.Decline.ProviderCode)
		return nil
	case err == nil && out.Verdict == connector.Approved:
		return nil
	case j.Tries >= revokeTries:
		g.log.ErrorContext(ctx, "billing key not revoked", "billing_key", k.ID, "tries", j.Tries, "err", err)
		return nil
	case err == nil:
		err = ErrOutcomeUnknown
	}
	return jobs.RetryAt(g.now().Add(time.Duration(j.Tries)*time.Minute), err)
}

// keyInUse reports whether the very same key was brought in again since.
func (g *Gateway) keyInUse(ctx context.Context, k pay.BillingKey) (bool, error) {
	var used []pay.BillingKey
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		used, err = tx.BillingKeysOfCustomer(ctx, k.Channel, k.CustomerID)
		return err
	})
	return slices.ContainsFunc(used, func(u pay.BillingKey) bool { return u.ID != k.ID && bytes.Equal(u.MAC, k.MAC) }), err
}

func (g *Gateway) revoke(ctx context.Context, on opened[connector.BillingRevoker], k pay.BillingKey) (connector.Outcome, error) {
	key, err := g.vault.Open(k.Sealed, sealedAs(k.ID))
	if err != nil {
		return connector.Outcome{}, err
	}
	var heard []connector.Exchange
	call := connector.Call{Key: pay.AttemptID("revoke-" + string(k.ID)), Record: func(e connector.Exchange) { heard = append(heard, e) }}
	asking, stop := within(ctx, on.d.Timings[pay.AttemptIssueKey].Deadline)
	defer stop()
	out, err := on.can.RevokeBillingKey(asking, call, pay.Secret(key))
	g.recordExchanges(ctx, pay.Attempt{Merchant: k.Merchant, ID: call.Key}, heard)
	return out, err
}
