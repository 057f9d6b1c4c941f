package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/store"
)

const (
	// healthSince is how far back calls to providers are counted for SystemStatus.
	healthSince = 15 * time.Minute
	// mostOfSystem bounds what SystemStatus reads of anything.
	mostOfSystem = 1000
	// nodeGone is how long ago a node was seen that counts as gone: it writes its
	// row every minute.
	nodeGone = 3 * time.Minute
)

// SystemStatus is how the installation does, of all merchants.
type SystemStatus struct {
	Now      time.Time
	Database string // sqlite, postgres
	Size     int64  // bytes
	Schema   int64  // number of the newest migration that was applied
	Behind   bool   // a newer one waits
	Offset   time.Duration

	Nodes  []NodeStatus
	Queues []store.Queue
	// What waits, each counted up to a bound.
	Webhooks, GivenUp       int
	Unknown, Unsettled      int // calls whose outcome is being asked for, and those that a person must settle
	UnknownSince, StuckFrom time.Time
	Alarms, Findings        map[string]int

	Health      []store.ProviderHealth
	HealthSince time.Time
	Nights      []Night

	VaultKeys     int
	VaultChanging bool // two master keys open the database
}

// NodeStatus is a process that serves; Gone is one that was not seen for long and
// did not say that it stops.
type NodeStatus struct {
	store.Node
	Gone bool
}

// Night is a kind of nightly work.
type Night struct {
	Kind  string
	Count int       // planned: merchants, or contracts
	Next  time.Time // when the first of them is due; zero: none is planned
	Last  time.Time // when one was last done; zero: never
}

// lastOf is where it is kept when a kind of nightly work was done last.
func lastOf(kind string) string { return "last:" + kind }

func keepNight(ctx context.Context, tx *store.Tx, kind string) error {
	return tx.PutMeta(ctx, lastOf(kind), tx.Now.Format(time.RFC3339Nano))
}

// SystemStatus reads it, in a few bounded statements.
func (g *Gateway) SystemStatus(ctx context.Context) (out SystemStatus, err error) {
	out.Database, out.HealthSince = g.store.Kind(), g.now().Add(-healthSince)
	if out.Schema, err = g.store.Version(ctx); err != nil {
		return out, err
	}
	out.Behind = errors.Is(g.store.Ready(ctx), store.ErrBehind)
	if out.Offset, err = g.store.ClockOffset(ctx); err != nil {
		return out, err
	}
	info, err := g.vault.Info(ctx)
	if err != nil {
		return out, fmt.Errorf("the vault: %w", err)
	}
	out.VaultKeys, out.VaultChanging = info.Keys, info.Changing
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		out.Now = tx.Now
		if err := out.readNodes(ctx, tx); err != nil {
			return err
		}
		return out.readWaiting(ctx, tx)
	})
	return out, err
}

func (s *SystemStatus) readNodes(ctx context.Context, tx *store.Tx) (err error) {
	nodes, err := tx.Nodes(ctx, mostNodes)
	if err != nil {
		return err
	}
	s.Nodes = make([]NodeStatus, len(nodes))
	for i, n := range nodes {
		s.Nodes[i] = NodeStatus{n, tx.Now.Sub(n.Seen) > nodeGone}
	}
	if s.Size, err = tx.Size(ctx); err != nil {
		return err
	}
	if s.Health, err = tx.ProviderHealth(ctx, s.HealthSince, 100); err != nil {
		return err
	}
	for _, kind := range []string{JobVerify, JobReconcile} {
		planned, err := tx.PlannedOf(ctx, kind, mostOfSystem)
		if err != nil {
			return err
		}
		night := Night{Kind: kind, Count: planned.Count, Next: planned.Next}
		text, err := tx.Meta(ctx, lastOf(kind))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			if night.Last, err = time.Parse(time.RFC3339Nano, text); err != nil {
				return fmt.Errorf("meta %s: %w", lastOf(kind), err)
			}
		}
		s.Nights = append(s.Nights, night)
	}
	return nil
}

// jobDeliver is the kind of the jobs of webhooks, which are package notify's.
const jobDeliver = "deliver"

func (s *SystemStatus) readWaiting(ctx context.Context, tx *store.Tx) (err error) {
	if s.Queues, err = tx.Queues(ctx, mostOfSystem); err != nil {
		return err
	}
	if s.Webhooks, err = tx.CountJobsOf(ctx, jobDeliver, mostOfSystem); err != nil {
		return err
	}
	if s.GivenUp, err = tx.CountGivenUp(ctx, mostOfSystem); err != nil {
		return err
	}
	if s.Unknown, s.UnknownSince, err = tx.UnknownAttempts(ctx, JobResolve, mostOfSystem); err != nil {
		return err
	}
	if s.Unsettled, s.StuckFrom, err = tx.CountStuck(ctx, mostOfSystem); err != nil {
		return err
	}
	if s.Alarms, err = tx.CountAlarms(ctx, mostOfSystem); err != nil {
		return err
	}
	s.Findings, err = tx.CountFindings(ctx)
	return err
}
