package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// The states of a delivery.
const (
	DeliveryWaiting    = "waiting"
	DeliveryDelivered  = "delivered"
	DeliveryGivenUp    = "given_up"
	DeliverySuperseded = "superseded" // a later event of the payment makes it pointless
)

// Delivery is one message to one address of a merchant.
type Delivery struct {
	Merchant              pay.MerchantID
	ID                    string
	Payment               pay.PaymentID // "" of none
	Event                 string
	URL                   string
	ContentType           string
	Body                  []byte
	Status                string // one of the four above; "" is waiting when inserted
	Seq                   int64  // order among the messages about the payment to the URL; 0 is the next when inserted
	Tries                 int
	Created, NextAt, Done time.Time
}

const deliveryColumns = `merchant, id, payment, event, url, content_type, body, status, seq, tries, created, next_at, done`

func scanDelivery(r row) (d Delivery, err error) {
	err = r.Scan(&d.Merchant, &d.ID, &d.Payment, &d.Event, &d.URL, &d.ContentType, blobInto{&d.Body}, &d.Status,
		&d.Seq, &d.Tries, timeInto{&d.Created}, timeInto{&d.NextAt}, timeInto{&d.Done})
	return d, err
}

// InsertDelivery adds a delivery; a zero Created is now. ErrExists when the
// merchant has one of that id. A Write holds the payment.
func (t *Tx) InsertDelivery(ctx context.Context, d Delivery) error {
	if d.Status == "" {
		d.Status = DeliveryWaiting
	}
	if d.Seq == 0 {
		if err := t.hold(ctx, d.Merchant, d.Payment); err != nil {
			return err
		}
		last, err := t.number(ctx, `SELECT COALESCE(MAX(seq), 0) FROM deliveries
			WHERE merchant = $1 AND payment = $2 AND url = $3`, d.Merchant, d.Payment, d.URL)
		if err != nil {
			return wrap(err, "delivery %s", d.ID)
		}
		d.Seq = last + 1
	}
	err := t.change(ctx, ErrExists, `INSERT INTO deliveries (`+deliveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
		d.Merchant, d.ID, d.Payment, d.Event, d.URL, d.ContentType, d.Body, d.Status, d.Seq, d.Tries,
		t.or(d.Created), d.NextAt, d.Done)
	return wrap(err, "delivery %s", d.ID)
}

// Delivery is a merchant's delivery, or ErrNotFound. A Write holds it.
func (t *Tx) Delivery(ctx context.Context, merchant pay.MerchantID, id string) (Delivery, error) {
	d, err := one(ctx, t, scanDelivery,
		`SELECT `+deliveryColumns+` FROM deliveries WHERE merchant = $1 AND id = $2`+t.lock(), merchant, id)
	return d, wrap(err, "delivery %q", id)
}

// UpdateDelivery writes the status, tries, next time and end of a delivery,
// provided the row still has been tried as often as was says (d.Tries as it was
// read; d may count one more); else ErrConflict.
func (t *Tx) UpdateDelivery(ctx context.Context, d Delivery, was int) error {
	err := t.change(ctx, ErrConflict, `UPDATE deliveries SET status = $4, tries = $5, next_at = $6, done = $7
		WHERE merchant = $1 AND id = $2 AND tries = $3`, d.Merchant, d.ID, was, d.Status, d.Tries, d.NextAt, d.Done)
	return wrap(err, "delivery %s, tries %d", d.ID, was)
}

// ListDeliveries is every delivery about a payment, oldest first.
func (t *Tx) ListDeliveries(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]Delivery, error) {
	ds, err := list(ctx, t, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE merchant = $1 AND payment = $2 ORDER BY +created, seq, url, id`, merchant, payment)
	return ds, wrap(err, "deliveries of payment %s", payment)
}

// DeliveryTry is one request of a delivery and its answer.
type DeliveryTry struct {
	At            time.Time
	Took          time.Duration // kept in whole microseconds
	Status        int           // of HTTP, 0 when there was no answer
	Error, Answer string
	Manual        bool // asked for by a person
}

const tryColumns = `at, took, status, error, answer, manual`

func scanTry(r row) (y DeliveryTry, err error) {
	err = r.Scan(timeInto{&y.At}, spanInto{&y.Took}, &y.Status, &y.Error, &y.Answer, &y.Manual)
	return y, err
}

// AddDeliveryTry records a try; a zero At is now. ErrNotFound without its
// delivery. It counts nothing: UpdateDelivery does.
func (t *Tx) AddDeliveryTry(ctx context.Context, merchant pay.MerchantID, id string, y DeliveryTry) error {
	if _, err := t.Delivery(ctx, merchant, id); err != nil { // held: the next number is ours
		return err
	}
	return t.addTry(ctx, merchant, id, y)
}

func (t *Tx) addTry(ctx context.Context, merchant pay.MerchantID, id string, y DeliveryTry) error {
	_, err := t.exec(ctx, `INSERT INTO delivery_tries (merchant, delivery, seq, `+tryColumns+`) VALUES ($1, $2,
		(SELECT COALESCE(MAX(y.seq), 0) + 1 FROM delivery_tries AS y WHERE y.merchant = $1 AND y.delivery = $2),
		$3, $4, $5, $6, $7, $8)`,
		merchant, id, t.or(y.At), y.Took.Microseconds(), y.Status, y.Error, y.Answer, y.Manual)
	return wrap(err, "try of delivery %q", id)
}

// DeliveryTries is every try of a delivery, oldest first.
func (t *Tx) DeliveryTries(ctx context.Context, merchant pay.MerchantID, id string) ([]DeliveryTry, error) {
	ys, err := list(ctx, t, scanTry,
		`SELECT `+tryColumns+` FROM delivery_tries WHERE merchant = $1 AND delivery = $2 ORDER BY seq`, merchant, id)
	return ys, wrap(err, "tries of delivery %q", id)
}
