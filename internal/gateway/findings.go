package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// Kinds of alarms that findings about money raise.
const (
	AlarmBooks     = "books_differ"     // the books contradict themselves
	AlarmReconcile = "reconcile_differ" // they contradict a provider's list
)

// findingsAtOnce is how many findings are recorded in one transaction.
const findingsAtOnce = 100

// openPages gives a merchant's open findings page by page: of a channel's day, or
// of the books alone when channel is "".
func (g *Gateway) openPages(ctx context.Context, m pay.MerchantID, ch pay.ChannelKey, day string, do func(*store.Tx, []store.Finding) error) error {
	for after, n := "", findingsAtOnce; n == findingsAtOnce; {
		err := g.store.Read(ctx, func(tx *store.Tx) error {
			open, err := tx.OpenFindings(ctx, m, ch, day, after, findingsAtOnce)
			if n = len(open); err != nil || n == 0 {
				return err
			}
			after = open[n-1].ID
			return do(tx, open)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gone is the open findings that a reconciliation looked for and did not find again.
func (r *reconciliation) gone(ctx context.Context) ([]store.Finding, error) {
	var out []store.Finding
	for _, e := range r.examined {
		err := r.g.openPages(ctx, r.ch.Merchant, r.ch.Key, e.day, func(_ *store.Tx, open []store.Finding) error {
			for _, f := range open {
				if slices.Contains(e.kinds, FindingKind(f.Kind)) && !stillThere(r.Findings, f.ID) {
					out = append(out, f)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func stillThere(found []Finding, id string) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.ID == id && !f.Mended })
}

// keepFindings records what was found and closes what is gone, a part at a time.
// With the last of it goes last, in the same transaction: what is to happen after.
func (g *Gateway) keepFindings(ctx context.Context, found []Finding, gone []store.Finding, last func(*store.Tx) error) error {
	for len(found)+len(gone) > findingsAtOnce {
		some, over := found[:min(len(found), findingsAtOnce)], gone[:0]
		if len(some) == 0 {
			over = gone[:min(len(gone), findingsAtOnce)]
		}
		if err := g.keepSome(ctx, some, over, nil); err != nil {
			return err
		}
		found, gone = found[len(some):], gone[len(over):]
	}
	return g.keepSome(ctx, found, gone, last)
}

func (g *Gateway) keepSome(ctx context.Context, found []Finding, gone []store.Finding, last func(*store.Tx) error) error {
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		for _, f := range found {
			if err := g.keepFinding(ctx, tx, f); err != nil {
				return err
			}
		}
		for _, f := range gone {
			if err := closeFinding(ctx, tx, f); err != nil {
				return err
			}
		}
		if last == nil {
			return nil
		}
		return last(tx)
	})
	if err != nil {
		return fmt.Errorf("record findings: %w", err)
	}
	return nil
}

// keepFinding records one. What was mended is kept as closed, for the record.
func (g *Gateway) keepFinding(ctx context.Context, tx *store.Tx, f Finding) error {
	body, err := json.Marshal(f.findingBody)
	if err != nil {
		return err
	}
	row, fresh, err := tx.PutFinding(ctx, store.Finding{
		Merchant: f.Merchant, ID: f.ID, Kind: string(f.Kind), Payment: f.Payment, Channel: f.Channel, Day: f.Day, Body: body,
	})
	if err != nil {
		return err
	}
	if f.Mended {
		return closeFinding(ctx, tx, row)
	}
	words := f.Kind.Words()
	if fresh {
		g.log.ErrorContext(ctx, "the books are wrong", "merchant", f.Merchant, "kind", f.Kind, "payment", f.Payment, "channel", f.Channel, "day", f.Day,
			"row", f.Row, "expected", f.Expected, "found", f.Found)
	}
	if !words.Money {
		return nil
	}
	return tx.AddAlarm(ctx, store.Alarm{
		ID: alarmOf(row), Merchant: f.Merchant, Payment: f.Payment, Kind: alarmKind(row), At: tx.Now,
		Text: strings.TrimSpace(fmt.Sprintf("%s %s Expected: %s. Found: %s. %s", f.Day, words.What, f.Expected, f.Found, words.Do)),
	})
}

func alarmKind(f store.Finding) string {
	if f.Channel != "" {
		return AlarmReconcile
	}
	return AlarmBooks
}

// alarmOf is the alarm of a finding; one that comes back later has another.
func alarmOf(f store.Finding) string { return fmt.Sprintf("finding:%s:%d", f.ID, f.At.UnixMicro()) }

func closeFinding(ctx context.Context, tx *store.Tx, f store.Finding) error {
	if err := tx.CloseFinding(ctx, f.Merchant, f.ID); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	if err := tx.CloseAlarm(ctx, f.Merchant, alarmOf(f)); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}
