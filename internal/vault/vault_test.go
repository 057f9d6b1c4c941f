package vault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"

	"naru/internal/pay"
	"naru/internal/vault"
)

// shelf keeps a sealed keyset, as the database does.
type shelf struct {
	mu     sync.Mutex
	sealed []byte
	saves  int
	err    error
}

func (s *shelf) load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.sealed), nil
}

func (s *shelf) save(_ context.Context, sealed []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.sealed, s.saves = bytes.Clone(sealed), s.saves+1
	return nil
}

// swap is the compare-and-set that a rotation needs.
func (s *shelf) swap(_ context.Context, sealed, before []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return s.err
	case !bytes.Equal(s.sealed, before):
		return errMeanwhile
	}
	s.sealed, s.saves = bytes.Clone(sealed), s.saves+1
	return nil
}

var errMeanwhile = errors.New("changed meanwhile")

func key(b byte) []byte { k := bytes.Repeat([]byte{b}, 31); return append(k, b+1) }

func open(t *testing.T, s *shelf, master []byte) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), master, s.load, s.save)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seal(t *testing.T, v *vault.Vault, plain, ad string) []byte {
	t.Helper()
	sealed, err := v.Seal([]byte(plain), ad)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func mustOpen(t *testing.T, v *vault.Vault, sealed []byte, ad, want string) {
	t.Helper()
	got, err := v.Open(sealed, ad)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Fatalf("opened %q, want %q", got, want)
	}
}

func TestSealedValueOpensAfterReopening(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	sealed := seal(t, open(t, s, key(1)), "secret", "row 1")
	mustOpen(t, open(t, s, key(1)), sealed, "row 1", "secret")
	if s.saves != 1 {
		t.Errorf("keyset was saved %d times, want once", s.saves)
	}
}

func TestSwappedRowsDoNotOpen(t *testing.T) {
	t.Parallel()
	v := open(t, &shelf{}, key(1))
	a, b := seal(t, v, "of a", "channel:a"), seal(t, v, "of b", "channel:b")
	for _, c := range []struct {
		sealed []byte
		ad     string
	}{{a, "channel:b"}, {b, "channel:a"}, {a, ""}} {
		if got, err := v.Open(c.sealed, c.ad); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("open as %q: got %q, %v; want ErrSealed", c.ad, got, err)
		}
	}
}

func TestChangedBytesDoNotOpen(t *testing.T) {
	t.Parallel()
	v := open(t, &shelf{}, key(1))
	sealed := seal(t, v, "secret", "row")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := v.Open(bad, "row"); !errors.Is(err, vault.ErrSealed) {
			t.Fatalf("byte %d changed: %v, want ErrSealed", i, err)
		}
	}
	for _, short := range [][]byte{nil, {}, {1}, sealed[:4], sealed[:20]} {
		if _, err := v.Open(short, "row"); !errors.Is(err, vault.ErrSealed) {
			t.Fatalf("%d bytes: %v, want ErrSealed", len(short), err)
		}
	}
}

func TestWrongMasterIsNamed(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	open(t, s, key(1))
	_, err := vault.Open(t.Context(), key(2), s.load, s.save)
	if !errors.Is(err, vault.ErrMaster) {
		t.Fatalf("got %v, want ErrMaster", err)
	}
	if s.saves != 1 {
		t.Error("the keyset was overwritten under the wrong master key")
	}
	if _, err := vault.Open(t.Context(), key(1)[:31], s.load, s.save); err == nil || !strings.Contains(err.Error(), "31 bytes") {
		t.Errorf("short master: %v", err)
	}
}

func TestDamagedKeysetIsNotReplaced(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{", `{"v":2}`, `{"v":1,"keyset":"AAAA","mac":"AAAA"}`} {
		s := &shelf{sealed: []byte(text)}
		if _, err := vault.Open(t.Context(), key(1), s.load, s.save); err == nil {
			t.Errorf("%s opened", text)
		}
		if s.saves != 0 {
			t.Errorf("%s was overwritten", text)
		}
	}
}

func TestRotationKeepsOldValuesAndMACs(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v := open(t, s, key(1))
	other := open(t, s, key(1)) // a second node, opened before the rotation
	old, mac := seal(t, v, "before", "row"), v.MAC("token", []byte("x"))
	if err := v.Rotate(t.Context(), s.swap); err != nil {
		t.Fatal(err)
	}
	fresh := seal(t, v, "after", "row")
	if bytes.Equal(old[:5], fresh[:5]) {
		t.Error("the new value is sealed with the old key")
	}
	for name, n := range map[string]*vault.Vault{"rotated": v, "second node": other, "reopened": open(t, s, key(1))} {
		mustOpen(t, n, old, "row", "before")
		mustOpen(t, n, fresh, "row", "after")
		if !bytes.Equal(n.MAC("token", []byte("x")), mac) {
			t.Errorf("%s: the MAC changed with the rotation", name)
		}
	}
}

func TestFailedRotationChangesNothing(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v := open(t, s, key(1))
	before := seal(t, v, "x", "row")
	s.err = errors.New("disk full")
	if err := v.Rotate(t.Context(), s.swap); !errors.Is(err, s.err) {
		t.Fatalf("got %v", err)
	}
	after := seal(t, v, "x", "row")
	if !bytes.Equal(before[:5], after[:5]) {
		t.Error("a key that was not kept is in use")
	}
}

func TestFirstOfTwoNodesWins(t *testing.T) {
	t.Parallel()
	first := &shelf{}
	seal(t, open(t, first, key(1)), "x", "row")
	loads := 0
	late := &shelf{sealed: first.sealed, err: errors.New("exists")}
	v, err := vault.Open(t.Context(), key(1), func(ctx context.Context) ([]byte, error) {
		if loads++; loads == 1 {
			return nil, nil // it looked before the other had saved
		}
		return late.load(ctx)
	}, late.save)
	if err != nil {
		t.Fatal(err)
	}
	mustOpen(t, open(t, first, key(1)), seal(t, v, "shared", "row"), "row", "shared")
}

func TestUnsavedKeysetIsNotUsed(t *testing.T) {
	t.Parallel()
	s := &shelf{err: errors.New("disk full")}
	if _, err := vault.Open(t.Context(), key(1), s.load, s.save); !errors.Is(err, s.err) {
		t.Fatalf("got %v, want the error of saving", err)
	}
}

func TestNothingReadableIsStored(t *testing.T) {
	t.Parallel()
	const marker = "planted-marker-4111111111111111"
	s := &shelf{}
	v := open(t, s, key(1))
	sealed, err := v.SealMap(map[string]pay.Secret{"secret_key": marker, marker: "x"}, "channel:a")
	if err != nil {
		t.Fatal(err)
	}
	again, err := v.SealMap(map[string]pay.Secret{"secret_key": marker, marker: "x"}, "channel:a")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"value": sealed, "keyset": s.sealed} {
		if bytes.Contains(b, []byte(marker)) || bytes.Contains(b, key(1)) {
			t.Errorf("the %s holds a secret in the clear", name)
		}
	}
	if bytes.Equal(sealed, again) {
		t.Error("the same secrets sealed twice look the same")
	}
}

func TestMapsComeBackWhole(t *testing.T) {
	t.Parallel()
	v := open(t, &shelf{}, key(1))
	in := map[string]pay.Secret{"client_key": "ck", "secret_key": `한글 "sk"`}
	sealed, err := v.SealMap(in, "channel:a")
	if err != nil {
		t.Fatal(err)
	}
	out, err := v.OpenMap(sealed, "channel:a")
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || out["client_key"].Reveal() != "ck" || out["secret_key"].Reveal() != `한글 "sk"` {
		t.Errorf("got %d secrets back, changed", len(out))
	}
	const marker = "planted-marker"
	if _, err := v.OpenMap(seal(t, v, marker, "row"), "row"); err == nil || strings.Contains(err.Error(), marker) {
		t.Errorf("a value that is no map: %v", err)
	}
}

func TestMACsDifferByPurposeDataAndVault(t *testing.T) {
	t.Parallel()
	v, w := open(t, &shelf{}, key(1)), open(t, &shelf{}, key(1))
	base := v.MAC("token", []byte("a"))
	if len(base) != 32 {
		t.Fatalf("%d bytes, want 32", len(base))
	}
	for name, m := range map[string][]byte{
		"purpose": v.MAC("api key", []byte("a")), "data": v.MAC("token", []byte("b")), "vault": w.MAC("token", []byte("a")),
	} {
		if bytes.Equal(m, base) {
			t.Errorf("another %s gives the same MAC", name)
		}
	}
}

func TestParseMaster(t *testing.T) {
	t.Parallel()
	k := key(0xf8)
	for name, text := range map[string]string{
		"hex": hex.EncodeToString(k), "upper hex": strings.ToUpper(hex.EncodeToString(k)), "with a newline": hex.EncodeToString(k) + "\n",
		"base64": base64.StdEncoding.EncodeToString(k), "unpadded": base64.RawStdEncoding.EncodeToString(k),
		"URL base64": base64.URLEncoding.EncodeToString(k), "generated": vault.GenerateMaster(),
	} {
		got, err := vault.ParseMaster(text)
		if err != nil || len(got) != vault.MasterSize || name != "generated" && !bytes.Equal(got, k) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "empty", "  ": "empty",
		"hunter2-secret!":                        "neither",
		strings.Repeat("ab", 31):                 "46 bytes", // valid base64 of the wrong length
		base64.StdEncoding.EncodeToString(k[:5]): "5 bytes",
		strings.Repeat("00", 32):                 "repeated",
	} {
		_, err := vault.ParseMaster(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d characters: %v, want %q", len(text), err, want)
		} else if text != "" && strings.TrimSpace(text) != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
	if first, second := vault.GenerateMaster(), vault.GenerateMaster(); first == second {
		t.Error("two generated keys are the same")
	}
}

func TestUseWhileRotating(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v := open(t, s, key(1))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				sealed, err := v.Seal([]byte("x"), "row")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := v.Open(sealed, "row"); err != nil {
					t.Error(err)
					return
				}
				_ = v.MAC("p", nil)
			}
		})
	}
	for range 5 {
		if err := v.Rotate(t.Context(), s.swap); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

// together runs fn n times at once and waits for all.
func together(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}
