package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

const (
	// dueLimit is how long all that is due in one second may take; the control
	// port gives up after as long.
	dueLimit = 10 * time.Minute
	dueKeys  = 100 // customers whose keys are charged
)

// dueAtOnce is how fast charges are made that are all due in the same second:
// first by the jobs' runner alone, as in production, then all of them by the
// clock of the sandbox.
func (b *bench) dueAtOnce(ctx context.Context) error {
	return b.opened(ctx, func(s *stack) error {
		keys, err := s.issueKeys(ctx, dueKeys)
		if err != nil {
			return err
		}
		fmt.Printf("Booked charges that are due in the same second, each asked of the simulator over HTTP and told by webhook:\n\n")
		if err := s.dueByItself(ctx, max(1, b.due/10), keys); err != nil {
			return err
		}
		if err := s.dueByClock(ctx, b.due, keys); err != nil {
			return err
		}
		fmt.Println()
		return nil
	})
}

// executing is a number of charges that are all due at a time.
type executing struct {
	*stack
	n         int
	at        time.Time
	begun     time.Time
	used      time.Duration // of processor, at the beginning
	committed int64         // at the beginning
}

// bookAll writes n charges that are due at a time, beside the running gateway.
func (s *stack) bookAll(ctx context.Context, n int, at time.Time, keys []string) (*executing, error) {
	const each = 1000
	for from := 0; from < n; from += each {
		err := s.books.Write(ctx, func(tx *store.Tx) error {
			var all []pay.Schedule
			for i := from; i < min(n, from+each); i++ {
				all = append(all, schedule(s.newUID(), keys[i%len(keys)], at))
			}
			return book(ctx, tx, all)
		})
		if err != nil {
			return nil, err
		}
	}
	return &executing{stack: s, n: n, at: at}, nil
}

func (e *executing) begin() (err error) {
	e.begun = time.Now()
	if e.used, err = cpu(e.cmd.Process.Pid); err == nil {
		e.committed, err = e.commits.count()
	}
	return err
}

// executed is how many have been charged, or failed to be.
func (e *executing) executed(ctx context.Context) (n int, err error) {
	err = e.books.Read(ctx, func(tx *store.Tx) error {
		n, err = tx.CountSchedules(ctx, devMerchant, store.ScheduleFilter{
			From: e.at, To: e.at.Add(time.Second), Statuses: []pay.ScheduleStatus{pay.ScheduleExecuted},
		})
		return err
	})
	return n, err
}

// wait waits until all have been executed, or there is no more time; it gives
// how many were and how long that took.
func (e *executing) wait(ctx context.Context, over <-chan struct{}) (n int, took time.Duration, err error) {
	for {
		n, err = e.executed(ctx)
		took = time.Since(e.begun)
		if err != nil || n == e.n || took > dueLimit {
			return n, took, err
		}
		select {
		case <-over:
			n, err = e.executed(ctx)
			return n, took, err
		default:
		}
		if err := rest(ctx, max(50*time.Millisecond, time.Duration(e.n)*10*time.Microsecond)); err != nil {
			return n, took, err
		}
	}
}

// paid fails unless as many payments as were executed are paid.
func (e *executing) paid(ctx context.Context, before, executed int) error {
	now, err := e.countPaid(ctx)
	if err == nil && now-before < executed {
		err = fmt.Errorf("%d charges were made, but %d payments are paid", executed, now-before)
	}
	return err
}

func (s *stack) countPaid(ctx context.Context) (n int, err error) {
	err = s.books.Read(ctx, func(tx *store.Tx) error {
		n, err = tx.CountPayments(ctx, devMerchant, store.PaymentFilter{Statuses: []pay.Status{pay.StatusPaid}})
		return err
	})
	return n, err
}

// untilTold waits until all webhooks have been taken; it is 0 when that does not
// come about.
func (e *executing) untilTold(ctx context.Context, executed int) (time.Duration, error) {
	if executed < e.n {
		return 0, nil
	}
	err := e.quiet(ctx, dueLimit)
	if errors.Is(err, errStillDue) {
		return 0, nil
	}
	return time.Since(e.begun), err
}

// report prints how it went. After told, unless it is 0, everybody had heard of it.
func (e *executing) report(how string, n int, took, told time.Duration) error {
	used, err := cpu(e.cmd.Process.Pid)
	if err != nil {
		return err
	}
	committed, err := e.commits.count()
	if err != nil {
		return err
	}
	peak, err := memory(e.cmd.Process.Pid, "VmHWM")
	if err != nil {
		return err
	}
	what, heard := fmt.Sprint(e.n), fmt.Sprintf("; %.1f s until all webhooks were taken", told.Seconds())
	if n < e.n {
		what = fmt.Sprintf("%d of %d", n, e.n)
	}
	if told == 0 {
		heard = ", then given up, webhooks still on their way"
	}
	each := float64(max(1, n))
	fmt.Printf("- %s %s: **%.0f a second** (%.1f s%s), %.2f ms of processor and %.2f commits each, %d MiB resident at the most\n",
		what, how, float64(n)/took.Seconds(), took.Seconds(), heard,
		float64((used-e.used).Microseconds())/1000/each, float64(committed-e.committed)/each, peak)
	return nil
}

// dueByItself lets time pass until the charges are due.
func (s *stack) dueByItself(ctx context.Context, n int, keys []string) error {
	paid, err := s.countPaid(ctx)
	if err != nil {
		return err
	}
	at := time.Now().Add(5*time.Second + time.Duration(n)*time.Millisecond).Truncate(time.Second)
	e, err := s.bookAll(ctx, n, at, keys)
	if err != nil {
		return err
	}
	if late := time.Since(at); late > 0 {
		return fmt.Errorf("%d charges could not be booked before they were due: %s late", n, late)
	}
	if err := rest(ctx, time.Until(at)); err != nil {
		return err
	}
	if err := e.begin(); err != nil {
		return err
	}
	done, took, err := e.wait(ctx, nil)
	if err != nil {
		return err
	}
	told, err := e.untilTold(ctx, done)
	if err != nil {
		return err
	}
	if err := e.paid(ctx, paid, done); err != nil {
		return err
	}
	return e.report("by the runner alone", done, took, told)
}

// dueByClock moves the clock of the sandbox to when the charges are due.
func (s *stack) dueByClock(ctx context.Context, n int, keys []string) error {
	paid, err := s.countPaid(ctx)
	if err != nil {
		return err
	}
	at := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	e, err := s.bookAll(ctx, n, at, keys)
	if err != nil {
		return err
	}
	if err := e.begin(); err != nil {
		return err
	}
	over := make(chan struct{})
	var moved error
	go func() {
		defer close(over)
		moved = s.moveClock(ctx, at)
	}()
	done, took, err := e.wait(ctx, over)
	if err != nil {
		return err
	}
	<-over
	if moved != nil {
		return moved
	}
	told := time.Duration(0)
	if done == n {
		told = time.Since(e.begun)
	}
	if err := e.paid(ctx, paid, done); err != nil {
		return err
	}
	return e.report("by the sandbox's clock", done, took, told)
}

// moveClock returns when everything due has been done, or the control port had
// enough.
func (s *stack) moveClock(ctx context.Context, to time.Time) error {
	_, raw, err := s.send(ctx, http.MethodPost, s.sandbox+"/control/clock/set", "", "text/plain", to.Format(time.RFC3339))
	if err != nil {
		return err
	}
	var out struct {
		Code, Message string
		Stuck         []string
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return fmt.Errorf("the clock answered %.200s", raw)
	}
	switch {
	case out.Code != "" && out.Code != "ADVANCE_UNFINISHED":
		return fmt.Errorf("the clock: %s %s", out.Code, out.Message)
	case len(out.Stuck) > 0:
		return fmt.Errorf("the clock: stuck: %.300v", out.Stuck)
	}
	return nil
}
