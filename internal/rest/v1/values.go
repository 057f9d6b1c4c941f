package v1

import (
	"fmt"
	"strconv"

	"naru/internal/rest"
)

// between is *n, or def when n is nil, if it lies in the range.
func between(field string, n *int, def, low, high int) (int, error) {
	if n == nil {
		return def, nil
	}
	if *n < low || *n > high {
		return 0, &rest.FieldError{Field: field, Value: strconv.Itoa(*n), Rule: rest.RuleAllowed, Want: fmt.Sprintf("%d~%d", low, high)}
	}
	return *n, nil
}

// distinct is the values without empty ones and repetitions, in their order.
func distinct[T ~string](values []string) []T {
	out := []T{}
	seen := map[string]bool{}
	for _, v := range values {
		if v != "" && !seen[v] {
			seen[v] = true
			out = append(out, T(v))
		}
	}
	return out
}

// numbered is the page that a list was asked for.
type numbered struct{ page, limit int }

// numbers reads page and limit (V1: from 1; 1 to 1000, 20 when absent).
func numbers(page, limit *int) (n numbered, err error) {
	if n.page, err = between("page", page, 1, 1, rest.MaxAmount/maxLimit); err != nil {
		return n, err
	}
	n.limit, err = between("limit", limit, defaultLimit, 1, maxLimit)
	return n, err
}

func (n numbered) offset() int { return (n.page - 1) * n.limit }

// around gives the numbers of the pages before and after, 0 where there is
// none. A page behind the last is refused, but for the first.
func (n numbered) around(total int) (previous, next int, err error) {
	if n.page > 1 && n.offset() >= total {
		return 0, 0, errNoPage
	}
	if n.offset()+n.limit < total {
		next = n.page + 1
	}
	return n.page - 1, next, nil
}
