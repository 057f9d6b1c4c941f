package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotSQLite: the database is a PostgreSQL one, whose own tools do it.
var ErrNotSQLite = errors.New("store: this is done with PostgreSQL's own tools")

// partial is the ending of a file that is still being written.
const partial = ".part"

// Backup writes the database as it is at one moment into a new file, readable by
// its owner alone, while everybody goes on reading and writing. The file is whole
// and on the disk when it has its name; one that was cut off ends in ".part".
// SQLite alone: else ErrNotSQLite.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inUse.Done()
	e, ok := s.engine.(*sqliteEngine)
	if !ok {
		return ErrNotSQLite
	}
	if err := absent(file); err != nil {
		return err
	}
	part := file + partial
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err := touch(part); err != nil {
		return err
	}
	if err := e.alone(ctx, `VACUUM INTO $1`, part); err != nil {
		return errors.Join(fmt.Errorf("store: backup into %s: %w", file, err), os.Remove(part))
	}
	if _, _, err := readFile(ctx, part); err != nil {
		return err
	}
	return settleFile(part, file)
}

// personal are the tables whose rows tell of buyers.
var personal = []string{"payments", "checkouts", "exchanges", "attempts", "movements", "alarms", "findings", "deliveries", "delivery_tries",
	"billing_keys", "schedules", "receipts", "idempotency"}

// Compact rewrites the tables that tell of buyers (SQLite: the whole database), so
// that no free space in it holds what was changed or deleted. Nobody can write meanwhile, and writers wait no longer than
// their patience: it is for quiet hours.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inUse.Done()
	var err error
	switch e := s.engine.(type) {
	case *sqliteEngine:
		if err = e.alone(ctx, `VACUUM`); err == nil {
			err = e.truncate(ctx)
		}
	case *postgresEngine:
		_, err = e.db.ExecContext(ctx, `VACUUM (FULL, ANALYZE) `+strings.Join(personal, `, `))
	}
	if err != nil {
		return fmt.Errorf("store: compact: %w", err)
	}
	return nil
}

// truncate leaves nothing in the WAL. SQLite refuses it at once, whatever
// busy_timeout says, while another connection folds the WAL; that takes a moment.
func (e *sqliteEngine) truncate(ctx context.Context) error {
	db, err := sql.Open("sqlite", dsn(e.path, e.pragmas))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what it was for is done
	for end := time.Now().Add(truncatePatience); ; {
		var busy, pages, folded int
		err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &folded)
		if err == nil && busy == 0 {
			return nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return errors.Join(errors.New("the WAL is in use, and holds what was before"), err, ctx.Err())
		}
		select {
		case <-time.After(truncatePause):
		case <-ctx.Done():
		}
	}
}

const (
	truncatePatience = 30 * time.Second
	truncatePause    = 20 * time.Millisecond
)

// alone runs a statement on a connection of its own.
func (e *sqliteEngine) alone(ctx context.Context, text string, args ...any) error {
	db, err := sql.Open("sqlite", dsn(e.path, e.pragmas))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what it was for is done
	_, err = db.ExecContext(ctx, text, args...)
	return err
}

// Restore makes the SQLite database at url of a file that Backup wrote. The
// database must not be there yet, and the file is left as it is. It is refused
// when it is damaged, no database of ours, of a later release, or when keyset
// refuses the vault's sealed keys in it (none: nil).
func Restore(ctx context.Context, file, url string, keyset func(sealed []byte) error) error {
	to, err := parseURL(url)
	if err != nil {
		return err
	}
	if to.kind != kindSQLite || to.path == "" {
		return fmt.Errorf("store: restore: %w: want sqlite:/path/file.db", ErrNotSQLite)
	}
	for _, beside := range []string{"", "-wal", "-shm"} {
		if err := absent(to.path + beside); err != nil {
			return err
		}
		if beside == "" {
			continue
		}
		if err := absent(file + beside); err != nil {
			return fmt.Errorf("store: restore: %s is a database in use, or a copy of one, and no backup: %w", file, err)
		}
	}
	has, sealed, err := readFile(ctx, file)
	if err != nil {
		return err
	}
	if err := keyset(sealed); err != nil {
		return err
	}
	needs, err := NewestStep()
	if err != nil {
		return err
	}
	if has > needs {
		return fmt.Errorf("store: restore: %s has version %d of the schema, this program knows %d: use the release that wrote it", file, has, needs)
	}
	return copyFile(file, to.path)
}

// readFile reads every page of a SQLite file, and gives the version of its schema
// and the vault's sealed keys.
func readFile(ctx context.Context, file string) (version int64, keyset []byte, err error) {
	if _, err := os.Stat(file); err != nil {
		return 0, nil, fmt.Errorf("store: %w", err)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return 0, nil, fmt.Errorf("store: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, nil, "mode=ro", "immutable=1"))
	if err != nil {
		return 0, nil, fmt.Errorf("store: open %s: %w", file, err)
	}
	defer func() { _ = db.Close() }() // it was read alone
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return 0, nil, fmt.Errorf("store: %s is no database: %w", file, err)
	}
	if said != "ok" {
		return 0, nil, fmt.Errorf("store: %s is damaged: %s", file, said)
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable+` WHERE is_applied`).Scan(&version)
	if err == nil {
		err = db.QueryRowContext(ctx, `SELECT sealed FROM keysets`).Scan(&keyset)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, nil, fmt.Errorf("store: %s is no database of this program: %w", file, err)
	}
	return version, keyset, nil
}

func absent(file string) error {
	switch _, err := os.Lstat(file); {
	case err == nil:
		return fmt.Errorf("store: %s is there already: %w", file, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("store: restore: %w", err)
	}
	defer func() { _ = in.Close() }() // it was read alone
	part := to + partial
	out, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("store: restore: %w", err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(fmt.Errorf("store: restore: %w", err), os.Remove(part))
	}
	return settleFile(part, to)
}

// settleFile gives a file its name once it is on the disk.
func settleFile(part, file string) error {
	err := syncPath(part)
	if err == nil {
		err = os.Rename(part, file)
	}
	if err == nil {
		err = syncPath(filepath.Dir(file))
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// syncPath has the disk hold a file, or the names in a folder.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
