package playground

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"sync"
	"time"
)

const (
	maxSessions = 64        // tabs that are remembered
	maxRuns     = 40        // of one tab
	maxHeld     = 512 << 10 // bytes of parameters and events of one tab
	maxBody     = 32 << 10  // bytes of any request
)

var errNoRun = errors.New("no such run in this tab")

// event is something that came or was done during a run.
type event struct {
	At     time.Time       `json:"at"`
	Kind   string          `json:"kind"`             // callback, return, webhook, confirm or call
	Status int             `json:"status,omitempty"` // what was answered to a webhook or a confirm
	Data   json.RawMessage `json:"data"`
}

// run is one call of request_pay, or one charge of a billing key, and what came
// of it.
type run struct {
	N           int             `json:"n"` // 1 and up in its session
	At          time.Time       `json:"at"`
	Kind        string          `json:"kind"` // window, again, or other: known by its webhook alone
	ImpUID      string          `json:"imp_uid,omitempty"`
	MerchantUID string          `json:"merchant_uid"`
	CustomerUID string          `json:"customer_uid,omitempty"`
	About       json.RawMessage `json:"about,omitempty"` // what the page wants to remember of it
	Events      []event         `json:"events"`
}

func (r *run) held() int {
	n := len(r.About) + 200
	for _, e := range r.Events {
		n += len(e.Data) + 100
	}
	return n
}

// session is what one tab has seen.
type session struct {
	seq    int // changes so far
	last   int // number of the newest run
	runs   []*run
	active int // when it was last used, counted by the book
}

// book keeps the sessions that were used last.
type book struct {
	now func() time.Time

	mu       sync.Mutex
	sessions map[string]*session
	uses     int
}

var sessionID = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

// newSessionID makes an id that cannot be guessed: it is all it takes to see
// what a tab saw.
func newSessionID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// open is the session of a tab, a new one if need be; nil when the id is none.
// The caller holds the lock.
func (b *book) open(id string) *session {
	if !sessionID.MatchString(id) {
		return nil
	}
	s := b.sessions[id]
	if s == nil {
		b.forget()
		s = &session{}
		b.sessions[id] = s
	}
	b.uses++
	s.active = b.uses
	return s
}

// forget makes room for a session: the one not used for longest goes.
func (b *book) forget() {
	if len(b.sessions) < maxSessions {
		return
	}
	oldest := ""
	for id, s := range b.sessions {
		if oldest == "" || s.active < b.sessions[oldest].active {
			oldest = id
		}
	}
	delete(b.sessions, oldest)
}

// begin adds a run. One that its webhook was faster than is taken over.
func (b *book) begin(id string, r run) (int, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.open(id)
	if s == nil {
		return 0, false
	}
	for _, old := range s.runs {
		if old.Kind == "other" && old.MerchantUID == r.MerchantUID {
			old.Kind, old.CustomerUID, old.About = r.Kind, r.CustomerUID, r.About
			s.seq++
			return old.N, true
		}
	}
	return s.add(r, b.now()).N, true
}

func (s *session) add(r run, now time.Time) *run {
	s.last++
	r.N, r.At = s.last, now
	if r.Events == nil {
		r.Events = []event{}
	}
	s.runs = append(s.runs, &r)
	s.settle()
	return &r
}

// settle counts a change and drops what is too much: old runs, then old events
// of the last one.
func (s *session) settle() {
	s.seq++
	held := 0
	for _, r := range s.runs {
		held += r.held()
	}
	for len(s.runs) > 1 && (len(s.runs) > maxRuns || held > maxHeld) {
		held -= s.runs[0].held()
		s.runs = slices.Delete(s.runs, 0, 1)
	}
	for r := s.runs[0]; held > maxHeld && len(r.Events) > 1; {
		held -= len(r.Events[0].Data) + 100
		r.Events = slices.Delete(r.Events, 0, 1)
	}
}

// find is the newest run of a payment; nil when there is none. A run learns its
// imp_uid from the first that is said of its order number.
func (s *session) find(impUID, merchantUID string) *run {
	for _, r := range slices.Backward(s.runs) {
		if impUID != "" && r.ImpUID == impUID {
			return r
		}
	}
	for _, r := range slices.Backward(s.runs) {
		if merchantUID != "" && r.MerchantUID == merchantUID && (r.ImpUID == "" || impUID == "") {
			return r
		}
	}
	return nil
}

// hear adds what came from outside to the run it is about. It is false when
// there is no such session.
func (b *book) hear(id, impUID, merchantUID string, e event) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s == nil {
		return false
	}
	s.hear(impUID, merchantUID, e, b.now())
	return true
}

func (s *session) hear(impUID, merchantUID string, e event, now time.Time) {
	r := s.find(impUID, merchantUID)
	if r == nil {
		r = s.add(run{Kind: "other", MerchantUID: merchantUID}, now)
	}
	if r.ImpUID == "" {
		r.ImpUID = impUID
	}
	e.At = now
	r.Events = append(r.Events, e)
	s.settle()
}

// note adds an event to a run; impUID is what the run learns by it, or "".
func (b *book) note(id string, n int, impUID string, e event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, r := b.run(id, n)
	if r == nil {
		return errNoRun
	}
	if r.ImpUID == "" {
		r.ImpUID = impUID
	}
	e.At = b.now()
	r.Events = append(r.Events, e)
	s.settle()
	return nil
}

// run finds a run; the caller holds the lock.
func (b *book) run(id string, n int) (*session, *run) {
	s := b.sessions[id]
	if s == nil {
		return nil, nil
	}
	i := slices.IndexFunc(s.runs, func(r *run) bool { return r.N == n })
	if i < 0 {
		return s, nil
	}
	return s, s.runs[i]
}

// look is a copy of a run, without its events.
func (b *book) look(id string, n int) (run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, r := b.run(id, n)
	if r == nil {
		return run{}, errNoRun
	}
	out := *r
	out.Events = nil
	return out, nil
}

// list is all runs of a session as JSON, and how many changes there were; nil
// when there were no more than the caller has seen.
func (b *book) list(id string, seen int) ([]byte, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.open(id)
	if s == nil {
		return nil, false, nil
	}
	if s.seq == seen {
		return nil, true, nil
	}
	runs := s.runs
	if runs == nil {
		runs = []*run{}
	}
	out, err := json.Marshal(map[string]any{"seq": s.seq, "runs": runs})
	return out, true, err
}
