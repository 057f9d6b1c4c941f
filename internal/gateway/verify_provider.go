package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

const (
	askRate     = 5.0
	askParallel = 4
	// testRate is below what providers allow their test environments: Toss Payments,
	// "테스트 환경", 100 calls a minute.
	testRate = 1.5
	// askAgain is how often a payment is asked about that changes meanwhile.
	askAgain = 3
)

// limiters space questions out, by channel.
type limiters struct {
	mu   sync.Mutex
	next map[pay.ChannelKey]time.Time
}

// wait is until a channel may be asked again. It is the machine's own time: the
// provider counts by it.
func (l *limiters) wait(ctx context.Context, ch pay.ChannelKey, rate float64) error {
	l.mu.Lock()
	now := time.Now()
	at := l.next[ch]
	if at.Before(now) {
		at = now
	}
	if l.next == nil {
		l.next = map[pay.ChannelKey]time.Time{}
	}
	l.next[ch] = at.Add(time.Duration(float64(time.Second) / rate))
	l.mu.Unlock()
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// askAll holds the payments of a page against their providers, several at once.
func (v *verification) askAll(ctx context.Context, ds []store.Dossier) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan pay.Payment)
	n := v.o.Parallel
	if n <= 0 {
		n = askParallel
	}
	for range n {
		wg.Go(func() {
			for p := range work {
				found, asked := v.ask(ctx, p)
				mu.Lock()
				v.tell(found)
				if asked {
					v.report.Asked++
				} else {
					v.report.Unasked++
				}
				mu.Unlock()
			}
		})
	}
	for _, d := range ds {
		// What a key is issued in is not paid, and what has no channel was never asked for.
		if p := d.Payment; p.CustomerUsage != usageIssue && p.Channel != "" {
			select {
			case work <- p:
			case <-ctx.Done():
			}
		}
	}
	close(work)
	wg.Wait()
	return ctx.Err()
}

// ask holds one payment against its provider. What differs is learned, if that is
// wanted, and compared once more.
func (v *verification) ask(ctx context.Context, p pay.Payment) ([]Finding, bool) {
	found, err := v.compare(ctx, p)
	if err == nil && len(found) > 0 && v.o.Sync {
		if _, err := v.g.Sync(ctx, p.Merchant, p.ID); err != nil && !errors.Is(err, connector.ErrNotFound) {
			v.g.log.WarnContext(ctx, "verify: payment not synced", "payment", p.ID, "err", err)
		}
		var after []Finding
		if after, err = v.compare(ctx, p); err == nil {
			for i, f := range found {
				found[i].Mended = !slices.ContainsFunc(after, func(a Finding) bool { return a.ID == f.ID })
			}
			found = append(found, slices.DeleteFunc(after, func(a Finding) bool {
				return slices.ContainsFunc(found, func(f Finding) bool { return f.ID == a.ID })
			})...)
		}
	}
	if err != nil {
		v.g.log.WarnContext(ctx, "verify: the provider could not be asked", "payment", p.ID, "err", err)
		return found, false
	}
	return found, true
}

// compare asks how the payment stands at its provider, and how on the books before
// and after: one that changed meanwhile is asked about again.
func (v *verification) compare(ctx context.Context, p pay.Payment) ([]Finding, error) {
	conn, _, err := v.g.connectTo(ctx, p)
	if err != nil {
		return nil, err
	}
	before, err := v.g.held(ctx, p)
	if err != nil {
		return nil, err
	}
	for range askAgain {
		if err := v.limits.wait(ctx, p.Channel, v.rate(p.Mode)); err != nil {
			return nil, err
		}
		asking, stop := within(ctx, askQuickly)
		snap, err := conn.Query(asking, before.Payment.Ref)
		stop()
		unknown := errors.Is(err, connector.ErrNotFound)
		if err != nil && !unknown {
			return nil, err
		}
		after, err := v.g.held(ctx, p)
		if err != nil {
			return nil, err
		}
		if after.Payment.Version == before.Payment.Version && len(after.Movements) == len(before.Movements) {
			if unknown {
				return unknownThere(after), nil
			}
			return differences(after, snap), nil
		}
		before = after
	}
	return nil, fmt.Errorf("payment %s changes too fast to be compared", p.ID)
}

func (v *verification) rate(mode pay.Mode) float64 {
	rate := v.o.Rate
	if rate <= 0 {
		rate = askRate
	}
	if mode == pay.ModeTest {
		return min(rate, testRate)
	}
	return rate
}

// held is a payment with its movements and the calls about it that are open.
func (g *Gateway) held(ctx context.Context, p pay.Payment) (d store.Dossier, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		if d.Payment, err = tx.Payment(ctx, p.Merchant, p.ID); err != nil {
			return err
		}
		if d.Movements, err = tx.Movements(ctx, p.Merchant, p.ID); err != nil {
			return err
		}
		d.Attempts, err = tx.OpenAttempts(ctx, p.Merchant, p.ID)
		return err
	})
	return d, err
}

// unknownThere: a payment that never came to the provider holds no money.
func unknownThere(d store.Dossier) []Finding {
	c := check{d: d}
	if in, back := tally(d.Movements); in != back {
		c.add(FindProviderUnknown, "", fmt.Sprintf("a payment of which %d is held", in-back), "the provider knows no such payment")
	}
	return c.found
}

// differences is where a provider's view of a payment and the books part. What the
// provider has more, while the outcome of a call about it is not known here, may be
// that call's: its resolver sees to it, or the books by themselves show that none does.
func differences(d store.Dossier, s connector.Snapshot) []Finding {
	d.Movements = asNamed(d, s)
	c := check{d: d}
	undecided := c.opens()
	if s.Stage == connector.StageUnknown { // something is under way there, or a word that we do not know
		return nil
	}
	if !undecided && !slices.Contains(fitting[s.Stage], d.Payment.Status) {
		c.add(FindProviderState, "", "a state that fits "+string(d.Payment.Status), fmt.Sprintf("%q", s.RawStatus))
	}
	ours, theirs := standingOf(d.Movements), map[string]pay.Movement{}
	for _, m := range s.Movements {
		if !isReversed(m, d.Movements) && (m.Kind != pay.MovementDeposit || !overtaken(m, d.Movements)) {
			theirs[m.Key] = m
		}
	}
	for _, m := range d.Movements { // in the order in which they were made
		if _, stands := ours[m.Key]; !stands {
			continue
		}
		switch t, there := theirs[m.Key]; {
		case !there:
			c.add(FindProviderLacks, m.Key, fmt.Sprintf("%s %s of %d", m.Kind, m.Key, m.Amount), fmt.Sprintf("not with the provider, whose state is %q", s.RawStatus))
		case t.Amount != m.Amount || t.Kind != m.Kind:
			c.add(FindProviderAmount, m.Key, fmt.Sprintf("%s of %d", m.Kind, m.Amount), fmt.Sprintf("%s of %d", t.Kind, t.Amount))
		}
	}
	for _, m := range s.Movements {
		if _, known := ours[m.Key]; !known && theirs[m.Key].Key != "" && !undecided {
			c.add(FindBooksLack, m.Key, "a movement on the books", fmt.Sprintf("the provider has %s %s of %d", m.Kind, m.Key, m.Amount))
		}
	}
	return c.found
}

// standingOf is the movements that a provider still has: not a deposit that the
// bank took back, for which providers have no movement.
func standingOf(moved []pay.Movement) map[string]pay.Movement {
	out := map[string]pay.Movement{}
	for _, m := range moved {
		if m.Kind != pay.MovementDepositReversal && !isReversed(m, moved) {
			out[m.Key] = m
		}
	}
	return out
}

// fitting is the statuses that a provider's state leaves a payment in. A window
// that lapsed, or an account, leaves it as it is, as V1 documents; what failed
// here may still be open there; money that came in twice is held by a failed one.
var fitting = map[connector.Stage][]pay.Status{
	connector.StageOpen:            {pay.StatusCreated, pay.StatusConfirming, pay.StatusFailed},
	connector.StageAuthenticated:   {pay.StatusCreated, pay.StatusConfirming, pay.StatusFailed},
	connector.StageAwaitingDeposit: {pay.StatusAwaitingDeposit},
	connector.StagePaid:            {pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusFailed},
	connector.StageCancelled:       {pay.StatusCancelled, pay.StatusFailed},
	connector.StageDead:            {pay.StatusCreated, pay.StatusFailed, pay.StatusAwaitingDeposit},
}
