package pay

import (
	"errors"
	"fmt"
)

// Step is one row of a Machine: in state From, event On leads to state To.
type Step[S, E ~string] struct {
	From S
	On   E
	To   S
}

// Machine is every change an object may undergo. A pair that is not in the
// table is refused, so the table is the whole specification.
type Machine[S, E ~string] []Step[S, E]

// ErrNoStep is wrapped by Next when the table has no such row.
var ErrNoStep = errors.New("no such step")

// Next is the state after event on in state from, or an error wrapping ErrNoStep.
func (m Machine[S, E]) Next(from S, on E) (S, error) {
	for _, s := range m {
		if s.From == from && s.On == on {
			return s.To, nil
		}
	}
	return from, fmt.Errorf("%w: %s in state %s", ErrNoStep, on, from)
}

// States lists every state of the table, in order of first mention.
func (m Machine[S, E]) States() []S {
	var out []S
	seen := map[S]bool{}
	for _, s := range m {
		for _, st := range []S{s.From, s.To} {
			if !seen[st] {
				seen[st], out = true, append(out, st)
			}
		}
	}
	return out
}

// Events lists every event of the table, in order of first mention.
func (m Machine[S, E]) Events() []E {
	var out []E
	seen := map[E]bool{}
	for _, s := range m {
		if !seen[s.On] {
			seen[s.On], out = true, append(out, s.On)
		}
	}
	return out
}

// Status is the state of a payment.
type Status string

const (
	StatusCreated            Status = "created"
	StatusConfirming         Status = "confirming"
	StatusAwaitingDeposit    Status = "awaiting_deposit"
	StatusPaid               Status = "paid"
	StatusPartiallyCancelled Status = "partially_cancelled"
	StatusCancelled          Status = "cancelled"
	StatusFailed             Status = "failed"
)

// Event is what can happen to a payment.
type Event string

const (
	EvConfirmStarted  Event = "confirm_started"
	EvApproved        Event = "approved"
	EvAccountIssued   Event = "account_issued"
	EvAccountRevoked  Event = "account_revoked"
	EvDeposited       Event = "deposited"
	EvDepositReversed Event = "deposit_reversed"
	EvDeclined        Event = "declined"
	EvPartlyCancelled Event = "partly_cancelled"
	EvFullyCancelled  Event = "fully_cancelled"
	EvApprovedLate    Event = "approved_late"
	EvImported        Event = "imported"
)

// Payments is every change of a payment.
var Payments = Machine[Status, Event]{
	{StatusCreated, EvConfirmStarted, StatusConfirming},
	{StatusCreated, EvApproved, StatusPaid}, // learned by asking: the buyer finished where we could not see
	{StatusCreated, EvAccountIssued, StatusAwaitingDeposit},
	{StatusCreated, EvDeclined, StatusFailed},
	{StatusConfirming, EvApproved, StatusPaid},
	{StatusConfirming, EvAccountIssued, StatusAwaitingDeposit},
	{StatusConfirming, EvDeclined, StatusFailed},
	{StatusAwaitingDeposit, EvDeposited, StatusPaid},
	{StatusAwaitingDeposit, EvAccountRevoked, StatusFailed}, // taken back before a deposit, or its order is paid otherwise
	{StatusAwaitingDeposit, EvFullyCancelled, StatusCancelled},
	{StatusPaid, EvPartlyCancelled, StatusPartiallyCancelled},
	{StatusPaid, EvFullyCancelled, StatusCancelled},
	{StatusPaid, EvDepositReversed, StatusAwaitingDeposit}, // a bank may take a deposit back
	{StatusPartiallyCancelled, EvPartlyCancelled, StatusPartiallyCancelled},
	{StatusPartiallyCancelled, EvFullyCancelled, StatusCancelled},
	{StatusFailed, EvApprovedLate, StatusPaid}, // a provider may approve after it said no
	{StatusCreated, EvImported, StatusCreated}, // made elsewhere: the steps that follow are as that place told them
}

// AttemptStatus is the state of an attempt.
type AttemptStatus string

const (
	AttemptStarted   AttemptStatus = "started"
	AttemptUnknown   AttemptStatus = "unknown"
	AttemptSucceeded AttemptStatus = "succeeded"
	AttemptDeclined  AttemptStatus = "declined"
	AttemptNotSent   AttemptStatus = "not_sent"
)

// Open reports whether the attempt may still turn out either way.
func (s AttemptStatus) Open() bool { return s == AttemptStarted || s == AttemptUnknown }

// AttemptEvent is what can be learned of an attempt.
type AttemptEvent string

const (
	EvSucceeded AttemptEvent = "succeeded"
	EvRefused   AttemptEvent = "refused"
	EvNeverLeft AttemptEvent = "never_left"
	EvLost      AttemptEvent = "lost"
)

// Attempts is every change of an attempt.
var Attempts = Machine[AttemptStatus, AttemptEvent]{
	{AttemptStarted, EvSucceeded, AttemptSucceeded},
	{AttemptStarted, EvRefused, AttemptDeclined},
	{AttemptStarted, EvNeverLeft, AttemptNotSent},
	{AttemptStarted, EvLost, AttemptUnknown},
	{AttemptUnknown, EvSucceeded, AttemptSucceeded},
	{AttemptUnknown, EvRefused, AttemptDeclined},
	{AttemptUnknown, EvNeverLeft, AttemptNotSent},
}
