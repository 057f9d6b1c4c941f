package gateway

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// JobRetain erases what a merchant keeps no longer. Key: merchant id.
const JobRetain = "retain"

// actorRetention is who erased when nobody asked.
const actorRetention = "retention"

// retainRun is how many batches one run of the job erases before others get their turn.
const retainRun = 10

// retainArg is how far a pass through the books has come.
type retainArg struct {
	Step  int        `json:"step"`  // of retainSteps
	After store.Kept `json:"after"` // the last one looked at in this step
	// From is where the next pass begins among payments, which are looked at in the
	// order of their change: all before it are erased. Left is the oldest that this
	// pass found not settled, zero if none.
	From time.Time `json:"from"`
	Left time.Time `json:"left"`
}

// retainStep is one part of a pass.
type retainStep struct {
	in     store.Persons
	status pay.Status // of payments
}

func retainSteps() []retainStep {
	out := []retainStep{{in: store.PersonsSchedules}, {in: store.PersonsBillingKeys}, {in: store.PersonsReceipts}}
	for _, s := range []pay.Status{pay.StatusCreated, pay.StatusConfirming, pay.StatusAwaitingDeposit, pay.StatusPaid,
		pay.StatusPartiallyCancelled, pay.StatusCancelled, pay.StatusFailed} {
		out = append(out, retainStep{in: store.PersonsPayments, status: s})
	}
	return out
}

// planRetention has a merchant's books looked through every night, or no more.
func planRetention(ctx context.Context, tx *store.Tx, m pay.Merchant) error {
	if m.Settings.Retention == "" {
		return tx.DeleteJob(ctx, m.ID, JobRetain, string(m.ID))
	}
	return tx.Enqueue(ctx, m.ID, JobRetain, string(m.ID), retainArg{}, nextNight(tx.Now, m.ID))
}

// nextNight is the next time between 03:00 and 04:00 in Korea, each merchant's own.
func nextNight(now time.Time, m pay.MerchantID) time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(m)) // never fails
	at := now.Truncate(24 * time.Hour).Add(18*time.Hour + time.Duration(h.Sum32()%3600)*time.Second)
	if !at.After(now) {
		at = at.Add(24 * time.Hour)
	}
	return at
}

// workRetain erases a bounded part of what a merchant keeps no longer, and plans
// the rest for at once, or the next pass for the next night.
func (g *Gateway) workRetain(ctx context.Context, j store.Job) error {
	var arg retainArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	var m pay.Merchant
	var now time.Time
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		m, err = tx.Merchant(ctx, pay.MerchantID(j.Key))
		return err
	})
	if err != nil {
		return err
	}
	before := m.Settings.Retention.Before(now)
	if before.IsZero() {
		return nil
	}
	what, err := json.Marshal(map[string]string{"before": before.UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	next := now
	for range retainRun {
		if arg.Step == len(retainSteps()) { // the pass is over
			arg, next = retainArg{From: before}.since(arg.Left), nextNight(now, m.ID)
			break
		}
		if err := g.retainSome(ctx, m.ID, before, what, &arg); err != nil {
			return err
		}
	}
	return g.store.Write(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, m.ID, JobRetain, j.Key, arg, next) })
}

// since begins earlier where something was left.
func (a retainArg) since(left time.Time) retainArg {
	if !left.IsZero() && left.Before(a.From) {
		a.From = left
	}
	return a
}

// retainSome erases one batch, and steps on when there is no more.
func (g *Gateway) retainSome(ctx context.Context, m pay.MerchantID, before time.Time, what json.RawMessage, arg *retainArg) error {
	step := retainSteps()[arg.Step]
	var kept []store.Kept
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if step.in != store.PersonsPayments {
			kept, err = tx.KeptPersons(ctx, step.in, m, arg.After.Key, before, eraseBatch)
			return err
		}
		if arg.After.Updated.IsZero() {
			arg.After.Updated = arg.From
		}
		kept, err = tx.KeptPayments(ctx, m, step.status, arg.After, before, eraseBatch)
		return err
	})
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		arg.Step, arg.After = arg.Step+1, store.Kept{}
		return nil
	}
	var found persons
	for _, k := range kept {
		found.add(step.in, k.Key)
	}
	report, err := g.erase(ctx, found, erasing{merchant: m, what: what, actor: actorRetention, later: true})
	if err != nil {
		return err
	}
	for _, open := range report.Open {
		g.log.InfoContext(ctx, "kept beyond its time", "merchant", m, "kind", open.Kind, "id", open.ID, "why", open.Why)
		for _, k := range kept {
			if open.Kind == "payment" && k.Key == open.ID && (arg.Left.IsZero() || k.Updated.Before(arg.Left)) {
				arg.Left = k.Updated
			}
		}
	}
	arg.After = kept[len(kept)-1]
	return nil
}
