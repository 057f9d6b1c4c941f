package console

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"naru/internal/connector"
)

// That the provider did not answer, and that nothing changed, is said only when it
// did not answer.
func TestUnsyncedSaysWhy(t *testing.T) {
	t.Parallel()
	lost := fmt.Errorf("ask: %w", &connector.Error{Op: "query", Err: errors.New("connection reset")})
	if ko, en := unsynced(lost); !strings.Contains(ko, "답을 받지 못했습니다") || !strings.Contains(en, "did not answer") {
		t.Errorf("no answer: %s / %s", ko, en)
	}
	ko, en := unsynced(errors.New("database is full"))
	for _, said := range []string{ko, en} {
		if !strings.Contains(said, "database is full") || strings.Contains(said, "바뀐 것은 없습니다") || strings.Contains(said, "Nothing has changed") {
			t.Errorf("an answer that was not recorded: %s", said)
		}
	}
}
