package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
)

// The columns of a billing key: what is written once, what each change writes,
// and what only the store keeps.
const (
	billingKeyFixed   = `merchant, id, customer_uid, created`
	billingKeyMutable = `customer_id, channel, provider, mid, mode, sealed, mac, method, card, bank, buyer, code, message, tries, ` +
		`payment, proof, agreed`
	billingKeyKept    = `status, updated, ended`
	billingKeyColumns = billingKeyFixed + `, ` + billingKeyMutable + `, ` + billingKeyKept
)

func scanBillingKey(r row) (k pay.BillingKey, err error) {
	err = r.Scan(&k.Merchant, &k.ID, &k.CustomerUID, timeInto{&k.Created},
		&k.CustomerID, &k.Channel, &k.Provider, &k.MID, &k.Mode, blobInto{&k.Sealed}, blobInto{&k.MAC},
		&k.Method, jsonInto{&k.Card}, jsonInto{&k.Bank}, jsonInto{&k.Buyer}, &k.Code, &k.Message, &k.Tries,
		&k.Payment, blobInto{&k.Proof}, timeInto{&k.Agreed},
		&k.Status, timeInto{&k.Updated}, timeInto{&k.Ended})
	return k, err
}

// billingKeyArgs is the values of billingKeyMutable and billingKeyFind.
func billingKeyArgs(k pay.BillingKey) ([]any, error) {
	card, err := jsonText(k.Card)
	if err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	bank, err := jsonText(k.Bank)
	if err != nil {
		return nil, fmt.Errorf("bank: %w", err)
	}
	buyer, err := jsonText(k.Buyer)
	if err != nil {
		return nil, fmt.Errorf("buyer: %w", err)
	}
	args := []any{k.CustomerID, k.Channel, k.Provider, k.MID, k.Mode, k.Sealed, k.MAC,
		k.Method, card, bank, buyer, k.Code, k.Message, k.Tries, k.Payment, k.Proof, k.Agreed}
	return append(args, billingKeyFinds(k)...), nil
}

// InsertBillingKey adds a billing key; an empty Status is issuing, a zero Created
// now. ErrExists when the id is taken by any merchant, or when it is active and
// so is another of its customer_uid: insert it as issuing and activate it.
func (t *Tx) InsertBillingKey(ctx context.Context, k pay.BillingKey) error {
	if k.Status == "" {
		k.Status = pay.KeyIssuing
	}
	mutable, err := billingKeyArgs(k)
	if err != nil {
		return wrap(err, "billing key %s", k.ID)
	}
	args := append([]any{k.Merchant, k.ID, k.CustomerUID, t.or(k.Created)}, mutable...)
	err = t.change(ctx, ErrExists, `INSERT INTO billing_keys (`+billingKeyFixed+`, `+billingKeyMutable+`, `+billingKeyFind+`, `+billingKeyKept+`)
		VALUES (`+placeholders(1, 30)+`) ON CONFLICT DO NOTHING`, append(args, k.Status, t.Now, t.keyEnded(k, k.Status))...)
	return wrap(err, "billing key %s", k.ID)
}

// keyEnded is when a key that comes to a status was over: as it says, or now.
func (t *Tx) keyEnded(k pay.BillingKey, status pay.KeyStatus) time.Time {
	switch status {
	case pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused:
		return t.or(k.Ended)
	default:
		return time.Time{}
	}
}

// BillingKeyByID is a merchant's billing key, or ErrNotFound. A Write holds it.
func (t *Tx) BillingKeyByID(ctx context.Context, merchant pay.MerchantID, id pay.KeyID) (pay.BillingKey, error) {
	k, err := one(ctx, t, scanBillingKey,
		`SELECT `+billingKeyColumns+` FROM billing_keys WHERE merchant = $1 AND id = $2`+t.lock(), merchant, id)
	return k, wrap(err, "billing key %s of merchant %s", id, merchant)
}

// KeyByID is the billing key of an id, whosever it is, or ErrNotFound. A Write
// holds it.
func (t *Tx) KeyByID(ctx context.Context, id pay.KeyID) (pay.BillingKey, error) {
	k, err := one(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys WHERE id = $1`+t.lock(), id)
	return k, wrap(err, "billing key %s", id)
}

// BillingKey is the active key of a customer_uid, or ErrNotFound. A Write holds
// it, and finds the new one when it had to wait for one that was being replaced.
func (t *Tx) BillingKey(ctx context.Context, merchant pay.MerchantID, uid pay.CustomerUID) (pay.BillingKey, error) {
	text := `SELECT ` + billingKeyColumns + ` FROM billing_keys
		WHERE merchant = $1 AND customer_uid = $2 AND status = 'active'`
	for {
		k, err := one(ctx, t, scanBillingKey, text+t.lock(), merchant, uid)
		if isNotFound(err) && t.lock() != "" {
			// The key that was active when the statement began may have been replaced while
			// it waited, and the new one does not show in it. A statement that waits for
			// nobody tells whether there is one.
			if _, err = one(ctx, t, scanBillingKey, text, merchant, uid); err == nil {
				continue
			}
		}
		return k, wrap(err, "billing key of customer %q of merchant %s", uid, merchant)
	}
}

// BillingKeyDeletedSince reports whether the merchant deleted a key of a
// customer_uid after an instant. One that was found gone at the provider has a code.
func (t *Tx) BillingKeyDeletedSince(ctx context.Context, merchant pay.MerchantID, uid pay.CustomerUID, since time.Time) (bool, error) {
	n, err := t.number(ctx, `SELECT COUNT(*) FROM billing_keys
		WHERE merchant = $1 AND customer_uid = $2 AND status = 'deleted' AND code = '' AND ended > $3`, merchant, uid, since)
	return n > 0, wrap(err, "deleted keys of customer %q of merchant %s", uid, merchant)
}

// NewestBillingKey is the key of a customer_uid that was made last, whatever
// became of it, or ErrNotFound.
func (t *Tx) NewestBillingKey(ctx context.Context, merchant pay.MerchantID, uid pay.CustomerUID) (pay.BillingKey, error) {
	k, err := one(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE merchant = $1 AND customer_uid = $2 ORDER BY created DESC, id DESC LIMIT 1`, merchant, uid)
	return k, wrap(err, "newest billing key of customer %q of merchant %s", uid, merchant)
}

// ActiveBillingKeys is the active keys of these customer_uids, in the order asked
// for; one that has none is left out. They are not held.
func (t *Tx) ActiveBillingKeys(ctx context.Context, merchant pay.MerchantID, uids []pay.CustomerUID) ([]pay.BillingKey, error) {
	found, err := inChunks(uids, func(some []pay.CustomerUID) ([]pay.BillingKey, error) {
		n := room(len(some))
		return list(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
			WHERE merchant = $1 AND customer_uid IN (`+placeholders(2, n)+`) AND `+whatever(`status`)+` = 'active'`,
			append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return nil, wrap(err, "billing keys of merchant %s", merchant)
	}
	return inOrder(uids, found, func(k pay.BillingKey) pay.CustomerUID { return k.CustomerUID }), nil
}

// BillingKeyByMAC is the newest key of a channel with this digest, in use or not,
// or ErrNotFound. A Write holds it.
func (t *Tx) BillingKeyByMAC(ctx context.Context, channel pay.ChannelKey, mac []byte) (pay.BillingKey, error) {
	k, err := one(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE channel = $1 AND mac = $2 AND LENGTH(mac) > 0 ORDER BY created DESC, id DESC LIMIT 1`+t.lock(), channel, mac)
	return k, wrap(err, "billing key of channel %s", channel)
}

// BillingKeyOfPayment is the newest key that was asked for in a payment's window,
// or ErrNotFound. A Write holds it.
func (t *Tx) BillingKeyOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) (pay.BillingKey, error) {
	k, err := one(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE merchant = $1 AND payment = $2 AND payment <> '' ORDER BY created DESC, id DESC LIMIT 1`+t.lock(), merchant, payment)
	return k, wrap(err, "billing key of payment %s", payment)
}

// BillingKeysOfCustomer is the keys of a channel that are in use, held or being
// issued for a customer of the provider, oldest first. A Write holds them.
func (t *Tx) BillingKeysOfCustomer(ctx context.Context, channel pay.ChannelKey, customerID string) ([]pay.BillingKey, error) {
	ks, err := list(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE channel = $1 AND customer_id = $2 AND status IN ('issuing', 'held', 'active') ORDER BY created, id`+t.lock(),
		channel, customerID)
	return ks, wrap(err, "billing keys of a customer of channel %s", channel)
}

// setBillingKey writes what k says if the row still has the status that was read.
var setBillingKey = `UPDATE billing_keys SET status = $4, updated = $5, ended = $6, (` + billingKeyMutable + `, ` + billingKeyFind + `) =
		(` + placeholders(7, 23) + `)
	WHERE merchant = $1 AND id = $2 AND status = $3 RETURNING ` + billingKeyColumns

// replaceBillingKeys ends the other active keys of a customer_uid.
const replaceBillingKeys = `UPDATE billing_keys SET status = 'replaced', updated = $4, ended = $4
		WHERE merchant = $1 AND customer_uid = $2 AND id <> $3 AND status = 'active'`

func (t *Tx) writeBillingKey(ctx context.Context, k pay.BillingKey, next pay.KeyStatus, ended time.Time) (pay.BillingKey, error) {
	mutable, err := billingKeyArgs(k)
	if err != nil {
		return k, err
	}
	now, err := one(ctx, t, scanBillingKey, setBillingKey,
		append([]any{k.Merchant, k.ID, k.Status, next, t.Now, ended}, mutable...)...)
	switch {
	case isNotFound(err):
		return k, ErrConflict
	case err != nil:
		return k, err
	}
	return now, nil
}

// StepBillingKey makes event ev happen to a billing key as it was read, and
// writes every other change made to k, provided its status is still that of k;
// else ErrConflict. One that is over has ended at k.Ended, or now. Merchant, id,
// customer_uid and creation never change. An event that pay.BillingKeys does not
// allow wraps pay.ErrNoStep. An activation is ActivateBillingKey.
func (t *Tx) StepBillingKey(ctx context.Context, k pay.BillingKey, ev pay.KeyEvent) (pay.BillingKey, error) {
	next, err := pay.BillingKeys.Next(k.Status, ev)
	if err != nil {
		return k, wrap(err, "billing key %s", k.ID)
	}
	if next == pay.KeyActive {
		return t.ActivateBillingKey(ctx, k)
	}
	now, err := t.writeBillingKey(ctx, k, next, t.keyEnded(k, next))
	return now, wrap(err, "billing key %s: %s in state %s", k.ID, ev, k.Status)
}

// UpdateBillingKey writes every change made to k but to its status, provided its
// status is still that of k; else ErrConflict.
func (t *Tx) UpdateBillingKey(ctx context.Context, k pay.BillingKey) (pay.BillingKey, error) {
	now, err := t.writeBillingKey(ctx, k, k.Status, t.keyEnded(k, k.Status))
	return now, wrap(err, "billing key %s in state %s", k.ID, k.Status)
}

// ActivateBillingKey makes k what its customer_uid means, as StepBillingKey with
// pay.EvKeyActivated would: the key that was active before it, if any, becomes
// replaced. Activations of one customer_uid come one after the other: each holds
// first its own key, which nobody else asks for, and then the active one, and
// whoever holds that waits for no other key. So none waits for another in a circle.
// Where there is no active one to meet at, the unique index lets one pass, and
// the others run again and find it.
func (t *Tx) ActivateBillingKey(ctx context.Context, k pay.BillingKey) (pay.BillingKey, error) {
	if _, err := pay.BillingKeys.Next(k.Status, pay.EvKeyActivated); err != nil {
		return k, wrap(err, "billing key %s", k.ID)
	}
	if t.lock() != "" {
		if _, err := t.BillingKey(ctx, k.Merchant, k.CustomerUID); err != nil && !isNotFound(err) {
			return k, err
		}
	}
	if _, err := t.exec(ctx, replaceBillingKeys, k.Merchant, k.CustomerUID, k.ID, t.Now); err != nil {
		return k, wrap(err, "billing key %s: replace the one before", k.ID)
	}
	now, err := t.writeBillingKey(ctx, k, pay.KeyActive, time.Time{})
	if errors.Is(err, ErrExists) {
		// Another key was activated at the same time, and neither could be seen when
		// the other looked, which only PostgreSQL lets happen. The error has undone our
		// transaction; the next run of fn finds that key.
		t.again = err
		err = ErrConflict
	}
	return now, wrap(err, "billing key %s: %s in state %s", k.ID, pay.EvKeyActivated, k.Status)
}
