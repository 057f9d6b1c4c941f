package store_test

import (
	"errors"
	"strings"
	"testing"

	"naru/internal/store"
)

// refuses sets columns of one row, as a bug or a person at the database may, and
// holds what the database says to it against what is wanted; nil passes. $1 is no
// bytes. Nothing stays changed.
func refuses(t *testing.T, f fixture, table, row string, sets map[string]error) {
	t.Helper()
	for set, want := range sets {
		var args []any
		if strings.Contains(set, "$1") {
			args = append(args, []byte{})
		}
		err := f.Write(t.Context(), func(tx *store.Tx) error {
			n, err := tx.Exec(t.Context(), `UPDATE `+table+` SET `+set+` WHERE `+row, args...)
			if err == nil && n != 1 {
				t.Errorf("%s: %d rows", set, n)
			}
			return errors.Join(err, errRefused)
		})
		if want != nil && !errors.Is(err, want) || want == nil && (errors.Is(err, store.ErrRule) || errors.Is(err, store.ErrExists)) {
			t.Errorf("%s: %v, want %v", set, err, want)
		}
	}
}
