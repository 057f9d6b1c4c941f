package people

import (
	"net/netip"
	"sync"
	"time"

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

// guesses bounds how many wrong tries come from one address, whatever operator
// they are about: a burst, and then one now and again. It remembers a bounded
// number of addresses, and nothing once the process ends.
type guesses struct {
	mu   sync.Mutex
	full map[netip.Addr]time.Time // when an address's burst is whole again
}

const (
	guessBurst = 20
	guessEach  = 30 * time.Second
	guessMost  = 1 << 16
)

func newGuesses() *guesses { return &guesses{full: map[netip.Addr]time.Time{}} }

// locked reports whether an address must wait.
func (g *guesses) locked(address string, now time.Time) bool {
	a, ok := guesser(address)
	if !ok {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.full[a].Sub(now) > (guessBurst-1)*guessEach
}

// wrong counts a wrong try.
func (g *guesses) wrong(address string, now time.Time) {
	if a, ok := guesser(address); ok {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.take(a, now)
	}
}

// spend takes one of an address's tries, or is false when none is left.
func (g *guesses) spend(address string, now time.Time) bool {
	a, ok := guesser(address)
	if !ok {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full[a].Sub(now) > (guessBurst-1)*guessEach {
		return false
	}
	g.take(a, now)
	return true
}

// giveBack returns a try that spend took.
func (g *guesses) giveBack(address string) {
	a, ok := guesser(address)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if full, there := g.full[a]; there { // else forgotten meanwhile
		g.full[a] = full.Add(-guessEach)
	}
}

func (g *guesses) take(a netip.Addr, now time.Time) {
	if len(g.full) >= guessMost {
		g.forget(now)
	}
	full := g.full[a]
	if full.Before(now) {
		full = now
	}
	g.full[a] = full.Add(guessEach)
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
func guesser(address string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(address)
	a = a.Unmap().WithZone("")
	if err != nil || a.IsLoopback() {
		return a, false
	}
	if a.Is4() {
		return a, true
	}
	p, err := a.Prefix(64)
	return p.Addr(), err == nil
}
