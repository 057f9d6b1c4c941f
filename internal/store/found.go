package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"

	"zombiezen.com/go/sqlite"
)

// bindOne binds an argument, as database/sql and PostgreSQL's driver take it, to a
// parameter of SQLite's.
func bindOne(stmt *sqlite.Stmt, i int, arg any) error {
	switch v := arg.(type) {
	case nil:
		stmt.BindNull(i)
	case int:
		stmt.BindInt64(i, int64(v))
	case int64:
		stmt.BindInt64(i, v)
	case string:
		stmt.BindText(i, v)
	case bool:
		stmt.BindBool(i, v)
	case []byte:
		stmt.BindBytes(i, v)
	case driver.Valuer:
		plain, err := v.Value()
		if err != nil {
			return err
		}
		return bindOne(stmt, i, plain)
	default:
		return bindKind(stmt, i, reflect.ValueOf(arg))
	}
	return nil
}

func bindKind(stmt *sqlite.Stmt, i int, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			stmt.BindNull(i)
			return nil
		}
		return bindOne(stmt, i, v.Elem().Interface())
	case reflect.String:
		stmt.BindText(i, v.String())
	case reflect.Bool:
		stmt.BindBool(i, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		stmt.BindInt64(i, v.Int())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			stmt.BindBytes(i, v.Bytes())
			return nil
		}
		fallthrough
	default:
		return fmt.Errorf("a %s cannot be stored", v.Type())
	}
	return nil
}

// found is the rows of one of SQLite's statements.
type found struct {
	stmt *sqlite.Stmt
	err  error
}

func (f *found) Next() bool {
	more, err := f.stmt.Step()
	f.err = err
	return more && err == nil
}

func (f *found) Err() error { return f.err }

func (f *found) Close() error { return over(f.stmt) }

var errNull = errors.New("it is NULL")

// Scan reads the columns of a row into what database/sql would read them into.
func (f *found) Scan(into ...any) error {
	if n := f.stmt.ColumnCount(); n != len(into) {
		return fmt.Errorf("%d columns for %d values", n, len(into))
	}
	for i, to := range into {
		if err := f.column(i, to); err != nil {
			return fmt.Errorf("column %s: %w", f.stmt.ColumnName(i), err)
		}
	}
	return nil
}

func (f *found) column(i int, to any) error {
	kind := f.stmt.ColumnType(i)
	if to, ok := to.(sql.Scanner); ok {
		return f.scanner(i, kind, to)
	}
	if kind == sqlite.TypeNull {
		return null(to)
	}
	switch to := to.(type) {
	case *string:
		*to = f.stmt.ColumnText(i)
		return nil
	case *int64:
		*to = f.stmt.ColumnInt64(i)
		return whole(kind)
	case *int:
		*to = f.stmt.ColumnInt(i)
		return whole(kind)
	case *bool:
		*to = f.stmt.ColumnBool(i)
		return whole(kind)
	}
	v := reflect.ValueOf(to)
	if v.Kind() != reflect.Pointer {
		return fmt.Errorf("a %T cannot be read into", to)
	}
	switch v = v.Elem(); v.Kind() {
	case reflect.String:
		v.SetString(f.stmt.ColumnText(i))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.stmt.ColumnInt64(i))
		return whole(kind)
	case reflect.Bool:
		v.SetBool(f.stmt.ColumnBool(i))
		return whole(kind)
	case reflect.Pointer:
		some := reflect.New(v.Type().Elem())
		v.Set(some)
		return f.column(i, some.Interface())
	default:
		return fmt.Errorf("a %T cannot be read into", to)
	}
	return nil
}

// scanner hands a column to one that takes int64, string, []byte of its own, float64 or nil.
func (f *found) scanner(i int, kind sqlite.ColumnType, to sql.Scanner) error {
	switch kind {
	case sqlite.TypeInteger:
		if to, ok := to.(timeInto); ok {
			*to.to = ofMicro(f.stmt.ColumnInt64(i))
			return nil
		}
		return to.Scan(f.stmt.ColumnInt64(i))
	case sqlite.TypeText:
		return to.Scan(f.stmt.ColumnText(i))
	case sqlite.TypeBlob:
		b := make([]byte, f.stmt.ColumnLen(i))
		f.stmt.ColumnBytes(i, b)
		return to.Scan(b)
	case sqlite.TypeFloat:
		return to.Scan(f.stmt.ColumnFloat(i))
	default:
		return to.Scan(nil)
	}
}

// null is what becomes of a value that is absent: a pointer is nil, and nothing
// else can say so.
func null(to any) error {
	v := reflect.ValueOf(to)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Pointer {
		return errNull
	}
	v.Elem().SetZero()
	return nil
}

func whole(kind sqlite.ColumnType) error {
	if kind != sqlite.TypeInteger {
		return fmt.Errorf("it is %s, no integer", kind)
	}
	return nil
}
