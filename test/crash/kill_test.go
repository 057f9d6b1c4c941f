package crash_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/test/devserver"
)

// held is a merchant's server that can hold webhooks back.
type held struct {
	url   string
	mu    sync.Mutex
	holds chan struct{} // closed to let them go; nil holds nothing
	came  int           // messages that came in
	heard []webhook     // those that were answered
}

func newHeld(t testing.TB) *held {
	h := &held{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	t.Cleanup(h.release)
	h.url = server.URL + mainHook
	return h
}

func (h *held) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var m webhook
	err := json.NewDecoder(r.Body).Decode(&m)
	h.mu.Lock()
	h.came++
	gate := h.holds
	h.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done(): // whoever sent it is gone
			return
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.heard = append(h.heard, m)
	}
}

func (h *held) hold() { h.mu.Lock(); defer h.mu.Unlock(); h.holds = make(chan struct{}) }

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.holds != nil {
		close(h.holds)
		h.holds = nil
	}
}

// told are the states that were heard of an order.
func (h *held) told(uid string) (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.heard {
		if m.MerchantUID == uid && !slices.Contains(out, m.Status) {
			out = append(out, m.Status)
		}
	}
	return out
}

// charging is the call to the provider that takes the money.
var charging = map[pay.Provider]string{
	pay.TossPayments: "POST /v1/billing/*",
	pay.TossPay:      "POST /api/v1/billing-key/bill",
}

// TestKill ends a serving process for good, in each of the three steps of a
// charge, and starts another one on its books.
func TestKill(t *testing.T) {
	t.Parallel()
	bin, err := devserver.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		t.Run(short(p), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, bin, p, nil)
			for _, step := range []struct {
				name string
				kill func(*stage, string)
				paid bool
			}{
				{"intended", (*stage).killAsking, false},
				{"answered", (*stage).killAnswered, true},
				{"learned", (*stage).killLearned, true},
			} {
				step.kill(s, step.name)
				s.elapse(15 * time.Minute)
				s.control("DELETE", "/faults", nil, nil)
				s.shop.release()
				s.serve()
				s.settles(step.name, step.paid)
			}
		})
	}
}

// charge asks for the money of an order; the answer comes when it comes.
func (s *stage) charge(uid string) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		out <- s.call("POST", "/subscribe/payments/again", with(orderOf(uid, amount), fields{"customer_uid": "c1"}))
	}()
	return out
}

// killAsking kills while the provider has the question and has done nothing.
func (s *stage) killAsking(uid string) {
	s.t.Helper()
	s.control("POST", "/faults", charging[s.provider]+" before slow=1m times=1", nil)
	answered := s.charge(uid)
	s.until("the provider is asked", func() bool {
		var in struct{ Rules []struct{ Hits int } }
		s.control("GET", "/faults", nil, &in)
		return in.Rules[0].Hits == 1
	})
	s.dies(uid, answered)
}

// killAnswered kills when the provider has the money and says nothing yet.
func (s *stage) killAnswered(uid string) {
	s.t.Helper()
	s.control("POST", "/faults", charging[s.provider]+" slow=1m times=1", nil)
	moved := func() int {
		var all []struct{}
		s.control("GET", "/ledger", nil, &all)
		return len(all)
	}
	before := moved()
	answered := s.charge(uid)
	s.until("the money moved", func() bool { return moved() > before })
	s.dies(uid, answered)
}

// killLearned kills when the merchant's server has its answer and holds the webhook.
func (s *stage) killLearned(uid string) {
	s.t.Helper()
	s.shop.hold()
	select {
	case a := <-s.charge(uid):
		s.serving.kill()
		if a.says().v != done {
			s.t.Fatalf("%s: the charge is answered as %s", uid, a)
		}
	case <-time.After(patience):
		s.t.Fatalf("%s: the charge is not answered", uid)
	}
	if told := s.shop.told(uid); len(told) > 0 {
		s.t.Errorf("%s: the webhook was not held: %v", uid, told)
	}
}

// dies: the process ends with the merchant's call open.
func (s *stage) dies(uid string, answered <-chan answer) {
	s.t.Helper()
	s.serving.kill()
	if a := <-answered; a.err == nil {
		s.t.Errorf("%s: a dead process answered %s", uid, a)
	}
}

// elapse has the time pass that the process was gone, on its books: what was
// planned and begun lies that much further back.
func (s *stage) elapse(d time.Duration) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.books())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	us := d.Microseconds()
	for _, change := range []string{
		`UPDATE jobs SET run_at = run_at - ?1, due_at = due_at - ?1, lease_to = CASE WHEN lease_to = 0 THEN 0 ELSE lease_to - ?1 END`,
		`UPDATE attempts SET started = started - ?1, deadline = deadline - ?1`,
		`UPDATE deliveries SET next_at = CASE WHEN next_at = 0 THEN 0 ELSE next_at - ?1 END`,
	} {
		if _, err := db.Exec(change, us); err != nil {
			s.t.Fatalf("%s: %v", change, err)
		}
	}
}

// settles: the books and the provider come to agree, the merchant hears what it
// is owed, and the same request takes nothing more.
func (s *stage) settles(uid string, paid bool) {
	s.t.Helper()
	status, want := "failed", []entry(nil)
	if paid {
		status, want = "paid", []entry{{"approval", amount}}
	}
	var got struct {
		ImpUID string `json:"imp_uid"`
		Status string `json:"status"`
		Amount int64  `json:"amount"`
	}
	s.until(fmt.Sprintf("%s is %s", uid, status), func() bool {
		a := s.call("GET", "/payments/find/"+uid, nil)
		return a.says().v == done && json.Unmarshal(a.Response, &got) == nil && got.Status == status
	})
	if moved := s.orderLedger(got.ImpUID); !slices.Equal(moved, want) || got.Amount != amount {
		s.t.Errorf("%s is %s over %d, the provider has %v", uid, got.Status, got.Amount, moved)
	}
	if paid {
		s.until("the webhook of "+uid+" arrives", func() bool { return slices.Equal(s.shop.told(uid), []string{"paid"}) })
	}
	again := (<-s.charge(uid)).says()
	if want := map[bool]verdict{true: refused, false: done}[paid]; again.v != want {
		s.t.Errorf("%s: the same request once more is answered as %s, not %s", uid, again, want)
	}
	var all []struct{ Amount int64 }
	s.control("GET", "/ledger", nil, &all)
	if n := map[string]int{"intended": 1, "answered": 2, "learned": 3}[uid]; len(all) != n {
		s.t.Errorf("after %s money moved %d times in all, not %d: %v", uid, len(all), n, all)
	}
}
