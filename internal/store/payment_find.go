package store

import (
	"context"
	"fmt"
	"strings"
	"time"

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

// PaymentFilter chooses payments of a merchant. Its zero value is all of them,
// the one started last first, without end.
type PaymentFilter struct {
	MerchantUID pay.MerchantUID // "" is any
	Statuses    []pay.Status    // none is any
	// From and To, both inclusive and zero for unbounded, are compared with the
	// time each payment got the status it shows in V1: started while it is not
	// paid, then paid, cancelled or failed.
	From, To time.Time
	Sort     string // "-started" (also ""), "started", "-paid", "paid", "-updated", "updated"; "-" is newest first, ids break ties
	Limit    int    // 0 is no limit
	Offset   int
}

// order is the ORDER BY of the filter.
func (f PaymentFilter) order() (string, error) {
	switch f.Sort {
	case "-started", "":
		return `started_at DESC, id DESC`, nil
	case "started":
		return `started_at, id`, nil
	case "-paid":
		return `paid_at DESC, id DESC`, nil
	case "paid":
		return `paid_at, id`, nil
	case "-updated":
		return `updated_at DESC, id DESC`, nil
	case "updated":
		return `updated_at, id`, nil
	default:
		return "", fmt.Errorf("sort %q: allowed are -started, started, -paid, paid, -updated, updated", f.Sort)
	}
}

// where is the condition of the filter and its arguments.
func (f PaymentFilter) where(merchant pay.MerchantID) (string, []any) {
	text, args := strings.Builder{}, []any{merchant}
	text.WriteString(`merchant = $1`)
	and := func(condition string, values ...any) {
		fmt.Fprintf(&text, ` AND %s%s`, condition, placeholders(len(args)+1, len(values)))
		args = append(args, values...)
	}
	if f.MerchantUID != "" {
		and(`merchant_uid = `, f.MerchantUID)
	}
	if len(f.Statuses) > 0 {
		and(`status IN (`, padded(f.Statuses, len(f.Statuses))...)
		text.WriteByte(')')
	}
	if !f.From.IsZero() {
		and(`status_at >= `, f.From)
	}
	if !f.To.IsZero() {
		and(`status_at <= `, f.To)
	}
	return text.String(), args
}

// FindPayments is the payments a filter chooses.
func (t *Tx) FindPayments(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) ([]pay.Payment, error) {
	order, err := f.order()
	if err != nil {
		return nil, wrap(err, "find payments of merchant %s", merchant)
	}
	if f.Limit < 0 || f.Offset < 0 {
		return nil, wrap(fmt.Errorf("limit %d, offset %d: neither may be negative", f.Limit, f.Offset), "find payments of merchant %s", merchant)
	}
	text, args := f.where(merchant)
	text = `SELECT ` + paymentColumns + ` FROM payments WHERE ` + text + ` ORDER BY ` + order
	if f.Limit > 0 || f.Offset > 0 {
		limit := int64(f.Limit)
		if limit == 0 {
			limit = 1 << 62
		}
		text += ` LIMIT ` + placeholders(len(args)+1, 1) + ` OFFSET ` + placeholders(len(args)+2, 1)
		args = append(args, limit, f.Offset)
	}
	ps, err := list(ctx, t, scanPayment, text, args...)
	return ps, wrap(err, "find payments of merchant %s", merchant)
}

// CountPayments is how many payments a filter chooses, whatever its Limit and
// Offset.
func (t *Tx) CountPayments(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) (int, error) {
	text, args := f.where(merchant)
	n, err := t.number(ctx, `SELECT COUNT(*) FROM payments WHERE `+text, args...)
	return int(n), wrap(err, "count payments of merchant %s", merchant)
}
