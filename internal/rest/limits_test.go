package rest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"naru/internal/rest"
)

// limited is a handler behind Limits, and how often each kind was refused.
type limited struct {
	*rest.Limits
	http.Handler
	mu    sync.Mutex
	kinds map[string]int
	now   time.Time
}

func newLimited(o rest.LimitOptions) *limited {
	l := &limited{kinds: map[string]int{}, now: time.Unix(1_800_000_000, 0)}
	o.Now = func() time.Time { return l.now }
	o.Limited = func(kind string) { l.mu.Lock(); defer l.mu.Unlock(); l.kinds[kind]++ }
	l.Limits = rest.NewLimits(o)
	l.Handler = l.Address(func(w http.ResponseWriter, _ *http.Request, err error) {
		if too, ok := errors.AsType[*rest.TooMany](err); ok {
			w.Header().Set("Retry-After", too.RetryAfter())
		}
		w.WriteHeader(http.StatusTooManyRequests)
	})(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return l
}

func (l *limited) from(addr string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/checkout/x", nil)
	r.RemoteAddr = addr
	rec := httptest.NewRecorder()
	l.ServeHTTP(rec, r)
	return rec
}

// passed is how many of n requests from an address go through.
func (l *limited) passed(addr string, n int) (ok int) {
	for range n {
		if l.from(addr).Code == http.StatusOK {
			ok++
		}
	}
	return ok
}

// TestAddressesAreLimited: a burst at once, then so many a second, and each
// address for itself.
func TestAddressesAreLimited(t *testing.T) {
	t.Parallel()
	l := newLimited(rest.LimitOptions{Address: rest.Limit{PerSecond: 10, Burst: 5}})
	if n := l.passed("203.0.113.1:4000", 20); n != 5 {
		t.Errorf("%d of a burst went through, want 5", n)
	}
	if rec := l.from("203.0.113.1:4001"); rec.Code != 429 || rec.Header().Get("Retry-After") != "1" {
		t.Errorf("one too many: %d, Retry-After %q", rec.Code, rec.Header().Get("Retry-After"))
	}
	if n := l.passed("203.0.113.2:4000", 20); n != 5 {
		t.Errorf("another address: %d", n)
	}
	l.now = l.now.Add(100 * time.Millisecond)
	if n := l.passed("203.0.113.1:4000", 3); n != 1 {
		t.Errorf("%d after a tenth of a second, want 1", n)
	}
	l.now = l.now.Add(time.Hour)
	if n := l.passed("203.0.113.1:4000", 20); n != 5 {
		t.Errorf("%d after a pause: more than a burst is saved up", n)
	}
	if l.kinds[rest.LimitedAddress] != 15+1+15+2+15 {
		t.Errorf("counted: %v", l.kinds)
	}
}

// TestWhoIsOneAddress: a /64 of IPv6 is one client, IPv4 in IPv6 is IPv4, and
// this machine is not limited: an undeclared proxy on it would stop everybody.
func TestWhoIsOneAddress(t *testing.T) {
	t.Parallel()
	l := newLimited(rest.LimitOptions{Address: rest.Limit{PerSecond: 1, Burst: 4}})
	ok := 0
	for i := range 20 {
		ok += l.passed(fmt.Sprintf("[2001:db8:1:2::%x]:80", i), 1)
	}
	if ok != 4 {
		t.Errorf("%d from one /64", ok)
	}
	if n := l.passed("[2001:db8:1:3::1]:80", 9); n != 4 {
		t.Errorf("%d from another", n)
	}
	if n := l.passed("192.0.2.7:80", 3) + l.passed("[::ffff:192.0.2.7]:80", 3); n != 4 {
		t.Errorf("%d of an address in two forms", n)
	}
	for _, free := range []string{"127.0.0.1:9", "[::1]:9", "[::ffff:127.0.0.1]:9", "@", ""} {
		if n := l.passed(free, 50); n != 50 {
			t.Errorf("%q: %d of 50", free, n)
		}
	}
}

// TestKeysAreLimited by the token they live in.
func TestKeysAreLimited(t *testing.T) {
	t.Parallel()
	l := newLimited(rest.LimitOptions{Key: rest.Limit{PerSecond: 100, Burst: 3}})
	ok := 0
	for range 10 {
		if l.Key("token-1") == nil {
			ok++
		}
	}
	too, isToo := errors.AsType[*rest.TooMany](l.Key("token-1"))
	if ok != 3 || !isToo || too.Kind != rest.LimitedKey || too.Wait != 10*time.Millisecond || too.RetryAfter() != "1" {
		t.Errorf("%d went through, then %+v", ok, too)
	}
	if err := l.Key("token-2"); err != nil {
		t.Errorf("another key: %v", err)
	}
}

// TestOnlyWrongSecretsCount: right ones may come as often as they like, and who
// tries wrong ones is heard again after a while. Others are not touched by it.
func TestOnlyWrongSecretsCount(t *testing.T) {
	t.Parallel()
	l := newLimited(rest.LimitOptions{})
	thief, shop := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("203.0.113.10")
	for range 10_000 {
		if err := l.MayTry(shop, "imp_key"); err != nil {
			t.Fatalf("a right secret: %v", err)
		}
	}
	tries := 0
	for ; tries < 1000 && l.MayTry(thief, "imp_key") == nil; tries++ {
		l.WrongSecret(thief, "imp_key")
	}
	if tries != 30 {
		t.Errorf("%d wrong secrets at once", tries)
	}
	for who, err := range map[string]error{"another address": l.MayTry(shop, "imp_key"), "another key": l.MayTry(thief, "imp_key_2")} {
		if err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	l.now = l.now.Add(time.Second)
	if err := l.MayTry(thief, "imp_key"); err != nil {
		t.Errorf("a second later: %v", err)
	}
	if l.kinds[rest.LimitedSecret] != 1 {
		t.Errorf("counted: %v", l.kinds)
	}
}

// TestLimitsForgetWhoIsQuiet: however many addresses come, the memory is bounded,
// and who was not forgotten is still held to the limit.
func TestLimitsForgetWhoIsQuiet(t *testing.T) {
	t.Parallel()
	l := newLimited(rest.LimitOptions{Address: rest.Limit{PerSecond: 1, Burst: 1}})
	for i := range 80_000 {
		l.from(fmt.Sprintf("%d.%d.%d.%d:1", 1+i>>24&63, i>>16&255, i>>8&255, i&255))
	}
	if n := l.Remembered(); n > 65536 || n < 30_000 {
		t.Errorf("%d callers are remembered", n)
	}
	l.now = l.now.Add(time.Hour) // all of them are quiet
	for i := range 70_000 {
		l.from(fmt.Sprintf("100.%d.%d.%d:1", i>>16&255, i>>8&255, i&255))
	}
	if n := l.Remembered(); n > 70_000 {
		t.Errorf("%d callers are remembered", n)
	}
	if n := l.passed("198.51.100.1:1", 5); n != 1 {
		t.Errorf("%d of 5 from a newcomer", n)
	}
}

// TestNoLimits: nil lets everything through and costs nothing.
func TestNoLimits(t *testing.T) {
	t.Parallel()
	var l *rest.Limits
	addr := netip.MustParseAddr("203.0.113.9")
	for range 1000 {
		l.WrongSecret(addr, "k")
	}
	if err := errors.Join(l.Key("t"), l.MayTry(addr, "k")); err != nil {
		t.Error(err)
	}
	next := http.NewServeMux()
	if l.Address(nil)(next) != http.Handler(next) {
		t.Error("a nil Limits stands in the way")
	}
}

// TestLimitsAtOnce: of many at once exactly the burst goes through.
func TestLimitsAtOnce(t *testing.T) {
	t.Parallel()
	l := newLimited(rest.LimitOptions{Key: rest.Limit{PerSecond: 1, Burst: 50}})
	var wg sync.WaitGroup
	var mu sync.Mutex
	ok := 0
	for range 200 {
		wg.Go(func() {
			if l.Key("t") == nil {
				mu.Lock()
				defer mu.Unlock()
				ok++
			}
		})
	}
	wg.Wait()
	if ok != 50 {
		t.Errorf("%d went through", ok)
	}
}

func BenchmarkLimitAddress(b *testing.B) {
	l := newLimited(rest.LimitOptions{Address: rest.Limit{PerSecond: 1e6, Burst: 1e6}})
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "203.0.113.1:4000"
	rec := httptest.NewRecorder()
	for b.Loop() {
		l.ServeHTTP(rec, r)
	}
}
