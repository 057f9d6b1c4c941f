package gateway

import (
	"fmt"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// attempts: each has ended or somebody sees to it, and what it did is on the books.
func (c *check) attempts() {
	p := c.d.Payment
	begins, cancelled := false, int64(0)
	for _, a := range c.d.Attempts {
		if a.Status.Open() != a.Ended.IsZero() {
			c.add(FindAttemptEnded, string(a.ID), fmt.Sprintf("%s %s, %s: ended if it is final", a.Kind, a.ID, a.Status), "ended "+stamp(a.Ended))
		}
		if a.Status.Open() && !c.d.Stuck[a.ID] && !c.b.resolving[string(a.ID)] {
			c.add(FindAttemptForgotten, string(a.ID), fmt.Sprintf("a job for %s %s, which is %s, or that it is marked for a person", a.Kind, a.ID, a.Status), "neither")
		}
		begins = begins || a.Kind.Begins() && a.Status.Open()
		if a.Status == pay.AttemptSucceeded {
			c.result(a)
			if a.Kind == pay.AttemptCancel {
				cancelled += a.Amount
			}
		}
	}
	_, back := tally(c.d.Movements)
	if cancelled > back && !c.reversed() { // of a deposit that was taken back nothing could be cancelled
		c.add(FindAttemptResult, "cancel", fmt.Sprintf("%d given back by cancels that succeeded", cancelled), fmt.Sprint(back))
	}
	if p.Status == pay.StatusConfirming && !begins && p.CustomerUsage != usageIssue {
		c.add(FindConfirmingAlone, "", "an open call that decides about it", "none")
	}
}

// result: a call that was to bring a payment about and succeeded took its money, or
// had an account issued for it, in the window as well.
func (c *check) result(a pay.Attempt) {
	p := c.d.Payment
	issued := slices.ContainsFunc(c.d.Steps, func(s store.StepRow) bool { return s.Event == pay.EvAccountIssued })
	took := slices.ContainsFunc(c.d.Movements, func(m pay.Movement) bool { return m.Kind == pay.MovementApproval || m.Kind == pay.MovementDeposit })
	switch {
	case !a.Kind.Begins():
	case a.Kind == pay.AttemptIssueAccount && (!issued || p.Status == pay.StatusCreated || p.Status == pay.StatusConfirming):
		c.add(FindAttemptResult, string(a.ID), "an account issued by "+string(a.ID), "a payment that is "+string(p.Status))
	case a.Kind != pay.AttemptIssueAccount && !issued && !took:
		c.add(FindAttemptResult, string(a.ID), fmt.Sprintf("the money that %s %s took", a.Kind, a.ID), "no movement")
	}
}

func (c *check) reversed() bool {
	return slices.ContainsFunc(c.d.Movements, func(m pay.Movement) bool { return m.Kind == pay.MovementDepositReversal })
}

// movements: each that names a call is that call's; what was taken back had come.
func (c *check) movements() {
	for _, m := range c.d.Movements {
		if m.Kind == pay.MovementDepositReversal {
			c.reversal(m)
		}
		if m.Attempt == "" {
			continue
		}
		i := slices.IndexFunc(c.d.Attempts, func(a pay.Attempt) bool { return a.ID == m.Attempt })
		switch {
		case i < 0:
			c.add(FindMovementAttempt, m.Key, fmt.Sprintf("call %s, which made movement %s", m.Attempt, m.Key), "no such call of this payment")
		case m.Kind == pay.MovementCancel && c.d.Attempts[i].Kind != pay.AttemptCancel, c.d.Attempts[i].Status == pay.AttemptDeclined:
			a := c.d.Attempts[i]
			c.add(FindMovementAttempt, m.Key, fmt.Sprintf("a call that made %s %s", m.Kind, m.Key), fmt.Sprintf("%s %s, %s", a.Kind, a.ID, a.Status))
		case c.d.Attempts[i].Amount != m.Amount:
			c.add(FindMovementAmount, m.Key, fmt.Sprintf("%d, as %s %s asked", c.d.Attempts[i].Amount, c.d.Attempts[i].Kind, m.Attempt), fmt.Sprint(m.Amount))
		}
	}
}

func (c *check) reversal(m pay.Movement) {
	key := strings.TrimSuffix(m.Key, reversedKey)
	if !slices.ContainsFunc(c.d.Movements, func(d pay.Movement) bool {
		return d.Kind == pay.MovementDeposit && d.Key == key && d.Amount == m.Amount
	}) {
		c.add(FindReversal, m.Key, fmt.Sprintf("a deposit %s of %d", key, m.Amount), "none")
	}
}
