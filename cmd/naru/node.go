package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"

	"naru/internal/store"
)

// nodeEvery is how often a process says that it serves: seldom, since each time is
// a commit, also of one that has nothing to do.
const nodeEvery = time.Minute

// nodesKept is how long the row of a process that ended without a word is kept.
const nodesKept = 24 * time.Hour

// presence is the row by which others know that this process serves.
type presence struct {
	app *app
	row store.Node
	log *slog.Logger
}

// newPresence is of a process that listens on an address.
func newPresence(a *app, listen string) *presence {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	return &presence{app: a, row: store.Node{ID: uuid.NewString(), Name: name, Version: version(), Address: listen}, log: a.log}
}

// run writes the row now and every minute until ctx ends, and then takes it away.
func (p *presence) run(ctx context.Context) {
	tick := time.NewTicker(nodeEvery)
	defer tick.Stop()
	for {
		if err := p.put(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "this node is not seen by others", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := p.app.store.Write(last, func(tx *store.Tx) error { return tx.DeleteNode(last, p.row.ID) }); err != nil {
				p.log.WarnContext(last, "others will see this node for a while as gone", "error", err)
			}
			return
		}
	}
}

func (p *presence) put(ctx context.Context) error {
	ahead, err := p.app.store.ClockOffset(ctx)
	if err != nil {
		return err
	}
	webhooks := p.app.notifier.State()
	p.row.Ahead = ahead
	known, err := store.NewestStep()
	if err != nil {
		return err
	}
	p.row.State = store.NodeState{Schema: known, Running: p.app.runner.Running(), Webhooks: webhooks.UnderWay, Lanes: webhooks.Lanes, Failing: webhooks.Failing}
	return p.app.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetNodes(ctx, tx.Now.Add(-nodesKept)); err != nil {
			return err
		}
		if p.row.Started.IsZero() {
			p.row.Started = tx.Now
		}
		return tx.PutNode(ctx, p.row)
	})
}
