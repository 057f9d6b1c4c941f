package store

import (
	"context"
	"database/sql"
	"time"

	"naru/internal/pay"
)

// Order is what is to be paid once under a merchant's order number.
type Order struct {
	Merchant    pay.MerchantID
	MerchantUID pay.MerchantUID
	// Prepared is the amount registered beforehand; nil when the order is known
	// from its payments only. Currency "" is not checked.
	Prepared         *pay.Money
	HeldBy           pay.PaymentID // the payment that reserves the number, "" nobody
	Created, Updated time.Time
}

const orderColumns = `merchant, merchant_uid, prepared, currency, held_by, created, updated`

func scanOrder(r row) (o Order, err error) {
	var amount sql.NullInt64
	var currency pay.Currency
	err = r.Scan(&o.Merchant, &o.MerchantUID, &amount, &currency, &o.HeldBy, timeInto{&o.Created}, timeInto{&o.Updated})
	if amount.Valid {
		o.Prepared = &pay.Money{Minor: amount.Int64, Currency: currency}
	}
	return o, err
}

// PrepareOrder registers the amount of an order, also of one that is known from
// payments only. ErrExists when it is prepared already.
func (t *Tx) PrepareOrder(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID, amount int64, currency string) error {
	err := t.change(ctx, ErrExists, `INSERT INTO orders (`+orderColumns+`) VALUES ($1, $2, $3, $4, '', $5, $5)
		ON CONFLICT (merchant, merchant_uid) DO UPDATE SET prepared = excluded.prepared, currency = excluded.currency,
			updated = excluded.updated
		WHERE orders.prepared IS NULL`, merchant, uid, amount, currency, t.Now)
	return wrap(err, "prepare order %q", uid)
}

// UpdatePrepared changes the amount of a prepared order, or ErrNotFound.
func (t *Tx) UpdatePrepared(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID, amount int64, currency string) error {
	err := t.change(ctx, ErrNotFound, `UPDATE orders SET prepared = $3, currency = $4, updated = $5
		WHERE merchant = $1 AND merchant_uid = $2 AND prepared IS NOT NULL`, merchant, uid, amount, currency, t.Now)
	return wrap(err, "prepared order %q", uid)
}

// Order is the order of a number, or ErrNotFound. A Write holds it.
func (t *Tx) Order(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID) (Order, error) {
	o, err := one(ctx, t, scanOrder,
		`SELECT `+orderColumns+` FROM orders WHERE merchant = $1 AND merchant_uid = $2`+t.lock(), merchant, uid)
	return o, wrap(err, "order %q", uid)
}

// Reserve takes the order number for a payment, making the order when it is not
// known yet. The same payment may reserve again. ErrReserved when another one
// holds it; the transaction may go on.
func (t *Tx) Reserve(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID, payment pay.PaymentID) error {
	err := t.change(ctx, ErrReserved, `INSERT INTO orders (`+orderColumns+`) VALUES ($1, $2, NULL, '', $3, $4, $4)
		ON CONFLICT (merchant, merchant_uid) DO UPDATE SET held_by = excluded.held_by, updated = excluded.updated
		WHERE orders.held_by IN ('', excluded.held_by)`, merchant, uid, payment, t.Now)
	return wrap(err, "reserve order %q for %s", uid, payment)
}

// ReserveUnused is Reserve of a number of which no payment is paid, or was:
// ErrReserved, too, when one is.
func (t *Tx) ReserveUnused(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID, payment pay.PaymentID) error {
	err := t.change(ctx, ErrReserved, `INSERT INTO orders (`+orderColumns+`)
		SELECT $1, $2, CAST(NULL AS BIGINT), '', $3, CAST($4 AS BIGINT), CAST($4 AS BIGINT)
		WHERE NOT EXISTS (SELECT 1 FROM payments AS p WHERE p.merchant = $1 AND p.merchant_uid = $2 AND p.status IN `+paidStatuses+`)
		ON CONFLICT (merchant, merchant_uid) DO UPDATE SET held_by = excluded.held_by, updated = excluded.updated
		WHERE orders.held_by IN ('', excluded.held_by)`, merchant, uid, payment, t.Now)
	return wrap(err, "reserve order %q for %s", uid, payment)
}

// Release gives the order number back. It does nothing when the payment does not
// hold it.
func (t *Tx) Release(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID, payment pay.PaymentID) error {
	_, err := t.exec(ctx, `UPDATE orders SET held_by = '', updated = $4
		WHERE merchant = $1 AND merchant_uid = $2 AND held_by = $3`, merchant, uid, payment, t.Now)
	return wrap(err, "release order %q of %s", uid, payment)
}

// UsedOrders is which of these order numbers are used up or in use: a payment
// holds the number, or is paid, or was. Nothing is held: Reserve decides.
func (t *Tx) UsedOrders(ctx context.Context, merchant pay.MerchantID, uids []pay.MerchantUID) ([]pay.MerchantUID, error) {
	used, err := inChunks(uids, func(some []pay.MerchantUID) ([]pay.MerchantUID, error) {
		n := room(len(some))
		in := placeholders(2, n)
		return list(ctx, t, func(r row) (uid pay.MerchantUID, err error) { return uid, r.Scan(&uid) },
			`SELECT merchant_uid FROM orders WHERE merchant = $1 AND held_by <> '' AND merchant_uid IN (`+in+`)
			UNION SELECT merchant_uid FROM payments
				WHERE merchant = $1 AND `+whatever(`status`)+` IN `+paidStatuses+` AND merchant_uid IN (`+in+`)
			ORDER BY 1`, append([]any{merchant}, padded(some, n)...)...)
	})
	return used, wrap(err, "used orders of merchant %s", merchant)
}
