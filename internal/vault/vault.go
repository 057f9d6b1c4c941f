// Package vault seals the secrets that rest in the database: providers'
// credentials, and whatever else must not be readable there. Secrets are
// sealed with AES-256-GCM under a Tink keyset; the keyset itself is stored
// sealed under the master key, which is never stored.
//
// Every sealed value is bound to the row it belongs to by associated data, so
// that a sealed value copied to another row does not open there.
package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrMaster is wrapped when the stored keyset does not open under the master key.
	ErrMaster = errors.New("vault: the master key is not the one this database was sealed with")
	// ErrSealed is wrapped when a sealed value does not open: it was changed,
	// belongs to another row, or was sealed in another database.
	ErrSealed = errors.New("vault: the sealed value does not open: it was changed, or belongs elsewhere")
)

// reloadTimeout bounds the reading of a keyset that another node has rotated.
const reloadTimeout = 5 * time.Second

// Load reads the sealed keyset from where it is kept; nil when there is none yet.
type Load func(ctx context.Context) ([]byte, error)

// Save keeps the first sealed keyset. Where there is one it keeps that and may
// say so by an error: it never replaces one.
type Save func(ctx context.Context, sealed []byte) error

// Vault seals and opens. It is safe for concurrent use.
type Vault struct {
	master tink.AEAD
	load   Load
	save   Save

	mu   sync.RWMutex
	keys *keyset.Handle
	aead tink.AEAD
	mac  []byte // root of the MAC keys
	// keyed are HMACs under keys made of mac, by purpose: string to *sync.Pool of hash.Hash.
	keyed *sync.Map
}

// Open opens the vault whose sealed keyset load returns, or makes a new one
// and saves it when there is none. Master is 32 bytes (ParseMaster). The error
// wraps ErrMaster when the keyset was sealed under another master key.
func Open(ctx context.Context, master []byte, load Load, save Save) (*Vault, error) {
	wrap, err := newMaster(master)
	if err != nil {
		return nil, err
	}
	v := &Vault{master: wrap, load: load, save: save}
	stored, err := load(ctx)
	if err != nil {
		return nil, fmt.Errorf("vault: read the keyset: %w", err)
	}
	if len(stored) == 0 {
		if stored, err = v.create(ctx); err != nil {
			return nil, err
		}
	}
	if err := v.use(stored); err != nil {
		return nil, err
	}
	return v, nil
}

// create saves a new keyset and returns what is stored then, which is another
// node's when that one was first.
func (v *Vault) create(ctx context.Context) ([]byte, error) {
	fresh, err := newStored(v.master)
	if err != nil {
		return nil, err
	}
	saveErr := v.save(ctx, fresh)
	stored, err := v.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("vault: read the keyset: %w", errors.Join(err, saveErr))
	}
	if len(stored) == 0 {
		return nil, fmt.Errorf("vault: save the keyset: %w", errors.Join(errors.New("nothing was kept"), saveErr))
	}
	return stored, nil
}

// use makes a stored keyset the one in use.
func (v *Vault) use(text []byte) error {
	s, err := readStored(text)
	if err != nil {
		return err
	}
	keys, mac, err := s.open(v.master)
	if err != nil {
		return err
	}
	a, err := aead.New(keys)
	if err != nil {
		return fmt.Errorf("vault: keyset: %w", err)
	}
	v.mu.Lock()
	v.keys, v.aead, v.mac, v.keyed = keys, a, mac, &sync.Map{}
	v.mu.Unlock()
	return nil
}

func (v *Vault) current() (*keyset.Handle, tink.AEAD) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys, v.aead
}

// Seal encrypts plain. Ad names the row the value belongs to ("channel:" and
// its key, say); Open needs the same.
func (v *Vault) Seal(plain []byte, ad string) ([]byte, error) {
	_, a := v.current()
	sealed, err := a.Encrypt(plain, []byte(ad))
	if err != nil {
		return nil, fmt.Errorf("vault: seal %s: %w", ad, err)
	}
	return sealed, nil
}

// Open is what Seal was given, or an error wrapping ErrSealed that names ad.
// A value sealed after another node rotated the keys is opened by reading the
// stored keyset again.
func (v *Vault) Open(sealed []byte, ad string) ([]byte, error) {
	keys, a := v.current()
	if !holds(keys, sealed) {
		ctx, cancel := context.WithTimeout(context.Background(), reloadTimeout)
		defer cancel()
		if err := v.reload(ctx); err != nil {
			return nil, fmt.Errorf("vault: open %s: %w", ad, err)
		}
		_, a = v.current()
	}
	plain, err := a.Decrypt(sealed, []byte(ad))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrSealed, ad) // Tink's own words say nothing more
	}
	return plain, nil
}

func (v *Vault) reload(ctx context.Context) error {
	stored, err := v.load(ctx)
	if err != nil {
		return fmt.Errorf("read the keyset: %w", err)
	}
	if len(stored) == 0 {
		return errors.New("the stored keyset is gone")
	}
	return v.use(stored)
}

// holds reports whether the keyset has the key that sealed was made with. A
// Tink ciphertext begins with a version byte and the key's id.
func holds(keys *keyset.Handle, sealed []byte) bool {
	if len(sealed) < 5 {
		return true // too short to be sealed: opening it says so
	}
	for _, k := range keys.KeysetInfo().GetKeyInfo() {
		if bytes.HasPrefix(sealed, prefixOf(k.GetKeyId())) {
			return true
		}
	}
	return false
}

// prefixOf is how a Tink ciphertext begins that was made with a key.
func prefixOf(id uint32) []byte {
	return []byte{1, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}
}
