package store

import (
	"context"

	"naru/internal/pay"
)

// DeliveryTurn is a delivery with all that decides whether, how and with what it
// is sent now.
type DeliveryTurn struct {
	Delivery
	Settings pay.Settings // of its merchant
	// Waits: an earlier message about the payment to the URL was not tried yet.
	Waits bool
	// Stale: a later message about the payment to the URL exists.
	Stale bool
	// Secret is the number of the merchant's newest WebhookSecret, 0 of none.
	Secret int64
}

// besides are the deliveries about the same payment to the same URL.
const besides = `SELECT 1 FROM deliveries AS o
	WHERE o.merchant = deliveries.merchant AND o.payment = deliveries.payment AND o.url = deliveries.url`

// DeliveryTurn is a merchant's delivery, in one statement, or ErrNotFound. It
// holds nothing.
func (t *Tx) DeliveryTurn(ctx context.Context, merchant pay.MerchantID, id string) (DeliveryTurn, error) {
	d, err := one(ctx, t, scanTurn, `SELECT `+deliveryColumns+`,
			(SELECT settings FROM merchants WHERE merchants.id = deliveries.merchant),
			EXISTS (`+besides+` AND o.seq < deliveries.seq AND o.status = 'waiting' AND o.tries = 0),
			EXISTS (`+besides+` AND o.seq > deliveries.seq),
			(SELECT COALESCE(MAX(seq), 0) FROM webhook_secrets WHERE webhook_secrets.merchant = deliveries.merchant)
		FROM deliveries WHERE merchant = $1 AND id = $2`, merchant, id)
	return d, wrap(err, "delivery %q", id)
}

func scanTurn(r row) (d DeliveryTurn, err error) {
	err = r.Scan(&d.Merchant, &d.ID, &d.Payment, &d.Event, &d.URL, &d.ContentType, blobInto{&d.Body}, &d.Status,
		&d.Seq, &d.Tries, timeInto{&d.Created}, timeInto{&d.NextAt}, timeInto{&d.Done},
		jsonInto{&d.Settings}, &d.Waits, &d.Stale, &d.Secret)
	return d, err
}

// LaterDelivery is a message that comes after another.
type LaterDelivery struct {
	ID      string
	Untried bool // it waits for its first try
}

// LaterDeliveries are the messages about the payment of d to its URL that come
// after d, in their order.
func (t *Tx) LaterDeliveries(ctx context.Context, d Delivery) ([]LaterDelivery, error) {
	ls, err := list(ctx, t, func(r row) (l LaterDelivery, err error) { return l, r.Scan(&l.ID, &l.Untried) },
		`SELECT id, status = 'waiting' AND tries = 0 FROM deliveries
		WHERE merchant = $1 AND payment = $2 AND url = $3 AND seq > $4 ORDER BY seq`, d.Merchant, d.Payment, d.URL, d.Seq)
	return ls, wrap(err, "deliveries after %s", d.ID)
}

// EndTry records a try of a delivery and what became of it: d as it is to be, was
// as it was read. ErrConflict when the row has been tried or ended since.
func (t *Tx) EndTry(ctx context.Context, d, was Delivery, y DeliveryTry) error {
	err := t.change(ctx, ErrConflict, `UPDATE deliveries SET status = $5, tries = $6, next_at = $7, done = $8
		WHERE merchant = $1 AND id = $2 AND tries = $3 AND status = $4`,
		d.Merchant, d.ID, was.Tries, was.Status, d.Status, d.Tries, d.NextAt, d.Done)
	if err != nil {
		return wrap(err, "delivery %s, %s after %d tries", d.ID, was.Status, was.Tries)
	}
	return t.addTry(ctx, d.Merchant, d.ID, y) // the row is ours: the next number is, too
}

// HasUntriedDelivery reports whether a message about a payment waits for its first
// try.
func (t *Tx) HasUntriedDelivery(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) (bool, error) {
	n, err := t.number(ctx, hasUntried, merchant, payment)
	return n > 0, wrap(err, "untried deliveries of payment %s", payment)
}

const hasUntried = `SELECT COUNT(*) FROM (SELECT 1 FROM deliveries
	WHERE merchant = $1 AND payment = $2 AND status = 'waiting' AND tries = 0 LIMIT 1) AS untried`
