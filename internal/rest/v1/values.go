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
