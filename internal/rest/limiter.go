package rest

import (
	"hash/maphash"
	"sync"
	"time"
)

// Limit is how many requests may come: PerSecond on average, and Burst at once
// after a pause. The zero Limit lets everything through.
type Limit struct{ PerSecond, Burst int }

// limiter holds each of many callers to a Limit. Of a caller it remembers one
// instant, the time at which its bucket will be full again (the generic cell rate
// algorithm, which is a token bucket); who is not remembered has a full one.
type limiter[K comparable] struct {
	cost   time.Duration // of one request
	depth  time.Duration // of a whole bucket
	seed   maphash.Seed
	shards [limiterShards]limiterShard[K]
}

type limiterShard[K comparable] struct {
	mu   sync.Mutex
	full map[K]int64 // when the bucket is full again, in nanoseconds of Unix time
}

// At most limiterShards × shardCallers callers are remembered. Who is forgotten
// beyond that may send a burst more.
const (
	limiterShards = 64
	shardCallers  = 1024
)

func newLimiter[K comparable](l Limit) *limiter[K] {
	cost := time.Second / time.Duration(l.PerSecond)
	out := &limiter[K]{cost: cost, depth: cost * time.Duration(max(l.Burst, 1)), seed: maphash.MakeSeed()}
	for i := range out.shards {
		out.shards[i].full = map[K]int64{}
	}
	return out
}

// wait is how long k must wait before its next request; 0 is not at all. With
// spend, a request that need not wait is counted.
func (l *limiter[K]) wait(k K, now time.Time, spend bool) time.Duration {
	s := &l.shards[maphash.Comparable(l.seed, k)%limiterShards]
	at := now.UnixNano()
	s.mu.Lock()
	defer s.mu.Unlock()
	full, known := s.full[k]
	next := max(full, at) + int64(l.cost)
	if late := next - at - int64(l.depth); late > 0 {
		return time.Duration(late)
	}
	if spend {
		if !known && len(s.full) >= shardCallers {
			s.forget(at)
		}
		s.full[k] = next
	}
	return 0
}

// forget makes room: who has a full bucket need not be remembered, and where
// that is not enough, chance decides.
func (s *limiterShard[K]) forget(at int64) {
	for k, full := range s.full {
		if full <= at {
			delete(s.full, k)
		}
	}
	for k := range s.full {
		if len(s.full) <= shardCallers*7/8 {
			return
		}
		delete(s.full, k)
	}
}
