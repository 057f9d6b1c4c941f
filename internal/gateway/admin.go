package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"

	"naru/internal/pay"
	"naru/internal/store"
)

// A user code is "imp" and 8 digits; those that a merchant brings along may differ.
// A colon parts it from a sub-store's code.
var userCode = regexp.MustCompile(`^[A-Za-z0-9_-]{3,40}$`)

// AddMerchant registers a merchant. An empty id or user code is generated; a
// user code is "imp" and 8 digits.
func (g *Gateway) AddMerchant(ctx context.Context, m pay.Merchant) (pay.Merchant, error) {
	if m.ID == "" {
		m.ID = pay.MerchantID("m_" + g.newUUID())
	}
	if m.UserCode == "" {
		n, err := rand.Int(g.rand, big.NewInt(100_000_000))
		if err != nil {
			return m, err
		}
		m.UserCode = fmt.Sprintf("imp%08d", n)
	}
	if !userCode.MatchString(m.UserCode) {
		return m, &Invalid{"user_code", fmt.Sprintf("%q: want imp and 8 digits, such as imp12345678", m.UserCode)}
	}
	if err := checkMerchant(pay.Merchant{}, m); err != nil {
		return m, err
	}
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		m.Created = tx.Now
		if err := tx.InsertMerchant(ctx, m); err != nil {
			return err
		}
		if err := planRetention(ctx, tx, m); err != nil {
			return err
		}
		if err := planRecovery(ctx, tx, m); err != nil {
			return err
		}
		_, after := changedFields(pay.Merchant{}, m, merchantFields)
		return tx.Audit(ctx, store.Change{Merchant: m.ID, Action: "merchant.add", Target: string(m.ID), After: after})
	})
	return m, err
}

// UpdateMerchant changes a merchant's name and settings to those of m, whatever
// they were; ChangeMerchant changes some of them. A value that cannot be is an
// *Invalid.
func (g *Gateway) UpdateMerchant(ctx context.Context, m pay.Merchant) error {
	_, err := g.ChangeMerchant(ctx, m.ID, func(now *pay.Merchant) error {
		now.Name, now.Settings = m.Name, m.Settings
		return nil
	})
	return err
}

// ChangeMerchant changes what change changes of a merchant's name and settings;
// others may change the rest at the same time. It may be called more than once.
// What is now is returned. A value that cannot be is an *Invalid.
func (g *Gateway) ChangeMerchant(ctx context.Context, id pay.MerchantID, change func(*pay.Merchant) error) (pay.Merchant, error) {
	defer g.forgetTokens()
	var now pay.Merchant
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		was, err := tx.MerchantToChange(ctx, id)
		if err != nil {
			return err
		}
		now = was
		if err := change(&now); err != nil {
			return err
		}
		before, after := changedFields(was, now, merchantFields)
		if len(after) == 0 && len(before) == 0 {
			return nil
		}
		if err := checkMerchant(was, now); err != nil {
			return err
		}
		if err := checkDefaultChannel(ctx, tx, now); err != nil {
			return err
		}
		if err := tx.UpdateMerchant(ctx, now); err != nil {
			return err
		}
		if err := planRetention(ctx, tx, now); err != nil {
			return err
		}
		if err := planRecovery(ctx, tx, now); err != nil {
			return err
		}
		return tx.Audit(ctx, store.Change{Merchant: id, Action: "merchant.update", Target: string(id), Before: before, After: after})
	})
	return now, err
}

// checkMerchant refuses what was changed to something that cannot be.
func checkMerchant(was, now pay.Merchant) error {
	if now.Name == "" && was.Name != "" {
		return &Invalid{"name", "is empty"}
	}
	if err := checkRecoveryHour(now.Settings.RecoveryHour); err != nil {
		return err
	}
	if w := WebhooksOf(now.Settings); !reflect.DeepEqual(w, WebhooksOf(was.Settings)) {
		if err := w.Check(); err != nil {
			return err
		}
	}
	for _, o := range now.Settings.Origins {
		if _, err := pay.ParseOrigin(o); err != nil {
			return &Invalid{"origins", err.Error()}
		}
	}
	for _, n := range now.Settings.AllowedIPs {
		if in, err := pay.ParseNetwork(n); err != nil || in != n {
			return &Invalid{"allowed_ips", fmt.Sprintf("%q is not a network such as 203.0.113.0/24", n)}
		}
	}
	if r := now.Settings.Retention; r != "" {
		if _, err := pay.ParseRetention(string(r)); err != nil {
			return &Invalid{"retention", err.Error()}
		}
	}
	return nil
}

// checkDefaultChannel refuses a default channel that is not one of the merchant's.
func checkDefaultChannel(ctx context.Context, tx *store.Tx, m pay.Merchant) error {
	key := m.Settings.DefaultChannel
	if key == "" {
		return nil
	}
	_, err := tx.Channel(ctx, m.ID, pay.ChannelKey(key))
	if errors.Is(err, store.ErrNotFound) {
		return &Invalid{"default_channel", fmt.Sprintf("%q is none of the merchant's channels", key)}
	}
	return err
}
