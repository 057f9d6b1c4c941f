package people

import (
	"net/netip"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// An operator is locked after so many wrong tries in a row, for a time that
// doubles with each further one. One-time links and passkeys pass the lock, so
// that nobody can be kept out by others' guesses.
const (
	triesFree = 5
	firstLock = time.Minute
	mostLock  = time.Hour
)

// lockFor is how long so many failures in a row lock.
func lockFor(failures int) time.Duration {
	if failures < triesFree {
		return 0
	}
	return min(firstLock<<min(failures-triesFree, 10), mostLock)
}

// failed writes a wrong try into an operator's row, which is not yet stored.
func failed(o *store.Operator, now time.Time) {
	o.Failures++
	if wait := lockFor(o.Failures); wait > 0 {
		o.LockedTo = now.Add(wait)
	}
}

// guesses bounds how many wrong passwords one guesser tries, whatever operator they
// are about: a burst, and then one now and again. A guesser is an address, or who is
// signed in already: others at their address cannot keep them out. It remembers a
// bounded number of them, and nothing once the process ends.
type guesses struct {
	mu   sync.Mutex
	full map[string]time.Time // when a guesser's burst is whole again
}

const (
	guessBurst = 20
	guessEach  = 30 * time.Second
	guessMost  = 1 << 16
)

func newGuesses() *guesses { return &guesses{full: map[string]time.Time{}} }

// spend takes one of a guesser's tries, or is false when none is left. "" has no
// bound.
func (g *guesses) spend(who string, now time.Time) bool {
	if who == "" {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full[who].Sub(now) > (guessBurst-1)*guessEach {
		return false
	}
	if len(g.full) >= guessMost {
		g.forget(now)
	}
	full := g.full[who]
	if full.Before(now) {
		full = now
	}
	g.full[who] = full.Add(guessEach)
	return true
}

// giveBack returns a try that spend took.
func (g *guesses) giveBack(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if full, there := g.full[who]; there { // else forgotten meanwhile
		g.full[who] = full.Add(-guessEach)
	}
}

// forget makes room: first of those whose burst is whole, then by chance.
func (g *guesses) forget(now time.Time) {
	for a, full := range g.full {
		if full.Before(now) {
			delete(g.full, a)
		}
	}
	for a := range g.full {
		if len(g.full) < guessMost*7/8 {
			return
		}
		delete(g.full, a)
	}
}

// guesser is who is meant by an address: of IPv6 a customer has a /64 at least.
// This machine itself is not limited: all seem to come from it when nobody said
// that a proxy stands in front.
func guesser(address string) string {
	a, err := netip.ParseAddr(address)
	a = a.Unmap().WithZone("")
	if err != nil || a.IsLoopback() {
		return ""
	}
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ""
	}
	return p.Addr().String()
}

// signedIn is the guesser who is an operator that is signed in.
func signedIn(o pay.OperatorID) string { return "operator " + string(o) }
