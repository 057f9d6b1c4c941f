package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
)

// MAC is HMAC-SHA256 of data under a key of its own for each purpose, 32
// bytes. It is stable for the life of the database, rotation included, so it
// can be stored and looked up. Compare with hmac.Equal.
func (v *Vault) MAC(purpose string, data []byte) []byte {
	v.mu.RLock()
	root := v.mac
	v.mu.RUnlock()
	key, err := hkdf.Key(sha256.New, root, nil, "naru/mac/"+purpose, sha256.Size)
	if err != nil {
		panic("vault: HKDF of 32 bytes cannot fail: " + err.Error()) // only lengths above 255 hashes do
	}
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}
