package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"naru/internal/pay"
)

// Persons is a table whose rows have a buyer.
type Persons string

// The tables whose rows have a buyer. Payments are found by their id, schedules by
// their order number, the others by their id.
const (
	PersonsPayments    Persons = "payments"
	PersonsBillingKeys Persons = "billing_keys"
	PersonsSchedules   Persons = "schedules"
	PersonsReceipts    Persons = "receipts"
)

func (p Persons) key() string {
	if p == PersonsSchedules {
		return "merchant_uid"
	}
	return "id"
}

// Person is a row with its buyer.
type Person struct {
	Key   string
	Buyer pay.Buyer
}

// ListPersons is up to limit rows of a merchant whose buyer is known, after a key.
func (t *Tx) ListPersons(ctx context.Context, in Persons, merchant pay.MerchantID, after string, limit int) ([]Person, error) {
	key := in.key()
	all, err := list(ctx, t, func(r row) (p Person, err error) { return p, r.Scan(&p.Key, jsonInto{&p.Buyer}) },
		`SELECT `+key+`, buyer FROM `+string(in)+` WHERE merchant = $1 AND `+key+` > $2 AND buyer <> '{}' ORDER BY `+key+` LIMIT $3`,
		merchant, after, limit)
	return all, wrap(err, "buyers of %s of merchant %s", in, merchant)
}

// ReceiptsOfPayment is every cash receipt of a payment, oldest first.
func (t *Tx) ReceiptsOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]pay.Receipt, error) {
	all, err := list(ctx, t, scanReceipt, `SELECT `+receiptColumns+` FROM receipts
		WHERE merchant = $1 AND payment = $2 AND payment <> '' ORDER BY created, id`+t.lock(), merchant, payment)
	return all, wrap(err, "receipts of payment %s", payment)
}

// BillingKeysOfUID is every key of a customer_uid, whatever became of it, oldest first.
func (t *Tx) BillingKeysOfUID(ctx context.Context, merchant pay.MerchantID, uid pay.CustomerUID) ([]pay.BillingKey, error) {
	all, err := list(ctx, t, scanBillingKey, `SELECT `+billingKeyColumns+` FROM billing_keys
		WHERE merchant = $1 AND customer_uid = $2 ORDER BY created, id`, merchant, uid)
	return all, wrap(err, "billing keys of customer %q", uid)
}

// Kept is a row whose retention is over, and when it last changed.
type Kept struct {
	Key     string
	Updated time.Time
}

func scanKept(r row) (k Kept, err error) { return k, r.Scan(&k.Key, timeInto{&k.Updated}) }

// KeptPayments is up to limit payments of a status that last changed before a time
// and were not erased since, after one of them, in the order of their change.
func (t *Tx) KeptPayments(ctx context.Context, merchant pay.MerchantID, status pay.Status, after Kept, before time.Time, limit int) ([]Kept, error) {
	all, err := list(ctx, t, scanKept, `SELECT id, updated_at FROM payments
		WHERE merchant = $1 AND status = $2 AND (updated_at, id) > ($3, $4) AND updated_at < $5 AND erased <= updated_at
		ORDER BY updated_at, id LIMIT $6`, merchant, status, after.Updated, after.Key, before, limit)
	return all, wrap(err, "payments kept of merchant %s", merchant)
}

// keptConditions are the rows besides payments that are over and not erased.
var keptConditions = map[Persons]string{
	PersonsBillingKeys: `status IN ('replaced', 'deleted', 'refused') AND (buyer <> '{}' OR LENGTH(sealed) > 0 OR LENGTH(mac) > 0)`,
	PersonsSchedules:   `status IN ('executed', 'revoked') AND (buyer <> '{}' OR custom <> '')`,
	PersonsReceipts:    `status IN ('issued', 'refused', 'cancelled') AND buyer <> '{}'`,
}

// KeptPersons is up to limit rows of another table than payments that are over,
// last changed before a time and were not erased, after a key.
func (t *Tx) KeptPersons(ctx context.Context, in Persons, merchant pay.MerchantID, after string, before time.Time, limit int) ([]Kept, error) {
	where, ok := keptConditions[in]
	if !ok {
		return nil, fmt.Errorf("store: %s are not kept in that way", in)
	}
	all, err := list(ctx, t, scanKept, `SELECT `+in.key()+`, updated FROM `+string(in)+`
		WHERE merchant = $1 AND `+in.key()+` > $2 AND updated < $3 AND `+where+` ORDER BY `+in.key()+` LIMIT $4`, merchant, after, before, limit)
	return all, wrap(err, "%s kept of merchant %s", in, merchant)
}

// Erasure says that personal fields were erased: on whose word, when, and how many
// rows of which table. It does not say what was in them.
type Erasure struct {
	Merchant pay.MerchantID
	ID       string
	What     json.RawMessage // whose
	Actor    string
	At       time.Time
	Rows     Erased
}

const erasureColumns = `merchant, id, what, actor, at, rows`

func scanErasure(r row) (e Erasure, err error) {
	err = r.Scan(&e.Merchant, &e.ID, textInto[json.RawMessage]{&e.What}, &e.Actor, timeInto{&e.At}, jsonInto{&e.Rows})
	return e, err
}

// AddErasure records an erasure, in the transaction that makes it; it is now.
func (t *Tx) AddErasure(ctx context.Context, e Erasure) error {
	rows, err := jsonText(e.Rows)
	if err == nil {
		_, err = t.exec(ctx, `INSERT INTO erasures (`+erasureColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`,
			e.Merchant, e.ID, string(e.What), e.Actor, t.Now, rows)
	}
	return wrap(err, "erasure %s", e.ID)
}

// ListErasures is up to limit erasures of a merchant, the newest first.
func (t *Tx) ListErasures(ctx context.Context, merchant pay.MerchantID, limit int) ([]Erasure, error) {
	all, err := list(ctx, t, scanErasure, `SELECT `+erasureColumns+` FROM erasures WHERE merchant = $1 ORDER BY at DESC, id DESC LIMIT $2`, merchant, limit)
	return all, wrap(err, "erasures of merchant %s", merchant)
}
