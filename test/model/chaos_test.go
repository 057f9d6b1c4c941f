package model_test

import (
	"fmt"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/sandbox/fault"
)

// breakable are the calls of a side that can be broken, those often made more
// often.
func (d *side) breakable() []string {
	switch {
	case d.provider == pay.TossPay && d.kind == pay.ChannelBilling:
		return []string{
			"POST /api/v1/billing-key", "POST /api/v1/billing-key/bill", "POST /api/v1/billing-key/bill", "POST /api/v1/billing-key/status",
			"POST /api/v1/billing-key/remove", "POST /api/v2/refunds", "POST /api/v2/status", "* /**",
		}
	case d.provider == pay.TossPay:
		return []string{"POST /api/v2/payments", "POST /api/v2/execute", "POST /api/v2/execute", "POST /api/v2/refunds", "POST /api/v2/status", "* /**"}
	case d.kind == pay.ChannelBilling:
		return []string{
			"POST /v1/billing/*", "POST /v1/billing/*", "POST /v1/billing/authorizations/*", "POST /v1/payments/key-in", "POST /v1/payments/*/cancel",
			"GET /v1/payments/**", "DELETE /v1/billing/*", "* /**",
		}
	}
	return []string{
		"POST /v1/payments/confirm", "POST /v1/payments/confirm", "POST /v1/payments/*/cancel", "POST /v1/virtual-accounts", "GET /v1/payments/**",
		"POST /v1/cash-receipts", "POST /v1/cash-receipts/*/cancel", "* /**",
	}
}

// actions are how.
var actions = []string{
	"before drop", "before status=500", "before status=503", "after drop", "after drop", "after garble", "after cut", "after status=500", "after status=503",
}

// faultHits is how often a fault has hit so far.
func (s *story) faultHits() int {
	n := int(s.line.hits.Load())
	for _, d := range s.sides {
		for _, r := range d.faults.Rules() {
			n += r.Hits
		}
	}
	return n
}

// counted adds to the tally what the rules of a side did.
func (s *story) counted(rules []fault.Rule) {
	for _, r := range rules {
		words := strings.Fields(r.Text)
		what := strings.Join(words[2:], " ")
		if words[0] == "webhook" {
			what = "webhook " + what
		}
		what, _, _ = strings.Cut(what, " times=")
		if r.Hits > 0 {
			s.tally.faults[what] += r.Hits
		}
	}
}

// calm reports whether nothing has been in the way since the step began.
func (s *story) calm() bool { return !s.disturbed && s.faultHits() == s.hits }

// breakProvider has the next calls of a family go wrong.
func (s *story) breakProvider() {
	switch {
	case s.chance(8):
		s.note("the line is dead for the next call")
		s.line.unplugged.Store(1)
		return
	case s.chance(8):
		s.note("the notices of the next call come before its answer")
		s.early = true
		return
	}
	d := one(s, slices.Concat(s.sides, s.sides[:4], s.sides[:4])) // the sub-store's less often
	rule := one(s, d.breakable()) + " " + one(s, actions)
	if times := 1 + s.rng.IntN(6); times < 4 {
		rule += fmt.Sprintf(" times=%d", times)
	} else {
		rule += " times=1"
	}
	if s.chance(6) {
		rule = "webhook * " + one(s, []string{"twice times=2", "late=40s times=1", "shuffle=30s times=3"})
	}
	s.note("fault at %s: %s", d.name, rule)
	_, err := d.faults.Add(rule)
	s.must(err)
}

// mend takes all faults away.
func (s *story) mend() {
	s.note("no more faults")
	s.well()
}

func (s *story) well() {
	s.line.unplugged.Store(0)
	s.deaths.arm("", 0)
	s.early = false
	for _, d := range s.sides {
		s.counted(d.faults.Rules())
		d.faults.Clear()
	}
	s.tally.faults["no connection"] += int(s.line.hits.Swap(0))
	s.hits = s.faultHits()
}

// messagesBroken reports whether notices are kept back or shuffled.
func (s *story) messagesBroken() bool {
	for _, d := range s.sides {
		for _, r := range d.faults.Rules() {
			if strings.HasPrefix(r.Text, "webhook") {
				return true
			}
		}
	}
	return false
}
