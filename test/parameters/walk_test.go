// Package parameters proves every row of the matrix of window parameters, and so
// every line of docs/window-parameters.md: each row's example is given to a built
// `naru dev` over HTTP in every window the row is about, and what the row says is
// looked for in what the provider's stand-in received, in the payment that V1
// shows, or in what the gateway did.
package parameters_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEveryRow(t *testing.T) {
	rows, err := readMatrix()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	began, walks := time.Now(), 0
	t.Run("rows", func(t *testing.T) {
		for _, r := range rows {
			walks += len(r.windows())
			t.Run(fmt.Sprintf("%d %s", r.line, r.parameter), func(t *testing.T) {
				t.Parallel()
				s.proveRow(t, r)
			})
		}
	})
	t.Logf("%d rows in %d windows: %d reached a provider, %d were refused, within %s", len(rows), walks, s.opened.Load(), s.refused.Load(), time.Since(began).Round(time.Millisecond))
	if out := s.Output(); strings.Contains(out, "level=ERROR") {
		t.Errorf("naru dev:\n%s", out)
	}
}

// proveRow walks all windows of a row at once.
func (s *stage) proveRow(t *testing.T, r row) {
	ws := r.windows()
	if len(ws) == 0 {
		t.Fatalf("%q are no windows of %s", r.methods, r.provider)
	}
	errs := make([]error, len(ws))
	var all sync.WaitGroup
	for i, w := range ws {
		all.Go(func() {
			if err := s.walk(r, w).prove(); err != nil {
				errs[i] = fmt.Errorf("%s %s: %w", r.provider, w.name, err)
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("%s %s\n%v", r.what, r.example, err)
	}
}
