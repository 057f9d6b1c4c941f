package tosspayments

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	upperHex     = "0123456789ABCDEF"
	digits       = "0123456789"
	lowerHex     = "0123456789abcdef"
)

// random makes n characters of the alphabet. The caller holds the lock: the
// source need not be safe for concurrent use.
func (s *Simulator) random(n int, alphabet string) string {
	b := make([]byte, 2*n)
	if _, err := io.ReadFull(s.opts.Rand, b); err != nil {
		panic(fmt.Sprintf("tosspayments sandbox: Options.Rand ended: %v", err))
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[int(binary.BigEndian.Uint16(b[2*i:]))%len(alphabet)]
	}
	return string(out)
}

func (s *Simulator) newPaymentKey() string     { return s.random(48, alphanumeric) }
func (s *Simulator) newTransactionKey() string { return s.random(32, upperHex) }
func (s *Simulator) newAuthKey() string        { return s.random(44, alphanumeric) }
func (s *Simulator) newCashReceiptKey() string { return s.random(21, alphanumeric+"_-") }
func (s *Simulator) newSecret() string         { return "ps_" + s.random(28, alphanumeric) }

// newReceiptID is the transaction id that stands in receipt addresses; its time
// is that of the payment's creation.
func (s *Simulator) newReceiptID(mid string, at time.Time) string {
	return mid[:min(len(mid), 5)] + at.In(seoul).Format("20060102150405") + s.random(5, alphanumeric)
}

// newBillingKey is 32 bytes in the base64 of addresses, as real keys look.
func (s *Simulator) newBillingKey() string { return s.random(43, alphanumeric+"_-") + "=" }
