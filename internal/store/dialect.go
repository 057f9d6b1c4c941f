package store

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"zombiezen.com/go/sqlite"
)

// The two databases, as Kind tells them.
const (
	kindSQLite   = "sqlite"
	kindPostgres = "postgres"
)

// dialect is everything in which the two databases differ, apart from how a
// transaction is run. Every statement has one text; these are its fragments.
type dialect struct {
	kind string

	// lock ends a SELECT of a row that the transaction may go on to change.
	// SQLite runs one writing transaction at a time and needs nothing.
	lock string

	// skip ends a SELECT of rows that several workers share out.
	skip string

	// limitParts has each part of a merged list limited as the whole is. PostgreSQL
	// sorts a part unless it is told that little of it is wanted; SQLite sorts one
	// that is limited.
	limitParts bool

	// hasTable selects how many tables are called $1.
	hasTable string

	fault func(error) fault
}

// sqliteDialect is the fragments of SQLite.
func sqliteDialect() *dialect {
	return &dialect{
		kind:     kindSQLite,
		hasTable: `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1`,
		fault:    sqliteFault,
	}
}

// postgresDialect is the fragments of PostgreSQL. FOR NO KEY UPDATE is all an
// UPDATE of ours takes, and lets the foreign keys of new child rows pass.
func postgresDialect() *dialect {
	return &dialect{
		kind:       kindPostgres,
		limitParts: true,
		lock:       ` FOR NO KEY UPDATE`,
		skip:       ` FOR UPDATE SKIP LOCKED`,
		hasTable:   `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = CURRENT_SCHEMA() AND tablename = $1`,
		fault:      postgresFault,
	}
}

func sqliteFault(err error) fault {
	switch sqlite.ErrCode(err) {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey:
		return faultUnique
	case sqlite.ResultConstraintCheck, sqlite.ResultConstraintNotNull:
		return faultRule
	case sqlite.ResultConstraintForeignKey:
		return faultReference
	default:
		return faultOther
	}
}

// PostgreSQL's SQLSTATEs (PostgreSQL documentation, appendix A).
const (
	stateNotNull       = "23502"
	stateForeignKey    = "23503"
	stateUnique        = "23505"
	stateCheck         = "23514"
	stateSerialization = "40001"
	stateDeadlock      = "40P01"
	stateLocked        = "55P03" // lock_timeout passed
	stateDuplicate     = "42P07" // a table made by somebody else meanwhile
)

func postgresFault(err error) fault {
	switch sqlState(err) {
	case stateUnique:
		return faultUnique
	case stateCheck, stateNotNull:
		return faultRule
	case stateForeignKey:
		return faultReference
	case stateSerialization, stateDeadlock, stateLocked:
		return faultTransient
	default:
		return faultOther
	}
}

// sqlState is the SQLSTATE of a PostgreSQL error, or "".
func sqlState(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}
