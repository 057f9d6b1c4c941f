package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the one clock that everything beside the control port obeys. It is
// used by several goroutines.
type Clock interface {
	Now() time.Time
	// Ahead is how far the clock is ahead of the machine's time.
	Ahead() time.Duration
	Frozen() bool
	Freeze()
	// Thaw lets a frozen clock go on from the time it shows.
	Thaw()
	// Set moves the clock on to t; a frozen one stays frozen. It is false, and
	// nothing is done, when t is in its past.
	Set(t time.Time) bool
}

// Timed is a simulator that does things by itself as time passes. Those given
// to New are settled at each step of an advance.
type Timed interface {
	// Due is when it next has something to do: it may be in the past, and it is
	// zero when nothing is planned.
	Due() time.Time
	// Settle does what is due and waits for what is under way, such as webhooks
	// being sent.
	Settle(ctx context.Context) error
}

// Jobs is the work a gateway has planned.
type Jobs interface {
	// NextAt is when the next job can be taken: it may be in the past, and it is
	// zero when there is none.
	NextAt(ctx context.Context) (time.Time, error)
	// RunDue runs what is due, and what becomes due by that, and waits for what
	// runs already. An error that wraps ErrEndless says which job never lets it
	// end; the advance goes on without it.
	RunDue(ctx context.Context) error
	// Ended is how many runs of jobs have ended so far.
	Ended() int64
}

// ErrEndless is wrapped by Jobs.RunDue when a job asks to be run at once again
// and again.
var ErrEndless = errors.New("never comes to an end")

// Option is a part that the control port may have.
type Option func(*port)

// WithClock adds the routes of a clock. The jobs may be nil: simulators alone.
// An advance ends early when stop is closed.
func WithClock(clock Clock, jobs Jobs, stop <-chan struct{}) Option {
	return func(p *port) {
		p.clock = &clockwork{clock: clock, jobs: jobs, sims: timed(p.sims), stop: stop, limit: advanceLimit}
	}
}

// clockRoutes are in the index.
var clockRoutes = []string{
	"GET /control/clock", "POST /control/clock", "POST /control/clock/freeze", "POST /control/clock/thaw",
	"POST /control/clock/advance", "POST /control/clock/set",
}

// clockwork moves a clock and what obeys it.
type clockwork struct {
	clock Clock
	jobs  Jobs // nil: none
	sims  []namedSim
	stop  <-chan struct{}
	limit time.Duration // real time an advance may take

	moving sync.Mutex // whoever changes the clock holds it
	going  atomic.Pointer[time.Time]
}

// ClockState is how the clock stands. Times are RFC 3339, Korean.
type ClockState struct {
	Now         string            `json:"now"`
	Unix        int64             `json:"unix"`
	Frozen      bool              `json:"frozen"`
	Ahead       string            `json:"ahead"` // of the machine's time
	AdvancingTo string            `json:"advancingTo,omitempty"`
	Planned     map[string]string `json:"planned"` // when each part has something to do next; those without are left out
}

func (c *clockwork) state(ctx context.Context) (ClockState, error) {
	now := c.clock.Now()
	s := ClockState{
		Now: show(now), Unix: now.Unix(), Frozen: c.clock.Frozen(), Ahead: c.clock.Ahead().Round(time.Second).String(),
		Planned: map[string]string{},
	}
	if to := c.going.Load(); to != nil {
		s.AdvancingTo = show(*to)
	}
	plans, err := c.plans(ctx)
	for _, p := range plans {
		s.Planned[p.who] = show(p.at)
	}
	return s, err
}

func (c *clockwork) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/clock", c.show)
	mux.HandleFunc("POST /control/clock", func(w http.ResponseWriter, r *http.Request) {
		if body, ok := readBody(w, r); ok {
			o, err := readOrder(body)
			c.obey(w, r, o, err)
		}
	})
	for word, read := range map[string]func(text string) clockOrder{
		"freeze":  func(string) clockOrder { return clockOrder{Freeze: true} },
		"thaw":    func(string) clockOrder { return clockOrder{Thaw: true} },
		"advance": func(text string) clockOrder { return clockOrder{Advance: text} },
		"set":     func(text string) clockOrder { return clockOrder{Set: text} },
	} {
		mux.HandleFunc("POST /control/clock/"+word, func(w http.ResponseWriter, r *http.Request) {
			if body, ok := readBody(w, r); ok {
				o := read(strings.TrimSpace(string(body)))
				c.obey(w, r, o, o.check(word+" needs a body"))
			}
		})
	}
}

func (c *clockwork) show(w http.ResponseWriter, r *http.Request) {
	s, err := c.state(r.Context())
	if err != nil {
		Fail(w, http.StatusInternalServerError, "CLOCK_FAILED", err.Error())
		return
	}
	Answer(w, http.StatusOK, s)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		Fail(w, http.StatusBadRequest, "BAD_BODY", err.Error())
	}
	return body, err == nil
}

// clockOrder is what is to be done with the clock: one of the four.
type clockOrder struct {
	Freeze  bool   `json:"freeze"`
	Thaw    bool   `json:"thaw"`
	Set     string `json:"set"`
	Advance string `json:"advance"`
}

func readOrder(body []byte) (o clockOrder, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, fmt.Errorf("the body is not understood (%w)", err)
	}
	return o, o.check("the body asks for nothing, or for several things")
}

// check says why o is not one order.
func (o clockOrder) check(why string) error {
	n := 0
	for _, given := range []bool{o.Freeze, o.Thaw, o.Set != "", o.Advance != ""} {
		if given {
			n++
		}
	}
	if n != 1 {
		return errors.New(why)
	}
	return nil
}

const orderForms = `{"freeze": true}, {"thaw": true}, {"set": "2027-01-01T00:00:00+09:00"} or {"advance": "30d"}`

// obey does what an order says, one at a time.
func (c *clockwork) obey(w http.ResponseWriter, r *http.Request, o clockOrder, wrong error) {
	if wrong != nil {
		Fail(w, http.StatusBadRequest, "BAD_BODY", fmt.Sprintf("%v: want one of %s; or the text alone at /control/clock/advance and /control/clock/set", wrong, orderForms))
		return
	}
	if !c.moving.TryLock() {
		Fail(w, http.StatusConflict, "CLOCK_BUSY", "the clock is being moved already: wait for that to end (GET /control/clock shows how far it is)")
		return
	}
	defer c.moving.Unlock()
	switch {
	case o.Freeze:
		c.clock.Freeze()
		c.show(w, r)
	case o.Thaw:
		c.clock.Thaw()
		c.show(w, r)
	default:
		c.move(w, r, o)
	}
}

// move answers an advance. A set is an advance to a time.
func (c *clockwork) move(w http.ResponseWriter, r *http.Request, o clockOrder) {
	// It may take longer than the server allows for other answers.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	wasFrozen := c.clock.Frozen()
	c.clock.Freeze()
	from := c.clock.Now()
	to, err := o.target(from, c.clock.Ahead())
	if err != nil {
		c.release(wasFrozen)
		Fail(w, http.StatusBadRequest, "BAD_TIME", err.Error())
		return
	}
	c.going.Store(&to)
	out := c.advance(r.Context(), from, to)
	c.going.Store(nil)
	c.release(wasFrozen)

	status := http.StatusOK
	switch out.Code {
	case "":
	case codeUnfinished:
		status = http.StatusGatewayTimeout
	default:
		status = http.StatusInternalServerError
	}
	state, err := c.state(context.WithoutCancel(r.Context()))
	if err != nil && out.Code == "" {
		status, out.Code, out.Message = http.StatusInternalServerError, codeFailed, err.Error()
	}
	out.ClockState = state
	Answer(w, status, out)
}

func (c *clockwork) release(wasFrozen bool) {
	if !wasFrozen {
		c.clock.Thaw()
	}
}
