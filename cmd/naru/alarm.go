package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/store"
)

type alarmCmd struct {
	List  alarmListCmd  `cmd:"" help:"List what waits for a person, oldest first."`
	Ask   alarmAskCmd   `cmd:"" help:"Have the provider asked once more about an outcome that stayed unknown. No money moves by it."`
	Close alarmCloseCmd `cmd:"" help:"Say that an alarm was dealt with."`
}

func newAlarmCmd() alarmCmd {
	return alarmCmd{alarmListCmd{settings: newSettings("db")}, alarmAskCmd{books: newBooks()}, alarmCloseCmd{settings: newSettings("db")}}
}

// alarmJSON is an alarm in the JSON of these commands. Times are RFC 3339 in UTC,
// null before they come.
type alarmJSON struct {
	ID       string     `json:"id"`
	Merchant string     `json:"merchant"` // "" of the whole installation
	Kind     string     `json:"kind"`
	Payment  string     `json:"imp_uid"` // "" of none
	Text     string     `json:"text"`
	At       time.Time  `json:"at"`
	Told     *time.Time `json:"told"` // when the operator was told
	Closed   *time.Time `json:"closed"`
	ClosedBy string     `json:"closed_by"` // "" is the gateway itself
	Note     string     `json:"note"`
}

func alarmJSONOf(a store.Alarm) alarmJSON {
	return alarmJSON{a.ID, string(a.Merchant), a.Kind, string(a.Payment), a.Text, a.At, ifSet(a.Told), ifSet(a.Closed), a.ClosedBy, a.Note}
}

type alarmListCmd struct {
	settings
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the merchant whose alarms are meant; everybody's, and the installation's, if left out."`
	All      bool   `help:"Also those that are closed."`
	JSON     bool   `name:"json" help:"As JSON."`
}

func (c *alarmListCmd) Run(ctx context.Context, m *Main) error {
	return withStore(ctx, m, c.settings, func(s *store.Store) error {
		var all []store.Alarm
		err := s.Read(ctx, func(tx *store.Tx) (err error) {
			all, err = alarmsOf(ctx, tx, c.Merchant, !c.All)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return writeAlarms(m, all)
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "SINCE\tKIND\tID\tMERCHANT\tPAYMENT\tTOLD\tWHAT")
		for _, a := range all {
			what := a.Text
			if !a.Closed.IsZero() {
				what = "closed " + shortTime(a.Closed) + " by " + cmp.Or(a.ClosedBy, "the gateway") + ": " + cmp.Or(a.Note, a.Text)
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shortTime(a.At), a.Kind, a.ID, cmp.Or(string(a.Merchant), "-"), cmp.Or(string(a.Payment), "-"), shortTime(a.Told), what)
		}
		return w.Flush()
	})
}

// alarmsOf are the alarms of a merchant, by its user code or id, or all.
func alarmsOf(ctx context.Context, tx *store.Tx, merchant string, open bool) ([]store.Alarm, error) {
	all, err := tx.ListAlarms(ctx, open)
	if err != nil || merchant == "" {
		return all, err
	}
	of, err := merchantNamed(ctx, tx, merchant)
	return slices.DeleteFunc(all, func(a store.Alarm) bool { return a.Merchant != of.ID }), err
}

func writeAlarms(m *Main, all []store.Alarm) error {
	out := make([]alarmJSON, len(all))
	for i, a := range all {
		out[i] = alarmJSONOf(a)
	}
	e := json.NewEncoder(m.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"alarms": out})
}

func shortTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

type alarmCloseCmd struct {
	settings
	ID       string `arg:"" help:"The alarm, as naru alarm list shows it."`
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the merchant, where two merchants have an alarm of this id."`
	By       string `required:"" placeholder:"NAME" help:"Who dealt with it."`
	Why      string `required:"" placeholder:"TEXT" help:"What was found and done. Kept with the alarm: no card or account numbers."`
	JSON     bool   `name:"json" help:"As JSON."`
}

func (c *alarmCloseCmd) Run(ctx context.Context, m *Main) error {
	for flag, text := range map[string]string{"by": c.By, "why": c.Why} {
		if n := len([]rune(text)); strings.TrimSpace(text) == "" || n > gateway.LongestNote {
			return fmt.Errorf("--%s: %d characters, want 1 to %d", flag, n, gateway.LongestNote)
		}
	}
	return withStore(ctx, m, c.settings, func(s *store.Store) error {
		var closed store.Alarm
		err := s.Write(ctx, func(tx *store.Tx) error {
			a, err := c.find(ctx, tx)
			if err != nil {
				return err
			}
			closed, err = gateway.CloseAlarm(ctx, tx, a.Merchant, a.ID, c.By, c.Why)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return writeAlarms(m, []store.Alarm{closed})
		}
		_, err = fmt.Fprintln(m.Stdout, "closed", closed.ID)
		return err
	})
}

// find is the open alarm that is meant.
func (c *alarmCloseCmd) find(ctx context.Context, tx *store.Tx) (store.Alarm, error) {
	open, err := alarmsOf(ctx, tx, c.Merchant, true)
	if err != nil {
		return store.Alarm{}, err
	}
	open = slices.DeleteFunc(open, func(a store.Alarm) bool { return a.ID != c.ID })
	switch len(open) {
	case 0:
		return store.Alarm{}, fmt.Errorf("no open alarm %q (naru alarm list)", c.ID)
	case 1:
		return open[0], nil
	}
	return store.Alarm{}, fmt.Errorf("--merchant: %d merchants have an open alarm %q, say which", len(open), c.ID)
}

// withStore opens a database that is up to date, for the length of do. It needs
// no master key.
func withStore(ctx context.Context, m *Main, s settings, do func(*store.Store) error) (err error) {
	cfg, err := m.config(s)
	if err != nil {
		return err
	}
	books, err := store.Open(ctx, cfg.DB.Reveal(), store.Options{Now: m.Now, Log: m.logger("text", slog.LevelWarn)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	if err := books.Ready(ctx); err != nil {
		return fmt.Errorf("%w (naru migrate)", err)
	}
	return do(books)
}
