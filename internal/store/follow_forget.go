package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

// forgetBatch is how many search terms are forgotten in one transaction.
const forgetBatch = 5000

// lastTerm is a place in the order of search_terms.
type lastTerm struct {
	field   SearchField
	term    []byte
	started int64
	payment pay.PaymentID
}

// ForgetTerms takes some of what a merchant's payments are found by, and tells whether
// there is more: they are most of what ForgetFollowed empties, and payments need not
// wait until all are gone. Searches find less from here on; only ForgetFollowed, and
// following from the beginning, puts that right.
func (s *Store) ForgetTerms(ctx context.Context, merchant pay.MerchantID) (more bool, err error) {
	err = s.Write(ctx, func(tx *Tx) (err error) {
		more, err = tx.forgetTerms(ctx, merchant, forgetBatch)
		return err
	})
	return more, wrap(err, "forget search terms of merchant %s", merchant)
}

func (t *Tx) forgetTerms(ctx context.Context, merchant pay.MerchantID, most int) (more bool, err error) {
	last, err := one(ctx, t, func(r row) (l lastTerm, err error) {
		return l, r.Scan(&l.field, blobInto{&l.term}, &l.started, &l.payment)
	},
		`SELECT field, term, started, payment FROM search_terms WHERE merchant = $1 ORDER BY field, term, started, payment LIMIT 1 OFFSET $2`, merchant, most-1)
	if isNotFound(err) {
		return false, nil
	}
	if err == nil {
		_, err = t.exec(ctx, `DELETE FROM search_terms WHERE merchant = $1 AND (field, term, started, payment) <= ($2, $3, $4, $5)`,
			merchant, last.field, last.term, last.started, last.payment)
	}
	return err == nil, err
}

// ForgetFollowed empties what was derived of a merchant's payments, and has everyone
// who follows them begin again: nobody writes what was derived before. From then on
// searches find what was followed anew, and sums are counted from the payments until
// that has caught up. It is one transaction, and goes with the number of payments.
func (s *Store) ForgetFollowed(ctx context.Context, merchant pay.MerchantID) error {
	err := s.Write(ctx, func(tx *Tx) error {
		// The row stays, so that its number goes on, and comes first, so that who follows
		// at this moment is done.
		if _, err := tx.exec(ctx, `INSERT INTO follows (merchant, seq, seen) VALUES ($1, 1, 0)
			ON CONFLICT (merchant) DO UPDATE SET seq = follows.seq + 1, seen = 0`, merchant); err != nil {
			return err
		}
		for _, table := range []string{"followed_payments", "follow_again", "search_terms", "payment_sums", "daily_sales", "daily_outcomes"} {
			if _, err := tx.exec(ctx, `DELETE FROM `+table+` WHERE merchant = $1`, merchant); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		tx.changed = true // who follows on this node is told
		return nil
	})
	return wrap(err, "forget what was followed of merchant %s", merchant)
}
