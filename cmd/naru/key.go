package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"naru/internal/gateway"
	"naru/internal/store"
)

// keyJSON is a key in JSON; its secret is there only when it was just made.
type keyJSON struct {
	Key         string     `json:"imp_key"`
	Secret      string     `json:"imp_secret,omitempty"`
	Name        string     `json:"name"`
	Created     *time.Time `json:"created,omitempty"`
	Used        *time.Time `json:"used,omitempty"`
	FormerUntil *time.Time `json:"former_secret_until,omitempty"`
	Revoked     *time.Time `json:"revoked,omitempty"`
}

func newKeyCmd() keyCmd {
	return keyCmd{
		Add: keyAddCmd{books: newBooks()}, List: keyListCmd{books: newBooks()}, Rename: keyRenameCmd{books: newBooks()},
		Reissue: keyReissueCmd{books: newBooks()}, Revoke: keyRevokeCmd{books: newBooks()},
	}
}

type keyAddCmd struct {
	books
	Merchant string `arg:"" help:"User code or id of the merchant."`
	Name     string `help:"A name for lists."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *keyAddCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		key, secret, err := b.gateway.AddNamedKey(ctx, gateway.NewKey{Merchant: of.ID, Name: c.Name})
		if err != nil {
			return flagged(err, map[string]string{"name": "name", "merchant": "merchant"})
		}
		return printSecret(m, keyJSON{Key: key, Secret: secret, Name: c.Name}, c.JSON)
	})
}

// printSecret shows a secret, this once.
func printSecret(m *Main, k keyJSON, asJSON bool) error {
	if asJSON {
		return printJSON(m.Stdout, k)
	}
	_, err := fmt.Fprintf(m.Stdout, "imp_key     %s\nimp_secret  %s\n", k.Key, k.Secret)
	_, _ = fmt.Fprintln(m.Stderr, "The secret is not kept: this is the only time it is shown.")
	if k.FormerUntil != nil {
		_, _ = fmt.Fprintf(m.Stderr, "The secret of before works until %s.\n", when(*k.FormerUntil))
	}
	return err
}

// ofKey names a key by itself, or a merchant's key that must be its.
type ofKey struct {
	Key      string `arg:"" help:"The key (imp_key)."`
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the merchant it must belong to."`
}

// find is the key, and whose it is.
func (c ofKey) find(ctx context.Context, b *opened) (store.APIKey, error) {
	var k store.APIKey
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		k, err = tx.Key(ctx, c.Key)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return k, fmt.Errorf("no key %q", c.Key)
	}
	if err != nil || c.Merchant == "" {
		return k, err
	}
	of, err := b.merchant(ctx, c.Merchant)
	if err == nil && of.ID != k.Merchant {
		err = fmt.Errorf("%s has no key %q", of.UserCode, c.Key)
	}
	return k, err
}

type keyRenameCmd struct {
	books
	ofKey
	Name string `required:"" help:"The name; empty for none."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *keyRenameCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		k, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		if err := b.gateway.RenameKey(ctx, k.Merchant, k.Key, c.Name); err != nil {
			return flagged(err, map[string]string{"name": "name"})
		}
		if c.JSON {
			return printJSON(m.Stdout, keyJSON{Key: k.Key, Name: c.Name})
		}
		_, err = fmt.Fprintln(m.Stdout, "renamed", k.Key)
		return err
	})
}

type keyReissueCmd struct {
	books
	ofKey
	Overlap time.Duration `default:"0s" help:"How long the secret of before is taken as well, such as 24h (to 720h); 0s ends it and its tokens at once."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

func (c *keyReissueCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		k, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		secret, until, err := b.gateway.ReissueKey(ctx, k.Merchant, k.Key, c.Overlap)
		if err != nil {
			return flagged(err, map[string]string{"overlap": "overlap"})
		}
		return printSecret(m, keyJSON{Key: k.Key, Secret: secret, Name: k.Name, FormerUntil: ifSet(until)}, c.JSON)
	})
}

type keyRevokeCmd struct {
	books
	ofKey
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *keyRevokeCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		k, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		if err := b.gateway.RevokeKey(ctx, k.Merchant, k.Key); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"imp_key": k.Key, "revoked": true})
		}
		_, err = fmt.Fprintln(m.Stdout, "revoked", k.Key)
		return err
	})
}

type keyListCmd struct {
	books
	Merchant string `arg:"" help:"User code or id of the merchant."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *keyListCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		of, err := b.merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		all, err := b.gateway.Keys(ctx, of.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"keys": keysJSON(all)})
		}
		return printKeys(m.Stdout, all)
	})
}

func keysJSON(all []gateway.KeyUse) []keyJSON {
	out := make([]keyJSON, len(all))
	for i, k := range all {
		out[i] = keyJSON{
			Key: k.Key, Name: k.Name, Created: ifSet(k.Created), Used: ifSet(k.Used), FormerUntil: ifSet(k.FormerUntil), Revoked: ifSet(k.Revoked),
		}
	}
	return out
}

func printKeys(to io.Writer, all []gateway.KeyUse) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "KEY\tCREATED\tREVOKED\tUSED\tNAME")
	for _, k := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Key, when(k.Created), when(k.Revoked), when(k.Used), cmp.Or(k.Name, "-"))
	}
	return w.Flush()
}

// when is a time for a list, "-" when it has not come.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
