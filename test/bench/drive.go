package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// longest is how long one round takes calls; those that are slow are fewer.
const longest = 10 * time.Second

// quietLimit is how long what a round leaves behind may take.
const quietLimit = 2 * time.Minute

// load is one round.
type load struct {
	calls    int
	rate     float64 // calls a second
	p50, p99 time.Duration
}

// drive makes total calls by n callers, or as many as there is time for.
func drive(ctx context.Context, n, total int, call func(i int) error) (load, error) {
	took, errs := make([][]time.Duration, n), make([]error, n)
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range n {
		wg.Go(func() {
			for i := c; i < total && time.Since(begun) < longest && ctx.Err() == nil; i += n {
				at := time.Now()
				if errs[c] = call(i); errs[c] != nil {
					return
				}
				took[c] = append(took[c], time.Since(at))
			}
		})
	}
	wg.Wait()
	all := time.Since(begun)
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return load{}, err
	}
	each := slices.Concat(took...)
	slices.Sort(each)
	m := len(each)
	return load{m, float64(m) / all.Seconds(), each[m/2], each[m*99/100]}, nil
}

func median(l []load) load {
	slices.SortFunc(l, func(a, b load) int { return int(a.rate - b.rate) })
	return l[len(l)/2]
}

func mid[T any](sorted []T) T { return sorted[len(sorted)/2] }

// row is one measurement: a load of ours beside the bare handler.
type row struct {
	what    string
	callers int
	total   int // calls in a round
	items   int // things that one call does; 0 is one
	writes  bool
	prepare func() error // before each round, not measured
	call    func(i int) error
	bare    func(i int) error // the same request to the bare handler; nil is a GET
}

const heading = "| what | callers | per second | p50 | p99 | commits each | bare net/http | ratio |\n|---|---|---|---|---|---|---|---|"

// measure runs a row's rounds and prints it. What a write makes follow, webhooks
// included, has ended before the bare handler's turn, and its commits count.
func (s *stack) measure(ctx context.Context, rounds int, r row) error {
	var ours, bare []load
	var committed, done int
	if r.bare == nil {
		r.bare = func(int) error { return s.get(ctx, s.bare+"/", "", 200) }
	}
	for range rounds {
		if r.prepare != nil {
			if err := r.prepare(); err != nil {
				return fmt.Errorf("%s: %w", r.what, err)
			}
		}
		l, n, err := s.round(ctx, r)
		if err != nil {
			return fmt.Errorf("%s, %d callers: %w", r.what, r.callers, err)
		}
		ours, committed, done = append(ours, l), committed+n, done+l.calls*max(1, r.items)
		b, err := drive(ctx, r.callers, r.total, r.bare)
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		bare = append(bare, b)
	}
	each := "–"
	if r.writes {
		each = strconv.FormatFloat(float64(committed)/float64(done), 'f', 2, 64)
	}
	o, b := median(ours), median(bare)
	rate := o.rate * float64(max(1, r.items))
	fmt.Printf("| %s | %d | %s | %s | %s | %s | %.0f | %s |\n", r.what, r.callers, perSecond(rate), short(o.p50), short(o.p99), each, b.rate, ratio(o.rate/b.rate))
	return nil
}

// round is one round of ours and the commits it cost.
func (s *stack) round(ctx context.Context, r row) (load, int, error) {
	if !r.writes {
		l, err := drive(ctx, r.callers, r.total, r.call)
		return l, 0, err
	}
	if err := s.quiet(ctx, quietLimit); err != nil {
		return load{}, 0, err
	}
	before, err := s.commits.count()
	if err != nil {
		return load{}, 0, err
	}
	l, err := drive(ctx, r.callers, r.total, r.call)
	if err != nil {
		return l, 0, err
	}
	if err := s.quiet(ctx, quietLimit); err != nil {
		return l, 0, err
	}
	after, err := s.commits.count()
	return l, int(after - before), err
}

func short(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}

func perSecond(rate float64) string {
	if rate < 10 {
		return strconv.FormatFloat(rate, 'f', 2, 64)
	}
	return strconv.FormatFloat(rate, 'f', 0, 64)
}

func ratio(r float64) string {
	if r < 0.01 {
		return strconv.FormatFloat(r, 'f', 4, 64)
	}
	return strconv.FormatFloat(r, 'f', 2, 64)
}
