package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
)

type statusCmd struct {
	books
	JSON bool `name:"json" help:"Print JSON."`
}

// The JSON of naru status. Durations are in milliseconds, times RFC 3339 in UTC,
// null before they come.
type (
	statusJSON struct {
		Now      time.Time      `json:"now"`
		Version  string         `json:"version"`
		Database databaseJSON   `json:"database"`
		Nodes    []nodeJSON     `json:"nodes"`
		Queues   []queueJSON    `json:"queues"`
		Waiting  waitingJSON    `json:"waiting"`
		Alarms   map[string]int `json:"alarms"`
		Findings map[string]int `json:"findings"`
		Calls    []callsJSON    `json:"calls"`
		Nights   []nightJSON    `json:"nights"`
		Vault    vaultJSON      `json:"vault"`
	}
	databaseJSON struct {
		Kind     string `json:"kind"`
		Bytes    int64  `json:"bytes"`
		Schema   int64  `json:"schema"`
		Behind   bool   `json:"behind"`
		OffsetMS int64  `json:"clock_offset_ms"`
	}
	nodeJSON struct {
		ID       string         `json:"id"`
		Name     string         `json:"name"`
		Version  string         `json:"version"`
		Address  string         `json:"address"`
		Started  time.Time      `json:"started"`
		Seen     time.Time      `json:"seen"`
		Gone     bool           `json:"gone"`
		AheadMS  int64          `json:"database_ahead_ms"`
		Running  map[string]int `json:"running"`
		Webhooks int            `json:"webhooks"`
		Failing  int            `json:"failing_addresses"`
	}
	queueJSON struct {
		Kind   string    `json:"kind"`
		Due    int       `json:"due"`
		Oldest time.Time `json:"oldest"`
	}
	waitingJSON struct {
		Webhooks  int        `json:"webhooks"`
		GivenUp   int        `json:"webhooks_given_up"`
		Unknown   int        `json:"attempts_unknown"`
		Since     *time.Time `json:"attempts_unknown_since"`
		Unsettled int        `json:"attempts_unsettled"`
		StuckFrom *time.Time `json:"attempts_unsettled_since"`
	}
	callsJSON struct {
		Merchant string `json:"merchant"`
		Channel  string `json:"channel"`
		Provider string `json:"provider"`
		Mode     string `json:"mode"`
		Answered int64  `json:"answered"`
		Failed   int64  `json:"failed"`
	}
	nightJSON struct {
		Kind    string     `json:"kind"`
		Planned int        `json:"planned"`
		Next    *time.Time `json:"next"`
		Last    *time.Time `json:"last"`
	}
	vaultJSON struct {
		Keys     int  `json:"keys"`
		Changing bool `json:"master_key_changing"`
	}
)

// Run reads only.
func (c *statusCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		s, err := b.gateway.SystemStatus(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, statusJSONOf(s))
		}
		return printStatus(m, s)
	})
}

func statusJSONOf(s gateway.SystemStatus) statusJSON {
	out := statusJSON{
		Now: s.Now, Version: version(), Database: databaseJSON{s.Database, s.Size, s.Schema, s.Behind, s.Offset.Milliseconds()},
		Nodes: []nodeJSON{}, Queues: []queueJSON{}, Calls: []callsJSON{}, Nights: []nightJSON{}, Alarms: s.Alarms, Findings: s.Findings,
		Waiting: waitingJSON{s.Webhooks, s.GivenUp, s.Unknown, ifSet(s.UnknownSince), s.Unsettled, ifSet(s.StuckFrom)},
		Vault:   vaultJSON{s.VaultKeys, s.VaultChanging},
	}
	for _, n := range s.Nodes {
		out.Nodes = append(out.Nodes, nodeJSON{
			n.ID, n.Name, n.Version, n.Address, n.Started, n.Seen, n.Gone, n.Ahead.Milliseconds(), n.State.Running, n.State.Webhooks, n.State.Failing,
		})
	}
	for _, q := range s.Queues {
		out.Queues = append(out.Queues, queueJSON{q.Kind, q.Depth, q.Oldest})
	}
	for _, h := range s.Health {
		out.Calls = append(out.Calls, callsJSON{string(h.Merchant), string(h.Channel), string(h.Provider), string(h.Mode), h.Answered, h.Failed})
	}
	for _, n := range s.Nights {
		out.Nights = append(out.Nights, nightJSON{n.Kind, n.Count, ifSet(n.Next), ifSet(n.Last)})
	}
	return out
}

func printStatus(m *Main, s gateway.SystemStatus) error {
	w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) { _, _ = fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	line("database", "%s, %d bytes, schema %d", s.Database, s.Size, s.Schema)
	if s.Behind {
		line("", "the database is behind this program: naru migrate")
	}
	line("sealing keys", "%d", s.VaultKeys)
	for _, n := range s.Nodes {
		state := "serves"
		if n.Gone {
			state = "not seen"
		}
		line("node "+n.Name, "%s on %s, %s, since %s, seen %s", state, n.Address, n.Version, shortTime(n.Started), shortTime(n.Seen))
	}
	for _, q := range s.Queues {
		line("due "+q.Kind, "%d, the oldest since %s", q.Depth, shortTime(q.Oldest))
	}
	line("webhooks", "%d to be sent, %d given up", s.Webhooks, s.GivenUp)
	line("outcomes", "%d asked for, %d for a person", s.Unknown, s.Unsettled)
	for _, kind := range slices.Sorted(maps.Keys(s.Alarms)) {
		line("alarm "+kind, "%d", s.Alarms[kind])
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Findings)) {
		line("finding "+kind, "%d", s.Findings[kind])
	}
	for _, h := range s.Health {
		line("calls "+string(h.Channel), "%d answered, %d failed within 15 minutes", h.Answered, h.Failed)
	}
	for _, n := range s.Nights {
		line(n.Kind, "last %s, %d planned, next %s", shortTime(n.Last), n.Count, shortTime(n.Next))
	}
	return w.Flush()
}
