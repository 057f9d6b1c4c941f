package store

import (
	"context"

	"naru/internal/pay"
)

// InsertNotice remembers what a provider told a channel of a merchant, under the
// provider's own name for it. fresh is false when it was told before.
func (t *Tx) InsertNotice(ctx context.Context, merchant pay.MerchantID, channel pay.ChannelKey, key, kind string, payment pay.PaymentID) (fresh bool, err error) {
	n, err := t.exec(ctx, `INSERT INTO notices (merchant, channel, key, kind, payment, at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, merchant, channel, key, kind, payment, t.Now)
	return n == 1, wrap(err, "notice %q to channel %s", key, channel)
}
