package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// Webhooks are signed as Standard Webhooks 1.0.0 says, "Symmetric": headers
// webhook-id, webhook-timestamp and webhook-signature beside V1's own.
const (
	secretPrefix = "whsec_"
	secretSize   = 32 // bytes; the specification wants 24 to 64
	// Overlap is how long the secret of before signs as well once a new one was made.
	Overlap = 24 * time.Hour
	// signersKept is how many merchants' opened secrets are kept in memory.
	signersKept = 10_000
)

// ErrSecretShown is answered to whoever wants to see a secret a second time.
var ErrSecretShown = errors.New("the secret was shown before, and is shown once")

// errNoVault is of a notifier that signs nothing.
var errNoVault = errors.New("notify: there is no vault to seal secrets")

// signers are merchants' secrets, opened.
type signers struct {
	mu sync.Mutex
	of map[pay.MerchantID][]secret // newest first
}

type secret struct {
	seq  int64
	key  []byte
	ends time.Time // zero: not known
}

// signer is what signs a delivery sent now; nil of a notifier without a vault.
func (n *Notifier) signer(ctx context.Context, o store.DeliveryTurn, now time.Time) (func(string, time.Time, []byte) string, error) {
	if n.vault == nil {
		return nil, nil
	}
	found, err := n.secrets(ctx, o.Merchant, o.Secret)
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for _, s := range found {
		if s.ends.IsZero() || s.ends.After(now) {
			keys = append(keys, s.key)
		}
	}
	return func(id string, at time.Time, body []byte) string { return signatures(keys, id, at, body) }, nil
}

// signatures are a message's, one for each key, as webhook-signature holds them.
func signatures(keys [][]byte, id string, at time.Time, body []byte) string {
	out := make([]string, len(keys))
	for i, key := range keys {
		h := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(h, "%s.%d.", id, at.Unix())
		_, _ = h.Write(body)
		out[i] = "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return strings.Join(out, " ")
}

// secrets are a merchant's, of which newest is the number of the newest; the
// first is made when there is none.
func (n *Notifier) secrets(ctx context.Context, m pay.MerchantID, newest int64) ([]secret, error) {
	n.signers.mu.Lock()
	kept := n.signers.of[m]
	n.signers.mu.Unlock()
	if newest > 0 && len(kept) > 0 && kept[0].seq == newest {
		return kept, nil
	}
	var rows []store.WebhookSecret
	read := func(tx *store.Tx) (err error) {
		rows, err = tx.WebhookSecrets(ctx, m)
		return err
	}
	if newest == 0 {
		if _, _, err := n.addSecret(ctx, m, false); err != nil && !errors.Is(err, store.ErrExists) {
			return nil, err
		}
	}
	if err := n.store.Read(ctx, read); err != nil {
		return nil, err
	}
	out, err := n.openSecrets(rows)
	if err != nil {
		return nil, err
	}
	n.signers.mu.Lock()
	defer n.signers.mu.Unlock()
	if n.signers.of == nil || len(n.signers.of) >= signersKept {
		n.signers.of = map[pay.MerchantID][]secret{}
	}
	n.signers.of[m] = out
	return out, nil
}

func (n *Notifier) openSecrets(rows []store.WebhookSecret) ([]secret, error) {
	out := make([]secret, len(rows))
	for i, r := range rows {
		key, err := n.vault.Open(r.Sealed, SecretName(r.Merchant, r.Seq))
		if err != nil {
			return nil, fmt.Errorf("notify: %w", err)
		}
		out[i] = secret{seq: r.Seq, key: key, ends: r.Ends}
	}
	return out, nil
}

// SecretName is what a sealed webhook secret is bound to.
func SecretName(m pay.MerchantID, seq int64) string {
	return fmt.Sprintf("webhook_secret:%s:%d", m, seq)
}

// ShowSecret is what a merchant's webhooks are signed with, "whsec_…", made if
// there is none. It is shown once: then ErrSecretShown.
func (n *Notifier) ShowSecret(ctx context.Context, m pay.MerchantID) (pay.Secret, error) {
	if n.vault == nil {
		return "", errNoVault
	}
	shown, made, err := n.addSecret(ctx, m, true)
	if made || err != nil && !errors.Is(err, store.ErrExists) {
		return shown, err
	}
	var row store.WebhookSecret
	err = n.store.Write(ctx, func(tx *store.Tx) error {
		rows, err := tx.WebhookSecrets(ctx, m)
		switch {
		case err != nil:
			return err
		case len(rows) == 0:
			return fmt.Errorf("notify: merchant %s has no webhook secret", m)
		}
		row = rows[0]
		if !row.Shown.IsZero() {
			return fmt.Errorf("%w: on %s", ErrSecretShown, row.Shown.Format(time.RFC3339))
		}
		row.Shown = tx.Now
		if err := tx.UpdateWebhookSecret(ctx, row); err != nil {
			return err
		}
		return auditSecret(ctx, tx, "webhook.secret.show", m, row.Seq, time.Time{})
	})
	if err != nil {
		return "", err
	}
	opened, err := n.openSecrets([]store.WebhookSecret{row})
	if err != nil {
		return "", err
	}
	return spelled(opened[0].key), nil
}

// RotateSecret makes a new secret and shows it. Until then, the one of before
// signs as well; one that was already ending ends now.
func (n *Notifier) RotateSecret(ctx context.Context, m pay.MerchantID) (shown pay.Secret, until time.Time, err error) {
	if n.vault == nil {
		return "", until, errNoVault
	}
	key := newKey()
	err = n.store.Write(ctx, func(tx *store.Tx) error {
		rows, err := tx.WebhookSecrets(ctx, m)
		if err != nil {
			return err
		}
		seq := int64(1)
		until = time.Time{}
		for i, r := range rows {
			if r.Ends = tx.Now; i == 0 {
				seq, r.Ends = r.Seq+1, tx.Now.Add(Overlap)
				until = r.Ends
			}
			if err := tx.UpdateWebhookSecret(ctx, r); err != nil {
				return err
			}
		}
		if err := n.insertSecret(ctx, tx, m, seq, key, tx.Now); err != nil {
			return err
		}
		return auditSecret(ctx, tx, "webhook.secret.rotate", m, seq, until)
	})
	return spelled(key), until, err
}

// addSecret makes a merchant's first secret. made is false, and the error
// store.ErrExists, when it has one.
func (n *Notifier) addSecret(ctx context.Context, m pay.MerchantID, show bool) (shown pay.Secret, made bool, err error) {
	key := newKey()
	err = n.store.Write(ctx, func(tx *store.Tx) error {
		var at time.Time
		if show {
			at = tx.Now
		}
		if err := n.insertSecret(ctx, tx, m, 1, key, at); err != nil || !show {
			return err
		}
		return auditSecret(ctx, tx, "webhook.secret.show", m, 1, time.Time{})
	})
	if err != nil {
		return "", false, err
	}
	return spelled(key), true, nil
}

// auditSecret writes down that a secret was shown, or made, and until when the one
// of before signs as well.
func auditSecret(ctx context.Context, tx *store.Tx, action string, m pay.MerchantID, seq int64, until time.Time) error {
	after := map[string]any{"seq": seq}
	if !until.IsZero() {
		after["older_until"] = until
	}
	return tx.Audit(ctx, store.Change{Merchant: m, Action: action, Target: string(m), After: after})
}

func (n *Notifier) insertSecret(ctx context.Context, tx *store.Tx, m pay.MerchantID, seq int64, key []byte, shown time.Time) error {
	sealed, err := n.vault.Seal(key, SecretName(m, seq))
	if err != nil {
		return err
	}
	return tx.InsertWebhookSecret(ctx, store.WebhookSecret{Merchant: m, Seq: seq, Sealed: sealed, Shown: shown})
}

func newKey() []byte {
	key := make([]byte, secretSize)
	_, _ = rand.Read(key) // never fails
	return key
}

func spelled(key []byte) pay.Secret {
	return pay.Secret(secretPrefix + base64.StdEncoding.EncodeToString(key))
}
