package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// maxStatements bounds what a session keeps prepared; the gateway has about two
// hundred different statements.
const maxStatements = 512

// session is one SQLite connection with its prepared statements, which run in
// half the time of unprepared ones. One goroutine uses it at a time.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// openSession takes a connection of db and refuses it unless its settings read
// back as wanted: a driver that ignores one must not cost us a payment.
func openSession(ctx context.Context, db *sql.DB, want []pragma) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, stmts: map[string]*sql.Stmt{}}
	for _, p := range want {
		var got string
		if err := conn.QueryRowContext(ctx, `PRAGMA `+p.name).Scan(&got); err != nil {
			s.close()
			return nil, fmt.Errorf("read setting %s: %w", p.name, err)
		}
		if !strings.EqualFold(got, p.want) {
			s.close()
			return nil, fmt.Errorf("setting %s is %s, not %s: this file or file system cannot be used safely", p.name, got, p.want)
		}
	}
	return s, nil
}

// prepared is the statement of a text, prepared once.
func (s *session) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if st := s.stmts[text]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if len(s.stmts) >= maxStatements {
		s.forget()
	}
	s.stmts[text] = st
	return st, nil
}

// ExecContext runs a statement to its end, whatever happens to ctx. An
// interrupted INSERT or UPDATE would roll back the whole transaction, which is
// shared with other callers; a Tx looks at ctx before each statement instead.
func (s *session) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	ctx = context.WithoutCancel(ctx)
	st, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

// QueryContext is ExecContext for rows.
func (s *session) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	ctx = context.WithoutCancel(ctx)
	st, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// forget closes all prepared statements.
func (s *session) forget() {
	for _, st := range s.stmts {
		_ = st.Close() // it frees memory, nothing else can come of it
	}
	clear(s.stmts)
}

func (s *session) close() {
	s.forget()
	_ = s.conn.Close() // gives it back to its pool, which is closed next
}
