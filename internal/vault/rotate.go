package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

var (
	// ErrChanging: the master key is being changed, which must be finished first.
	ErrChanging = errors.New("vault: the master key is being changed: finish that first")
	// ErrOldMaster: a change of the master key is finished with the new one.
	ErrOldMaster = errors.New("vault: this is the master key that is being given up: finish the change with the new one")
)

// Swap keeps a sealed keyset in place of before, provided before is still what is
// kept; else it returns an error and keeps what is there. A keyset that is
// written over another's change would lose the key that values were sealed with.
type Swap func(ctx context.Context, sealed, before []byte) error

// Rotate adds a new key and seals with it from now on. What was sealed before
// stays readable, and MAC answers as before. Other nodes follow when they meet
// the first value sealed with the new key. ErrChanging while the master key is
// being changed: the keyset is there twice, and only one could be renewed.
func (v *Vault) Rotate(ctx context.Context, swap Swap) error {
	before, s, err := v.read(ctx)
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	if s.Next != nil {
		return ErrChanging
	}
	keys, mac, err := s.open(v.master)
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	m := keyset.NewManagerFromHandle(keys)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	if err := m.SetPrimary(id); err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	next, err := m.Handle()
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	w, err := wrap(v.master, next, mac)
	if err != nil {
		return err
	}
	return v.swap(ctx, swap, stored{Version: storedVersion, wrapped: w}, before)
}

// AddMaster has the keyset open under another master key as well, so that nodes
// can be restarted with it one by one. Doing so again with the same one does
// nothing; with a third one it is ErrChanging.
func (v *Vault) AddMaster(ctx context.Context, master []byte, swap Swap) error {
	other, err := newMaster(master)
	if err != nil {
		return err
	}
	before, s, err := v.read(ctx)
	if err != nil {
		return fmt.Errorf("vault: add a master key: %w", err)
	}
	if _, _, err := s.wrapped.open(other); err == nil {
		return errors.New("vault: that is the master key in use")
	}
	if s.Next != nil {
		if _, _, err := s.Next.open(other); err == nil {
			return nil
		}
		return ErrChanging
	}
	keys, mac, err := s.open(v.master)
	if err != nil {
		return fmt.Errorf("vault: add a master key: %w", err)
	}
	w, err := wrap(other, keys, mac)
	if err != nil {
		return err
	}
	s.Next = &w
	return v.swap(ctx, swap, s, before)
}

// DropMaster ends a change of the master key: the keyset opens under this vault's
// alone. It does nothing when none is under way; ErrOldMaster when this vault was
// opened with the one that is being given up.
func (v *Vault) DropMaster(ctx context.Context, swap Swap) error {
	before, s, err := v.read(ctx)
	if err != nil {
		return fmt.Errorf("vault: drop a master key: %w", err)
	}
	if s.Next == nil {
		return nil
	}
	if _, _, err := s.Next.open(v.master); err != nil {
		return ErrOldMaster
	}
	return v.swap(ctx, swap, stored{Version: storedVersion, wrapped: *s.Next}, before)
}

// read is what is stored, in its bytes and in its parts.
func (v *Vault) read(ctx context.Context) ([]byte, stored, error) {
	text, err := v.load(ctx)
	if err != nil {
		return nil, stored{}, fmt.Errorf("read the keyset: %w", err)
	}
	if len(text) == 0 {
		return nil, stored{}, errors.New("the stored keyset is gone")
	}
	s, err := readStored(text)
	return text, s, err
}

func (v *Vault) swap(ctx context.Context, swap Swap, next stored, before []byte) error {
	text, err := next.text()
	if err != nil {
		return fmt.Errorf("vault: save the keyset: %w", err)
	}
	if err := swap(ctx, text, before); err != nil {
		return fmt.Errorf("vault: save the keyset: %w", err)
	}
	return v.use(text)
}

// Opens reports by its error whether a sealed keyset opens under a master key: ErrMaster.
func Opens(master, sealed []byte) error {
	wrap, err := newMaster(master)
	if err != nil {
		return err
	}
	s, err := readStored(sealed)
	if err == nil {
		_, _, err = s.open(wrap)
	}
	return err
}

// Current reports whether a value is sealed with the key that Seal uses now.
func (v *Vault) Current(sealed []byte) bool {
	keys, _ := v.current()
	return bytes.HasPrefix(sealed, prefixOf(keys.KeysetInfo().GetPrimaryKeyId()))
}

// Reseal is a value sealed anew with the key that Seal uses now.
func (v *Vault) Reseal(sealed []byte, ad string) ([]byte, error) {
	plain, err := v.Open(sealed, ad)
	if err != nil {
		return nil, err
	}
	return v.Seal(plain, ad)
}

// Info is how the keyset stands.
type Info struct {
	Keys     int  // values may be sealed with
	Changing bool // the master key is being changed
}

// Info reads how the stored keyset stands.
func (v *Vault) Info(ctx context.Context) (Info, error) {
	_, s, err := v.read(ctx)
	if err != nil {
		return Info{}, fmt.Errorf("vault: %w", err)
	}
	keys, _, err := s.open(v.master)
	if err != nil {
		return Info{}, err
	}
	return Info{Keys: keys.Len(), Changing: s.Next != nil}, nil
}
