package store

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// target is where a database is.
type target struct {
	kind     string
	path     string // SQLite: absolute, "" is a private one
	postgres *pgx.ConnConfig
}

const memory = ":memory:"

// parseURL reads the address of a database. Its errors never hold a password.
func parseURL(address string) (target, error) {
	scheme, rest, found := strings.Cut(address, ":")
	if !found {
		return target{}, fmt.Errorf("store: database URL has no scheme: allowed are %s", allowedURLs)
	}
	switch scheme {
	case "sqlite":
		return parseSQLite(rest)
	case "postgres", "postgresql":
		return parsePostgres(address)
	default:
		return target{}, fmt.Errorf("store: database URL has scheme %q: allowed are %s", scheme, allowedURLs)
	}
}

const allowedURLs = `"sqlite:/path/file.db", "sqlite::memory:" and "postgres://user@host/database"`

func parseSQLite(path string) (target, error) {
	if path == memory {
		return target{kind: kindSQLite}, nil
	}
	path = strings.TrimPrefix(path, "//")
	switch {
	case path == "":
		return target{}, errors.New("store: database URL names no file: write sqlite:/path/file.db")
	case strings.ContainsAny(path, "?#\x00"):
		return target{}, fmt.Errorf("store: database URL has parameters in %q: SQLite takes none, a path may not hold ? or #", path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return target{}, fmt.Errorf("store: path of the database: %w", err)
	}
	return target{kind: kindSQLite, path: path}, nil
}

func parsePostgres(address string) (target, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return target{}, errors.New("store: database URL is not one PostgreSQL understands: write postgres://user:password@host:port/database?sslmode=…")
	}
	// A node that is cut off in mid-transaction must not keep a payment locked
	// until the server notices by itself, which takes hours.
	for name, value := range map[string]string{"application_name": "naru", "idle_in_transaction_session_timeout": "30000", "lock_timeout": "20000"} {
		if cfg.RuntimeParams[name] == "" {
			cfg.RuntimeParams[name] = value
		}
	}
	return target{kind: kindPostgres, postgres: cfg}, nil
}

// dsn is the address of a SQLite file with its settings, as the driver reads
// it: busy_timeout is applied first, then the rest.
func dsn(path string, pragmas []pragma, parameters ...string) string {
	q := url.Values{}
	for _, p := range pragmas {
		q.Add("_pragma", fmt.Sprintf("%s(%s)", p.name, p.value))
	}
	for _, p := range parameters {
		k, v, _ := strings.Cut(p, "=")
		q.Set(k, v)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
