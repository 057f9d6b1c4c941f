package gateway

import (
	"context"

	"naru/internal/pay"
	"naru/internal/store"
)

// cancels is how the cancels of a payment stand. Which movement is which open
// attempt's is known only once the attempt's own answer names it: a movement that
// was learned another way is put down to one of them by a guess. So what is
// decided here is decided by counting, amount by amount.
type cancels struct {
	open   []pay.Attempt // the oldest first
	spare  map[int64]int // movements that belong to some open attempt, by amount
	unheld bool          // see unheld
}

func cancelsOf(ctx context.Context, tx *store.Tx, p pay.Payment) (cancels, error) {
	c := cancels{spare: map[int64]int{}}
	attempts, err := tx.ListAttempts(ctx, p.Merchant, p.ID)
	if err != nil {
		return c, err
	}
	moved, err := tx.Movements(ctx, p.Merchant, p.ID)
	if err != nil {
		return c, err
	}
	c.unheld = unheld(moved)
	for _, m := range moved {
		if m.Kind == pay.MovementCancel && m.Attempt != "" { // else it was made at the provider's desk
			c.spare[m.Amount]++
		}
	}
	for _, a := range attempts {
		switch {
		case a.Kind != pay.AttemptCancel:
		case a.Status.Open():
			c.open = append(c.open, a)
		case a.Status == pay.AttemptSucceeded:
			c.spare[a.Amount]--
		}
	}
	return c, nil
}

// reserved is what the open attempts may take beyond what is on the books.
func (c cancels) reserved() (sum int64) {
	spare := map[int64]int{}
	for _, a := range c.open {
		if spare[a.Amount]++; spare[a.Amount] > max(c.spare[a.Amount], 0) {
			sum += a.Amount
		}
	}
	return sum
}
