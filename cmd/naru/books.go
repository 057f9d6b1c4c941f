package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
	"naru/internal/vault"
)

// books gives a command the flags to open the database of a gateway.
type books struct{ settings }

func newBooks() books { return books{newSettings("db", "master-key-file")} }

// opened is a gateway's database with the gateway's own rules around it.
type opened struct {
	store    *store.Store
	vault    *vault.Vault
	gateway  *gateway.Gateway
	people   *people.Directory
	notifier *notify.Notifier // it sends nothing: another process's runner does
}

// open opens the books, which must be up to date, for the length of do.
func (b books) open(ctx context.Context, m *Main, do func(*opened) error) (err error) {
	cfg, err := m.config(b.settings)
	if err != nil {
		return err
	}
	master, err := masterKey(cfg)
	if err != nil {
		return err
	}
	log := m.logger("text", slog.LevelWarn)
	s, err := store.Open(ctx, cfg.DB.Reveal(), store.Options{Now: m.Now, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Ready(ctx); err != nil {
		return fmt.Errorf("%w (naru migrate)", err)
	}
	v, err := openVault(ctx, s, master)
	if err != nil {
		return err
	}
	calls := newProviderClient()
	defer calls.CloseIdleConnections()
	notifier := notify.New(notify.Options{Store: s, Vault: v, Log: log, Version: version(), AllowPrivate: cfg.AllowPrivate})
	defer notifier.Close()
	return do(&opened{
		store: s, vault: v, notifier: notifier, people: people.New(people.Options{Store: s, Vault: v, Now: m.Now, Log: log}),
		gateway: gateway.New(gateway.Options{Store: s, Vault: v, Drivers: drivers(), Tell: tell(notifier), PublicURL: publicURL(cfg), HTTP: calls, Now: m.Now, Log: log}),
	})
}

// merchant finds a merchant by its user code or id.
func (b *opened) merchant(ctx context.Context, name string) (m pay.Merchant, err error) {
	err = b.store.Read(ctx, func(tx *store.Tx) (err error) {
		m, err = merchantNamed(ctx, tx, name)
		return err
	})
	return m, err
}

func merchantNamed(ctx context.Context, tx *store.Tx, name string) (pay.Merchant, error) {
	m, err := tx.MerchantByUserCode(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		m, err = tx.Merchant(ctx, pay.MerchantID(name))
	}
	if errors.Is(err, store.ErrNotFound) {
		return m, fmt.Errorf("no merchant has the user code or id %q", name)
	}
	return m, err
}

// seller finds a merchant, or its sub-store of a tier code when there is one.
func (b *opened) seller(ctx context.Context, name, tier string) (pay.Merchant, error) {
	m, err := b.merchant(ctx, name)
	if err != nil || tier == "" {
		return m, err
	}
	sub, err := b.gateway.Tier(ctx, m.ID, tier)
	if errors.Is(err, gateway.ErrNoTier) {
		return sub, fmt.Errorf("--tier %s: %s has no such sub-store (naru tier list --merchant %s)", tier, m.UserCode, m.UserCode)
	}
	return sub, err
}

// openFor opens the books for one merchant, or its sub-store.
func (b books) openFor(ctx context.Context, m *Main, whose ofMerchant, do func(*opened, pay.Merchant) error) error {
	return b.open(ctx, m, func(o *opened) error {
		of, err := o.seller(ctx, whose.Merchant, whose.Tier)
		if err != nil {
			return err
		}
		return do(o, of)
	})
}

// personal is the value of a flag, or what standard input has where that is a dash: a
// number that should not be seen among the processes.
func (m *Main) personal(flag, value string) (string, error) {
	if value != "-" {
		return value, nil
	}
	line, err := bufio.NewReader(io.LimitReader(m.Stdin, 200)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	return strings.TrimSpace(line), nil
}

// flagged says of which flag an *gateway.Invalid speaks, by its field.
func flagged(err error, flags map[string]string) error {
	if wrong, ok := errors.AsType[*gateway.Invalid](err); ok && flags[wrong.Field] != "" {
		return fmt.Errorf("--%s: %s", flags[wrong.Field], wrong.Detail)
	}
	return err
}

// openVault opens the vault whose keyset is kept in s.
func openVault(ctx context.Context, s *store.Store, master []byte) (*vault.Vault, error) {
	load := func(ctx context.Context) (sealed []byte, err error) {
		err = s.Read(ctx, func(tx *store.Tx) (err error) {
			sealed, err = tx.Keyset(ctx)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		return sealed, err
	}
	save := func(ctx context.Context, sealed []byte) error {
		return s.Write(ctx, func(tx *store.Tx) error { return tx.PutKeyset(ctx, sealed) })
	}
	v, err := vault.Open(ctx, master, load, save)
	if errors.Is(err, vault.ErrMaster) {
		return nil, errors.New("the master key is not the one this database was sealed with")
	}
	return v, err
}

type migrateCmd struct {
	settings
	JSON bool `name:"json" help:"Print JSON."`
}

// Run brings the schema up to date. It needs no master key.
func (c *migrateCmd) Run(ctx context.Context, m *Main) (err error) {
	cfg, err := m.config(c.settings)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.DB.Reveal(), store.Options{Now: m.Now, Log: m.logger("text", slog.LevelWarn)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	before, err := s.Version(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	after, err := s.Version(ctx)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if c.JSON {
		return printJSON(m.Stdout, map[string]any{"before": before, "version": after, "took_ms": took.Milliseconds()})
	}
	return sayMigrated(m.Stdout, before, after, took)
}

func sayMigrated(w io.Writer, before, after int64, took time.Duration) error {
	if before == after {
		_, err := fmt.Fprintf(w, "the database is up to date, at version %d\n", after)
		return err
	}
	_, err := fmt.Fprintf(w, "the database went from version %d to %d in %s\n", before, after, took.Round(time.Millisecond))
	return err
}
