package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The sealed keyset as it is stored. Each part is sealed under the master key
// with its own associated data, so that one cannot stand in for the other.
type stored struct {
	Version int    `json:"v"`
	Keyset  []byte `json:"keyset"` // Tink's encrypted keyset, binary
	MAC     []byte `json:"mac"`    // root of the MAC keys; does not change on rotation
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
	return seal(master, keys, mac)
}

func seal(master tink.AEAD, keys *keyset.Handle, mac []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := keys.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), master, []byte(keysetAD)); err != nil {
		return nil, fmt.Errorf("vault: seal the keyset: %w", err)
	}
	sealedMAC, err := master.Encrypt(mac, []byte(macAD))
	if err != nil {
		return nil, fmt.Errorf("vault: seal the MAC key: %w", err)
	}
	return json.Marshal(stored{Version: storedVersion, Keyset: b.Bytes(), MAC: sealedMAC})
}

func openStored(master tink.AEAD, text []byte) (*keyset.Handle, []byte, error) {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, nil, fmt.Errorf("vault: the stored keyset is damaged: %w", err)
	}
	if s.Version != storedVersion {
		return nil, nil, fmt.Errorf("vault: the stored keyset has version %d, this program reads %d", s.Version, storedVersion)
	}
	mac, err := master.Decrypt(s.MAC, []byte(macAD))
	if err != nil {
		return nil, nil, ErrMaster
	}
	keys, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(s.Keyset)), master, []byte(keysetAD))
	if err != nil {
		return nil, nil, fmt.Errorf("vault: the stored keyset is damaged: %w", err)
	}
	return keys, mac, nil
}
