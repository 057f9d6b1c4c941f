package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/store"
	"naru/internal/vault"
)

type backupCmd struct {
	settings
	File string `arg:"" help:"The new file."`
	JSON bool   `name:"json" help:"Print JSON."`
}

var errOwnTools = errors.New("the database is PostgreSQL: use pg_dump, or a base backup with its log (docs/operations.md, Backup)")

// Run writes a backup, also while a gateway runs. It needs no master key: what is
// sealed stays sealed.
func (c *backupCmd) Run(ctx context.Context, m *Main) (err error) {
	cfg, err := m.config(c.settings)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.DB.Reveal(), store.Options{Now: m.Now, Log: m.logger("text", slog.LevelWarn)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	version, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if version == 0 {
		return errors.New("the database holds no books") // its address may hold a password
	}
	start := time.Now()
	switch err := s.Backup(ctx, c.File); {
	case errors.Is(err, store.ErrNotSQLite):
		return errOwnTools
	case err != nil:
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	took := time.Since(start).Round(time.Millisecond)
	if c.JSON {
		return printJSON(m.Stdout, map[string]any{"file": c.File, "bytes": info.Size(), "schema": version, "took_ms": took.Milliseconds()})
	}
	_, err = fmt.Fprintf(m.Stdout, "%s: %d bytes, schema version %d, written and checked in %s. It is worth nothing without the master key: keep that elsewhere.\n",
		c.File, info.Size(), version, took)
	return err
}

type restoreCmd struct {
	books
	File string `arg:"" optional:"" help:"A file that naru backup wrote; it becomes the database, which must not be there yet. Without one, the database was put in place by other means (pg_restore)."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// heldJSON is a booked charge that was revoked because the books that were lost may
// have made it.
type heldJSON struct {
	Merchant string    `json:"merchant"`
	Order    string    `json:"merchant_uid"`
	Due      time.Time `json:"due"`
	Currency string    `json:"currency"`
	Amount   int64     `json:"amount"`
}

// Run puts a backup in place and holds what the lost books may have done already.
func (c *restoreCmd) Run(ctx context.Context, m *Main) error {
	cfg, err := m.config(c.settings)
	if err != nil {
		return err
	}
	if c.File != "" {
		master, err := masterKey(cfg)
		if err != nil {
			return err
		}
		opens := func(keyset []byte) error {
			if len(keyset) == 0 {
				return nil // a gateway never ran on it
			}
			return vault.Opens(master, keyset)
		}
		switch err := store.Restore(ctx, c.File, cfg.DB.Reveal(), opens); {
		case errors.Is(err, vault.ErrMaster):
			return fmt.Errorf("the master key is not the one that %s was sealed with; nothing was put in place", c.File)
		case errors.Is(err, store.ErrNotSQLite):
			return errors.New("the database is PostgreSQL: put it in place with pg_restore, then run naru restore without a file")
		case err != nil:
			return err
		}
		if err := c.migrate(ctx, m); err != nil {
			return err
		}
	}
	return c.open(ctx, m, func(b *opened) error {
		held, err := b.gateway.HoldOverdue(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			out := make([]heldJSON, len(held))
			for i, h := range held {
				out[i] = heldJSON{string(h.Merchant), string(h.MerchantUID), h.At, string(h.Amount.Total.Currency), h.Amount.Total.Minor}
			}
			return printJSON(m.Stdout, map[string]any{"revoked": out})
		}
		return sayHeld(m, held)
	})
}

// migrate brings an older release's backup up to date.
func (c *restoreCmd) migrate(ctx context.Context, m *Main) (err error) {
	cfg, err := m.config(c.settings)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.DB.Reveal(), store.Options{Now: m.Now, Log: m.logger("text", slog.LevelWarn)})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

func sayHeld(m *Main, held []gateway.Held) error {
	_, _ = fmt.Fprintf(m.Stdout, "the books open with this master key. %d booked charges fell due before now; the books that were lost may have made them, so they were revoked here.\n", len(held))
	if len(held) > 0 {
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "MERCHANT\tMERCHANT_UID\tDUE\tAMOUNT")
		for _, h := range held {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", h.Merchant, h.MerchantUID, h.At.Format(time.RFC3339), h.Amount.Total.Minor)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(m.Stdout, "Now compare with the providers, before the gateway serves: docs/operations.md, After an old backup.")
	return err
}
