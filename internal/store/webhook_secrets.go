package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// WebhookSecret is what a merchant's webhooks are signed with. The newest signs;
// the one before it does until it ends.
type WebhookSecret struct {
	Merchant pay.MerchantID
	Seq      int64  // from 1, the newest is the greatest
	Sealed   []byte // by the vault
	Created  time.Time
	Shown    time.Time // zero: not yet
	Ends     time.Time // from when it signs nothing; zero is not known
}

const webhookSecretColumns = `merchant, seq, sealed, created, shown, ends`

func scanWebhookSecret(r row) (s WebhookSecret, err error) {
	err = r.Scan(&s.Merchant, &s.Seq, blobInto{&s.Sealed}, timeInto{&s.Created}, timeInto{&s.Shown}, timeInto{&s.Ends})
	return s, err
}

// InsertWebhookSecret adds a secret; a zero Created is now. ErrExists when the
// merchant has one of that number.
func (t *Tx) InsertWebhookSecret(ctx context.Context, s WebhookSecret) error {
	err := t.change(ctx, ErrExists, `INSERT INTO webhook_secrets (`+webhookSecretColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, s.Merchant, s.Seq, s.Sealed, t.or(s.Created), s.Shown, s.Ends)
	return wrap(err, "webhook secret %d of merchant %s", s.Seq, s.Merchant)
}

// WebhookSecrets are a merchant's secrets that have not ended, newest first. A
// Write holds them.
func (t *Tx) WebhookSecrets(ctx context.Context, merchant pay.MerchantID) ([]WebhookSecret, error) {
	ss, err := list(ctx, t, scanWebhookSecret, `SELECT `+webhookSecretColumns+` FROM webhook_secrets
		WHERE merchant = $1 AND (ends = 0 OR ends > $2) ORDER BY seq DESC`+t.lock(), merchant, t.Now)
	return ss, wrap(err, "webhook secrets of merchant %s", merchant)
}

// UpdateWebhookSecret writes when a secret was shown, when it ends, and its sealed
// form, or ErrNotFound.
func (t *Tx) UpdateWebhookSecret(ctx context.Context, s WebhookSecret) error {
	err := t.change(ctx, ErrNotFound, `UPDATE webhook_secrets SET sealed = $3, shown = $4, ends = $5
		WHERE merchant = $1 AND seq = $2`, s.Merchant, s.Seq, s.Sealed, s.Shown, s.Ends)
	return wrap(err, "webhook secret %d of merchant %s", s.Seq, s.Merchant)
}
