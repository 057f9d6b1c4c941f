package crash_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"naru/internal/pay"
)

// call is one call to a provider that an operation makes.
type call struct {
	point
	provider pay.Provider
	rule     string // METHOD PATH in the simulators' language of faults
}

// callsOf are the calls to providers among the points of an operation.
func callsOf(points []point) (out []call) {
	for _, p := range points {
		what, ok := strings.CutPrefix(p.label, "before sending ")
		method, path, _ := strings.Cut(what, " ")
		for prefix, provider := range map[string]pay.Provider{"/tosspayments": pay.TossPayments, "/tosspay": pay.TossPay} {
			if rest, its := strings.CutPrefix(path, prefix+"/"); ok && its {
				out = append(out, call{point{what, p.nth}, provider, method + " /" + rest})
			}
		}
	}
	return out
}

// reads reports whether a call only asks how things stand.
func (c call) reads() bool {
	return strings.HasPrefix(c.label, "GET ") || strings.HasSuffix(c.label, "/status")
}

// loss is a way for an answer not to come as it should.
type loss struct {
	name string
	arm  func(w *world, c call)
	hit  func(w *world, c call) // fails unless the loss took place
	on   terms
}

// lossesOf are all the ways of a call: it does not get there, it gets there and
// its answer does not come or is not one, it gets there late, the connection
// breaks, the answer comes twice. A question is the same whether it got there.
func lossesOf(c call) []loss {
	all := []loss{
		ruled("after drop"), ruled("before status=503"), ruled("after garble"), ruled("after cut"),
		wired(cutShort), wired(answeredTwice), wired(answeredStale),
		happening("an outage, answers lost", outage("after drop")),
	}
	if c.reads() {
		return append(all, happening("slow beyond the deadline", timesUp))
	}
	slow := ruled("slow=1m")
	slow.name, slow.on = "slow beyond the deadline", terms{deadline: 300 * time.Millisecond}
	return append(all,
		slow, ruled("before drop"), ruled("after status=500"), wired(brokenAfter), wired(brokenBefore),
		happening("unplugged", unplugged), happening("late, after we gave up", arrivesLate),
		happening("an outage, nothing done", outage("before drop")),
	)
}

// ruled is a loss by a rule of the simulator.
func ruled(how string) loss {
	return loss{
		name: how,
		arm: func(w *world, c call) {
			w.t.Helper()
			_, err := w.injector(c.provider).Add(fmt.Sprintf("%s nth=%d %s", c.rule, c.nth, how))
			w.must(err)
		},
		hit: func(w *world, c call) {
			w.t.Helper()
			for _, r := range w.injector(c.provider).Rules() {
				if r.Hits == 1 {
					return
				}
			}
			w.t.Errorf("%s was not broken", c)
		},
	}
}

// instead is what becomes of a call.
type instead = func(next http.RoundTripper, r *http.Request) (*http.Response, error)

// happening is a loss on the way to the provider.
func happening(name string, make func(*world, call) instead) loss {
	return loss{
		name: name,
		arm:  func(w *world, c call) { w.mishap = &mishap{what: c.label, nth: c.nth, instead: make(w, c)} },
		hit: func(w *world, c call) {
			w.t.Helper()
			if w.mishap.hits != 1 {
				w.t.Errorf("%s was not met", c)
			}
		},
	}
}

// outageTime is shorter than any resolver's bound.
const outageTime = 10 * time.Minute

// outage breaks every call to the provider from this one on, for a while.
func outage(how string) func(*world, call) instead {
	return func(w *world, c call) instead {
		return func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			in := w.injector(c.provider)
			if _, err := in.Add("* /** " + how); err != nil {
				return nil, err
			}
			w.later(outageTime, in.Clear)
			return next.RoundTrip(r)
		}
	}
}

// unplugged is a call that finds no connection at all.
func unplugged(*world, call) instead {
	return func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GetConn != nil { // as a transport says that it looks for one
			t.GetConn(r.URL.Host)
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
}

// timesUp is an answer that comes when nobody waits for it any more.
func timesUp(*world, call) instead {
	return func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		if res, err := next.RoundTrip(r); err == nil {
			_ = res.Body.Close()
		}
		return nil, context.DeadlineExceeded
	}
}

// kinds are the calls whose drivers say how long they may be under way.
var kinds = map[string]pay.AttemptKind{
	"POST /tosspayments/v1/payments/confirm":             pay.AttemptConfirm,
	"POST /tosspayments/v1/billing/*":                    pay.AttemptCharge,
	"POST /tosspayments/v1/payments/key-in":              pay.AttemptKeyIn,
	"POST /tosspayments/v1/virtual-accounts":             pay.AttemptIssueAccount,
	"POST /tosspayments/v1/billing/authorizations/card":  pay.AttemptIssueKey,
	"POST /tosspayments/v1/billing/authorizations/issue": pay.AttemptIssueKey,
	"POST /tosspayments/v1/cash-receipts":                pay.AttemptReceipt,
	"POST /tosspay/api/v2/execute":                       pay.AttemptConfirm,
	"POST /tosspay/api/v1/billing-key/bill":              pay.AttemptCharge,
}

// lateness is just less than what its driver has a call be under way before it
// believes that it never happened.
func (c call) lateness() time.Duration {
	for _, d := range (terms{}).drivers() {
		if timing, ok := d.Timings[kinds[c.label]]; ok && d.Provider == c.provider {
			return timing.Settle - time.Second
		}
	}
	return 10 * time.Second
}

// arrivesLate has the call get to the provider long after we stopped waiting.
func arrivesLate(w *world, c call) instead {
	return func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		again := r.Clone(context.Background())
		again.Body = io.NopCloser(bytes.NewReader(body))
		w.later(c.lateness(), func() {
			if res, err := http.DefaultTransport.RoundTrip(again); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
		return nil, context.DeadlineExceeded
	}
}

// later has something happen when the clock has moved on so far.
func (w *world) later(d time.Duration, do func()) {
	w.late = append(w.late, late{w.clock.In(d), do})
	slices.SortStableFunc(w.late, func(a, b late) int { return a.at.Compare(b.at) })
}

// TestLostAnswers does every operation once for each call it makes and each way
// for that call's answer to get lost.
func TestLostAnswers(t *testing.T) {
	b := newBooks(t)
	t.Logf("seed %d", *seed)
	var report tally
	t.Run("all", func(t *testing.T) {
		for _, op := range operations() {
			t.Run(op.name, func(t *testing.T) {
				t.Parallel()
				calls := callsOf(op.walk(newWorld(t, b.sqlite(t))))
				if len(calls) == 0 {
					t.Fatal("it makes no call")
				}
				n := 0
				for _, c := range calls {
					for _, l := range lossesOf(c) {
						n++
						t.Run(c.String()+", "+l.name, func(t *testing.T) {
							t.Parallel()
							op.lose(newWorld(t, b.sqlite(t)), c, l, chosen("at once", op.name, c.String(), l.name))
						})
						if chosen(op.name, c.String(), l.name) {
							t.Run(c.String()+", "+l.name+", postgres", func(t *testing.T) {
								t.Parallel()
								op.lose(newWorld(t, b.postgres(t)), c, l, false)
							})
						}
					}
				}
				report.add(op.name, n)
			})
		}
	})
	t.Log(report.String())
}

// lose does the operation with the answer to one call lost.
func (op operation) lose(w *world, c call, l loss, atOnce bool) {
	w.t.Helper()
	op.prepare(w)
	if l.on != (terms{}) {
		w.on(l.on)
	}
	l.arm(w, c)
	answers := []told{op.act(w)}
	if atOnce && answers[0].v != done {
		answers = append(answers, op.repeats(w))
	}
	w.rest(op.span)
	l.hit(w, c)
	w.mishap = nil
	if w.injector(c.provider).Clear(); l.on != (terms{}) {
		w.on(terms{})
	}
	op.judge(w, answers...)
}
