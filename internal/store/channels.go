package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

const channelColumns = `merchant, key, provider, mid, name, mode, kind, api, script, sealed, revision, is_default, disabled, options, created`

func scanChannel(r row) (c pay.Channel, err error) {
	err = r.Scan(&c.Merchant, &c.Key, &c.Provider, &c.MID, &c.Name, &c.Mode, &c.Kind, &c.API, &c.Script,
		blobInto{&c.Sealed}, &c.Revision, &c.Default, &c.Disabled, jsonInto{&c.Options}, timeInto{&c.Created})
	return c, err
}

// InsertChannel adds a channel; a zero Created is now. ErrExists when the key is
// taken by any merchant, ErrNotFound without its merchant.
func (t *Tx) InsertChannel(ctx context.Context, c pay.Channel) error {
	options, err := jsonText(c.Options)
	if err != nil {
		return fmt.Errorf("channel %s: options: %w", c.Key, err)
	}
	err = t.change(ctx, ErrExists, `INSERT INTO channels (`+channelColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`,
		c.Merchant, c.Key, c.Provider, c.MID, c.Name, c.Mode, c.Kind, c.API, c.Script,
		c.Sealed, c.Revision, c.Default, c.Disabled, options, t.or(c.Created))
	return wrap(err, "channel %s", c.Key)
}

// UpdateChannel writes everything about a channel but its key, merchant and
// creation, and counts its revision up by one. ErrNotFound when there is none.
func (t *Tx) UpdateChannel(ctx context.Context, c pay.Channel) error {
	options, err := jsonText(c.Options)
	if err != nil {
		return fmt.Errorf("channel %s: options: %w", c.Key, err)
	}
	err = t.change(ctx, ErrNotFound, `UPDATE channels SET provider = $3, mid = $4, name = $5, mode = $6, kind = $7,
			api = $8, script = $9, sealed = $10, is_default = $11, disabled = $12, options = $13, revision = revision + 1
		WHERE merchant = $1 AND key = $2`,
		c.Merchant, c.Key, c.Provider, c.MID, c.Name, c.Mode, c.Kind,
		c.API, c.Script, c.Sealed, c.Default, c.Disabled, options)
	return wrap(err, "channel %s", c.Key)
}

// Channel is a merchant's channel, or ErrNotFound.
func (t *Tx) Channel(ctx context.Context, merchant pay.MerchantID, key pay.ChannelKey) (pay.Channel, error) {
	c, err := one(ctx, t, scanChannel,
		`SELECT `+channelColumns+` FROM channels WHERE merchant = $1 AND key = $2`, merchant, key)
	return c, wrap(err, "channel %q of merchant %s", key, merchant)
}

// LockChannel is Channel, and in a Write nobody else changes it meanwhile.
func (t *Tx) LockChannel(ctx context.Context, merchant pay.MerchantID, key pay.ChannelKey) (pay.Channel, error) {
	c, err := one(ctx, t, scanChannel,
		`SELECT `+channelColumns+` FROM channels WHERE merchant = $1 AND key = $2`+t.lock(), merchant, key)
	return c, wrap(err, "channel %q of merchant %s", key, merchant)
}

// ChannelByKey is the channel of a key, whosever it is, or ErrNotFound.
func (t *Tx) ChannelByKey(ctx context.Context, key pay.ChannelKey) (pay.Channel, error) {
	c, err := one(ctx, t, scanChannel, `SELECT `+channelColumns+` FROM channels WHERE key = $1`, key)
	return c, wrap(err, "channel %q", key)
}

// ListChannels is every channel of a merchant, oldest first.
func (t *Tx) ListChannels(ctx context.Context, merchant pay.MerchantID) ([]pay.Channel, error) {
	cs, err := list(ctx, t, scanChannel,
		`SELECT `+channelColumns+` FROM channels WHERE merchant = $1 ORDER BY created, key`, merchant)
	return cs, wrap(err, "channels of merchant %s", merchant)
}
