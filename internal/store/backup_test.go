package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// A backup is of one moment, also while everybody writes: no payment in it lacks
// what was written with it.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := open(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				i := int(n.Add(1))
				err := f.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
					p := payment(numbered[pay.PaymentID]("imp_", i), numbered[pay.MerchantUID]("order", i))
					if err := tx.InsertPayment(ctx, p); err != nil {
						return err
					}
					_, err := tx.AddMovement(ctx, pay.Movement{Merchant: shop, Payment: p.ID, Key: "k", Kind: pay.MovementApproval, Amount: 1000})
					return err
				})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	for n.Load() < 100 {
		f.read(t, func(context.Context, *store.Tx) error { return nil })
	}
	file := filepath.Join(dir, "backup.db")
	if err := f.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	before := n.Load()
	for n.Load() < before+20 { // nobody was stopped by it
		f.read(t, func(context.Context, *store.Tx) error { return nil })
	}
	cancel()
	writers.Wait()

	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v (%v)", info.Mode(), err)
	}
	if err := f.Backup(t.Context(), file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	restored := "sqlite:" + filepath.Join(t.TempDir(), "again.db")
	refused := errors.New("not these keys")
	if err := store.Restore(t.Context(), file, restored, func([]byte) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("keys that do not open: %v", err)
	}
	if err := store.Restore(t.Context(), file, restored, anyKeys); err != nil {
		t.Fatal(err)
	}
	again := fixture{Store: empty(t, restored), clock: f.clock}
	again.write(t, func(ctx context.Context, tx *store.Tx) error {
		return all(equal(t, []string{"0"})(tx.Strings(ctx, `SELECT COUNT(*) FROM payments AS p WHERE NOT EXISTS
			(SELECT 1 FROM movements AS m WHERE m.merchant = p.merchant AND m.payment = p.id)`)), again.Ready(ctx))
	})
	again.read(t, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.Strings(ctx, `SELECT CASE WHEN COUNT(*) BETWEEN 90 AND $1 THEN 'fine' ELSE 'of ' || COUNT(*) END FROM payments`, n.Load())
		if err == nil && rows[0] != "fine" {
			t.Errorf("the backup is not whole: %s", rows[0])
		}
		return err
	})
}

func anyKeys([]byte) error { return nil }

func TestWhatIsNoBackupIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	f := open(t, "sqlite:"+at("naru.db"))
	if err := f.Backup(t.Context(), at("good.db")); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(at("good.db"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), good...)
	for i := len(damaged) / 2; i < len(damaged)/2+9000; i++ {
		damaged[i] ^= 0x5a
	}
	for name, bytes := range map[string][]byte{"text.db": []byte("nothing of the kind"), "damaged.db": damaged, "short.db": good[:len(good)/2], "used.db": good, "used.db-wal": {1}} {
		if err := os.WriteFile(at(name), bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stranger := empty(t, "sqlite:"+at("stranger.db"))
	if err := stranger.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(t.Context(), `CREATE TABLE t (a TEXT)`); return err }); err != nil {
		t.Fatal(err)
	}
	if err := stranger.Close(); err != nil {
		t.Fatal(err)
	}
	later := open(t, "sqlite:"+at("later.src"))
	later.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, TRUE)`)
		return err
	})
	if err := later.Backup(t.Context(), at("later.db")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"text.db": "no database", "damaged.db": "", "short.db": "", "none.db": "no such file", "stranger.db": "no database of this program",
		"used.db": "no backup", "later.db": "version 999999",
	} {
		err := store.Restore(t.Context(), at(file), "sqlite:"+at("target.db"), anyKeys)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
		if _, err := os.Stat(at("target.db")); err == nil {
			t.Fatalf("%s was put in place", file)
		}
	}
	if err := store.Restore(t.Context(), at("good.db"), "sqlite:"+at("naru.db"), anyKeys); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a database: %v", err)
	}
	if err := store.Restore(t.Context(), at("good.db"), "postgres://x/y", anyKeys); !errors.Is(err, store.ErrNotSQLite) {
		t.Errorf("into PostgreSQL: %v", err)
	}
}

func TestPostgreSQLHasItsOwnTools(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	if err := f.Backup(t.Context(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, store.ErrNotSQLite) {
		t.Errorf("backup: %v", err)
	}
	if err := f.Compact(t.Context()); err != nil {
		t.Errorf("compact: %v", err)
	}
}
