package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// maxStatements bounds what a session keeps prepared; the gateway has about two
// hundred different statements.
const maxStatements = 512

// session is one SQLite connection with its prepared statements, which run in
// half the time of unprepared ones. One goroutine uses it at a time. It is not
// under database/sql, which takes a third of the time of our short statements.
type session struct {
	conn  *sqlite.Conn
	stmts map[string]*statement
}

// statement is a prepared one.
type statement struct {
	stmt *sqlite.Stmt
	args []int // of each parameter, in SQLite's order, which argument it is: 0 is the first
}

// openSession opens the file at path, which is there, with settings, and refuses
// it unless those wanted read back: a library that ignores one must not cost us a
// payment.
func openSession(path string, settings, want []pragma) (*session, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, stmts: map[string]*statement{}}
	for _, p := range settings {
		if _, err := s.pragma(p.name + ` = ` + p.value); err != nil {
			return nil, errors.Join(fmt.Errorf("setting %s: %w", p.name, err), s.close())
		}
	}
	for _, p := range want {
		got, err := s.pragma(p.name)
		if err == nil && !strings.EqualFold(got, p.want) {
			err = fmt.Errorf("setting %s is %s, not %s: this file or file system cannot be used safely", p.name, got, p.want)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// pragma runs a PRAGMA and gives what it says. It is not kept prepared: some do
// their work while they are prepared, and nothing the second time.
func (s *session) pragma(text string) (said string, err error) {
	stmt, _, err := s.conn.PrepareTransient(`PRAGMA ` + text)
	if err != nil {
		return "", err
	}
	more, err := stmt.Step()
	if err == nil && more {
		said = stmt.ColumnText(0)
	}
	return said, errors.Join(err, stmt.Finalize())
}

// prepared is the statement of a text, prepared once, with its arguments bound.
func (s *session) prepared(text string, args []any) (*sqlite.Stmt, error) {
	st := s.stmts[text]
	if st == nil {
		var err error
		if st, err = s.prepare(text); err != nil {
			return nil, err
		}
		if len(s.stmts) >= maxStatements {
			s.forget()
		}
		s.stmts[text] = st
	}
	for i, n := range st.args {
		if n >= len(args) {
			return nil, fmt.Errorf("there is no argument $%d among %d", n+1, len(args))
		}
		if err := bindOne(st.stmt, i+1, args[n]); err != nil {
			return nil, fmt.Errorf("argument $%d: %w", n+1, err)
		}
	}
	return st.stmt, nil
}

// prepare prepares one statement. SQLite takes $1, $2, … for names, and numbers
// them as they appear.
func (s *session) prepare(text string) (*statement, error) {
	stmt, left, err := s.conn.PrepareTransient(text)
	if err != nil {
		return nil, err
	}
	out := &statement{stmt: stmt, args: make([]int, stmt.BindParamCount())}
	for i := range out.args {
		n, err := strconv.Atoi(strings.TrimPrefix(stmt.BindParamName(i+1), "$"))
		if err != nil || n < 1 {
			return nil, errors.Join(fmt.Errorf("parameter %q is not $1, $2, …", stmt.BindParamName(i+1)), stmt.Finalize())
		}
		out.args[i] = n - 1
	}
	if left > 0 {
		return nil, errors.Join(errors.New("more than one statement"), stmt.Finalize())
	}
	return out, nil
}

// exec runs a statement to its end, whatever happens to the context. An
// interrupted INSERT or UPDATE would roll back the whole transaction, which is
// shared with other callers; a Tx looks at its context before each statement instead.
func (s *session) exec(_ context.Context, text string, args []any) (int64, error) {
	stmt, err := s.prepared(text, args)
	if err != nil {
		return 0, err
	}
	for more := true; more && err == nil; {
		more, err = stmt.Step()
	}
	n := s.conn.Changes()
	if end := over(stmt); err == nil {
		err = end
	}
	return int64(n), err
}

// query is exec for rows.
func (s *session) query(_ context.Context, text string, args []any) (rows, error) {
	stmt, err := s.prepared(text, args)
	if err != nil {
		return nil, err
	}
	return &found{stmt: stmt}, nil
}

// over makes a statement fit for the next time; it keeps nothing of this one.
func over(stmt *sqlite.Stmt) error {
	err := stmt.Reset()
	if clear := stmt.ClearBindings(); err == nil {
		err = clear
	}
	return err
}

// forget closes all prepared statements.
func (s *session) forget() {
	for _, st := range s.stmts {
		_ = st.stmt.Finalize() // it frees memory; an error is that of the last step
	}
	clear(s.stmts)
}

func (s *session) close() error {
	s.forget()
	return s.conn.Close()
}
