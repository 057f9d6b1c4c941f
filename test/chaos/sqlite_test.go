package chaos_test

import (
	"testing"
	"time"
)

// TestOneNodeIsRestarted ends and starts the one node of a shop that keeps its
// books in SQLite, while merchants' servers and buyers go on. While it is down
// nobody answers; what was begun is answered.
func TestOneNodeIsRestarted(t *testing.T) {
	t.Parallel()
	s := newStage(t, stageOptions{nodes: 1, seed: 12, sqlite: true})
	load := s.newLoad(11, 12)
	load.begin(t)
	for range 3 {
		time.Sleep(time.Second)
		s.replace(t, s.nodes[0], s.bin)
	}
	time.Sleep(500 * time.Millisecond)
	load.end()
	s.finish(t, load)
	if n := load.approvals(s); n < 20 {
		t.Errorf("money came in %d times: too little to tell", n)
	}
}
