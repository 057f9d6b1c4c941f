package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
)

// MovementsOf is all money that moved for these payments: of each the oldest
// first; of one instant, in the order they were recorded.
func (t *Tx) MovementsOf(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID) ([]pay.Movement, error) {
	ms, err := of(ctx, t, merchant, ids, scanMovement,
		`SELECT `+movementColumns+` FROM movements WHERE merchant = $1 AND payment`, ` ORDER BY payment, at, ordinal`)
	return ms, wrap(err, "movements of merchant %s", merchant)
}

// Contract is what a merchant's channels may share: a MID of a provider in a mode.
type Contract struct {
	Provider pay.Provider
	MID      string
	Mode     pay.Mode
}

// MovementsBetween is up to limit movements of a contract from a time until, and
// without, another, the oldest first; after is the last of the page before, its
// zero the beginning.
func (t *Tx) MovementsBetween(ctx context.Context, merchant pay.MerchantID, c Contract, from, to time.Time, after pay.Movement, limit int) ([]pay.Movement, error) {
	if after.At.Before(from) {
		after = pay.Movement{At: from}
	}
	ms, err := list(ctx, t, scanMovement, `SELECT m.`+strings.ReplaceAll(movementColumns, `, `, `, m.`)+`
		FROM movements AS m JOIN payments AS p ON p.merchant = m.merchant AND p.id = m.payment
		WHERE m.merchant = $1 AND m.at >= $2 AND m.at < $3 AND (m.at, m.payment, m.key) > ($2, $4, $5)
			AND p.provider = $6 AND p.mid = $7 AND p.mode = $8
		ORDER BY m.at, m.payment, m.key LIMIT $9`,
		merchant, after.At, to, after.Payment, after.Key, c.Provider, c.MID, c.Mode, limit)
	return ms, wrap(err, "movements of merchant %s from %s", merchant, from)
}

// OwnersOf is whose these payments are, of all merchants; what does not exist is
// left out.
func (t *Tx) OwnersOf(ctx context.Context, ids []pay.PaymentID) (map[pay.PaymentID]pay.MerchantID, error) {
	all, err := inChunks(ids, func(some []pay.PaymentID) ([]pair, error) {
		n := room(len(some))
		return list(ctx, t, scanPair, `SELECT id, merchant FROM payments WHERE id IN (`+placeholders(1, n)+`)`, padded(some, n)...)
	})
	if err != nil {
		return nil, wrap(err, "owners of %d payments", len(ids))
	}
	out := make(map[pay.PaymentID]pay.MerchantID, len(all))
	for _, p := range all {
		out[pay.PaymentID(p.of)] = pay.MerchantID(p.name)
	}
	return out, nil
}

// named is which of these names a query of one column finds. The query ends where
// the list of names follows; args come before it.
func (t *Tx) named(ctx context.Context, names []string, query string, args ...any) (map[string]bool, error) {
	found, err := inChunks(names, func(some []string) ([]string, error) {
		n := room(len(some))
		return list(ctx, t, func(r row) (s string, err error) { return s, r.Scan(&s) },
			query+` IN (`+placeholders(len(args)+1, n)+`)`, append(slices.Clone(args), padded(some, n)...)...)
	})
	out := make(map[string]bool, len(found))
	for _, s := range found {
		out[s] = true
	}
	return out, err
}

// JobsNamed is which of these keys a merchant has a job of a kind of, running or not.
func (t *Tx) JobsNamed(ctx context.Context, merchant pay.MerchantID, kind string, keys []string) (map[string]bool, error) {
	out, err := t.named(ctx, keys, `SELECT key FROM jobs WHERE merchant = $1 AND kind = $2 AND key`, merchant, kind)
	return out, wrap(err, "jobs %s of merchant %s", kind, merchant)
}

// AlarmsNamed is which of these alarms a merchant has, open or closed.
func (t *Tx) AlarmsNamed(ctx context.Context, merchant pay.MerchantID, ids []string) (map[string]bool, error) {
	out, err := t.named(ctx, ids, `SELECT id FROM alarms WHERE merchant = $1 AND id`, merchant)
	return out, wrap(err, "alarms of merchant %s", merchant)
}

// PaymentsNamed is which of these payments a merchant has.
func (t *Tx) PaymentsNamed(ctx context.Context, merchant pay.MerchantID, ids []string) (map[string]bool, error) {
	out, err := t.named(ctx, ids, `SELECT id FROM payments WHERE merchant = $1 AND id`, merchant)
	return out, wrap(err, "payments of merchant %s", merchant)
}

// ActiveKeysOf is how many active billing keys each of these names has.
func (t *Tx) ActiveKeysOf(ctx context.Context, merchant pay.MerchantID, uids []pay.CustomerUID) (map[pay.CustomerUID]int, error) {
	all, err := inChunks(uids, func(some []pay.CustomerUID) ([]pay.CustomerUID, error) {
		n := room(len(some))
		return list(ctx, t, func(r row) (uid pay.CustomerUID, err error) { return uid, r.Scan(&uid) }, `SELECT customer_uid FROM billing_keys
			WHERE `+whatever(`status`)+` = 'active' AND merchant = $1 AND customer_uid IN (`+placeholders(2, n)+`)`, append([]any{merchant}, padded(some, n)...)...)
	})
	out := make(map[pay.CustomerUID]int, len(all))
	for _, uid := range all {
		out[uid]++
	}
	return out, wrap(err, "active billing keys of merchant %s", merchant)
}

// OrdersOf is the orders of these numbers, in the order asked for; what is not
// known is left out.
func (t *Tx) OrdersOf(ctx context.Context, merchant pay.MerchantID, uids []pay.MerchantUID) ([]Order, error) {
	found, err := inChunks(uids, func(some []pay.MerchantUID) ([]Order, error) {
		n := room(len(some))
		return list(ctx, t, scanOrder, `SELECT `+orderColumns+` FROM orders
			WHERE merchant = $1 AND merchant_uid IN (`+placeholders(2, n)+`)`, append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return nil, wrap(err, "orders of merchant %s", merchant)
	}
	return inOrder(uids, found, func(o Order) pay.MerchantUID { return o.MerchantUID }), nil
}

// OrdersAfter is up to limit orders of a merchant after a number, in the order of
// their numbers.
func (t *Tx) OrdersAfter(ctx context.Context, merchant pay.MerchantID, after pay.MerchantUID, limit int) ([]Order, error) {
	os, err := list(ctx, t, scanOrder, `SELECT `+orderColumns+` FROM orders
		WHERE merchant = $1 AND merchant_uid > $2 ORDER BY merchant_uid LIMIT $3`, merchant, after, limit)
	return os, wrap(err, "orders of merchant %s", merchant)
}

// SchedulesAfter is up to limit schedules of a merchant after an order number.
func (t *Tx) SchedulesAfter(ctx context.Context, merchant pay.MerchantID, after pay.MerchantUID, limit int) ([]pay.Schedule, error) {
	ss, err := list(ctx, t, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules
		WHERE merchant = $1 AND merchant_uid > $2 ORDER BY merchant_uid LIMIT $3`, merchant, after, limit)
	return ss, wrap(err, "schedules of merchant %s", merchant)
}

// BillingKeysAfter is up to limit billing keys of a merchant after an id.
func (t *Tx) BillingKeysAfter(ctx context.Context, merchant pay.MerchantID, after pay.KeyID, limit int) ([]pay.BillingKey, error) {
	ks, err := list(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE merchant = $1 AND id > $2 ORDER BY id LIMIT $3`, merchant, after, limit)
	return ks, wrap(err, "billing keys of merchant %s", merchant)
}

// ReceiptsAfter is up to limit cash receipts of a merchant after an id.
func (t *Tx) ReceiptsAfter(ctx context.Context, merchant pay.MerchantID, after pay.ReceiptID, limit int) ([]pay.Receipt, error) {
	rs, err := list(ctx, t, scanReceipt, `SELECT `+receiptColumns+` FROM receipts
		WHERE merchant = $1 AND id > $2 ORDER BY id LIMIT $3`, merchant, after, limit)
	return rs, wrap(err, "receipts of merchant %s", merchant)
}

// merchantTables hold rows of merchants, which no constraint says are there.
var merchantTables = []string{"payments", "orders", "billing_keys", "schedules", "receipts", "deliveries"}

// StrayMerchants is the merchants that rows belong to and that are not there, by
// table. It reads one row of each merchant.
func (t *Tx) StrayMerchants(ctx context.Context) (map[string][]pay.MerchantID, error) {
	out := map[string][]pay.MerchantID{}
	for _, table := range merchantTables {
		for after := ""; ; {
			found, err := list(ctx, t, func(r row) (p pair, err error) {
				var known int
				err = r.Scan(&p.of, &known)
				if known > 0 {
					p.name = p.of
				}
				return p, err
			}, `SELECT x.merchant, (SELECT COUNT(*) FROM merchants AS m WHERE m.id = x.merchant) FROM `+table+` AS x
				WHERE x.merchant > $1 ORDER BY x.merchant LIMIT 1`, after)
			if err != nil {
				return nil, wrap(err, "merchants of %s", table)
			}
			if len(found) == 0 {
				break
			}
			if after = found[0].of; found[0].name == "" {
				out[table] = append(out[table], pay.MerchantID(after))
			}
		}
	}
	return out, nil
}

// JobsOfKinds is a merchant's jobs of these kinds, running or not. Each kind is one
// of which a merchant has few.
func (t *Tx) JobsOfKinds(ctx context.Context, merchant pay.MerchantID, kinds ...string) ([]Job, error) {
	args := []any{merchant}
	for _, k := range kinds {
		args = append(args, k)
	}
	js, err := list(ctx, t, scanJob, `SELECT `+jobColumns+` FROM jobs
		WHERE merchant = $1 AND kind IN (`+placeholders(2, len(kinds))+`) ORDER BY kind, key`, args...)
	return js, wrap(err, "jobs of merchant %s", merchant)
}
