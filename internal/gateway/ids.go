package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/google/uuid"

	"naru/internal/pay"
)

// random fills b. The reader is crypto/rand but in tests, and does not fail.
func (g *Gateway) random(b []byte) {
	if _, err := io.ReadFull(g.rand, b); err != nil {
		panic("gateway: no randomness: " + err.Error())
	}
}

// newPaymentID is "imp_" and 12 digits for windows, "imps_" for what servers ask.
func (g *Gateway) newPaymentID(s pay.Source) pay.PaymentID {
	var b [8]byte
	g.random(b[:])
	prefix := "imps_"
	if s == pay.SourceWindow {
		prefix = "imp_"
	}
	return pay.PaymentID(fmt.Sprintf("%s%012d", prefix, binary.BigEndian.Uint64(b[:])%1_000_000_000_000))
}

// newUUID is a random identifier of 36 characters.
func (g *Gateway) newUUID() string {
	id, err := uuid.NewRandomFromReader(g.rand)
	if err != nil {
		panic("gateway: no randomness: " + err.Error())
	}
	return id.String()
}

// newAttemptID fits both providers' keys: Toss Pay's refundNo has 36 characters at most.
func (g *Gateway) newAttemptID() pay.AttemptID { return pay.AttemptID(g.newUUID()) }

// newToken is a secret of 256 bits for an address; the store holds its hash only.
func (g *Gateway) newToken() string {
	var b [32]byte
	g.random(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
