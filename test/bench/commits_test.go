package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"naru/internal/store"
)

// TestCommitsCountsWhatIsSynced: one for each write, none for one that changes
// nothing, none for reads.
func TestCommitsCountsWhatIsSynced(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "naru.db")
	s, err := store.Open(t.Context(), "sqlite:"+name, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() int64 {
		t.Helper()
		n, err := commits{name}.count()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx := t.Context()
	enqueue := func(key string) {
		t.Helper()
		if err := s.Write(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, "", "work", key, 0, tx.Now) }); err != nil {
			t.Fatal(err)
		}
	}
	enqueue("first") // there is a WAL from here on
	before := count()
	for i := range 7 {
		enqueue(string(rune('a' + i)))
	}
	if got := count() - before; got != 7 {
		t.Errorf("7 writes are %d commits", got)
	}
	before = count()
	for _, do := range []func(context.Context, func(*store.Tx) error) error{s.Write, s.Read} {
		if err := do(ctx, func(tx *store.Tx) error { _, err := tx.NextJobAt(ctx); return err }); err != nil {
			t.Fatal(err)
		}
	}
	err = s.Write(ctx, func(tx *store.Tx) error {
		js, err := tx.LeaseJobs(ctx, []string{"none"}, 1, time.Minute)
		if len(js) > 0 {
			t.Errorf("leased %v", js)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := count() - before; got != 0 {
		t.Errorf("what changes nothing is %d commits", got)
	}
}
