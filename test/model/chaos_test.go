package model_test

import (
	"fmt"
	"strings"

	"naru/internal/sandbox/fault"
)

// families are the calls that can be broken, by provider.
var families = map[string][]string{
	"cards": {
		"POST /v1/billing/*", "POST /v1/billing/authorizations/card", "POST /v1/payments/key-in", "POST /v1/payments/*/cancel",
		"POST /v1/virtual-accounts", "POST /v1/cash-receipts", "POST /v1/cash-receipts/*/cancel", "GET /v1/payments/**", "DELETE /v1/billing/*",
	},
	"wallet": {
		"POST /api/v1/billing-key/bill", "POST /api/v2/refunds", "POST /api/v2/status", "POST /api/v1/billing-key/status",
		"POST /api/v1/billing-key/remove",
	},
}

// actions are how.
var actions = []string{
	"before drop", "before status=500", "before status=503", "after drop", "after drop", "after garble", "after cut", "after status=500", "after status=503",
}

func (s *story) injector(provider string) *fault.Injector {
	if provider == "wallet" {
		return s.wallet.Faults()
	}
	return s.cards.Faults()
}

// faultHits is how often a fault has hit so far.
func (s *story) faultHits() int {
	n := int(s.line.hits.Load())
	for _, p := range []string{"cards", "wallet"} {
		for _, r := range s.injector(p).Rules() {
			n += r.Hits
		}
	}
	return n
}

// calm reports whether nothing has been in the way since the step began.
func (s *story) calm() bool { return !s.disturbed && s.faultHits() == s.hits }

// breakProvider has the next calls of a family go wrong.
func (s *story) breakProvider() {
	if s.chance(8) {
		s.note("the line is dead for the next call")
		s.line.unplugged.Store(1)
		return
	}
	provider := one(s, []string{"cards", "cards", "wallet"})
	rule := one(s, families[provider]) + " " + one(s, actions)
	if times := 1 + s.rng.IntN(6); times < 4 {
		rule += fmt.Sprintf(" times=%d", times)
	} else {
		rule += " times=1"
	}
	if s.chance(6) {
		rule = "webhook * " + one(s, []string{"twice times=2", "late=40s times=1", "shuffle=30s times=3"})
	}
	s.note("fault at %s: %s", provider, rule)
	_, err := s.injector(provider).Add(rule)
	s.must(err)
}

// mend takes all faults away.
func (s *story) mend() {
	s.note("no more faults")
	s.well()
}

func (s *story) well() {
	s.line.unplugged.Store(0)
	s.deaths.arm("")
	s.hits = 0
	for _, p := range []string{"cards", "wallet"} {
		s.injector(p).Clear()
	}
	s.hits = s.faultHits()
}

// mark has the gateway die at one of its points.
func (s *story) mark() {
	at := one(s, points())
	s.note("the gateway will die at %s", at)
	s.deaths.arm(at)
}

// messagesBroken reports whether notices are kept back or shuffled.
func (s *story) messagesBroken() bool {
	for _, p := range []string{"cards", "wallet"} {
		for _, r := range s.injector(p).Rules() {
			if strings.HasPrefix(r.Text, "webhook") {
				return true
			}
		}
	}
	return false
}
