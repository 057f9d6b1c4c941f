package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
	"naru/internal/vault"
)

type vaultCmd struct {
	Rotate vaultRotateCmd `cmd:"" help:"Seal everything with a new key, or change the master key."`
	Status vaultStatusCmd `cmd:"" help:"Say with which keys the secrets in the database are sealed."`
}

func newVaultCmd() vaultCmd {
	return vaultCmd{Rotate: vaultRotateCmd{books: newBooks()}, Status: vaultStatusCmd{books: newBooks()}}
}

type vaultRotateCmd struct {
	books
	Continue         bool   `help:"Make no new key: seal what an earlier rotation left."`
	NewMasterKeyFile string `placeholder:"FILE" help:"Have the database open with this master key too, so that nodes can be restarted with it."`
	Finish           bool   `help:"End the change of the master key: the old one opens nothing any more."`
	JSON             bool   `name:"json" help:"Print JSON."`
}

// The JSON of these commands.
type (
	keysetJSON struct {
		Keys     int          `json:"keys"`     // the newest seals
		Changing bool         `json:"changing"` // two master keys open the database
		Columns  []sealedJSON `json:"columns"`  // empty when the master key alone was changed
	}
	sealedJSON struct {
		Column     string `json:"column"`
		Sealed     int    `json:"sealed"`
		Anew       int    `json:"sealed_anew"`
		Older      int    `json:"with_an_older_key"`
		Unreadable int    `json:"unreadable"`
	}
)

func printVault(ctx context.Context, w io.Writer, v *vault.Vault, all []gateway.Resealed) error {
	info, err := v.Info(ctx)
	if err != nil {
		return err
	}
	out := keysetJSON{info.Keys, info.Changing, make([]sealedJSON, len(all))}
	for i, r := range all {
		out.Columns[i] = sealedJSON{r.Column, r.Seen, r.Resealed, r.Old, r.Unreadable}
	}
	return printJSON(w, out)
}

// Run may work beside a running gateway.
func (c *vaultRotateCmd) Run(ctx context.Context, m *Main) error {
	switch {
	case c.Continue && (c.NewMasterKeyFile != "" || c.Finish):
		return errors.New("--continue is about the keys in the database: give it alone")
	case c.NewMasterKeyFile != "" || c.Finish:
		return c.changeMaster(ctx, m)
	}
	return c.open(ctx, m, func(b *opened) error {
		if !c.Continue {
			switch err := b.vault.Rotate(ctx, swapKeyset(b.store)); {
			case errors.Is(err, vault.ErrChanging):
				return errors.New("the master key is being changed: restart all nodes with the new one, then: naru vault rotate --finish")
			case errors.Is(err, store.ErrConflict):
				return errors.New("somebody else rotated at the same time; nothing was changed here: look with naru vault status")
			case err != nil:
				return err
			}
		}
		done, err := b.gateway.Reseal(ctx, sealedElsewhere(), false)
		say := sayResealed
		if c.JSON {
			say = func(w io.Writer, all []gateway.Resealed) error { return printVault(ctx, w, b.vault, all) }
		}
		if sayErr := say(m.Stdout, done); err == nil {
			err = sayErr
		}
		if err != nil {
			return fmt.Errorf("%w (go on with: naru vault rotate --continue)", err)
		}
		return unreadable(done)
	})
}

// changeMaster adds a master key, drops the old one, or does both at once.
func (c *vaultRotateCmd) changeMaster(ctx context.Context, m *Main) error {
	if c.NewMasterKeyFile == "" {
		return c.open(ctx, m, func(b *opened) error { return c.finish(ctx, m.Stdout, b.vault, b.store) })
	}
	text, err := os.ReadFile(c.NewMasterKeyFile)
	if err != nil {
		return fmt.Errorf("--new-master-key-file: %w", err)
	}
	next, err := vault.ParseMaster(string(text))
	if err != nil {
		return fmt.Errorf("--new-master-key-file %s: %w", c.NewMasterKeyFile, err)
	}
	return c.open(ctx, m, func(b *opened) error {
		switch err := b.vault.AddMaster(ctx, next, swapKeyset(b.store)); {
		case errors.Is(err, vault.ErrChanging):
			return errors.New("--new-master-key-file: a change to another master key is under way: finish that first, with: naru vault rotate --finish")
		case errors.Is(err, store.ErrConflict):
			return errors.New("somebody else changed the keys at the same time; nothing was changed here: try again")
		case err != nil:
			return err
		}
		if !c.Finish && c.JSON {
			return printVault(ctx, m.Stdout, b.vault, nil)
		}
		if !c.Finish {
			_, err := fmt.Fprintln(m.Stdout, "the database opens with both master keys. Restart every node with the new one, then: naru vault rotate --finish")
			return err
		}
		renewed, err := openVault(ctx, b.store, next)
		if err != nil {
			return err
		}
		return c.finish(ctx, m.Stdout, renewed, b.store)
	})
}

func (c *vaultRotateCmd) finish(ctx context.Context, w io.Writer, v *vault.Vault, s *store.Store) error {
	switch err := v.DropMaster(ctx, swapKeyset(s)); {
	case errors.Is(err, vault.ErrOldMaster):
		return errors.New("--finish: this is the old master key; give the new one as NARU_MASTER_KEY or --master-key-file")
	case errors.Is(err, store.ErrConflict):
		return errors.New("--finish: somebody else changed the keys at the same time; nothing was changed here: try again")
	case err != nil:
		return err
	}
	if c.JSON {
		return printVault(ctx, w, v, nil)
	}
	_, err := fmt.Fprintln(w, "the database opens with the present master key alone. Keep the old one as long as backups that need it.")
	return err
}

// swapKeyset keeps a changed keyset in s.
func swapKeyset(s *store.Store) vault.Swap {
	return func(ctx context.Context, sealed, before []byte) error {
		return s.Write(ctx, func(tx *store.Tx) error { return tx.SwapKeyset(ctx, sealed, before) })
	}
}

// sealedElsewhere are the columns that others than the gateway seal.
func sealedElsewhere() map[string]gateway.SealedAs {
	return map[string]gateway.SealedAs{
		"webhook_secrets.sealed": func(s store.Sealed) string {
			seq, err := strconv.ParseInt(s.Key, 10, 64)
			if err != nil {
				return "" // no number: it opens as nothing and is counted as unreadable
			}
			return notify.SecretName(s.Merchant, seq)
		},
		"operators.totp": func(s store.Sealed) string { return people.SealedAs(pay.OperatorID(s.Key)) },
	}
}

type vaultStatusCmd struct {
	books
	JSON bool `name:"json" help:"Print JSON."`
}

// Run reads only.
func (c *vaultStatusCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		found, err := b.gateway.Reseal(ctx, sealedElsewhere(), true)
		if err != nil {
			return err
		}
		if c.JSON {
			return errors.Join(printVault(ctx, m.Stdout, b.vault, found), unreadable(found))
		}
		info, err := b.vault.Info(ctx)
		if err != nil {
			return err
		}
		master := "one master key opens the database"
		if info.Changing {
			master = "two master keys open the database: finish with naru vault rotate --finish"
		}
		_, _ = fmt.Fprintf(m.Stdout, "%s\n%d keys, the newest seals\n", master, info.Keys)
		if err := sayResealed(m.Stdout, found); err != nil {
			return err
		}
		return unreadable(found)
	})
}

func sayResealed(out io.Writer, all []gateway.Resealed) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "COLUMN\tSEALED\tSEALED ANEW\tWITH AN OLDER KEY\tUNREADABLE")
	for _, r := range all {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", r.Column, r.Seen, r.Resealed, r.Old, r.Unreadable)
	}
	return w.Flush()
}

func unreadable(all []gateway.Resealed) error {
	n := 0
	for _, r := range all {
		n += r.Unreadable
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d sealed values do not open: they were changed, or come from another database. They were left as they are", n)
}
