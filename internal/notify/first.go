package notify

import (
	"context"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// firstFor is how long a buyer's page waits at most for a merchant's server that
// wants to hear of a payment before the buyer comes back (PortOne V1
// delays the redirect until the webhook returned, and does not say how long).
const firstFor = 5 * time.Second

// lookFirst and lookLast are the first and the longest wait between two looks.
const (
	lookFirst = 5 * time.Millisecond
	lookLast  = 200 * time.Millisecond
)

// AwaitFirst returns once everything that is to be told of a payment was tried
// once, however that went, or when this has taken five seconds since the payment
// changed last, or when ctx ends. It fails nothing: what could not be found out
// is as if it had been told.
func (n *Notifier) AwaitFirst(ctx context.Context, p pay.Payment) {
	ctx, cancel := context.WithTimeout(ctx, n.firstTime)
	defer cancel()
	for wait := lookFirst; ; wait = min(wait*3/2, lookLast) {
		untried := false
		err := n.store.Read(ctx, func(tx *store.Tx) (err error) {
			if tx.Now.Sub(p.UpdatedAt) < firstFor {
				untried, err = tx.HasUntriedDelivery(ctx, p.Merchant, p.ID)
			}
			return err
		})
		if err != nil || !untried {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
