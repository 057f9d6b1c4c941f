package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// ChannelCalls is how calls on a channel went: within the minute At, or in all
// since then.
type ChannelCalls struct {
	Merchant pay.MerchantID
	Channel  pay.ChannelKey
	At       time.Time
	Answered int64 // also with a refusal
	Failed   int64 // without an answer, or turned away for our credentials or form
}

// AddChannelCalls adds to the counts of a channel's minute; which merchant's it
// is follows from its key. Those of a channel that is not there are dropped.
func (t *Tx) AddChannelCalls(ctx context.Context, c ChannelCalls) error {
	_, err := t.exec(ctx, `INSERT INTO channel_calls (merchant, channel, at, answered, failed)
		SELECT merchant, key, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM channels WHERE key = $1
		ON CONFLICT (merchant, channel, at) DO UPDATE SET
			answered = channel_calls.answered + excluded.answered, failed = channel_calls.failed + excluded.failed`,
		c.Channel, c.At.Truncate(time.Minute), c.Answered, c.Failed)
	return wrap(err, "calls of channel %s", c.Channel)
}

// ChannelCallsSince is the calls of each channel that had some since then.
func (t *Tx) ChannelCallsSince(ctx context.Context, since time.Time) ([]ChannelCalls, error) {
	cs, err := list(ctx, t, func(r row) (c ChannelCalls, err error) {
		return c, r.Scan(&c.Merchant, &c.Channel, timeInto{&c.At}, &c.Answered, &c.Failed)
	}, `SELECT merchant, channel, MIN(at), CAST(SUM(answered) AS BIGINT), CAST(SUM(failed) AS BIGINT) FROM channel_calls
		WHERE at >= $1 GROUP BY merchant, channel ORDER BY merchant, channel`, since)
	return cs, wrap(err, "calls of channels")
}

// ChannelCallsOf is ChannelCallsSince of one merchant's channels.
func (t *Tx) ChannelCallsOf(ctx context.Context, merchant pay.MerchantID, since time.Time) ([]ChannelCalls, error) {
	cs, err := list(ctx, t, func(r row) (c ChannelCalls, err error) {
		return c, r.Scan(&c.Merchant, &c.Channel, timeInto{&c.At}, &c.Answered, &c.Failed)
	}, `SELECT merchant, channel, MIN(at), CAST(SUM(answered) AS BIGINT), CAST(SUM(failed) AS BIGINT) FROM channel_calls
		WHERE merchant = $1 AND at >= $2 GROUP BY merchant, channel ORDER BY merchant, channel`, merchant, since)
	return cs, wrap(err, "calls of merchant %s's channels", merchant)
}

// CallsOfChannel is the calls of one channel of a merchant since then.
func (t *Tx) CallsOfChannel(ctx context.Context, merchant pay.MerchantID, channel pay.ChannelKey, since time.Time) (ChannelCalls, error) {
	c, err := one(ctx, t, func(r row) (c ChannelCalls, err error) { return c, r.Scan(&c.Answered, &c.Failed) },
		`SELECT CAST(COALESCE(SUM(answered), 0) AS BIGINT), CAST(COALESCE(SUM(failed), 0) AS BIGINT) FROM channel_calls
		WHERE merchant = $1 AND channel = $2 AND at >= $3`, merchant, channel, since)
	c.Merchant, c.Channel, c.At = merchant, channel, since
	return c, wrap(err, "calls of channel %s", channel)
}

// ForgetChannelCalls deletes the counts of minutes before then.
func (t *Tx) ForgetChannelCalls(ctx context.Context, before time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM channel_calls WHERE at < $1`, before)
	return wrap(err, "old calls of channels")
}
