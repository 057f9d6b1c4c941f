package tosspay

import (
	"fmt"
	"io"
	"time"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random reads n bytes. A source that fails is a mistake of whoever passed it,
// as crypto/rand never does. The caller holds the lock.
func (s *Simulator) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.opts.Rand, b); err != nil {
		panic(fmt.Sprintf("tosspay sandbox: Options.Rand failed: %v", err))
	}
	return b
}

// letters are n of 0-9A-Za-z, each as likely as another.
func (s *Simulator) letters(n int, alphabet string) string {
	out := make([]byte, 0, n)
	fair := byte(256 / len(alphabet) * len(alphabet) % 256) // bytes from here on would favour the first letters
	for len(out) < n {
		for _, b := range s.random(n - len(out)) {
			if fair == 0 || b < fair {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

const idLength = 22

// payToken is 22 letters and digits, as seen on the wire; a billing key looks
// the same.
func (s *Simulator) payToken() string { return s.letters(idLength, base62) }

// uuid is a version 4 UUID.
func (s *Simulator) uuid() string {
	b := s.random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// authorizationNo is a card issuer's approval number; test keys get no real one.
func (s *Simulator) authorizationNo(shop *Shop) string {
	if shop.mode() == "TEST" {
		return "00000000"
	}
	return s.letters(8, base62[:10])
}

// receiptKey is Toss's own number of a cash receipt, at most 36 characters.
func (s *Simulator) receiptKey(at time.Time) string {
	return at.In(seoul).Format("20060102") + "-" + s.letters(12, base62)
}
