package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// LongestNote is the most characters of why an alarm was closed, and of who did.
const LongestNote = 500

// AlarmUnknown is the kind of an alarm about a call whose outcome could not be
// learned: of a payment, a billing key or a cash receipt.
const AlarmUnknown = "unknown_outcome"

// unknownPrefix begins the id of such an alarm; what it is about follows.
const unknownPrefix = "unknown:"

// CloseAlarm says in tx that a person dealt with an open alarm, and how. A note
// that is empty or too long is an *Invalid; an alarm that is not open
// store.ErrConflict, one that is not there store.ErrNotFound.
func CloseAlarm(ctx context.Context, tx *store.Tx, m pay.MerchantID, id, by, note string) (store.Alarm, error) {
	for field, text := range map[string]string{"by": by, "note": note} {
		if n := len([]rune(text)); strings.TrimSpace(text) == "" || n > LongestNote {
			return store.Alarm{}, &Invalid{field, fmt.Sprintf("%d characters: want 1 to %d", n, LongestNote)}
		}
	}
	a, err := tx.Alarm(ctx, m, id)
	if err != nil {
		return a, err
	}
	if err := tx.CloseAlarmBy(ctx, m, id, by, note); err != nil {
		return a, err
	}
	a.Closed, a.ClosedBy, a.Note = tx.Now, by, note
	return a, tx.Audit(ctx, store.Change{Merchant: m, Action: "alarm.close", Target: id, Payment: a.Payment, After: map[string]any{"kind": a.Kind, "by": by}})
}

// CloseAlarm is the function of that name, in a transaction of its own.
func (g *Gateway) CloseAlarm(ctx context.Context, m pay.MerchantID, id, by, note string) (a store.Alarm, err error) {
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		a, err = CloseAlarm(ctx, tx, m, id, by, note)
		return err
	})
	return a, err
}

// repeatFor is how long after its alarm a cash receipt or a billing key may be asked
// about again: the question is the call itself under its key, which the provider
// keeps for 15 days (Toss Payments, "멱등키"), of which three or so have passed then. Put
// later it is a new call, whose refusal says nothing of the first.
const repeatFor = 10 * 24 * time.Hour

// Unclear is what an alarm of an unknown outcome is about, and whether it is open
// still. One of Attempt, Key and Receipt is set; none where it is not there any more.
type Unclear struct {
	Attempt *pay.Attempt
	Key     *pay.BillingKey
	Receipt *pay.Receipt
	Open    bool // its outcome is not known yet
	Askable bool // asking the provider again is safe
}

// UnclearOf reads what an alarm is about; it is for alarms of AlarmUnknown.
func UnclearOf(ctx context.Context, tx *store.Tx, a store.Alarm) (u Unclear, err error) {
	id, ok := strings.CutPrefix(a.ID, unknownPrefix)
	if !ok || a.Kind != AlarmUnknown {
		return u, nil
	}
	attempt, err := tx.Attempt(ctx, a.Merchant, pay.AttemptID(id))
	if err == nil {
		return Unclear{Attempt: &attempt, Open: attempt.Status.Open(), Askable: attempt.Status.Open()}, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	key, err := tx.BillingKeyByID(ctx, a.Merchant, pay.KeyID(id))
	if err == nil {
		open := key.Status == pay.KeyIssuing
		return Unclear{Key: &key, Open: open, Askable: open && tx.Now.Sub(a.At) < repeatFor}, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	receipt, err := tx.Receipt(ctx, a.Merchant, pay.ReceiptID(id))
	if errors.Is(err, store.ErrNotFound) {
		return u, nil
	}
	open := receipt.Status == pay.ReceiptIssuing || receipt.Status == pay.ReceiptCancelling
	return Unclear{Receipt: &receipt, Open: open, Askable: open && tx.Now.Sub(a.At) < repeatFor}, err
}

// ErrNotAskable is of an alarm about which a provider cannot be asked, or not
// safely any more.
var ErrNotAskable = errors.New("the provider is not asked about this again")

// noteLearned is the note of an alarm that an answer closed.
const noteLearned = "the provider was asked again and said how it is"

// AskAgain asks the provider once more about what an open alarm of AlarmUnknown
// names. No money moves by it: of a payment's call it asks how things stand, and
// sends the call itself no more. Known is true when the outcome is known now; then
// the alarm is closed.
func (g *Gateway) AskAgain(ctx context.Context, m pay.MerchantID, alarm string) (known bool, err error) {
	var a store.Alarm
	var u Unclear
	read := func(tx *store.Tx) (err error) {
		if a, err = tx.Alarm(ctx, m, alarm); err == nil {
			u, err = UnclearOf(ctx, tx, a)
		}
		return err
	}
	if err := g.store.Read(ctx, read); err != nil {
		return false, err
	}
	if !a.Closed.IsZero() || u.Open && !u.Askable || u == (Unclear{}) {
		return false, ErrNotAskable
	}
	var asked error
	switch {
	case !u.Open:
	case u.Attempt != nil:
		asked = g.askAboutAttempt(ctx, *u.Attempt)
	case u.Key != nil:
		// A key by card that turns out to have been issued is given up: by now its
		// customer_uid may mean another one. A window's buyer agreed to it.
		asked = g.askByJob(ctx, JobResolveKey, string(u.Key.ID), keyArg{m, true}, g.workResolveKey)
	default:
		asked = g.askByJob(ctx, JobResolveReceipt, string(u.Receipt.ID), receiptArg{m}, g.workResolveReceipt)
	}
	if err := g.store.Read(ctx, read); err != nil {
		return false, errors.Join(asked, err)
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		if !u.Open {
			if err := tx.CloseAlarmBy(ctx, m, alarm, "", noteLearned); err != nil && !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
		return tx.Audit(ctx, store.Change{Merchant: m, Action: "alarm.ask", Target: alarm, Payment: a.Payment, After: map[string]any{"known": !u.Open}})
	})
	if err == nil && u.Open {
		err = asked
	}
	return !u.Open, err
}

// askAboutAttempt is what the resolver does, without sending the call again: by now
// the provider may have forgotten its key.
func (g *Gateway) askAboutAttempt(ctx context.Context, a pay.Attempt) error {
	p, err := g.payment(ctx, a.Merchant, a.Payment)
	if err != nil {
		return err
	}
	conn, _, err := g.connectTo(ctx, p)
	if err != nil {
		return err
	}
	_, _, err = g.settleByAsking(ctx, conn, g.drivers[p.Provider].Timings[a.Kind], p, a, g.now())
	return err
}

// askByJob runs the work of a job that gave up, once. What it would have run again
// for is still not known: that is no error.
func (g *Gateway) askByJob(ctx context.Context, kind, key string, about any, work func(context.Context, store.Job) error) error {
	arg, err := json.Marshal(about)
	if err != nil {
		return err
	}
	if err := work(ctx, store.Job{JobName: store.JobName{Kind: kind, Key: key}, Arg: arg}); err != nil {
		g.log.WarnContext(ctx, "asked again in vain", "kind", kind, "key", key, "err", err)
	}
	return nil
}

// ReadFinding is a recorded finding with what only people read of it.
func ReadFinding(f store.Finding) (Finding, error) {
	out := Finding{ID: f.ID, Kind: FindingKind(f.Kind), Merchant: f.Merchant, Payment: f.Payment, Channel: f.Channel, Day: f.Day}
	if err := json.Unmarshal(f.Body, &out.findingBody); err != nil {
		return out, fmt.Errorf("finding %s: %w", f.ID, err)
	}
	return out, nil
}

// FindingOfAlarm is the id of the finding that an alarm of AlarmBooks or
// AlarmReconcile was raised for; ok is false of any other.
func FindingOfAlarm(a store.Alarm) (id string, ok bool) {
	rest, ok := strings.CutPrefix(a.ID, "finding:")
	i := strings.LastIndexByte(rest, ':')
	if !ok || i < 0 {
		return "", false
	}
	return rest[:i], true
}
