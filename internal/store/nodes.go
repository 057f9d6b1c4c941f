package store

import (
	"context"
	"encoding/json"
	"time"

	"naru/internal/pay"
)

// Node is a process that serves this database.
type Node struct {
	ID      string // made at each start
	Name    string // of its machine
	Version string
	Address string // what it listens on
	Started time.Time
	Seen    time.Time     // when it wrote this
	Ahead   time.Duration // of its own clock is the database's; in whole microseconds
	State   NodeState
}

// NodeState is how busy a process was when it wrote its row.
type NodeState struct {
	Schema   int64          `json:"schema,omitempty"`  // the newest step that its program knows; 0 of releases that did not tell
	Running  map[string]int `json:"running,omitempty"` // jobs under way, by kind
	Webhooks int            `json:"webhooks"`          // under way
	Lanes    int            `json:"lanes"`             // addresses of which it knows how they fare
	Failing  int            `json:"failing"`           // of them, that get one message at a time
}

const nodeColumns = `id, name, version, address, started, seen, ahead, state`

func scanNode(r row) (n Node, err error) {
	var state string
	if err = r.Scan(&n.ID, &n.Name, &n.Version, &n.Address, timeInto{&n.Started}, timeInto{&n.Seen}, spanInto{&n.Ahead}, &state); err != nil {
		return n, err
	}
	return n, json.Unmarshal([]byte(state), &n.State)
}

// PutNode writes a node's row, seen now.
func (t *Tx) PutNode(ctx context.Context, n Node) error {
	state, err := jsonText(n.State)
	if err != nil {
		return wrap(err, "node %s", n.ID)
	}
	_, err = t.exec(ctx, `INSERT INTO nodes (`+nodeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, ahead = excluded.ahead, state = excluded.state`,
		n.ID, n.Name, n.Version, n.Address, n.Started, t.Now, n.Ahead.Microseconds(), state)
	return wrap(err, "node %s", n.ID)
}

// DeleteNode takes a node's row away, if it is there.
func (t *Tx) DeleteNode(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM nodes WHERE id = $1`, id)
	return wrap(err, "node %s", id)
}

// ForgetNodes takes away the rows of nodes that were seen last before then.
func (t *Tx) ForgetNodes(ctx context.Context, before time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM nodes WHERE seen < $1`, before)
	return wrap(err, "old nodes")
}

// Nodes is up to limit nodes, those that were seen last first.
func (t *Tx) Nodes(ctx context.Context, limit int) ([]Node, error) {
	ns, err := list(ctx, t, scanNode, listNodes, limit)
	return ns, wrap(err, "nodes")
}

const listNodes = `SELECT ` + nodeColumns + ` FROM nodes ORDER BY seen DESC, id LIMIT $1`

// Size is how many bytes the database has on disk, without its log.
func (t *Tx) Size(ctx context.Context) (int64, error) {
	text := `SELECT p.page_count * s.page_size FROM pragma_page_count() AS p, pragma_page_size() AS s`
	if t.dialect.kind == kindPostgres {
		text = `SELECT pg_database_size(current_database())`
	}
	n, err := t.number(ctx, text)
	return n, wrap(err, "size")
}

// ProviderHealth is how calls on a channel went since some time.
type ProviderHealth struct {
	Merchant         pay.MerchantID
	Channel          pay.ChannelKey
	Name             string
	Provider         pay.Provider
	Mode             pay.Mode
	Answered, Failed int64 // as ChannelCalls has them
}

// ProviderHealth is how the calls of up to limit channels went since then, those
// of which most failed first.
func (t *Tx) ProviderHealth(ctx context.Context, since time.Time, limit int) ([]ProviderHealth, error) {
	hs, err := list(ctx, t, func(r row) (h ProviderHealth, err error) {
		return h, r.Scan(&h.Merchant, &h.Channel, &h.Name, &h.Provider, &h.Mode, &h.Answered, &h.Failed)
	}, providerHealth, since, limit)
	return hs, wrap(err, "calls of channels")
}

const providerHealth = `SELECT c.merchant, c.key, c.name, c.provider, c.mode, calls.answered, calls.failed FROM (
		SELECT merchant, channel, CAST(SUM(answered) AS BIGINT) AS answered, CAST(SUM(failed) AS BIGINT) AS failed
		FROM channel_calls WHERE at >= $1 GROUP BY merchant, channel) AS calls
	JOIN channels AS c ON c.merchant = calls.merchant AND c.key = calls.channel
	ORDER BY calls.failed DESC, calls.answered DESC, c.merchant, c.key LIMIT $2`

// Planned is the jobs of a kind that are booked, those that are due among them.
type Planned struct {
	Count int
	Next  time.Time // when the first of them is to run; zero is none
}

// PlannedOf is what is booked of a kind, of up to limit jobs.
func (t *Tx) PlannedOf(ctx context.Context, kind string, limit int) (Planned, error) {
	p, err := one(ctx, t, func(r row) (p Planned, err error) { return p, r.Scan(&p.Count, timeInto{&p.Next}) }, plannedOf, kind, limit)
	return p, wrap(err, "jobs %s", kind)
}

const plannedOf = `SELECT COUNT(*), COALESCE(MIN(run_at), 0) FROM (SELECT run_at FROM jobs WHERE kind = $1 LIMIT $2) AS part`
