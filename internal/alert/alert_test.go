package alert_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/alert"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

func TestAlarmsAreToldByKindAndNotTooOften(t *testing.T) {
	each(t, func(r *rig) {
		for i := range 25 {
			r.alarm("unknown_outcome", fmt.Sprint(i))
		}
		r.alarm("paid_twice", "x")
		r.alarm("made_up_later", "y")
		r.pass(r.alerts, time.Second)
		told := r.told()
		unknown, twice := told["unknown_outcome raised"], told["paid_twice raised"]
		if len(told) != 3 || unknown.Count != 25 || len(unknown.Items) != 20 || twice.Count != 1 {
			t := r.t
			t.Fatalf("told %+v", told)
		}
		for _, want := range []string{"결제사 호출 25건", "could not be learned: 25", "imp_14", "look at 14", "5건 더 / 5 more", "https://pay.example.com", "naru alarm list"} {
			if !strings.Contains(unknown.Text, want) {
				r.t.Errorf("the text lacks %q:\n%s", want, unknown.Text)
			}
		}
		if !strings.Contains(told["made_up_later raised"].Title, "made_up_later") || unknown.From != "https://pay.example.com" {
			r.t.Errorf("%+v", told)
		}
		if at := twice.Items[0]; at.Merchant != shop || at.Payment != "imp_x" || at.ID != "paid_twice:x" {
			r.t.Errorf("item %+v", at)
		}
		r.alarm("unknown_outcome", "late-1")
		r.pass(r.alerts, 9*time.Minute)
		r.alarm("unknown_outcome", "late-2")
		if told := r.told(); len(told) != 0 {
			r.t.Errorf("told again within ten minutes: %+v", told)
		}
		r.pass(r.alerts, 2*time.Minute)
		if told := r.told(); len(told) != 1 || told["unknown_outcome raised"].Count != 2 {
			r.t.Errorf("after ten minutes: %+v", told)
		}
		r.pass(r.alerts, time.Hour)
		if told := r.told(); len(told) != 0 {
			r.t.Errorf("told of nothing new: %+v", told)
		}
	})
}

// TestAnAlertIsNotLost: the operator's address answers late, the process dies in
// between, and the message comes all the same.
func TestAnAlertIsNotLost(t *testing.T) {
	each(t, func(r *rig) {
		r.answer(http.StatusBadGateway)
		r.alarm("amount", "1")
		for range 5 {
			r.pass(r.alerts, time.Minute)
		}
		if told := r.told(); len(told) != 0 {
			r.t.Fatalf("told %+v", told)
		}
		r.answer(http.StatusOK)
		r.pass(r.alerts, 10*time.Minute)
		if told := r.told(); told["amount raised"].Count != 1 {
			r.t.Errorf("told %+v", told)
		}
		if log := r.log.String(); !strings.Contains(log, "target=webhook") || strings.Contains(log, "S3CRET") {
			r.t.Errorf("the log lacks the target, or shows the address: %s", log)
		}
	})
}

// TestNobodyListens: alarms wait until there is somebody to tell.
func TestNobodyListens(t *testing.T) {
	each(t, func(r *rig) {
		r.alarm("amount", "1")
		r.pass(r.node(alert.Options{}), time.Second)
		r.pass(r.alerts, time.Second)
		if told := r.told(); told["amount raised"].Count != 1 {
			r.t.Errorf("told %+v", told)
		}
	})
}

// TestManyNodesTellOnce: also when a lease was lost and several look at once.
func TestManyNodesTellOnce(t *testing.T) {
	each(t, func(r *rig) {
		for i := range 10 {
			r.alarm("amount", fmt.Sprint(i))
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				err := r.alerts.Workers()[alert.JobWatch](r.t.Context(), store.Job{})
				if errors.Unwrap(err) == nil || !errors.Is(err, errors.Unwrap(jobs.RetryAt(noon, nil))) {
					r.t.Errorf("the watch does not go on: %v", err)
				}
			})
		}
		all.Wait()
		r.pass(r.alerts, time.Second)
		if told := r.told(); len(told) != 1 || told["amount raised"].Count != 10 {
			r.t.Errorf("told %+v", told)
		}
	})
}

func TestAFailingChannelIsTold(t *testing.T) {
	each(t, func(r *rig) {
		call := func(a *alert.Alerter, answered, failed int) {
			for range answered {
				a.Called(channel, false)
			}
			for range failed {
				a.Called(channel, true)
			}
			r.must(a.Flush(r.t.Context()))
		}
		other := r.node(alert.Options{})
		call(r.alerts, 0, 4) // too few to say
		r.pass(r.alerts, time.Second)
		call(other, 6, 1) // of another node: less than half
		r.pass(r.alerts, time.Second)
		if told := r.told(); len(told) != 0 {
			r.t.Fatalf("told %+v", told)
		}
		call(other, 0, 1)
		r.pass(r.alerts, time.Second)
		m := r.told()["channel_failing raised"]
		if m.Count != 1 || m.Items[0].Merchant != shop || !strings.Contains(m.Items[0].Text, string(channel)) || !strings.Contains(m.Items[0].Text, "6 of 12 calls") {
			r.t.Fatalf("told %+v", m)
		}
		call(r.alerts, 0, 20)
		r.pass(r.alerts, time.Minute)
		if told := r.told(); len(told) != 0 || len(r.open()) != 1 {
			r.t.Errorf("told twice: %+v", told)
		}
		r.clock.add(10 * time.Minute)
		call(r.alerts, 50, 2)
		r.pass(r.alerts, time.Second)
		if told := r.told(); told["channel_failing recovered"].Count != 1 || len(r.open()) != 0 {
			r.t.Errorf("well again: %+v; open %v", told, r.open())
		}
	})
}

func TestALateQueueIsTold(t *testing.T) {
	each(t, func(r *rig) {
		r.write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 3 {
				if err := tx.Enqueue(ctx, shop, "deliver", fmt.Sprint(i), 1, noon); err != nil {
					return err
				}
			}
			return tx.Enqueue(ctx, shop, "run_schedule", "next year", 1, noon.AddDate(1, 0, 0))
		})
		r.write(func(ctx context.Context, tx *store.Tx) error { // a night that is caught up with
			return tx.Enqueue(ctx, shop, "verify_day", "a week ago", 1, noon.AddDate(0, 0, -7))
		})
		r.pass(r.alerts, 5*time.Minute)
		if told := r.told(); len(told) != 0 {
			r.t.Fatalf("told too early: %+v", told)
		}
		r.pass(r.alerts, time.Minute)
		if m := r.told()["queue_late raised"]; m.Count != 1 || !strings.Contains(m.Text, "kind deliver has waited for 6m0s; 3 of its kind") {
			r.t.Fatalf("told %+v", m)
		}
		r.pass(r.alerts, time.Hour)
		if told := r.told(); len(told) != 0 {
			r.t.Errorf("told twice: %+v", told)
		}
		r.write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 3 {
				if err := tx.DeleteJob(ctx, shop, "deliver", fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		})
		r.pass(r.alerts, time.Minute)
		if told := r.told(); told["queue_late recovered"].Count != 1 || len(r.open()) != 0 {
			r.t.Errorf("well again: %+v", told)
		}
	})
}

// TestCountsSurviveADatabaseThatIsAway: what could not be written is written later.
func TestCountsSurviveADatabaseThatIsAway(t *testing.T) {
	each(t, func(r *rig) {
		for range 7 {
			r.alerts.Called(channel, true)
		}
		ended, cancel := context.WithCancel(r.t.Context())
		cancel()
		if err := r.alerts.Flush(ended); !errors.Is(err, context.Canceled) {
			r.t.Fatalf("flushed: %v", err)
		}
		r.alerts.Called(channel, false)
		r.must(r.alerts.Flush(r.t.Context()))
		r.write(func(ctx context.Context, tx *store.Tx) error {
			calls, err := tx.ChannelCallsSince(ctx, noon.Add(-time.Minute))
			if len(calls) != 1 || calls[0].Failed != 7 || calls[0].Answered != 1 {
				r.t.Errorf("calls %+v", calls)
			}
			return err
		})
	})
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := alert.New(alert.Options{SMTP: pay.Secret("ftp://user:pa55@mail.example"), MailTo: []string{"ops@example.com"}})
	if err == nil || strings.Contains(err.Error(), "pa55") {
		t.Errorf("%v", err)
	}
}
