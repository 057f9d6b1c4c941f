package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// The schema: numbered steps, forward only, one transaction each. A step is
// written so that the release before it still runs (add, fill, switch, and drop
// in a later release).
//
//go:embed migrations/*.sql
var migrations embed.FS

const (
	versionTable = "goose_db_version"
	lockTable    = "goose_lock"
	migrateRuns  = 30
	migratePause = 500 * time.Millisecond // at most, between two runs that met a deadlock
)

// Migrate brings the schema up to this program's. It may be called by several
// nodes at once, and again.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.inUse.Done()
	return s.engine.migrate(ctx)
}

// migrateUp applies what is missing. Two nodes may both find nothing and both
// make the tables that record and lock the steps: the loser looks again. A step
// that wants a whole table meets the transactions of nodes that serve; when
// PostgreSQL ends it to undo a deadlock with them, it is run again from the start.
func migrateUp(ctx context.Context, kind string, db *sql.DB, log *slog.Logger) error {
	for run := 1; ; run++ {
		err := migrateOnce(ctx, kind, db, log)
		if err == nil || kind != kindPostgres || run == migrateRuns {
			return err
		}
		switch state := sqlState(err); state {
		case stateUnique, stateDuplicate:
		case stateDeadlock:
			log.WarnContext(ctx, "a migration met transactions of other nodes, and is run again", "run", run)
			select {
			case <-time.After(rand.N(migratePause)): // apart from those it collided with
			case <-ctx.Done():
				return err
			}
		default:
			return err
		}
	}
}

func migrateOnce(ctx context.Context, kind string, db *sql.DB, log *slog.Logger) error {
	p, err := migrator(kind, db, log)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

func migrator(kind string, db *sql.DB, log *slog.Logger) (*goose.Provider, error) {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true)}
	if kind == kindPostgres {
		dialect = goose.DialectPostgres
		// A lock in a table: advisory ones are missing from some databases that
		// speak PostgreSQL's protocol.
		locker, err := lock.NewPostgresTableLocker(lock.WithTableName(lockTable), lock.WithTableLogger(log),
			lock.WithTableLockTimeout(200*time.Millisecond, 600))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithLocker(locker))
	}
	return goose.NewProvider(dialect, db, steps, options...)
}

// Version is the newest step of the schema that the database has, 0 if none.
func (s *Store) Version(ctx context.Context) (int64, error) {
	var version int64
	err := s.Read(ctx, func(tx *Tx) error {
		tables, err := tx.number(ctx, tx.dialect.hasTable, versionTable)
		if err != nil || tables == 0 {
			return err
		}
		version, err = tx.number(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable+` WHERE is_applied`)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: version of the schema: %w", err)
	}
	return version, nil
}

// Ready tells whether the database answers and has the schema this program
// needs. A newer one is fine: the release before it still runs.
func (s *Store) Ready(ctx context.Context) error {
	has, err := s.Version(ctx)
	if err != nil {
		return err
	}
	needs, err := NewestStep()
	if err != nil {
		return err
	}
	if has < needs {
		return fmt.Errorf("store: the schema is at version %d and must be at %d: %w", has, needs, ErrBehind)
	}
	return nil
}

// NewestStep is the last step of the schema that this program knows.
func NewestStep() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("store: migrations: %w", err)
	}
	var last int64
	for _, f := range files {
		n, err := goose.NumericComponent(f)
		if err != nil {
			return 0, fmt.Errorf("store: migration %s: %w", f, err)
		}
		last = max(last, n)
	}
	return last, nil
}

// SchemaSum tells one state of the schema from another: a few hexadecimal
// characters that change with any migration. Tests name template databases by it.
func SchemaSum() string {
	sum := sha256.New()
	files, err := fs.Glob(migrations, "migrations/*.sql")
	for _, f := range files {
		var text []byte
		if text, err = migrations.ReadFile(f); err != nil {
			break
		}
		fmt.Fprintf(sum, "%s %d\n%s", f, len(text), text)
	}
	if err != nil {
		panic(err) // embedded files can be read, and the pattern is a constant
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
