package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type exportCmd struct {
	books
	Merchant        string `required:"" placeholder:"USER-CODE" help:"User code or id of the merchant."`
	Tier            string `placeholder:"CODE" help:"Only the merchant's sub-store of this tier code."`
	SubStores       bool   `help:"With the merchant's sub-stores."`
	Out             string `required:"" placeholder:"DIR|FILE.zip" help:"A new directory, or a new .zip file."`
	WithBillingKeys bool   `help:"With the providers' billing keys themselves. Whoever has the file can charge with them: only the file's owner may read it, and you keep it so."`
	JSON            bool   `name:"json" help:"Print what was written as JSON."`
}

// Run writes everything of a merchant. What is half written is removed.
func (c *exportCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) (err error) {
		of, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		out, err := c.target()
		if err != nil {
			return err
		}
		o := gateway.ExportOptions{Merchant: of.ID, SubStores: c.SubStores, WithKeys: c.WithBillingKeys}
		report, err := b.gateway.Export(pay.WithActor(ctx, m.commandActor()), o, out.file)
		if err == nil {
			err = out.close()
		}
		if err != nil {
			return errors.Join(err, out.remove())
		}
		return c.say(m.Stdout, report)
	})
}

func (c *exportCmd) say(w io.Writer, r gateway.ExportReport) error {
	if c.JSON {
		return printJSON(w, r)
	}
	for _, of := range slices.Sorted(maps.Keys(r.Counts)) {
		_, _ = fmt.Fprintln(w, of)
		for _, name := range slices.Sorted(maps.Keys(r.Counts[of])) {
			_, _ = fmt.Fprintf(w, "  %-20s %d\n", name, r.Counts[of][name])
		}
	}
	_, err := fmt.Fprintf(w, "written to %s\n", c.Out)
	return err
}

// exportTarget is where an export goes.
type exportTarget struct {
	file   gateway.ExportTo
	close  func() error
	remove func() error
}

// target makes what must not be there yet. Only its owner may read it.
func (c *exportCmd) target() (exportTarget, error) {
	if strings.HasSuffix(strings.ToLower(c.Out), ".zip") {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return exportTarget{}, fmt.Errorf("--out: %w", err)
		}
		z := zip.NewWriter(f)
		return exportTarget{
			file:   gateway.ExportZip(z),
			close:  func() error { return errors.Join(z.Close(), f.Sync(), f.Close()) },
			remove: func() error { _ = f.Close(); return os.Remove(c.Out) },
		}, nil
	}
	if err := os.Mkdir(c.Out, 0o700); err != nil {
		return exportTarget{}, fmt.Errorf("--out: %w", err)
	}
	return exportTarget{
		file: func(name string) (io.WriteCloser, error) {
			path := filepath.Join(c.Out, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return nil, err
			}
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		},
		close:  func() error { return nil },
		remove: func() error { return os.RemoveAll(c.Out) },
	}, nil
}
