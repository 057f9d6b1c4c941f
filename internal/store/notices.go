package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// Notice is what a provider told a channel.
type Notice struct {
	Merchant pay.MerchantID
	Channel  pay.ChannelKey
	Key      string // the provider's own name for it
	Kind     string
	Payment  pay.PaymentID // "" of none
	At       time.Time     // when it came, the first time
}

// InsertNotice remembers a notice; a zero At is now. fresh is false when it was told
// before.
func (t *Tx) InsertNotice(ctx context.Context, n Notice) (fresh bool, err error) {
	rows, err := t.exec(ctx, `INSERT INTO notices (merchant, channel, key, kind, payment, at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, n.Merchant, n.Channel, n.Key, n.Kind, n.Payment, t.or(n.At))
	return rows == 1, wrap(err, "notice %q to channel %s", n.Key, n.Channel)
}

// NoticesOfPayment is what providers told of a payment, each once, oldest first.
func (t *Tx) NoticesOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]Notice, error) {
	ns, err := list(ctx, t, func(r row) (n Notice, err error) {
		return n, r.Scan(&n.Merchant, &n.Channel, &n.Key, &n.Kind, &n.Payment, timeInto{&n.At})
	}, `SELECT merchant, channel, key, kind, payment, at FROM notices
		WHERE merchant = $1 AND payment = $2 AND payment <> '' ORDER BY at, channel, key`, merchant, payment)
	return ns, wrap(err, "notices of payment %s", payment)
}
