package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"naru/internal/store"
)

// TestTheWALStaysShort under load, with what everybody wrote in the file in the end.
func TestTheWALStaysShort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "naru.db")
	f := open(t, "sqlite:"+path)
	const callers, each, size = 8, 150, 64 << 10 // 75 MiB
	value := strings.Repeat("나", size/3)
	var all sync.WaitGroup
	longest := make([]int64, callers)
	for c := range callers {
		all.Go(func() {
			for i := range each {
				err := f.Write(t.Context(), func(tx *store.Tx) error { return tx.PutMeta(t.Context(), fmt.Sprint(c, "-", i), value) })
				wal, statErr := os.Stat(path + "-wal")
				if err != nil || statErr != nil {
					t.Error(err, statErr)
					return
				}
				longest[c] = max(longest[c], wal.Size())
			}
		})
	}
	all.Wait()
	for _, n := range longest {
		if n > 50<<20 {
			t.Errorf("the WAL had %d MiB", n>>20)
		}
	}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for c := range callers {
			if got, err := tx.Meta(ctx, fmt.Sprint(c, "-", each-1)); err != nil || got != value {
				t.Errorf("%d: %d bytes, %v", c, len(got), err)
			}
		}
		return nil
	})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		t.Errorf("closed, the WAL has %d bytes", wal.Size())
	}
}

// TestCompactWaitsForTheFolder: nothing is left in the WAL, though the folder was
// at work on it, with which SQLite has nobody wait.
func TestCompactWaitsForTheFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "naru.db")
	f := open(t, "sqlite:"+path)
	for round := range 10 {
		var all sync.WaitGroup
		for i := range 150 {
			all.Go(func() {
				if err := f.Write(t.Context(), func(tx *store.Tx) error { return tx.PutMeta(t.Context(), fmt.Sprint(i), strings.Repeat("x", 8<<10)) }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := f.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		if wal, err := os.Stat(path + "-wal"); err != nil || wal.Size() > 0 {
			t.Fatalf("round %d: the WAL has %d bytes, %v", round, wal.Size(), err)
		}
	}
}
