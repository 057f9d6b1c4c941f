package main

import (
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// The JSON of these commands. Times are RFC 3339 in UTC, null before they come;
// amounts are in the currency's smallest unit.
type (
	schedulePage struct {
		Schedules []scheduleJSON `json:"schedules"`
		After     string         `json:"after,omitempty"` // for --after; none on the last page
		Cut       bool           `json:"cut,omitempty"`   // the search matches more than was looked at
	}
	scheduleJSON struct {
		Order       string     `json:"merchant_uid"`
		State       string     `json:"state"` // booked, succeeded, failed, revoked
		Running     bool       `json:"running"`
		At          time.Time  `json:"schedule_at"`
		CustomerUID string     `json:"customer_uid"`
		CustomerID  string     `json:"customer_id"`
		Name        string     `json:"name"`
		Amount      int64      `json:"amount"`
		Currency    string     `json:"currency"`
		Payment     string     `json:"imp_uid,omitempty"` // of the newest charge
		Reason      string     `json:"fail_reason,omitempty"`
		Created     time.Time  `json:"created"`
		Executed    *time.Time `json:"executed"`
		Revoked     *time.Time `json:"revoked"`
	}
	scheduleWhole struct {
		scheduleJSON
		Charges []chargeJSON `json:"charges"` // the newest first
		Changes []changeJSON `json:"changes"` // what people did, the newest first
	}
	chargeJSON struct {
		Payment string    `json:"imp_uid"`
		Status  string    `json:"status"`
		Amount  int64     `json:"amount"`
		Reason  string    `json:"fail_reason,omitempty"`
		Started time.Time `json:"started"`
	}
	changeJSON struct {
		Action string    `json:"action"`
		At     time.Time `json:"at"`
		By     string    `json:"by"`
	}
	recoveryJSON struct {
		Hour  int               `json:"hour"` // 0 is off
		Runs  []recoveryRunJSON `json:"runs"`
		Tries []recoveryTryJSON `json:"tries,omitempty"`
	}
	recoveryRunJSON struct {
		Day       string     `json:"day"`
		Retried   int        `json:"retried"`
		Succeeded int        `json:"succeeded"`
		Failed    int        `json:"failed"`
		Unknown   int        `json:"unknown"`
		Skipped   int        `json:"skipped"`
		Recovered int64      `json:"recovered_amount"`
		Started   time.Time  `json:"started"`
		Ended     *time.Time `json:"ended"`
	}
	recoveryTryJSON struct {
		Order   string    `json:"merchant_uid"`
		Outcome string    `json:"outcome"` // running, succeeded, failed, skipped
		Reason  string    `json:"reason,omitempty"`
		Payment string    `json:"imp_uid,omitempty"`
		Amount  int64     `json:"amount"`
		At      time.Time `json:"at"`
	}
)

func scheduleJSONOf(s gateway.Booked) scheduleJSON {
	out := scheduleJSON{
		Order: string(s.MerchantUID), State: string(s.State()), Running: s.Status == pay.ScheduleRunning, At: s.At, CustomerUID: string(s.CustomerUID), CustomerID: s.CustomerID,
		Name: s.Name, Amount: s.Amount.Total.Minor, Currency: string(s.Amount.Total.Currency), Payment: string(s.Payment), Created: s.Created,
		Executed: ifSet(s.ExecutedAt), Revoked: ifSet(s.RevokedAt),
	}
	if s.Charged != nil {
		out.Reason = s.Charged.FailReason
	}
	return out
}

func schedulesJSON(all []gateway.Booked) []scheduleJSON {
	out := make([]scheduleJSON, len(all))
	for i, s := range all {
		out[i] = scheduleJSONOf(s)
	}
	return out
}

func chargesJSON(all []pay.Payment) []chargeJSON {
	out := make([]chargeJSON, len(all))
	for i, p := range all {
		out[i] = chargeJSON{string(p.ID), string(p.Status), p.Amount.Total.Minor, p.FailReason, p.StartedAt}
	}
	return out
}

func changesJSON(all []store.Audit) []changeJSON {
	out := make([]changeJSON, len(all))
	for i, a := range all {
		by := a.Actor.Name
		if by == "" {
			by = string(a.Actor.Kind)
		}
		out[i] = changeJSON{a.Action, a.At, by}
	}
	return out
}

func recoveryJSONOf(hour int, runs []store.RecoveryRun, sums []map[store.RecoveryOutcome]store.RecoverySum) recoveryJSON {
	out := recoveryJSON{Hour: hour, Runs: make([]recoveryRunJSON, len(runs))}
	for i, r := range runs {
		s := sums[i]
		out.Runs[i] = recoveryRunJSON{
			Day: r.Day, Succeeded: s[store.RecoverySucceeded].N, Failed: s[store.RecoveryFailed].N, Unknown: s[store.RecoveryRunning].N, Skipped: s[store.RecoverySkipped].N,
			Recovered: s[store.RecoverySucceeded].Amount, Started: r.Started, Ended: ifSet(r.Ended),
		}
		out.Runs[i].Retried = out.Runs[i].Succeeded + out.Runs[i].Failed + out.Runs[i].Unknown
	}
	return out
}
