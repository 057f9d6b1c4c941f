package gateway

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// activeKey is what a customer_uid means, or ErrNoBillingKey.
func (g *Gateway) activeKey(ctx context.Context, m pay.MerchantID, uid pay.CustomerUID) (pay.BillingKey, error) {
	var k pay.BillingKey
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		k, err = tx.BillingKey(ctx, m, uid)
		return translate(err, store.ErrNotFound, ErrNoBillingKey)
	})
	return k, err
}

// openKey opens a key and the channel it was issued on.
func (g *Gateway) openKey(ctx context.Context, k pay.BillingKey) (opened[connector.BillingCharger], pay.Secret, error) {
	var none opened[connector.BillingCharger]
	k, ch, err := g.keyWithChannel(ctx, k.Merchant, k.ID)
	if err != nil {
		return none, "", err
	}
	return g.openKeyOn(k, ch)
}

// openKeyOn is openKey when both have just been read.
func (g *Gateway) openKeyOn(k pay.BillingKey, ch pay.Channel) (opened[connector.BillingCharger], pay.Secret, error) {
	var none opened[connector.BillingCharger]
	if ch.Disabled {
		return none, "", fmt.Errorf("%w: %s is disabled", ErrChannelMissing, ch.Key)
	}
	on, err := openFor[connector.BillingCharger](g, ch)
	if err != nil {
		return none, "", err
	}
	key, err := g.vault.Open(k.Sealed, sealedAs(k.ID))
	return on, pay.Secret(key), err
}

// BillingKey is what a customer_uid means, or ErrNoBillingKey. Where the buyer
// may change the instrument at the provider, it is asked for first; a provider
// that cannot be reached leaves it as it was known.
func (g *Gateway) BillingKey(ctx context.Context, m pay.MerchantID, uid pay.CustomerUID) (pay.BillingKey, error) {
	k, err := g.activeKey(ctx, m, uid)
	if err != nil {
		return k, err
	}
	now, err := g.refreshKey(ctx, k)
	switch {
	case err != nil:
		g.log.WarnContext(ctx, "billing key not refreshed", "billing_key", k.ID, "err", err)
		return k, nil
	case now.Status != pay.KeyActive:
		return now, ErrNoBillingKey
	}
	return now, nil
}

// refreshKey asks the provider what is behind a key, and ends one that is gone.
func (g *Gateway) refreshKey(ctx context.Context, k pay.BillingKey) (pay.BillingKey, error) {
	_, ch, err := g.keyWithChannel(ctx, k.Merchant, k.ID)
	if err != nil {
		return k, err
	}
	on, err := openFor[connector.BillingReader](g, ch)
	if errors.Is(err, connector.ErrUnsupported) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	asking, stop := within(ctx, askQuickly)
	defer stop()
	got, err := on.can.ReadBillingKey(asking, k.CustomerID)
	if errors.Is(err, connector.ErrNotFound) {
		got, err = connector.BillingKey{State: connector.KeyGone}, nil
	}
	if err != nil {
		return k, err
	}
	return g.learnInstrument(ctx, k, got)
}

// learnInstrument records what a provider says of a key. That another key of the
// same customer is in force says that ours is gone; that another came to nothing
// says nothing of ours.
func (g *Gateway) learnInstrument(ctx context.Context, k pay.BillingKey, got connector.BillingKey) (pay.BillingKey, error) {
	mine := got.Key == "" || reflect.DeepEqual(g.vault.MAC("billing_key", []byte(got.Key.Reveal())), k.MAC)
	gone := got.State == connector.KeyGone && mine || got.State == connector.KeyActive && !mine
	if !gone && (got.State != connector.KeyActive || reflect.DeepEqual(instrumentOf(k, got), k)) {
		return k, nil
	}
	ctx = context.WithoutCancel(ctx)
	var now pay.BillingKey
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if now, err = tx.BillingKeyByID(ctx, k.Merchant, k.ID); err != nil || now.Status != pay.KeyActive {
			return err
		}
		if gone {
			now.Code, now.Message = codeGone, textGone
			now, err = tx.StepBillingKey(ctx, now, pay.EvKeyDeleted)
			return err
		}
		now, err = tx.UpdateBillingKey(ctx, instrumentOf(now, got))
		return err
	})
	return now, err
}

// BillingKeys are the keys of these names, in the order asked for; names without
// a key are left out. No provider is asked.
func (g *Gateway) BillingKeys(ctx context.Context, m pay.MerchantID, uids []pay.CustomerUID) ([]pay.BillingKey, error) {
	var out []pay.BillingKey
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.ActiveBillingKeys(ctx, m, uids)
		return err
	})
	return out, err
}

// DeleteKey ends a key: nothing charges it any more, and it is revoked at the
// provider where that can be done. Booked charges stay, and fail when due.
func (g *Gateway) DeleteKey(ctx context.Context, m pay.MerchantID, uid pay.CustomerUID) (pay.BillingKey, error) {
	if k, told, err := g.keyBefore(ctx); told {
		return k, err
	}
	var k pay.BillingKey
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if k, err = tx.BillingKey(ctx, m, uid); err != nil {
			return translate(err, store.ErrNotFound, ErrNoBillingKey)
		}
		if k, err = tx.StepBillingKey(ctx, k, pay.EvKeyDeleted); err != nil {
			return err
		}
		if err := begins(ctx, tx, store.Began{Kind: beganDeleteKey, ID: string(k.ID)}, tx.Now); err != nil {
			return err
		}
		change := store.Change{Merchant: m, Action: "billing_key.delete", Target: string(uid), Before: map[string]any{"id": k.ID, "channel": k.Channel, "status": pay.KeyActive}}
		if err := tx.AuditByHand(ctx, change); err != nil {
			return err
		}
		return tx.Enqueue(ctx, m, JobRevokeKey, string(k.ID), keyArg{Merchant: m}, tx.Now)
	})
	return k, err
}

// AdoptKey takes over a billing key that was issued elsewhere for the same
// contract. Where the provider can be asked about it, it must know it as active.
func (g *Gateway) AdoptKey(ctx context.Context, r AdoptKeyRequest) (pay.BillingKey, error) {
	switch {
	case r.CustomerUID == "":
		return pay.BillingKey{}, &Invalid{"customer_uid", "is empty"}
	case r.CustomerID == "":
		return pay.BillingKey{}, &Invalid{"customer_id", "is empty"}
	case r.Key == "":
		return pay.BillingKey{}, &Invalid{"key", "is empty"}
	}
	on, err := serverChannel[connector.BillingCharger](ctx, g, r.Merchant, ChannelChoice{Key: r.Channel}, pay.ChannelBilling, thatKind)
	if err != nil {
		return pay.BillingKey{}, err
	}
	got, err := g.checkAdopted(ctx, on.conn, r)
	if err != nil {
		return pay.BillingKey{}, err
	}
	k := pay.BillingKey{
		Merchant: r.Merchant, ID: pay.KeyID(g.newUUID()), CustomerUID: r.CustomerUID, CustomerID: r.CustomerID, Channel: on.ch.Key,
		Provider: on.ch.Provider, MID: on.ch.MID, Mode: on.ch.Mode, Status: pay.KeyIssuing, Method: pay.MethodCard, Buyer: r.Buyer,
	}
	if got.Card == nil && got.Method == "" && got.Bank == nil {
		got.Card, got.Method = r.Card, pay.MethodCard
	}
	if k, err = g.sealKey(k, got); err != nil {
		return k, err
	}
	err = g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if r.Fresh {
			if err := noKeyYet(ctx, tx, k); err != nil {
				return err
			}
		}
		k.Created, k.Updated = tx.Now, tx.Now
		if err := tx.InsertBillingKey(ctx, k); err != nil {
			return err
		}
		k, err = tx.ActivateBillingKey(ctx, k)
		return err
	})
	return k, err
}

// checkKey is whether AdoptKey would take a key over.
func (g *Gateway) checkKey(ctx context.Context, r AdoptKeyRequest) error {
	on, err := serverChannel[connector.BillingCharger](ctx, g, r.Merchant, ChannelChoice{Key: r.Channel}, pay.ChannelBilling, thatKind)
	if err != nil {
		return err
	}
	_, err = g.checkAdopted(ctx, on.conn, r)
	return err
}

func (g *Gateway) checkAdopted(ctx context.Context, conn connector.Connector, r AdoptKeyRequest) (connector.BillingKey, error) {
	reader, err := connector.As[connector.BillingReader](conn)
	if err != nil { // nobody to ask: the first charge shows
		return connector.BillingKey{Key: r.Key, State: connector.KeyActive}, nil
	}
	asking, stop := within(ctx, askQuickly)
	defer stop()
	got, err := reader.ReadBillingKey(asking, r.CustomerID)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return got, &Invalid{"customer_id", fmt.Sprintf("the provider knows no billing key of %q", r.CustomerID)}
	case err != nil:
		return got, errors.Join(ErrProviderDown, err)
	case got.State != connector.KeyActive:
		return got, &Invalid{"key", "the provider does not know it as active"}
	case got.Key != "" && got.Key != r.Key:
		return got, &Invalid{"key", fmt.Sprintf("the provider has another key for %q", r.CustomerID)}
	}
	got.Key = r.Key
	return got, nil
}

// KeyPayments are the charges of a customer_uid, also of keys that are gone, the
// newest first, and how many there are. Windows that issued a key are not among them.
func (g *Gateway) KeyPayments(ctx context.Context, m pay.MerchantID, uid pay.CustomerUID, page, limit int) ([]pay.Payment, int, error) {
	var out []pay.Payment
	var total int
	filter := store.PaymentFilter{CustomerUID: uid, Charged: true, Sort: "-started", Limit: limit, Offset: (page - 1) * limit}
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if total, err = tx.CountPayments(ctx, m, filter); err != nil {
			return err
		}
		out, err = tx.FindPayments(ctx, m, filter)
		return err
	})
	return out, total, err
}
