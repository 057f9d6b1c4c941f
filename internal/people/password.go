package people

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"naru/internal/pay"
)

// What a password is hashed with: OWASP's Password Storage Cheat Sheet, argon2id.
// A row says with what it was made, so that these may grow.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	saltSize     = 16
	hashSize     = 32
)

// The length of a password, in characters.
const (
	minPassword = 10
	maxPassword = 128
)

func checkPassword(p pay.Secret) error {
	if n := utf8.RuneCountInString(p.Reveal()); n < minPassword || n > maxPassword {
		return &Invalid{"password", fmt.Sprintf("has %d characters: %d to %d are needed", n, minPassword, maxPassword)}
	}
	return nil
}

// hashPassword is what is stored of a password, or an *Invalid.
func (d *Directory) hashPassword(p pay.Secret) (string, error) {
	if err := checkPassword(p); err != nil {
		return "", err
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(d.rand, salt); err != nil {
		return "", fmt.Errorf("people: salt: %w", err)
	}
	sum := argon2.IDKey([]byte(p.Reveal()), salt, argonTime, argonMemory, argonThreads, hashSize)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, text(salt), text(sum)), nil
}

// isPassword reports whether stored was made of p. Nothing was made of "".
func isPassword(stored string, p pay.Secret) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(p.Reveal()), salt, time, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
