package model_test

import (
	"math/rand/v2"
	"sync"
)

// turns lets several callers run at once, of which one moves at a time: at each
// point where the gateway asks a provider, has committed something or may die, the
// seed says who goes on. So a race replays.
type turns struct {
	mu   sync.Mutex
	rng  *rand.Rand
	now  int             // whose turn it is; -1 while nobody races
	wait []chan struct{} // one for each; nil once it is through
}

func newTurns(seed uint64) *turns {
	return &turns{rng: rand.New(rand.NewPCG(seed, 0x7475726e)), now: -1}
}

// race runs all and returns when all are through.
func (t *turns) race(all ...func()) {
	t.mu.Lock()
	t.wait = make([]chan struct{}, len(all))
	var through sync.WaitGroup
	for i, do := range all {
		mine := make(chan struct{}, 1)
		t.wait[i] = mine
		through.Go(func() {
			<-mine
			do()
			t.leave(i)
		})
	}
	t.next()
	t.mu.Unlock()
	through.Wait()
}

// next gives the turn to one of those that are not through. The caller holds mu.
func (t *turns) next() {
	var left []int
	for i, c := range t.wait {
		if c != nil {
			left = append(left, i)
		}
	}
	if t.now = -1; len(left) > 0 {
		t.now = left[t.rng.IntN(len(left))]
		t.wait[t.now] <- struct{}{}
	}
}

func (t *turns) leave(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait[i] = nil
	t.next()
}

// pass is a point of whoever has the turn: perhaps another goes on first.
func (t *turns) pass() {
	t.mu.Lock()
	if t.now < 0 {
		t.mu.Unlock()
		return
	}
	mine := t.wait[t.now]
	t.next()
	t.mu.Unlock()
	<-mine
}
