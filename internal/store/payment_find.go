package store

import (
	"context"

	"naru/internal/pay"
)

// chunk is how many names one statement asks for.
const chunk = 256

// PaymentsByIDs is a merchant's payments of these ids, in the order asked for;
// what does not exist is left out, what is asked for twice comes once.
func (t *Tx) PaymentsByIDs(ctx context.Context, merchant pay.MerchantID, ids []pay.PaymentID) ([]pay.Payment, error) {
	found, err := inChunks(ids, func(some []pay.PaymentID) ([]pay.Payment, error) {
		n := room(len(some))
		return list(ctx, t, scanPayment, `SELECT `+paymentColumns+` FROM payments
			WHERE merchant = $1 AND id IN (`+placeholders(2, n)+`)`, append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return nil, wrap(err, "payments of merchant %s", merchant)
	}
	return inOrder(ids, found, func(p pay.Payment) pay.PaymentID { return p.ID }), nil
}

// NewestPayments is the newest payment of each of these orders, in the order
// asked for; an order without payments is left out. Newest is inserted last.
func (t *Tx) NewestPayments(ctx context.Context, merchant pay.MerchantID, uids []pay.MerchantUID) ([]pay.Payment, error) {
	found, err := inChunks(uids, func(some []pay.MerchantUID) ([]pay.Payment, error) {
		n := room(len(some))
		return list(ctx, t, scanPayment, `SELECT `+paymentColumns+` FROM payments AS p
			WHERE merchant = $1 AND merchant_uid IN (`+placeholders(2, n)+`) AND NOT EXISTS (
				SELECT 1 FROM payments AS q WHERE q.merchant = p.merchant AND q.merchant_uid = p.merchant_uid
					AND (q.ordinal, q.id) > (p.ordinal, p.id))`, append([]any{merchant}, padded(some, n)...)...)
	})
	if err != nil {
		return nil, wrap(err, "newest payments of merchant %s", merchant)
	}
	return inOrder(uids, found, func(p pay.Payment) pay.MerchantUID { return p.MerchantUID }), nil
}

// inChunks asks for long lists of names piece by piece.
func inChunks[K, V any](keys []K, ask func([]K) ([]V, error)) ([]V, error) {
	var out []V
	for len(keys) > 0 {
		some := keys[:min(len(keys), chunk)]
		keys = keys[len(some):]
		vs, err := ask(some)
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
	}
	return out, nil
}

// inOrder arranges what was found as it was asked for.
func inOrder[K ~string, V any](keys []K, found []V, key func(V) K) []V {
	at := make(map[K]V, len(found))
	for _, v := range found {
		at[key(v)] = v
	}
	out := make([]V, 0, len(at))
	for _, k := range keys {
		k = K(clean(string(k)))
		if v, ok := at[k]; ok {
			out = append(out, v)
			delete(at, k)
		}
	}
	return out
}
