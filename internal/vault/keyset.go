package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The sealed keyset as it is stored. Next is the same under another master key,
// while the master key is being changed: whoever has either of them opens it. The
// release before reads the first alone.
type stored struct {
	Version int `json:"v"`
	wrapped
	Next *wrapped `json:"next,omitempty"`
}

// wrapped is a keyset under one master key. Each part is sealed with its own
// associated data, so that one cannot stand in for the other.
type wrapped struct {
	Keyset []byte `json:"keyset"` // Tink's encrypted keyset, binary
	MAC    []byte `json:"mac"`    // root of the MAC keys; does not change on rotation
}

const (
	storedVersion = 1
	keysetAD      = "naru/vault/keyset"
	macAD         = "naru/vault/mac"
	macRootSize   = 32
)

// newStored is a fresh keyset and MAC root, sealed.
func newStored(master tink.AEAD) ([]byte, error) {
	keys, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: new keyset: %w", err)
	}
	mac := make([]byte, macRootSize)
	_, _ = rand.Read(mac) // never fails: crypto/rand aborts the program instead
	w, err := wrap(master, keys, mac)
	if err != nil {
		return nil, err
	}
	return stored{Version: storedVersion, wrapped: w}.text()
}

func (s stored) text() ([]byte, error) { return json.Marshal(s) }

func wrap(master tink.AEAD, keys *keyset.Handle, mac []byte) (wrapped, error) {
	var b bytes.Buffer
	if err := keys.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), master, []byte(keysetAD)); err != nil {
		return wrapped{}, fmt.Errorf("vault: seal the keyset: %w", err)
	}
	sealedMAC, err := master.Encrypt(mac, []byte(macAD))
	if err != nil {
		return wrapped{}, fmt.Errorf("vault: seal the MAC key: %w", err)
	}
	return wrapped{Keyset: b.Bytes(), MAC: sealedMAC}, nil
}

func readStored(text []byte) (s stored, err error) {
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("vault: the stored keyset is damaged: %w", err)
	}
	if s.Version != storedVersion {
		return s, fmt.Errorf("vault: the stored keyset has version %d, this program reads %d", s.Version, storedVersion)
	}
	return s, nil
}

// open is the keyset under whichever of its master keys master is.
func (s stored) open(master tink.AEAD) (*keyset.Handle, []byte, error) {
	keys, mac, err := s.wrapped.open(master)
	if errors.Is(err, ErrMaster) && s.Next != nil {
		return s.Next.open(master)
	}
	return keys, mac, err
}

func (w wrapped) open(master tink.AEAD) (*keyset.Handle, []byte, error) {
	mac, err := master.Decrypt(w.MAC, []byte(macAD))
	if err != nil {
		return nil, nil, ErrMaster
	}
	keys, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(w.Keyset)), master, []byte(keysetAD))
	if err != nil {
		return nil, nil, fmt.Errorf("vault: the stored keyset is damaged: %w", err)
	}
	return keys, mac, nil
}
