package store

import (
	"errors"
	"fmt"
)

// What a caller may act on. They come wrapped in what was being done; use
// errors.Is. Anything else is trouble with the database itself.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists: a row of that name is there already; nothing was changed.
	ErrExists = errors.New("exists already")
	// ErrConflict: the row changed since it was read; read it again and decide again.
	ErrConflict = errors.New("changed meanwhile")
	// ErrReserved: another payment holds the order number.
	ErrReserved = errors.New("order is reserved by another payment")
	// ErrPaidTwice: another payment of the order is paid, or was.
	ErrPaidTwice = errors.New("order is paid by another payment")
	// ErrRule: a value breaks a rule of the schema, such as a cancelled sum above
	// the amount. Trying again will not help.
	ErrRule = errors.New("breaks a rule of the database")
	// ErrBehind: the schema is older than this program's.
	ErrBehind = errors.New("migrate first")
	// ErrClosed: the Store was closed.
	ErrClosed = errors.New("store: closed")
)

// errOver is returned by a Tx that is used after its fn has returned.
var errOver = errors.New("store: transaction is over")

// errSingle is returned by a Tx of ReadOnce for more than one statement.
var errSingle = errors.New("store: ReadOnce runs one statement")

// fault is what went wrong in a statement, as far as it matters to us.
type fault int

const (
	faultOther     fault = iota
	faultUnique          // a primary key, a unique constraint or a unique index
	faultRule            // CHECK or NOT NULL
	faultReference       // a foreign key without its row
	faultTransient       // the same transaction may pass when it is run again
)

// explain turns a constraint error into one of ours and keeps its own words.
func (d *dialect) explain(err error) error {
	if err == nil {
		return nil
	}
	switch d.fault(err) {
	case faultUnique:
		return fmt.Errorf("%w: %w", ErrExists, err)
	case faultRule:
		return fmt.Errorf("%w: %w", ErrRule, err)
	case faultReference:
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	default:
		return err
	}
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// wrap says what an error was about; nil stays nil.
func wrap(err error, about string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: "+about+": %w", append(args, err)...)
}
