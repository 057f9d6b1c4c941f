package crash_test

import (
	"io"
	"log"
	"os"
	"testing"
)

// TestMain silences net/http's own log, which shows every answer that comes
// unasked for; such answers are part of the tests.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}
