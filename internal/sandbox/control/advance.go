package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// advanceLimit is the real time an advance may take.
	advanceLimit = 10 * time.Minute
	// maxRounds is how often everything is run at one instant before the clock
	// goes on, and idleRounds how often when that leads to nothing.
	maxRounds  = 100
	idleRounds = 3
	// pastStuck is how far the clock goes at a time while something due will not
	// be done: what stands behind it cannot be seen.
	pastStuck = time.Hour
)

const (
	codeUnfinished = "ADVANCE_UNFINISHED"
	codeFailed     = "ADVANCE_FAILED"
)

var errStop = errors.New("the program is stopping")

// Advanced is how an advance went. Code and Message are set when it did not get
// to where it should: To is how far it came, and everything due by then was run.
type Advanced struct {
	Code    string   `json:"code,omitempty"`
	Message string   `json:"message,omitempty"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Jobs    int64    `json:"jobs"`  // runs of jobs, those begun before included
	Steps   int      `json:"steps"` // times the clock was moved
	Took    string   `json:"took"`  // of real time
	Stuck   []string `json:"stuck,omitempty"`
	ClockState
}

type namedSim struct {
	name string
	Timed
}

// timed is those of the simulators that do things as time passes.
func timed(sims map[string]Simulator) (out []namedSim) {
	for _, name := range slices.Sorted(maps.Keys(sims)) {
		if t, ok := sims[name].(Timed); ok {
			out = append(out, namedSim{name, t})
		}
	}
	return out
}

// plan is when a part of the sandbox has something to do next.
type plan struct {
	who string
	at  time.Time
}

func (c *clockwork) plans(ctx context.Context) (out []plan, err error) {
	if c.jobs != nil {
		at, err := c.jobs.NextAt(ctx)
		if err != nil {
			return nil, fmt.Errorf("jobs: %w", err)
		}
		if !at.IsZero() {
			out = append(out, plan{"jobs", at})
		}
	}
	for _, sim := range c.sims {
		if at := sim.Due(); !at.IsZero() {
			out = append(out, plan{sim.name, at})
		}
	}
	return out, nil
}

// journey is one advance while it lasts.
type journey struct {
	*clockwork
	steps int
	stuck []string
	told  map[string]bool // who is in stuck
}

// advance takes the frozen clock to a time, step by step: to the first thing
// that is planned, until nothing is left to do then, and on.
func (c *clockwork) advance(ctx context.Context, from, to time.Time) Advanced {
	begin := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, fmt.Errorf("it took more than %s", c.limit))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-c.stop:
			end(errStop)
		case <-ctx.Done():
		}
	}()
	ended := c.ended()
	j := &journey{clockwork: c, told: map[string]bool{}}
	err := j.goTo(ctx, to)
	out := Advanced{
		From: show(from), To: show(c.clock.Now()), Jobs: c.ended() - ended, Steps: j.steps, Stuck: j.stuck,
		Took: time.Since(begin).Round(time.Millisecond).String(),
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		out.Code = codeUnfinished
		out.Message = fmt.Sprintf("%v: the clock stands at %s, short of %s; advance again to go on", context.Cause(ctx), out.To, show(to))
	default:
		out.Code = codeFailed
		out.Message = fmt.Sprintf("the clock stands at %s, short of %s: %v", out.To, show(to), err)
	}
	return out
}

func (j *journey) goTo(ctx context.Context, to time.Time) error {
	for {
		if err := j.settle(ctx); err != nil {
			return err
		}
		now := j.clock.Now()
		if !now.Before(to) {
			return nil
		}
		next, err := j.next(ctx, now, to)
		if err != nil {
			return err
		}
		j.clock.Set(next)
		j.steps++
	}
}

// next is the first time after now at which something is planned, or to when
// nothing is before it.
func (j *journey) next(ctx context.Context, now, to time.Time) (time.Time, error) {
	plans, err := j.plans(ctx)
	for _, p := range plans {
		if !p.at.After(now) { // stuck
			p.at = now.Add(pastStuck)
		}
		if p.at.Before(to) {
			to = p.at
		}
	}
	return to, err
}

// settle runs what is due at the clock's time until a whole round finds nothing
// to do: what one part does makes work for another.
func (j *journey) settle(ctx context.Context) error {
	idle := 0
	for range maxRounds {
		ended := j.ended()
		if err := j.round(ctx); errors.Is(err, ErrEndless) {
			j.note("jobs", err.Error())
			return nil
		} else if err != nil {
			return err
		}
		due, err := j.due(ctx)
		switch {
		case err != nil:
			return err
		case j.ended() != ended:
			idle = 0
		case len(due) == 0:
			return nil
		default:
			idle++
		}
		if idle == idleRounds {
			for _, who := range due {
				j.note(who, who+" has something due that is not done")
			}
			return nil
		}
	}
	j.note("", fmt.Sprintf("there was still work after %d rounds", maxRounds))
	return nil
}

func (j *journey) round(ctx context.Context) error {
	for _, sim := range j.sims {
		if err := sim.Settle(ctx); err != nil {
			return fmt.Errorf("%s: %w", sim.name, err)
		}
	}
	if j.jobs != nil {
		if err := j.jobs.RunDue(ctx); err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
	}
	return ctx.Err()
}

// due is who has something to do now or before.
func (j *journey) due(ctx context.Context) (out []string, err error) {
	plans, err := j.plans(ctx)
	for _, p := range plans {
		if !p.at.After(j.clock.Now()) {
			out = append(out, p.who)
		}
	}
	return out, err
}

// note reports, once for each, that the clock goes on although somebody is not
// done.
func (j *journey) note(who, what string) {
	if !j.told[who] {
		j.told[who] = true
		j.stuck = append(j.stuck, fmt.Sprintf("at %s: %s", show(j.clock.Now()), what))
	}
}

func (c *clockwork) ended() int64 {
	if c.jobs == nil {
		return 0
	}
	return c.jobs.Ended()
}
