package gateway

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// Kinds of jobs that run each night. A day is a Korean one, 2006-01-02: the one
// in whose first hours the job runs.
const (
	JobPlanNightly = "plan_nightly"  // of no merchant; key: day
	JobVerify      = "verify_day"    // key: day
	JobReconcile   = "reconcile_day" // key: channel key, "/", day
)

// NightlyJobs are the kinds of jobs that nobody waits for: they may run for long, and
// catch up with nights that were missed.
func NightlyJobs() []string {
	return []string{JobPlanNightly, JobVerify, JobReconcile, JobRetain, JobReapIdempotency, JobRecover, JobMendLists}
}

// When they run, after the day's beginning, and over how long those of all
// merchants and channels are spread. By then providers have the day before in
// their lists, and few buyers are about.
const (
	planAt        = 20 * time.Minute
	verifyAt      = time.Hour
	reconcileAt   = 3 * time.Hour
	nightlySpread = 2 * time.Hour
)

const (
	// verifyBack is how long before its night a payment may have changed last to be
	// verified in it.
	verifyBack = 48 * time.Hour
	// mostFindings is how many findings a night records of a merchant's: more say
	// nothing that these do not.
	mostFindings = 10_000
	// reconcileFor is how many days without a run are caught up with.
	reconcileFor = 31
	// reconcileAgain is how many days with open findings are looked at again.
	reconcileAgain = 10
	// reconcileTries is how often a list is asked for in a night; after that it is a
	// finding, and the next night goes on.
	reconcileTries = 12
)

type nightArg struct {
	Day     string         `json:"day"`
	Channel pay.ChannelKey `json:"channel,omitempty"`
}

// PlanNightly sees to it that the books of each merchant are verified, and each
// contract reconciled, in the nights to come, and to itself, so that merchants and
// channels that are added later join. Call it when a node starts: what is planned
// already stays as it is.
func (g *Gateway) PlanNightly(ctx context.Context) error {
	if err := g.planAll(ctx); err != nil {
		return err
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		planned, err := tx.HasJob(ctx, JobPlanNightly)
		if err != nil || planned {
			return err
		}
		day := nextTurn(tx.Now, planAt)
		return tx.Enqueue(ctx, "", JobPlanNightly, day, nightArg{Day: day}, atNight(day, planAt))
	})
}

// planAll plans each merchant's night.
func (g *Gateway) planAll(ctx context.Context) error {
	var all []pay.Merchant
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.ListMerchants(ctx)
		return err
	})
	for _, m := range all {
		if err == nil {
			err = g.planMerchant(ctx, m.ID)
		}
		if err == nil {
			err = g.planBilling(ctx, m)
		}
	}
	return err
}

func (g *Gateway) planMerchant(ctx context.Context, m pay.MerchantID) error {
	channels, err := g.reconcilable(ctx, m)
	if err != nil {
		return err
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		planned, err := tx.JobsOfKinds(ctx, m, JobVerify, JobReconcile)
		if err != nil {
			return err
		}
		verified, reconciled := false, map[pay.ChannelKey]bool{}
		for _, j := range planned {
			var arg nightArg
			if err := j.ReadArg(&arg); err != nil {
				return err
			}
			verified = verified || j.Kind == JobVerify
			reconciled[arg.Channel] = true
		}
		if !verified {
			if err := enqueueNight(ctx, tx, m, JobVerify, nightArg{Day: nextTurn(tx.Now, verifyTime(m))}); err != nil {
				return err
			}
		}
		for _, ch := range channels {
			if reconciled[ch] {
				continue
			}
			if err := enqueueNight(ctx, tx, m, JobReconcile, nightArg{Day: nextTurn(tx.Now, reconcileTime(ch)), Channel: ch}); err != nil {
				return err
			}
		}
		return nil
	})
}

// reconcilable is one channel of each contract of a merchant whose provider has lists.
func (g *Gateway) reconcilable(ctx context.Context, m pay.MerchantID) ([]pay.ChannelKey, error) {
	all, err := g.Channels(ctx, m)
	if err != nil {
		return nil, err
	}
	seen := map[store.Contract]bool{}
	var out []pay.ChannelKey
	for _, ch := range all {
		c := store.Contract{Provider: ch.Provider, MID: ch.MID, Mode: ch.Mode}
		if ch.Disabled || seen[c] || !g.lists(ctx, ch) {
			continue
		}
		seen[c] = true
		out = append(out, ch.Key)
	}
	return out, nil
}

// lists reports whether a channel's provider has lists. One that does not open is
// another's concern: verifying finds it.
func (g *Gateway) lists(ctx context.Context, ch pay.Channel) bool {
	conn, _, err := g.connect(ch)
	if err != nil {
		g.log.WarnContext(ctx, "channel does not open", "channel", ch.Key, "err", err)
		return false
	}
	_, listErr := connector.As[connector.TransactionLister](conn)
	_, settleErr := connector.As[connector.Settler](conn)
	return listErr == nil || settleErr == nil
}

// verifyTime and reconcileTime are when in the night a merchant's, or a channel's,
// turn is: not all at one second.
func verifyTime(m pay.MerchantID) time.Duration { return verifyAt + spread(string(m)) }

func reconcileTime(ch pay.ChannelKey) time.Duration { return reconcileAt + spread(string(ch)) }

func spread(name string) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return time.Duration(h.Sum64() % uint64(nightlySpread/time.Second) * uint64(time.Second))
}

// nextTurn is the first day whose turn is after now.
func nextTurn(now time.Time, turn time.Duration) string {
	day := koreanDay(now)
	if !day.Add(turn).After(now) {
		day = day.AddDate(0, 0, 1)
	}
	return dayOf(day)
}

// atNight is the turn of a day. A day that cannot be read is the zero time's.
func atNight(day string, turn time.Duration) time.Time {
	at, _ := time.ParseInLocation(time.DateOnly, day, kst())
	return at.Add(turn)
}

func enqueueNight(ctx context.Context, tx *store.Tx, m pay.MerchantID, kind string, arg nightArg) error {
	key, at := arg.Day, atNight(arg.Day, verifyTime(m))
	if kind == JobReconcile {
		key, at = string(arg.Channel)+"/"+arg.Day, atNight(arg.Day, reconcileTime(arg.Channel))
	}
	return tx.Enqueue(ctx, m, kind, key, arg, at)
}

func (g *Gateway) workPlanNightly(ctx context.Context, _ store.Job) error {
	if err := g.planAll(ctx); err != nil {
		return err
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		day := nextTurn(tx.Now, planAt)
		return tx.Enqueue(ctx, "", JobPlanNightly, day, nightArg{Day: day}, atNight(day, planAt))
	})
}

// workVerify verifies what changed lately of a merchant's, and what was found wrong
// before, has followed what was not, and plans the next night.
func (g *Gateway) workVerify(ctx context.Context, j store.Job) error {
	var arg nightArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	g.followNight(ctx, j.Merchant)
	// Until now, and no further: what changes while it is read goes to the end of the
	// list, and a busy merchant's list would have none.
	span := store.PaymentSpan{By: store.SpanUpdated, From: atNight(arg.Day, verifyTime(j.Merchant)).Add(-verifyBack), To: g.now()}
	var found []Finding
	more := 0
	err := g.eachPage(ctx, j.Merchant, span, func(_ []store.Dossier, some []Finding) error {
		kept := min(len(some), max(0, mostFindings-len(found)))
		found, more = append(found, some[:kept]...), more+len(some)-kept
		return nil
	})
	if err != nil {
		return err
	}
	if more > 0 {
		g.log.ErrorContext(ctx, "more is wrong with the books than is recorded", "merchant", j.Merchant, "recorded", len(found), "more", more)
	}
	gone, err := g.goneSince(ctx, j.Merchant, found)
	if err != nil {
		return err
	}
	return g.keepFindings(ctx, found, gone, func(tx *store.Tx) error {
		if err := keepNight(ctx, tx, JobVerify); err != nil {
			return err
		}
		return enqueueNight(ctx, tx, j.Merchant, JobVerify, nightArg{Day: nextTurn(tx.Now, verifyTime(j.Merchant))})
	})
}

// goneSince is the open findings that a night did not come across and that are not
// there any more: each is looked at again where it was found.
func (g *Gateway) goneSince(ctx context.Context, m pay.MerchantID, found []Finding) ([]store.Finding, error) {
	var out []store.Finding
	err := g.openPages(ctx, m, "", "", func(tx *store.Tx, open []store.Finding) error {
		for _, f := range open {
			if stillThere(found, f.ID) {
				continue
			}
			now, err := g.findAgain(ctx, tx, f)
			if err != nil {
				return err
			}
			if !stillThere(now, f.ID) {
				out = append(out, f)
			}
		}
		return nil
	})
	return out, err
}

// workReconcile reconciles the two days before, since lists may be late, and the
// days with open findings, and plans the next night.
func (g *Gateway) workReconcile(ctx context.Context, j store.Job) error {
	var arg nightArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	days, err := g.daysOfNight(ctx, j.Merchant, arg)
	if err != nil {
		return err
	}
	for _, day := range days {
		err := g.reconcileNight(ctx, arg.Channel, day)
		if errors.Is(err, ErrChannelMissing) || errors.Is(err, connector.ErrUnsupported) { // nothing to plan for any more
			return nil
		}
		if err != nil && j.Tries < reconcileTries {
			return jobs.RetryAt(g.now().Add(min(time.Duration(j.Tries)*5*time.Minute, time.Hour)), fmt.Errorf("reconcile %s: %w", dayOf(day), err))
		}
		if err != nil {
			if err := g.keepUnread(ctx, j.Merchant, arg.Channel, dayOf(day), err); err != nil {
				return err
			}
		}
	}
	return g.store.Write(ctx, func(tx *store.Tx) error {
		if err := keepNight(ctx, tx, JobReconcile); err != nil {
			return err
		}
		next := nextReconcile(arg.Day, tx.Now)
		return enqueueNight(ctx, tx, j.Merchant, JobReconcile, nightArg{Day: next, Channel: arg.Channel})
	})
}

// nextReconcile is the night after; nights that were missed are caught up with, but
// for those too long ago.
func nextReconcile(day string, now time.Time) string {
	next := atNight(day, 0).AddDate(0, 0, 1)
	if oldest := koreanDay(now).AddDate(0, 0, -reconcileFor); next.Before(oldest) {
		next = oldest
	}
	return dayOf(next)
}

// daysOfNight is what a night reconciles: the day before and the one before that,
// the day that ought to be settled by now, and days with open findings.
func (g *Gateway) daysOfNight(ctx context.Context, m pay.MerchantID, arg nightArg) ([]time.Time, error) {
	night := atNight(arg.Day, 0)
	var again []string
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		again, err = tx.OpenFindingDays(ctx, m, arg.Channel, reconcileAgain)
		return err
	})
	seen := map[string]bool{}
	var out []time.Time
	for _, day := range append([]string{dayOf(night.AddDate(0, 0, -1)), dayOf(night.AddDate(0, 0, -2)), dayOf(night.AddDate(0, 0, -settledBy))}, again...) {
		if !seen[day] {
			seen[day] = true
			out = append(out, atNight(day, 0))
		}
	}
	return out, err
}

// reconcileNight is Reconcile of a channel that may have been closed since.
func (g *Gateway) reconcileNight(ctx context.Context, key pay.ChannelKey, day time.Time) error {
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		ch, err = tx.ChannelByKey(ctx, key)
		return translate(err, store.ErrNotFound, ErrChannelMissing)
	})
	if err == nil && ch.Disabled {
		err = ErrChannelMissing
	}
	if err != nil {
		return err
	}
	r, err := g.Reconcile(ctx, key, day)
	if err == nil {
		g.log.InfoContext(ctx, "reconciled", "merchant", r.Merchant, "channel", key, "day", r.Day, "books", r.Books.Lines, "provider", r.Provider.Lines,
			"settled", r.Settled, "findings", len(r.Findings))
	}
	return err
}

// keepUnread records that a day's list could not be had.
func (g *Gateway) keepUnread(ctx context.Context, m pay.MerchantID, ch pay.ChannelKey, day string, why error) error {
	g.log.ErrorContext(ctx, "a day could not be reconciled", "merchant", m, "channel", ch, "day", day, "err", why)
	f := newFinding(FindListUnread, m, "", sectionChannel, string(ch), day, "the provider's list", why.Error())
	f.Channel, f.Day = ch, day
	return g.store.Write(ctx, func(tx *store.Tx) error { return g.keepFinding(ctx, tx, f) })
}
