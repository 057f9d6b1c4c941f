package vault_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"naru/internal/vault"
)

func TestResealingLeavesNothingUnderTheOldKey(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v := open(t, s, key(1))
	old := seal(t, v, "secret", "row")
	if !v.Current(old) {
		t.Error("a value that was just sealed is not under the present key")
	}
	if err := v.Rotate(t.Context(), s.swap); err != nil {
		t.Fatal(err)
	}
	if v.Current(old) || v.Current(nil) || v.Current([]byte{1}) {
		t.Error("an old value counts as sealed with the new key")
	}
	fresh, err := v.Reseal(old, "row")
	if err != nil || !v.Current(fresh) {
		t.Fatalf("resealed: current %v (%v)", v.Current(fresh), err)
	}
	mustOpen(t, open(t, s, key(1)), fresh, "row", "secret")
	if _, err := v.Reseal(old, "another row"); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("resealed as another row: %v", err)
	}
	if i, err := v.Info(t.Context()); i != (vault.Info{Keys: 2}) || err != nil {
		t.Errorf("info %+v (%v)", i, err)
	}
}

// Two who rotate at once must not lose the key of either: what was sealed with it
// would be gone.
func TestOfRotationsAtOnceNoKeyIsLost(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	nodes := make([]*vault.Vault, 8)
	for i := range nodes {
		nodes[i] = open(t, s, key(1))
	}
	var won atomic.Int64
	sealed := make([][]byte, len(nodes))
	together(len(nodes), func(i int) {
		switch err := nodes[i].Rotate(t.Context(), s.swap); {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, errMeanwhile):
			t.Error(err)
		}
		sealed[i] = seal(t, nodes[i], "kept", "row")
	})
	after := open(t, s, key(1))
	for _, b := range sealed {
		mustOpen(t, after, b, "row", "kept")
	}
	if i, err := after.Info(t.Context()); won.Load() == 0 || i.Keys != int(won.Load())+1 || err != nil {
		t.Errorf("%d rotations left %d keys (%v)", won.Load(), i.Keys, err)
	}
}

// A rotation that looked before another was committed overwrites nothing.
func TestLateRotationIsRefused(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v, other := open(t, s, key(1)), open(t, s, key(1))
	late := func(ctx context.Context, sealed, before []byte) error {
		if err := other.Rotate(ctx, s.swap); err != nil {
			return err
		}
		return s.swap(ctx, sealed, before)
	}
	if err := v.Rotate(t.Context(), late); !errors.Is(err, errMeanwhile) {
		t.Fatalf("got %v", err)
	}
	theirs := seal(t, other, "theirs", "row")
	mustOpen(t, v, theirs, "row", "theirs")
	mustOpen(t, open(t, s, key(1)), theirs, "row", "theirs")
}

func TestMasterKeyIsChangedWhileNodesRun(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	node := open(t, s, key(1)) // runs on with the old master key
	before, mac := seal(t, node, "before", "row"), node.MAC("token", []byte("x"))
	if err := node.AddMaster(t.Context(), key(2), s.swap); err != nil {
		t.Fatal(err)
	}
	if err := node.AddMaster(t.Context(), key(2), s.swap); err != nil {
		t.Errorf("again, as after a crash: %v", err)
	}
	renewed := open(t, s, key(2)) // restarted with the new one
	for name, n := range map[string]*vault.Vault{"old": open(t, s, key(1)), "new": renewed} {
		mustOpen(t, n, before, "row", "before")
		if !bytes.Equal(n.MAC("token", []byte("x")), mac) {
			t.Errorf("%s: the MAC changed", name)
		}
		if err := n.Rotate(t.Context(), s.swap); !errors.Is(err, vault.ErrChanging) {
			t.Errorf("%s: rotated meanwhile: %v", name, err)
		}
		if err := n.AddMaster(t.Context(), key(3), s.swap); !errors.Is(err, vault.ErrChanging) {
			t.Errorf("%s: a third master key: %v", name, err)
		}
		if i, err := n.Info(t.Context()); !i.Changing || err != nil {
			t.Errorf("%s: info %+v (%v)", name, i, err)
		}
	}
	if err := node.DropMaster(t.Context(), s.swap); !errors.Is(err, vault.ErrOldMaster) {
		t.Errorf("finished with the old one: %v", err)
	}
	for range 2 {
		if err := renewed.DropMaster(t.Context(), s.swap); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := vault.Open(t.Context(), key(1), s.load, s.save); !errors.Is(err, vault.ErrMaster) {
		t.Errorf("the old master key still opens it: %v", err)
	}
	mustOpen(t, node, seal(t, renewed, "after", "row"), "row", "after") // until it is restarted
	if err := renewed.Rotate(t.Context(), s.swap); err != nil {
		t.Error(err)
	}
	mustOpen(t, open(t, s, key(2)), before, "row", "before")
}

func TestMasterKeysThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v := open(t, s, key(1))
	if err := v.AddMaster(t.Context(), key(1), s.swap); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the same one: %v", err)
	}
	if err := v.AddMaster(t.Context(), key(2)[:16], s.swap); err == nil || !strings.Contains(err.Error(), "16 bytes") {
		t.Errorf("a short one: %v", err)
	}
	if s.saves != 1 {
		t.Errorf("the keyset was written %d times", s.saves)
	}
	s.err = errors.New("disk full")
	if err := v.AddMaster(t.Context(), key(2), s.swap); !errors.Is(err, s.err) {
		t.Errorf("got %v", err)
	}
	s.err = nil
	if _, err := vault.Open(t.Context(), key(2), s.load, s.save); !errors.Is(err, vault.ErrMaster) {
		t.Errorf("a master key that was not kept opens it: %v", err)
	}
}

func TestOpensTellsTheMasterKeysOfAKeyset(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	v := open(t, s, key(1))
	if err := v.AddMaster(t.Context(), key(2), s.swap); err != nil {
		t.Fatal(err)
	}
	for b, want := range map[byte]error{1: nil, 2: nil, 3: vault.ErrMaster} {
		if err := vault.Opens(key(b), s.sealed); !errors.Is(err, want) {
			t.Errorf("key %d: %v", b, err)
		}
	}
	if err := vault.Opens(key(1), []byte("{")); err == nil || errors.Is(err, vault.ErrMaster) {
		t.Errorf("damaged: %v", err)
	}
	if err := vault.Opens(key(1)[:8], s.sealed); err == nil {
		t.Error("a short key opens it")
	}
}
