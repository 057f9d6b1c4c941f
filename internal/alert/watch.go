package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"naru/internal/jobs"
	"naru/internal/store"
)

// A channel is failing when, of the calls of the last five minutes, at least
// five and at least half brought no answer or were turned away. It is well again
// when, over as long a time, less than a tenth did.
const (
	channelWindow = 5 * time.Minute
	channelLeast  = 5
)

// mostUntold is how many alarms one look takes; the next look takes more.
const mostUntold = 1000

// mostQueued bounds what is read of a queue.
const mostQueued = 10_000

// plan is what one look led to.
type plan struct {
	raise  []store.Alarm
	close  []store.Alarm // well again
	groups []group
}

// group is the alarms of a kind that one message tells of.
type group struct {
	kind   string
	alarms []store.Alarm
}

// workWatch looks at everything, and does so again a little later.
func (a *Alerter) workWatch(ctx context.Context, _ store.Job) error {
	if err := a.look(ctx); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return jobs.RetryAt(a.o.Now().Add(watchEvery), nil)
}

// look raises and closes alarms and enqueues the messages. A second look tells
// of alarms that the first one has raised.
func (a *Alerter) look(ctx context.Context) error {
	for {
		var p plan
		err := a.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
			p, err = a.plan(ctx, tx)
			return err
		})
		if err != nil || len(p.raise)+len(p.close)+len(p.groups) == 0 {
			return err
		}
		if err := a.o.Store.Write(ctx, func(tx *store.Tx) error { return a.carryOut(ctx, tx, p) }); err != nil || len(p.raise) == 0 {
			return err
		}
	}
}

func (a *Alerter) plan(ctx context.Context, tx *store.Tx) (plan, error) {
	var p plan
	open, err := tx.OpenAlarmsOf(ctx, []string{KindChannel, KindQueue})
	if err != nil {
		return p, err
	}
	if err := a.watchQueue(ctx, tx, open, &p); err != nil {
		return p, err
	}
	if err := a.watchChannels(ctx, tx, open, &p); err != nil {
		return p, err
	}
	p.groups, err = a.untold(ctx, tx, p.close)
	return p, err
}

// watchQueue raises or closes the alarm about the queue.
func (a *Alerter) watchQueue(ctx context.Context, tx *store.Tx, open []store.Alarm, p *plan) error {
	queues, err := tx.Queues(ctx, mostQueued)
	if err != nil {
		return err
	}
	queues = slices.DeleteFunc(queues, func(q store.Queue) bool { return q.Kind == JobWatch || slices.Contains(a.o.Patient, q.Kind) })
	var worst store.Queue
	var age time.Duration
	for _, q := range queues {
		if d := tx.Now.Sub(q.Oldest); d > age {
			worst, age = q, d
		}
	}
	i := slices.IndexFunc(open, func(al store.Alarm) bool { return al.Kind == KindQueue })
	switch {
	case i < 0 && age > a.o.QueueAge:
		p.raise = append(p.raise, store.Alarm{
			ID: KindQueue + ":" + strconv.FormatInt(tx.Now.UnixMicro(), 10), Kind: KindQueue, At: tx.Now,
			Text: fmt.Sprintf("a job of kind %s has waited for %s; %d of its kind are due", worst.Kind, age.Round(time.Second), worst.Depth),
		})
	case i >= 0 && age < a.o.QueueAge/2:
		p.close = append(p.close, open[i])
	}
	return nil
}

// watchChannels raises or closes the alarms about channels.
func (a *Alerter) watchChannels(ctx context.Context, tx *store.Tx, open []store.Alarm, p *plan) error {
	calls, err := tx.ChannelCallsSince(ctx, tx.Now.Add(-channelWindow))
	if err != nil {
		return err
	}
	for _, c := range calls {
		failing := c.Failed >= channelLeast && c.Failed >= c.Answered
		if failing && !slices.ContainsFunc(open, func(al store.Alarm) bool { return isOf(al, c) }) {
			p.raise = append(p.raise, store.Alarm{
				ID: channelID(c) + strconv.FormatInt(tx.Now.UnixMicro(), 10), Merchant: c.Merchant, Kind: KindChannel, At: tx.Now,
				Text: fmt.Sprintf("on channel %s %d of %d calls within %s brought no answer or were turned away", c.Channel, c.Failed, c.Failed+c.Answered, channelWindow),
			})
		}
	}
	for _, al := range open {
		i := slices.IndexFunc(calls, func(c store.ChannelCalls) bool { return isOf(al, c) })
		if al.Kind == KindChannel && tx.Now.Sub(al.At) > channelWindow && (i < 0 || calls[i].Failed*10 < calls[i].Failed+calls[i].Answered) {
			p.close = append(p.close, al)
		}
	}
	return nil
}

func channelID(c store.ChannelCalls) string { return KindChannel + ":" + string(c.Channel) + ":" }

func isOf(al store.Alarm, c store.ChannelCalls) bool {
	id := channelID(c)
	return al.Kind == KindChannel && al.Merchant == c.Merchant && len(al.ID) > len(id) && al.ID[:len(id)] == id
}

// untold is the alarms to be told of now: of kinds that were not told of lately,
// but for those that are about to be closed.
func (a *Alerter) untold(ctx context.Context, tx *store.Tx, closing []store.Alarm) ([]group, error) {
	if len(a.sends) == 0 {
		return nil, nil
	}
	all, err := tx.UntoldAlarms(ctx, mostUntold)
	if err != nil {
		return nil, err
	}
	var out []group
	for _, al := range all {
		if slices.ContainsFunc(closing, func(c store.Alarm) bool { return c.Merchant == al.Merchant && c.ID == al.ID }) {
			continue
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.kind == al.Kind })
		if i < 0 {
			i, out = len(out), append(out, group{kind: al.Kind})
		}
		out[i].alarms = append(out[i].alarms, al)
	}
	ready := out[:0]
	for _, g := range out {
		last, err := lastTold(ctx, tx, g.kind)
		if err != nil {
			return nil, err
		}
		if tx.Now.Sub(last) >= groupFor {
			ready = append(ready, g)
		}
	}
	return ready, nil
}

func metaOf(kind string) string { return "alerted:" + kind }

// lastTold is when the last message of a kind was made.
func lastTold(ctx context.Context, tx *store.Tx, kind string) (time.Time, error) {
	text, err := tx.Meta(ctx, metaOf(kind))
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("meta %s: %w", metaOf(kind), err)
	}
	return at, nil
}

// carryOut writes a plan down. store.ErrConflict, with nothing done, when another
// node was faster.
func (a *Alerter) carryOut(ctx context.Context, tx *store.Tx, p plan) error {
	for _, al := range p.raise {
		if err := tx.AddAlarm(ctx, al); err != nil {
			return err
		}
	}
	for _, al := range p.close {
		if err := tx.CloseAlarmBy(ctx, al.Merchant, al.ID, "", "well again"); err != nil {
			return err
		}
		if !al.Told.IsZero() {
			if err := a.enqueue(ctx, tx, recovered(a.o.From, tx.Now, al)); err != nil {
				return err
			}
		}
	}
	for _, g := range p.groups {
		for _, al := range g.alarms {
			if err := tx.MarkTold(ctx, al.Merchant, al.ID); err != nil {
				return err
			}
		}
		if err := tx.PutMeta(ctx, metaOf(g.kind), tx.Now.Format(time.RFC3339Nano)); err != nil {
			return err
		}
		if err := a.enqueue(ctx, tx, raised(a.o.From, tx.Now, g)); err != nil {
			return err
		}
	}
	return nil
}

func (a *Alerter) enqueue(ctx context.Context, tx *store.Tx, m Message) error {
	for target := range a.sends {
		if err := tx.Enqueue(ctx, "", JobSend, m.ID+":"+target, sending{target, m}, tx.Now); err != nil {
			return err
		}
	}
	return nil
}
