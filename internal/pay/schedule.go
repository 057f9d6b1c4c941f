package pay

import "time"

// Schedule is a charge booked for later. There is one for each order number.
type Schedule struct {
	Merchant    MerchantID
	MerchantUID MerchantUID
	CustomerUID CustomerUID
	CustomerID  string // at the time of booking
	Status      ScheduleStatus
	Version     int64 // grows with each step; compare-and-set
	At          time.Time
	Name        string
	Amount      Breakdown
	Buyer       Buyer
	Custom      string // JSON text
	NoticeURLs  []string
	Options     ChargeOptions
	Payment     PaymentID // the newest charge; "" before the first
	Outcome     Outcome   // of the newest charge of an executed schedule; "" where it is not written down

	ExecutedAt time.Time
	RevokedAt  time.Time
	Created    time.Time
	Updated    time.Time
}

// ChargeOptions are what a charge without a window may be given besides its amount.
type ChargeOptions struct {
	Months          int    `json:"months,omitempty"`           // installments; 0 is lump sum
	CashReceipt     *bool  `json:"cash_receipt,omitempty"`     // nil is the provider's habit through this gateway
	ReceiptCategory string `json:"receipt_category,omitempty"` // "GENERAL", "CULTURE", "PUBLIC_TP" or ""
	FailPush        bool   `json:"fail_push,omitempty"`        // the provider's app tells the buyer of a failure
	BuyerIP         string `json:"buyer_ip,omitempty"`
}

// Outcome is what became of a schedule's charge.
type Outcome string

// A charge that succeeded stays so, whatever was given back since.
const (
	OutcomeSucceeded Outcome = "succeeded"
	OutcomeFailed    Outcome = "failed"
)

// OutcomeOf is what became of a charge that has ended.
func OutcomeOf(charge Status) Outcome {
	if charge == StatusFailed {
		return OutcomeFailed
	}
	return OutcomeSucceeded
}

// ScheduleStatus is the state of a schedule.
type ScheduleStatus string

const (
	ScheduleBooked   ScheduleStatus = "scheduled"
	ScheduleRunning  ScheduleStatus = "running" // its charge was begun; V1 shows scheduled
	ScheduleExecuted ScheduleStatus = "executed"
	ScheduleRevoked  ScheduleStatus = "revoked"
)

// ScheduleEvent is what can happen to a schedule.
type ScheduleEvent string

const (
	EvScheduleDue      ScheduleEvent = "due"
	EvScheduleExecuted ScheduleEvent = "executed"
	EvScheduleRevoked  ScheduleEvent = "revoked"
	EvScheduleMoved    ScheduleEvent = "moved"
	EvScheduleRebooked ScheduleEvent = "rebooked"
	EvScheduleRetried  ScheduleEvent = "retried"
)

// Schedules is every change of a schedule. An executed one may be rebooked or
// retried only when its charge failed: the table does not know that, the gateway
// sees to it.
var Schedules = Machine[ScheduleStatus, ScheduleEvent]{
	{ScheduleBooked, EvScheduleDue, ScheduleRunning},
	{ScheduleBooked, EvScheduleMoved, ScheduleBooked},
	{ScheduleBooked, EvScheduleRevoked, ScheduleRevoked},
	{ScheduleBooked, EvScheduleExecuted, ScheduleExecuted}, // booked again, and then its first charge was approved after all
	{ScheduleRunning, EvScheduleExecuted, ScheduleExecuted},
	{ScheduleExecuted, EvScheduleRebooked, ScheduleBooked},
	{ScheduleExecuted, EvScheduleRetried, ScheduleRunning},
	{ScheduleRevoked, EvScheduleRebooked, ScheduleBooked},
	{ScheduleRevoked, EvScheduleRetried, ScheduleRunning},
}

// ScheduleState is what a person calls the state of a schedule: whether its charge
// succeeded is part of it.
type ScheduleState string

// The states, as a console tells them.
const (
	StateBooked    ScheduleState = "booked" // or its charge is under way
	StateSucceeded ScheduleState = "succeeded"
	StateFailed    ScheduleState = "failed"
	StateRevoked   ScheduleState = "revoked"
)

// ScheduleStates is each, in the order of a schedule's life.
func ScheduleStates() []ScheduleState {
	return []ScheduleState{StateBooked, StateSucceeded, StateFailed, StateRevoked}
}

// State is the state of s; "" of an executed one whose outcome is not written down.
func (s Schedule) State() ScheduleState {
	switch s.Status {
	case ScheduleRevoked:
		return StateRevoked
	case ScheduleExecuted:
		return ScheduleState(s.Outcome)
	default:
		return StateBooked
	}
}
