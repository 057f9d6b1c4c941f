package gateway_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// planned is when the jobs of the night run, by merchant, kind and key.
func (r *rig) planned() map[string]time.Time {
	r.t.Helper()
	out := map[string]time.Time{}
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListMerchants(r.ctx)
		for _, m := range append(all, pay.Merchant{}) {
			jobs, failed := tx.JobsOfKinds(r.ctx, m.ID, gateway.JobPlanNightly, gateway.JobVerify, gateway.JobReconcile)
			if failed != nil {
				err = failed
			}
			for _, j := range jobs {
				out[fmt.Sprintf("%s %s %s", m.ID, j.Kind, j.Key)] = j.RunAt.In(korea)
			}
		}
		return err
	}))
	return out
}

// night runs the jobs of the night before a day, an hour at a time.
func (r *rig) night(day time.Time) {
	r.t.Helper()
	for r.clock.Now().Before(day.Add(7 * time.Hour)) {
		r.clock.Advance(time.Hour)
		must2(r.t, r.runner.RunDue(r.ctx))
	}
}

func (r *rig) logged(what string) int { return strings.Count(r.log.String(), what) }

// Each merchant and each contract has its turn each night, however often it is
// planned; who comes later joins.
func TestNightsArePlannedOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for range 3 {
			must2(t, r.gw.PlanNightly(r.ctx))
		}
		day := r.today(1)
		first := r.planned()
		if len(first) != 1+1+4 {
			t.Fatalf("planned %v", slices.Sorted(maps.Keys(first)))
		}
		times := map[time.Time]bool{}
		for name, at := range first {
			times[at] = true
			if at.Before(day) || at.After(day.Add(5*time.Hour)) || !strings.Contains(name, "2026-11-22") {
				t.Errorf("%s runs at %s", name, at)
			}
		}
		if len(times) != len(first) {
			t.Errorf("they run at %v", slices.Collect(maps.Keys(times)))
		}
		must2(t, r.runner.RunDue(r.ctx))
		if len(r.planned()) != len(first) {
			t.Error("they ran before their time")
		}
		other, err := r.gw.AddMerchant(r.ctx, pay.Merchant{ID: "m2", Name: "다른 상점"})
		must2(t, err)
		r.night(day)
		second := r.planned()
		if len(second) != len(first)+1 {
			t.Errorf("planned for the second night: %v", slices.Sorted(maps.Keys(second)))
		}
		for name, at := range second {
			if before, was := first[strings.Replace(name, "2026-11-23", "2026-11-22", 1)]; was && !at.Equal(before.AddDate(0, 0, 1)) {
				t.Errorf("%s runs at %s, the night before it ran at %s", name, at, before)
			}
		}
		if _, joined := second[string(other.ID)+" verify_day 2026-11-23"]; !joined && second[string(other.ID)+" verify_day 2026-11-22"].IsZero() {
			t.Errorf("the new merchant is not among %v", slices.Sorted(maps.Keys(second)))
		}
		if n := r.logged("msg=reconciled"); n != 4*3 {
			t.Errorf("%d days were reconciled in the first night", n)
		}
		must2(t, r.gw.PlanNightly(r.ctx)) // a node starts
		if again := r.planned(); !maps.Equal(again, second) {
			t.Errorf("planned once more: %v, was %v", again, second)
		}
	})
}

// What is wrong is found in the night, told and counted; it is closed when it is
// gone, though nothing else happened to it.
func TestNightFindsAndCloses(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		p := v.paid(pay.TossPayments, "one")
		v.paid(pay.TossPay, "two")
		must2(t, v.runner.RunDue(v.ctx))
		must2(t, v.gw.PlanNightly(v.ctx))
		v.do(`UPDATE payments SET cancelled = 7 WHERE id = $1`, string(p.ID))
		v.do(`UPDATE schedules SET status = 'running' WHERE merchant = 'nobody'`)
		counts := func() (out map[string]int) {
			must2(t, v.store.Read(v.ctx, func(tx *store.Tx) (err error) {
				out, err = tx.CountFindings(v.ctx)
				return err
			}))
			return out
		}
		for night := range 5 { // also when it has long not changed
			v.night(v.today(1))
			if got := counts(); !maps.Equal(got, map[string]int{"cancelled_sum": 1}) {
				t.Fatalf("night %d: counted %v\n%s", night, got, v.log)
			}
			if open, closed, alarms := v.findings(); len(open) != 1 || len(closed) != 0 || alarms != 1 {
				t.Errorf("night %d: open %v, closed %v, %d alarms", night, open, closed, alarms)
			}
		}
		v.do(`UPDATE payments SET cancelled = 0 WHERE id = $1`, string(p.ID))
		v.night(v.today(1))
		if open, closed, alarms := v.findings(); len(open) != 0 || !slices.Equal(closed, []string{"cancelled_sum " + string(p.ID)}) || alarms != 0 {
			t.Errorf("mended: open %v, closed %v, %d alarms", open, closed, alarms)
		}
		v.do(`UPDATE payments SET cancelled = 7 WHERE id = $1`, string(p.ID))
		v.do(`UPDATE payments SET updated_at = $2 WHERE id = $1`, string(p.ID), v.clock.Now().UnixMicro())
		v.night(v.today(1))
		if open, _, alarms := v.findings(); len(open) != 1 || alarms != 1 {
			t.Errorf("broken again: open %v, %d alarms", open, alarms)
		}
	})
}

// A night in which a provider has no list is a finding; the next one looks again.
func TestNightWithoutAList(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.paid(pay.TossPayments, "one")
		must2(t, r.gw.PlanNightly(r.ctx))
		r.faulty(pay.TossPayments, "GET /v1/transactions status=503")
		for range 20 {
			r.clock.Advance(time.Hour)
			must2(t, r.runner.RunDue(r.ctx))
		}
		if open, _, _ := r.findings(); len(open) != 0 {
			t.Errorf("given up already: %v", open)
		}
		for range 12 {
			r.clock.Advance(time.Hour)
			must2(t, r.runner.RunDue(r.ctx))
		}
		open, _, alarms := r.findings()
		if len(open) == 0 || slices.ContainsFunc(open, func(f string) bool { return f != "list_unread" }) || alarms != 0 {
			t.Errorf("after a day without: %v, %d alarms", open, alarms)
		}
		r.well()
		r.night(r.today(1))
		r.night(r.today(1))
		if open, closed, _ := r.findings(); len(open) != 0 || len(closed) == 0 {
			t.Errorf("the list is back: open %v, closed %v\n%s", open, closed, r.log)
		}
	})
}

// Nights in which nothing ran are caught up with, day by day.
func TestMissedNightsAreCaughtUpWith(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.PlanNightly(r.ctx))
		day := r.today(0)
		r.clock.Advance(5 * 24 * time.Hour)
		r.strange(pay.TossPayments)
		must2(t, r.runner.RunDue(r.ctx))
		for n := range 5 {
			if want := "day=" + day.AddDate(0, 0, n).Format(time.DateOnly); r.logged("channel="+string(r.channels[pay.TossPayments])+" "+want) == 0 {
				t.Errorf("%s was not reconciled", want)
			}
		}
		for name, at := range r.planned() {
			if !at.After(r.clock.Now()) {
				t.Errorf("%s is still due at %s", name, at)
			}
		}
		if r.store.Kind() == "postgres" { // the rest is the same there, and slower
			return
		}
		r.clock.Advance(400 * 24 * time.Hour) // too long for that
		before := r.logged("msg=reconciled")
		must2(t, r.runner.RunDue(r.ctx))
		if n := r.logged("msg=reconciled") - before; n == 0 || n > 4*(3+1)*33 { // and the day with a finding, each night
			t.Errorf("%d days were reconciled after a year", n)
		}
	})
}

// A channel that is closed, or is not there any more, has no night.
func TestClosedChannelsHaveNoNight(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.gw.PlanNightly(r.ctx))
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			ch, err := tx.Channel(r.ctx, r.merchant.ID, r.channels[pay.TossPay])
			if err != nil {
				return err
			}
			ch.Disabled = true
			return tx.UpdateChannel(r.ctx, ch)
		}))
		r.night(r.today(1))
		must2(t, r.gw.PlanNightly(r.ctx))
		for name := range r.planned() {
			if strings.Contains(name, string(r.channels[pay.TossPay])) {
				t.Errorf("%s is planned", name)
			}
		}
		if len(r.planned()) != 5 {
			t.Errorf("planned %v", r.planned())
		}
	})
}

// Two nodes run a night's job at once, or one runs it again: nothing is added.
func TestNightRunTwice(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		p := v.paid(pay.TossPayments, "one")
		v.do(`UPDATE payments SET cancelled = 7 WHERE id = $1`, string(p.ID))
		must2(t, v.gw.PlanNightly(v.ctx))
		var job store.Job
		must2(t, v.store.Read(v.ctx, func(tx *store.Tx) error {
			jobs, err := tx.JobsOfKinds(v.ctx, v.merchant.ID, gateway.JobVerify)
			if err == nil {
				job = jobs[0]
			}
			return err
		}))
		v.clock.Advance(24 * time.Hour)
		for range 3 {
			must2(t, v.gw.Workers()[gateway.JobVerify](v.ctx, job))
		}
		if open, _, alarms := v.findings(); len(open) != 1 || alarms != 1 {
			t.Errorf("open %v, %d alarms", open, alarms)
		}
		if n := len(v.planned()); n != 7 { // this night's, and the next
			t.Errorf("planned %v", v.planned())
		}
	})
}
