package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/sandbox/control"
)

var newYear = time.Date(2027, 1, 1, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))

const day = 24 * time.Hour

// world is a clock, a simulator and a gateway that plan things on it.
type world struct {
	mu     sync.Mutex
	now    time.Time
	frozen bool
	jobs   map[string]time.Time
	sends  map[string]time.Time
	ran    []string // "name at offset"
	ended  int64
	// then is what a job or a message leads to, at that instant.
	then   map[string]func()
	runDue func(ctx context.Context) error // instead of the usual one
}

func newWorld() *world {
	return &world{now: newYear, jobs: map[string]time.Time{}, sends: map[string]time.Time{}, then: map[string]func(){}}
}

func (w *world) locked(do func()) { w.mu.Lock(); defer w.mu.Unlock(); do() }

func (w *world) Now() (t time.Time)   { w.locked(func() { t = w.now }); return t }
func (w *world) Ahead() time.Duration { return w.Now().Sub(newYear) }
func (w *world) Frozen() (is bool)    { w.locked(func() { is = w.frozen }); return is }
func (w *world) Freeze()              { w.locked(func() { w.frozen = true }) }
func (w *world) Thaw()                { w.locked(func() { w.frozen = false }) }
func (w *world) Set(t time.Time) (is bool) {
	w.locked(func() {
		if is = !t.Before(w.now); is {
			w.now = t
		}
	})
	return is
}

// plan plans a job, or a message when its name begins with "send".
func (w *world) plan(name string, after time.Duration) {
	at := newYear.Add(after)
	if strings.HasPrefix(name, "send") {
		w.sends[name] = at
	} else {
		w.jobs[name] = at
	}
}

// run does what is due of a list, and what that leads to.
func (w *world) run(list map[string]time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		name, at := first(list)
		if name == "" || at.After(w.now) {
			return
		}
		delete(list, name)
		w.ran = append(w.ran, fmt.Sprintf("%s %s", name, w.now.Sub(newYear)))
		w.ended++
		if then := w.then[name]; then != nil {
			then()
		}
	}
}

func first(list map[string]time.Time) (name string, at time.Time) {
	for n, t := range list {
		if name == "" || t.Before(at) {
			name, at = n, t
		}
	}
	return name, at
}

// worldJobs and worldSim are the two parts that an advance drives.
type worldJobs struct{ *world }

func (w worldJobs) NextAt(context.Context) (at time.Time, err error) {
	w.locked(func() { _, at = first(w.jobs) })
	return at, nil
}

func (w worldJobs) RunDue(ctx context.Context) error {
	if w.runDue != nil {
		return w.runDue(ctx)
	}
	w.run(w.jobs)
	return nil
}

func (w worldJobs) Ended() (n int64) { w.locked(func() { n = w.ended }); return n }

type worldSim struct {
	*sim
	world *world
}

func (s worldSim) Due() (at time.Time) {
	s.world.locked(func() { _, at = first(s.world.sends) })
	return at
}
func (s worldSim) Settle(context.Context) error { s.world.run(s.world.sends); return nil }

// handler is the control port of the world.
func (w *world) handler(stop <-chan struct{}) http.Handler {
	return control.New(map[string]control.Simulator{"wallet": worldSim{newSim(), w}, "still": newSim()}, control.WithClock(w, worldJobs{w}, stop))
}

const clockURL = "http://localhost/control/clock"

// order posts to a clock route and reads the answer.
func order(t *testing.T, h http.Handler, want int, path, body string) (got control.Advanced) {
	t.Helper()
	w := ask(t, h, "POST", clockURL+path, body)
	return read(t, w, want)
}

func read(t *testing.T, w *httptest.ResponseRecorder, want int) (got control.Advanced) {
	t.Helper()
	if w.Code != want {
		t.Fatalf("status %d, want %d: %s", w.Code, want, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAdvanceRunsEachThingAtItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.plan("charge", 10*day)
	w.plan("late", 31*day)
	w.plan("send expiry", 20*day)
	w.then["charge"] = func() { w.plan("send webhook", 10*day) }
	w.then["send webhook"] = func() { w.plan("learn", 10*day); w.plan("send again", 10*day+time.Minute) }
	w.then["send again"] = func() { w.plan("charge next", 30*day) }
	got := order(t, w.handler(nil), 200, "/advance", "30d\n")
	want := []string{"charge 240h0m0s", "send webhook 240h0m0s", "learn 240h0m0s", "send again 240h1m0s", "send expiry 480h0m0s", "charge next 720h0m0s"}
	if !slices.Equal(w.ran, want) {
		t.Errorf("ran %q, want %q", w.ran, want)
	}
	if got.From != "2027-01-01T00:00:00+09:00" || got.To != "2027-01-31T00:00:00+09:00" || got.Jobs != 6 || got.Steps != 4 || got.Stuck != nil {
		t.Errorf("answer %+v", got)
	}
	if got.Frozen || got.Now != got.To || got.Ahead != "720h0m0s" || got.Unix != newYear.Add(30*day).Unix() {
		t.Errorf("the clock afterwards: %+v", got.ClockState)
	}
	if plans := map[string]string{"jobs": "2027-02-01T00:00:00+09:00"}; !reflect.DeepEqual(got.Planned, plans) {
		t.Errorf("planned %v, want %v", got.Planned, plans)
	}
}

func TestFrozenClockStaysFrozenAndSetGoesToATime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	h := w.handler(nil)
	if got := order(t, h, 200, "", `{"freeze": true}`); !got.Frozen {
		t.Errorf("not frozen: %+v", got)
	}
	for _, c := range []struct{ body, want string }{
		{`{"set": "2027-03-01"}`, "2027-03-01T00:00:00+09:00"},
		{`{"set": "2027-03-01T01:30"}`, "2027-03-01T01:30:00+09:00"},
		{`{"set": "2027-03-01T00:00:00.000001Z"}`, "2027-03-01T09:00:00.000001+09:00"},
		{`{"advance": "1w1.5d"}`, "2027-03-09T21:00:00.000001+09:00"},
		{`{"advance": "1h30m"}`, "2027-03-09T22:30:00.000001+09:00"},
	} {
		if got := order(t, h, 200, "", c.body); got.Now != c.want || !got.Frozen {
			t.Errorf("%s: at %s, frozen %v; want %s", c.body, got.Now, got.Frozen, c.want)
		}
	}
	order(t, h, 200, "/thaw", "")
	if got := read(t, ask(t, h, "GET", clockURL, ""), 200); got.Frozen {
		t.Errorf("still frozen: %+v", got)
	}
}

func TestClockRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	w := newWorld()
	h := w.handler(nil)
	for _, c := range []struct{ path, body, want string }{
		{"/advance", "3mo", "months and years differ"},
		{"/advance", "1y", "months and years differ"},
		{"/advance", "-1d", "want a duration"},
		{"/advance", "30", "want a duration"},
		{"/advance", "0s", "more than nothing"},
		{"/advance", "36501d", "at most 36500 days"},
		{"/advance", "99999999999999999999w", "at most 36500 days"},
		{"/advance", "", "needs a body"},
		{"/set", "2026-12-31", "does not go back"},
		{"/set", "tomorrow", "want a time such as"},
		{"/set", "2226-12-31", "100 years"},
		{"", `{"freeze": true, "advance": "1d"}`, "one of"},
		{"", `{"freeze": false}`, "one of"},
		{"", `{"rewind": "1d"}`, `"rewind"`},
		{"", "30d", "one of"},
	} {
		got := order(t, h, 400, c.path, c.body)
		if !strings.Contains(got.Message, c.want) {
			t.Errorf("%s %s: %q, want %q in it", c.path, c.body, got.Message, c.want)
		}
	}
	if w.Now() != newYear || w.Frozen() {
		t.Errorf("the clock was touched: %s, frozen %v", w.Now(), w.Frozen())
	}
	if got := ask(t, h, "POST", clockURL+"/rewind", ""); got.Code != 404 || !strings.Contains(got.Body.String(), "/control/clock/advance") {
		t.Errorf("unknown route: %d %s", got.Code, got.Body)
	}
	if got := ask(t, control.New(nil), "GET", clockURL+"/", ""); got.Code != 404 {
		t.Errorf("a port without a clock: %d %s", got.Code, got.Body)
	}
	if got := ask(t, h, "GET", "http://localhost/control/", "").Body.String(); !strings.Contains(got, "POST /control/clock/advance") {
		t.Errorf("index lacks the clock: %s", got)
	}
}

func TestOneAdvanceAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	began, goOn := make(chan struct{}), make(chan struct{})
	w.runDue = func(context.Context) error {
		began <- struct{}{}
		<-goOn
		return nil
	}
	h := w.handler(nil)
	done := make(chan *httptest.ResponseRecorder, 1)
	go func() { done <- ask(t, h, "POST", clockURL+"/advance", "1d") }()
	<-began
	for _, path := range []string{"/advance", "/set", "/freeze", "/thaw"} {
		if got := order(t, h, 409, path, "1d"); got.Code != "CLOCK_BUSY" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got := read(t, ask(t, h, "GET", clockURL, ""), 200); got.AdvancingTo != "2027-01-02T00:00:00+09:00" || !got.Frozen {
		t.Errorf("meanwhile %+v", got.ClockState)
	}
	close(goOn)
	for {
		select {
		case <-began:
		case answer := <-done:
			if got := read(t, answer, 200); got.To != "2027-01-02T00:00:00+09:00" || got.AdvancingTo != "" {
				t.Errorf("%+v", got)
			}
			order(t, h, 200, "/freeze", "")
			return
		}
	}
}

func TestAdvanceGoesOnPastWhatNeverEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan func(w *world)
		want string
	}{
		"a message that is sent again at once": {func(w *world) {
			w.then["send"] = func() { w.plan("learn", 5*day) }
			w.then["learn"] = func() { w.plan("send", 5*day) }
			w.plan("send", 5*day)
		}, "after 100 rounds"},
		"a job nobody runs": {func(w *world) {
			w.plan("orphan", 5*day)
			w.runDue = func(context.Context) error { return nil }
		}, "jobs has something due"},
		"a job that is always due": {func(w *world) {
			w.plan("again", 5*day)
			w.runDue = func(context.Context) error {
				if w.Now().Before(newYear.Add(5 * day)) {
					return nil
				}
				return fmt.Errorf("job again %w", control.ErrEndless)
			}
		}, "job again never comes to an end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			c.plan(w)
			w.plan("send later", 6*day)
			got := order(t, w.handler(nil), 200, "/advance", "7d")
			if len(got.Stuck) != 1 || !strings.Contains(got.Stuck[0], c.want) || !strings.Contains(got.Stuck[0], "2027-01-06T00:00:00") {
				t.Errorf("stuck %q, want one at the 6th with %q", got.Stuck, c.want)
			}
			if got.To != "2027-01-08T00:00:00+09:00" || !slices.Contains(w.ran, "send later 144h0m0s") {
				t.Errorf("came to %s and ran %q", got.To, w.ran[max(0, len(w.ran)-3):])
			}
		})
	}
}

func TestAdvanceThatIsCutShortSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		code, want string
		runDue     func(stop func()) func(context.Context) error
	}{
		"the program stops": {504, "ADVANCE_UNFINISHED", "stopping", func(stop func()) func(context.Context) error {
			return func(ctx context.Context) error { stop(); <-ctx.Done(); return ctx.Err() }
		}},
		"the database fails": {500, "ADVANCE_FAILED", "disk full", func(func()) func(context.Context) error {
			return func(context.Context) error { return fmt.Errorf("disk full") }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, stop := newWorld(), make(chan struct{})
			fail := c.runDue(sync.OnceFunc(func() { close(stop) }))
			w.runDue = func(ctx context.Context) error {
				if w.Now() == newYear {
					return nil
				}
				return fail(ctx)
			}
			w.plan("send", 3*day)
			got := order(t, w.handler(stop), c.status, "/advance", "5d")
			if got.Code != c.code || !strings.Contains(got.Message, c.want) || got.To != "2027-01-04T00:00:00+09:00" || got.Frozen {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(got.Message, got.To) || !strings.Contains(got.Message, "short of 2027-01-06") {
				t.Errorf("message %q", got.Message)
			}
		})
	}
}

func TestSimulatorsAloneHaveAClock(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.plan("send", day)
	h := control.New(map[string]control.Simulator{"wallet": worldSim{newSim(), w}}, control.WithClock(w, nil, nil))
	if got := order(t, h, 200, "/advance", "2d"); got.Jobs != 0 || got.Steps != 2 || !slices.Equal(w.ran, []string{"send 24h0m0s"}) {
		t.Errorf("%+v, ran %q", got, w.ran)
	}
}

// TestAdvanceOutlastsTheServersTimeouts: other requests are cut off by then.
func TestAdvanceOutlastsTheServersTimeouts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	srv := httptest.NewUnstartedServer(w.handler(nil))
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	srv.Start()
	defer srv.Close()
	w.runDue = func(ctx context.Context) error {
		silent, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			return err
		}
		_, _ = io.ReadAll(silent) // until the server's patience with it is over, which began after ours
		_ = silent.Close()
		return ctx.Err()
	}
	resp, err := http.Post(srv.URL+"/control/clock/advance", "text/plain", strings.NewReader("1d"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got control.Advanced
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != 200 || got.To != "2027-01-02T00:00:00+09:00" {
		t.Errorf("status %d, %+v: %v", resp.StatusCode, got, err)
	}
}
