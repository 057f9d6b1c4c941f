package rest

import (
	"fmt"
	"hash/maphash"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// What a request was one too many of.
const (
	LimitedKey     = "key"     // an API key
	LimitedAddress = "address" // a client's address
	LimitedSecret  = "secret"  // wrong secrets of one API key from one address
)

// TooMany is a request that is refused for being one too many.
type TooMany struct {
	Kind string // LimitedKey, …
	Wait time.Duration
}

func (e *TooMany) Error() string {
	return fmt.Sprintf("too many requests of this %s: wait %s", e.Kind, e.Wait)
}

// RetryAfter is Wait as the header of that name has it, in whole seconds.
func (e *TooMany) RetryAfter() string {
	return strconv.FormatInt(int64((e.Wait+time.Second-1)/time.Second), 10)
}

// LimitOptions say how many requests Limits lets through.
type LimitOptions struct {
	Key     Limit // of one API key
	Address Limit // of one address, to all faces together
	// Limited is told of each request that is refused, by what it was too many of;
	// may be nil.
	Limited func(kind string)
	// Now is real time: a clock that is driven by hand must not stop clients.
	// time.Now when nil.
	Now func() time.Time
}

// wrongSecrets is how many wrong secrets an address may send for one API key.
var wrongSecrets = Limit{PerSecond: 1, Burst: 30}

// Limits bounds how many requests clients may make to this process. It remembers
// a bounded number of clients, and nothing once the process ends. A nil *Limits
// lets everything through.
type Limits struct {
	keys      *limiter[uint64] // nil: not limited
	addresses *limiter[netip.Addr]
	secrets   *limiter[secretTry]
	seed      maphash.Seed
	limited   func(string)
	now       func() time.Time
}

// secretTry is an address that tries secrets of an API key (its hash, since
// anything may be sent as one).
type secretTry struct {
	addr netip.Addr
	key  uint64
}

// NewLimits makes Limits of o.
func NewLimits(o LimitOptions) *Limits {
	l := &Limits{secrets: newLimiter[secretTry](wrongSecrets), seed: maphash.MakeSeed(), limited: o.Limited, now: o.Now}
	if o.Key.PerSecond > 0 {
		l.keys = newLimiter[uint64](o.Key)
	}
	if o.Address.PerSecond > 0 {
		l.addresses = newLimiter[netip.Addr](o.Address)
	}
	if l.limited == nil {
		l.limited = func(string) {}
	}
	if l.now == nil {
		l.now = time.Now
	}
	return l
}

// Key counts a request of an API key, named by the token that is its one live
// one. It gives a *TooMany when there were too many.
func (l *Limits) Key(token string) error {
	if l == nil || l.keys == nil {
		return nil
	}
	return l.refused(LimitedKey, l.keys.wait(maphash.String(l.seed, token), l.now(), true))
}

// MayTry reports, by a *TooMany, whether an address sent too many wrong secrets
// of an API key to be heard now. Right ones are not counted: some clients ask for
// a token before every call.
func (l *Limits) MayTry(addr netip.Addr, key string) error {
	if l == nil || spared(addr) {
		return nil
	}
	return l.refused(LimitedSecret, l.secrets.wait(l.try(addr, key), l.now(), false))
}

// WrongSecret counts a wrong secret of an API key.
func (l *Limits) WrongSecret(addr netip.Addr, key string) {
	if l != nil && !spared(addr) {
		l.secrets.wait(l.try(addr, key), l.now(), true)
	}
}

func (l *Limits) try(addr netip.Addr, key string) secretTry {
	return secretTry{network(addr), maphash.String(l.seed, key)}
}

// Address counts requests by the address they come from, and has fail answer
// those that are too many, with a *TooMany. It stands before the request's event,
// so that a flood is counted and not logged.
func (l *Limits) Address(fail func(http.ResponseWriter, *http.Request, error)) Middleware {
	return func(next http.Handler) http.Handler {
		if l == nil || l.addresses == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			from, err := netip.ParseAddrPort(r.RemoteAddr)
			if err == nil && !spared(from.Addr()) {
				if err := l.refused(LimitedAddress, l.addresses.wait(network(from.Addr()), l.now(), true)); err != nil {
					fail(w, r, err)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func (l *Limits) refused(kind string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	l.limited(kind)
	return &TooMany{Kind: kind, Wait: wait}
}

// spared are addresses that are not limited: unknown ones, and this machine's
// own, which is where all clients seem to come from when nobody said that a proxy
// stands in front.
func spared(addr netip.Addr) bool { return !addr.IsValid() || addr.Unmap().IsLoopback() }

// network is who is meant by an address: of IPv6 a customer has a /64 at least.
func network(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return p.Addr()
}
