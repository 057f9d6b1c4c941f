package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// MasterSize is the length of a master key in bytes.
const MasterSize = 32

// ParseMaster reads a master key as people keep it: 64 hexadecimal digits, or
// base64 (standard or URL alphabet, padded or not) of 32 bytes. Blanks around
// it are ignored. Errors say what is wrong and never repeat the text.
func ParseMaster(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("the master key is empty; want 64 hexadecimal digits or base64 of 32 bytes")
	}
	key, err := decodeMaster(text)
	if err != nil {
		return nil, err
	}
	if len(key) != MasterSize {
		return nil, fmt.Errorf("the master key holds %d bytes; want %d, as 64 hexadecimal digits or base64", len(key), MasterSize)
	}
	if allEqual(key) {
		return nil, errors.New("the master key is one byte repeated; make one with: openssl rand -hex 32")
	}
	return key, nil
}

func decodeMaster(text string) ([]byte, error) {
	if len(text) == 2*MasterSize {
		if key, err := hex.DecodeString(text); err == nil {
			return key, nil
		}
	}
	bare := strings.TrimRight(text, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := enc.DecodeString(bare); err == nil {
			return key, nil
		}
	}
	return nil, fmt.Errorf("the master key is %d characters that are neither 64 hexadecimal digits nor base64 of %d bytes", len(text), MasterSize)
}

func allEqual(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

// GenerateMaster is a new random master key as 64 hexadecimal digits.
func GenerateMaster() string {
	var key [MasterSize]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand aborts the program instead
	return hex.EncodeToString(key[:])
}

// master is the standard library's AES-256-GCM with random nonces, as Tink wants it.
type master struct{ gcm cipher.AEAD }

var _ tink.AEAD = master{}

func newMaster(key []byte) (master, error) {
	if len(key) != MasterSize {
		return master{}, fmt.Errorf("vault: the master key has %d bytes, want %d", len(key), MasterSize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return master{}, fmt.Errorf("vault: master key: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return master{}, fmt.Errorf("vault: master key: %w", err)
	}
	return master{gcm}, nil
}

func (m master) Encrypt(plain, ad []byte) ([]byte, error) {
	return m.gcm.Seal(nil, nil, plain, ad), nil
}

func (m master) Decrypt(sealed, ad []byte) ([]byte, error) { return m.gcm.Open(nil, nil, sealed, ad) }
