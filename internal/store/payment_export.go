package store

import (
	"context"

	"naru/internal/pay"
)

// exportBatch is how many payments are read at a time.
const exportBatch = 500

// EachPayment hands fn every payment that a query chooses, the newest first, without
// end; the query's page does not matter. It reads in batches, each in a transaction
// of its own: a payment that changes meanwhile may come where it stood or where it
// stands, or both, or neither; one that does not comes once. An error of fn's ends it.
func (s *Store) EachPayment(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, fn func(pay.Payment) error) error {
	q.After, q.Before, q.Limit = Cursor{}, Cursor{}, exportBatch
	for {
		var some []pay.Payment
		var next Cursor
		err := s.Read(ctx, func(tx *Tx) (err error) {
			some, next, err = tx.exportPayments(ctx, merchant, q)
			return err
		})
		if err != nil {
			return wrap(err, "export payments of merchant %s", merchant)
		}
		for _, p := range some {
			if err := fn(p); err != nil {
				return err
			}
		}
		if q.After = next; next.IsZero() {
			return nil
		}
	}
}

// exportPayments is the next batch, and after what the one after it begins.
func (t *Tx) exportPayments(ctx context.Context, merchant pay.MerchantID, q PaymentQuery) ([]pay.Payment, Cursor, error) {
	if err := q.check(); err != nil {
		return nil, Cursor{}, err
	}
	found, next, err := t.walk(ctx, merchant, q, q.Limit, usual)
	if err != nil {
		return nil, next, err
	}
	if len(found) == q.Limit {
		next = found[len(found)-1]
	}
	ids := make([]pay.PaymentID, len(found))
	for i, c := range found {
		ids[i] = c.ID
	}
	some, err := t.PaymentsByIDs(ctx, merchant, ids)
	return some, next, err
}
