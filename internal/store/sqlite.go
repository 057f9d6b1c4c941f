package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// pragma is a setting of a SQLite connection, and what it must read back as.
type pragma struct{ name, value, want string }

// sqlitePragmas make a commit durable and a reader independent of the writer.
// busy_timeout, in milliseconds, is for other processes: within this one there
// is a single writer. A private database dies with its Store and syncs nothing.
func sqlitePragmas(private bool) []pragma {
	sync := pragma{"synchronous", "FULL", "2"}
	if private {
		sync = pragma{"synchronous", "OFF", "0"}
	}
	return []pragma{
		{"busy_timeout", "10000", "10000"},
		{"journal_mode", "WAL", "wal"},
		sync,
		{"foreign_keys", "ON", "1"},
		{"trusted_schema", "OFF", "0"},
		{"cache_size", "-4000", "-4000"},
		{"journal_size_limit", "67108864", "67108864"},
		{"temp_store", "MEMORY", "2"}, // what a savepoint may have to undo
	}
}

const queryOnly = "query_only"

// sqliteEngine is one SQLite file: one connection that writes and a few that read.
type sqliteEngine struct {
	path    string
	folder  string // of a private database, removed at the end
	pragmas []pragma

	writer  *writer
	readers readers
}

// openSQLite opens the file at path, or a private database, which begins as a
// file of that content, if path is "".
//
// A private database is a file in a folder of its own rather than SQLite's own
// memory mode: that one has no WAL, so readers and the writer would wait for
// each other and tests would see other behaviour than production.
func openSQLite(path string, begin []byte, log *slog.Logger) (_ *sqliteEngine, err error) {
	e := &sqliteEngine{path: path, pragmas: sqlitePragmas(path == "")}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if path == "" {
		if e.folder, err = os.MkdirTemp("", "naru-sqlite-"); err != nil {
			return nil, fmt.Errorf("store: private database: %w", err)
		}
		e.path = filepath.Join(e.folder, "naru.db")
	}
	if err := touch(e.path); err != nil {
		return nil, err
	}
	if path == "" && len(begin) > 0 {
		if err := os.WriteFile(e.path, begin, 0o600); err != nil {
			return nil, fmt.Errorf("store: private database: %w", err)
		}
	}
	writing := append(e.pragmas[:len(e.pragmas):len(e.pragmas)], pragma{"wal_autocheckpoint", "0", "0"}) // the folder does that
	w, err := openSession(e.path, writing, writing)
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", e.path, err)
	}
	f, err := openSession(e.path, e.later(), e.pragmas)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: open %s once more: %w", e.path, err), w.close())
	}
	e.writer = startWriter(w, startFolder(f, log), log)
	e.readers = newReaders(max(4, 2*runtime.GOMAXPROCS(0)))
	return e, nil
}

// touch makes an absent file, so that nobody but its owner may read it; SQLite
// gives its -wal and -shm files the same mode. A file that is there is not
// opened: closing it again would drop SQLite's locks on it in this process.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store: the folder %s of the database does not exist", filepath.Dir(path))
	case err != nil:
		return fmt.Errorf("store: make the database: %w", err)
	}
	return f.Close()
}

// reading are the settings of a connection that reads.
func (e *sqliteEngine) reading() []pragma {
	return append([]pragma{{queryOnly, "ON", "1"}}, e.later()...)
}

// later are the settings of connections after the first: the file is in WAL mode
// by then, and they must not try to change that.
func (e *sqliteEngine) later() []pragma {
	return slices.DeleteFunc(slices.Clone(e.pragmas), func(p pragma) bool { return p.name == "journal_mode" })
}

// migrations is the file as the library that migrates wants it.
func (e *sqliteEngine) migrations() (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(e.path, e.pragmas, "_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", e.path, err)
	}
	return db, nil
}

// read runs fn on a reading connection, in a snapshot of its own.
func (e *sqliteEngine) read(ctx context.Context, s *Store, fn func(*Tx) error) error {
	c, err := e.reader(ctx)
	if err != nil {
		return err
	}
	if _, err := c.exec(ctx, `BEGIN`, nil); err != nil {
		e.readers.put(c)
		return fmt.Errorf("store: begin: %w", err)
	}
	tx := s.newTx(c, false)
	defer func() {
		tx.over.Store(true)
		if _, err := c.exec(ctx, `ROLLBACK`, nil); err != nil {
			_ = c.close() // another one is opened when needed
			c = nil
		}
		e.readers.put(c)
	}()
	return fn(tx)
}

// readOnce lets the one statement be a transaction of its own.
func (e *sqliteEngine) readOnce(ctx context.Context, s *Store, fn func(*Tx) error) error {
	c, err := e.reader(ctx)
	if err != nil {
		return err
	}
	tx := s.newTx(c, false)
	tx.single = true
	defer func() {
		tx.over.Store(true)
		e.readers.put(c)
	}()
	return fn(tx)
}

// reader takes a reading connection; it is given back to e.readers.
func (e *sqliteEngine) reader(ctx context.Context) (*session, error) {
	return e.readers.take(ctx, func() (*session, error) {
		c, err := openSession(e.path, e.reading(), append(e.reading(), e.pragmas...))
		if err != nil {
			return nil, fmt.Errorf("store: open %s for reading: %w", e.path, err)
		}
		return c, nil
	})
}

func (e *sqliteEngine) write(ctx context.Context, s *Store, fn func(*Tx) error) error {
	return e.writer.write(ctx, s, fn)
}

func (e *sqliteEngine) migrate(ctx context.Context) error {
	db, err := e.migrations()
	if err != nil {
		return err
	}
	return errors.Join(migrateUp(ctx, kindSQLite, db, e.writer.log), db.Close())
}

// close ends the writer, then the readers; the last connection to close folds
// the WAL into the file.
func (e *sqliteEngine) close() error {
	errs := []error{e.readers.close()}
	if e.writer != nil {
		e.writer.stop()
	}
	if e.folder != "" {
		errs = append(errs, os.RemoveAll(e.folder))
	}
	return errors.Join(errs...)
}
