package store

import (
	"fmt"
	"strconv"
	"strings"
)

// condition is a WHERE clause that grows, and its arguments.
type condition struct {
	parts strings.Builder
	args  []any
}

func (w *condition) text() string { return w.parts.String() }

// when begins a condition: left is all that stands before the argument.
func when(left string, arg any) *condition {
	w := &condition{}
	w.add(left, arg)
	return w
}

func (w *condition) add(left string, args ...any) {
	w.parts.WriteString(left)
	w.parts.WriteString(placeholders(len(w.args)+1, len(args)))
	w.args = append(w.args, args...)
}

func (w *condition) and(left string, args ...any) { w.add(` AND `+left, args...) }

// in demands that column, or an expression, is one of several.
func (w *condition) in(column string, args []any) {
	w.and(column+` IN (`, args...)
	w.close()
}

func (w *condition) close() { w.parts.WriteByte(')') }

// page is the LIMIT and OFFSET of a list; no limit is 0.
func (w *condition) page(limit, offset int) string {
	most := int64(limit)
	if most == 0 {
		most = 1 << 62
	}
	n := len(w.args)
	w.args = append(w.args, most, offset)
	return ` LIMIT $` + strconv.Itoa(n+1) + ` OFFSET $` + strconv.Itoa(n+2)
}

func errPage(limit, offset int) error {
	return fmt.Errorf("limit %d, offset %d: neither may be negative", limit, offset)
}

// widest is how many arguments one INSERT of many rows has at most. SQLite's
// driver looks for the name of each argument among all of them: twice as many
// arguments cost four times the time.
const widest = 400

// whatever is a column in a condition that no index is to be chosen for: of a list of
// names SQLite would rather read all rows of a status than look each name up.
func whatever(column string) string { return column + ` || ''` }

// batch is how many of n rows, of so many arguments each, the next INSERT takes: a
// power of two, so that few different texts are prepared.
func batch(n, width int) int {
	b := 1
	for 2*b <= n && 2*b*width <= widest {
		b *= 2
	}
	return b
}

// rowsOf is n rows of VALUES, of so many arguments each.
func rowsOf(from, n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + placeholders(from+i*width, width) + ")")
	}
	return b.String()
}
