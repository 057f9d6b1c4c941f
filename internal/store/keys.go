package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// APIKey is what a merchant's servers sign in with. The secret itself is never
// stored.
type APIKey struct {
	Key        string
	Merchant   pay.MerchantID
	Name       string // what people call it
	SecretHash []byte
	Created    time.Time
	Revoked    time.Time // zero: in use
	// FormerHash is of the secret before, which is taken as well until FormerUntil;
	// nil is none.
	FormerHash  []byte
	FormerUntil time.Time
}

const keyColumns = `merchant, key, name, secret_hash, created, revoked, former_hash, former_until`

func scanKey(r row) (k APIKey, err error) {
	err = r.Scan(&k.Merchant, &k.Key, &k.Name, blobInto{&k.SecretHash}, timeInto{&k.Created}, timeInto{&k.Revoked},
		blobInto{&k.FormerHash}, timeInto{&k.FormerUntil})
	return k, err
}

// InsertKey adds a key; a zero Created is now. ErrExists when it is taken,
// ErrNotFound without its merchant.
func (t *Tx) InsertKey(ctx context.Context, k APIKey) error {
	err := t.change(ctx, ErrExists,
		`INSERT INTO api_keys (merchant, key, name, secret_hash, created, revoked) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		k.Merchant, k.Key, k.Name, k.SecretHash, t.or(k.Created), k.Revoked)
	return wrap(err, "API key %s", k.Key)
}

// UpdateKey writes the name and the secrets of a merchant's key, or ErrNotFound.
func (t *Tx) UpdateKey(ctx context.Context, k APIKey) error {
	var former any
	if len(k.FormerHash) > 0 {
		former = k.FormerHash
	}
	err := t.change(ctx, ErrNotFound, `UPDATE api_keys SET name = $3, secret_hash = $4, former_hash = $5, former_until = $6
		WHERE merchant = $1 AND key = $2`, k.Merchant, k.Key, k.Name, k.SecretHash, former, k.FormerUntil)
	return wrap(err, "API key %s", k.Key)
}

// KeyOf is the row of a merchant's key, or ErrNotFound. In a Write nobody else
// changes it meanwhile.
func (t *Tx) KeyOf(ctx context.Context, merchant pay.MerchantID, key string) (APIKey, error) {
	k, err := one(ctx, t, scanKey, `SELECT `+keyColumns+` FROM api_keys WHERE merchant = $1 AND key = $2`+t.lock(), merchant, key)
	return k, wrap(err, "API key %q of merchant %s", key, merchant)
}

// Key is the row of a key, revoked ones too, or ErrNotFound.
func (t *Tx) Key(ctx context.Context, key string) (APIKey, error) {
	k, err := one(ctx, t, scanKey, `SELECT `+keyColumns+` FROM api_keys WHERE key = $1`, key)
	return k, wrap(err, "API key %q", key)
}

// RevokeKey ends a merchant's key now; one that was revoked keeps its time.
// ErrNotFound when there is none.
func (t *Tx) RevokeKey(ctx context.Context, merchant pay.MerchantID, key string) error {
	err := t.change(ctx, ErrNotFound, `UPDATE api_keys SET revoked = CASE WHEN revoked = 0 THEN $3 ELSE revoked END
		WHERE merchant = $1 AND key = $2`, merchant, key, t.Now)
	return wrap(err, "API key %q", key)
}

// ListKeys is every key of a merchant, oldest first.
func (t *Tx) ListKeys(ctx context.Context, merchant pay.MerchantID) ([]APIKey, error) {
	ks, err := list(ctx, t, scanKey,
		`SELECT `+keyColumns+` FROM api_keys WHERE merchant = $1 ORDER BY created, key`, merchant)
	return ks, wrap(err, "API keys of merchant %s", merchant)
}

// Token is the access token of an API key: one at a time, known by its hash.
type Token struct {
	Key             string
	Merchant        pay.MerchantID
	Hash            []byte
	Issued, Expires time.Time
}

const tokenColumns = `merchant, key, hash, issued, expires`

func scanToken(r row) (k Token, err error) {
	err = r.Scan(&k.Merchant, &k.Key, blobInto{&k.Hash}, timeInto{&k.Issued}, timeInto{&k.Expires})
	return k, err
}

// PutToken makes k the token of its API key in place of the one before.
// ErrNotFound without that key.
func (t *Tx) PutToken(ctx context.Context, k Token) error {
	_, err := t.exec(ctx, `INSERT INTO tokens (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (merchant, key) DO UPDATE SET hash = excluded.hash, issued = excluded.issued, expires = excluded.expires`,
		k.Merchant, k.Key, k.Hash, k.Issued, k.Expires)
	return wrap(err, "token of API key %s", k.Key)
}

// TokenOfKey is the token of an API key, expired or not, or ErrNotFound. In a
// Write no other Write gets past it, also when there is none yet: of many who
// find it expired, one replaces it and the rest find that.
func (t *Tx) TokenOfKey(ctx context.Context, key string) (Token, error) {
	if lock := t.lock(); lock != "" {
		if _, err := one(ctx, t, scanKey, `SELECT `+keyColumns+` FROM api_keys WHERE key = $1`+lock, key); err != nil {
			return Token{}, wrap(err, "API key %q", key)
		}
	}
	k, err := one(ctx, t, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE key = $1`, key)
	return k, wrap(err, "token of API key %q", key)
}

// ListTokens is the newest token of each of a merchant's keys that had one, expired
// or not.
func (t *Tx) ListTokens(ctx context.Context, merchant pay.MerchantID) ([]Token, error) {
	ks, err := list(ctx, t, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE merchant = $1 ORDER BY key`, merchant)
	return ks, wrap(err, "tokens of merchant %s", merchant)
}

// EndToken ends the token of a merchant's key now, if it has a live one.
func (t *Tx) EndToken(ctx context.Context, merchant pay.MerchantID, key string) error {
	_, err := t.exec(ctx, `UPDATE tokens SET expires = $3 WHERE merchant = $1 AND key = $2 AND expires > $3`, merchant, key, t.Now)
	return wrap(err, "token of API key %s", key)
}

// TokenByHash is the token of a hash, expired or not, or ErrNotFound.
func (t *Tx) TokenByHash(ctx context.Context, hash []byte) (Token, error) {
	k, err := one(ctx, t, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE hash = $1`, hash)
	return k, wrap(err, "token")
}
