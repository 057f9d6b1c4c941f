package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// MAC is HMAC-SHA256 of data under a key of its own for each purpose, 32
// bytes; purposes are few. It is stable for the life of the database, rotation included, so it
// can be stored and looked up. Compare with hmac.Equal.
func (v *Vault) MAC(purpose string, data []byte) []byte {
	v.mu.RLock()
	root, keyed := v.mac, v.keyed
	v.mu.RUnlock()
	made, ok := keyed.Load(purpose)
	if !ok {
		key := macKey(root, purpose)
		made, _ = keyed.LoadOrStore(purpose, &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }})
	}
	pool := made.(*sync.Pool)
	h := pool.Get().(hash.Hash)
	defer pool.Put(h)
	h.Reset()
	h.Write(data)
	return h.Sum(nil)
}

func macKey(root []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, root, nil, "naru/mac/"+purpose, sha256.Size)
	if err != nil {
		panic("vault: HKDF of 32 bytes cannot fail: " + err.Error()) // only lengths above 255 hashes do
	}
	return key
}
