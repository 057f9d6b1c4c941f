package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
)

// deliveryStates are what a filter may ask for.
var deliveryStates = []string{DeliveryWaiting, DeliveryDelivered, DeliveryGivenUp, DeliverySuperseded}

// DeliveryPlace is where a delivery stands in a list.
type DeliveryPlace struct {
	Created time.Time
	ID      string
}

// Place is where d stands.
func (d Delivery) Place() DeliveryPlace { return DeliveryPlace{d.Created, d.ID} }

// DeliveryFilter chooses a merchant's deliveries. What is zero chooses all.
type DeliveryFilter struct {
	From, To time.Time // of Created; From is within, To is not
	Status   string
	// Address is a URL, or the beginning of one up to a slash or a question mark.
	Address string
	Payment pay.PaymentID
	Oldest  bool          // oldest first instead of newest
	After   DeliveryPlace // begin behind it
	Limit   int           // at least 1
}

// FindDeliveries is the deliveries a filter chooses. Those of a payment, those
// given up and all there are between From and To an index has; other filters look
// through all between From and To.
func (t *Tx) FindDeliveries(ctx context.Context, merchant pay.MerchantID, f DeliveryFilter) ([]Delivery, error) {
	text, args, err := f.find(merchant)
	if err != nil {
		return nil, wrap(err, "find deliveries of merchant %s", merchant)
	}
	ds, err := list(ctx, t, scanDelivery, text, args...)
	return ds, wrap(err, "find deliveries of merchant %s", merchant)
}

func (f DeliveryFilter) find(merchant pay.MerchantID) (string, []any, error) {
	if f.Limit < 1 {
		return "", nil, fmt.Errorf("limit %d: it must be at least 1", f.Limit)
	}
	w, err := f.where(merchant)
	if err != nil {
		return "", nil, err
	}
	compare, order := `<`, `created DESC, id DESC`
	if f.Oldest {
		compare, order = `>`, `created, id`
	}
	if f.After.ID != "" {
		w.and(`(created, id) `+compare+` (`, f.After.Created, f.After.ID)
		w.close()
	}
	text := `SELECT ` + deliveryColumns + ` FROM deliveries WHERE ` + w.text() + ` ORDER BY ` + order + w.page(f.Limit, 0)
	return text, w.args, nil
}

// CountDeliveries is how many deliveries a filter chooses, whatever its After and
// Limit.
func (t *Tx) CountDeliveries(ctx context.Context, merchant pay.MerchantID, f DeliveryFilter) (int, error) {
	w, err := f.where(merchant)
	if err != nil {
		return 0, wrap(err, "count deliveries of merchant %s", merchant)
	}
	n, err := t.number(ctx, `SELECT COUNT(*) FROM deliveries WHERE `+w.text(), w.args...)
	return int(n), wrap(err, "count deliveries of merchant %s", merchant)
}

func (f DeliveryFilter) where(merchant pay.MerchantID) (*condition, error) {
	w := when(`merchant = `, merchant)
	switch {
	case f.Status == "":
	case !slices.Contains(deliveryStates, f.Status):
		return nil, fmt.Errorf("status %q is not one of %v", f.Status, deliveryStates)
	default: // in the text, where the planner sees that an index has these alone
		w.and(`status = '` + f.Status + `'`)
	}
	if f.Payment != "" {
		w.and(`payment = `, f.Payment)
	}
	if !f.From.IsZero() {
		w.and(`created >= `, f.From)
	}
	if !f.To.IsZero() {
		w.and(`created < `, f.To)
	}
	if f.Address != "" {
		w.and(`(url = `, f.Address)
		w.add(` OR substr(url, 1, length(`, f.Address)
		w.add(`) + 1) IN (`, f.Address+"/", f.Address+"?")
		w.parts.WriteString(`))`)
	}
	return w, nil
}

// ReopenDelivery begins a new round of tries, now, of a delivery that is over;
// the tries of before stay recorded. ErrConflict when it is not over.
func (t *Tx) ReopenDelivery(ctx context.Context, merchant pay.MerchantID, id string) error {
	err := t.change(ctx, ErrConflict, `UPDATE deliveries SET status = 'waiting', tries = 0, next_at = $3, done = 0
		WHERE merchant = $1 AND id = $2 AND status <> 'waiting'`, merchant, id, t.Now)
	return wrap(err, "begin delivery %s again", id)
}
