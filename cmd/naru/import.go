package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type importCmd struct {
	Payments    importPaymentsCmd `cmd:"" help:"Take over payments that were made elsewhere, from CSV, .xlsx or JSON. It is refused while a server of an earlier version runs, which may count their money twice."`
	BillingKeys importKeysCmd     `cmd:"" help:"Take over billing keys that were issued elsewhere for the same contracts."`
	Mapping     importMappingCmd  `cmd:"" help:"Print a mapping: guessed from a file's header, or a template."`
}

func newImportCmd() importCmd {
	return importCmd{Payments: importPaymentsCmd{importFlags{books: newBooks()}}, BillingKeys: importKeysCmd{importFlags{books: newBooks()}}}
}

// importFlags are the same for all that is imported.
type importFlags struct {
	books
	Merchant string `required:"" placeholder:"USER-CODE" help:"User code or id of the merchant."`
	Tier     string `placeholder:"CODE" help:"The merchant's sub-store of this tier code instead."`
	File     string `required:"" placeholder:"FILE" help:"CSV, .xlsx or JSON; - is standard input."`
	Mapping  string `placeholder:"FILE" help:"Which column is what (naru import mapping); guessed from the header when not given."`
	DryRun   bool   `help:"Check everything against the books and write nothing."`
	Ask      bool   `default:"true" negatable:"" help:"Ask the provider about each new one first, and refuse what it does not know or knows otherwise; --no-ask leaves it out, and each is asked about before its first cancel."`
	Report   string `placeholder:"FILE" help:"Write every row that was not taken over, and why, to this file as CSV."`
	JSON     bool   `name:"json" help:"Print the report as JSON."`
}

type importPaymentsCmd struct{ importFlags }

func (c *importPaymentsCmd) Run(ctx context.Context, m *Main) error {
	return c.run(ctx, m, func(g *gateway.Gateway) importer { return g.ImportPayments })
}

type importKeysCmd struct{ importFlags }

// Run never shows a key.
func (c *importKeysCmd) Run(ctx context.Context, m *Main) error {
	return c.run(ctx, m, func(g *gateway.Gateway) importer { return g.ImportBillingKeys })
}

type importer func(context.Context, io.Reader, gateway.ImportOptions) (gateway.ImportReport, error)

// errNotAll is the end of an import that left rows out.
var errNotAll = errors.New("some rows were not taken over")

func (c *importFlags) run(ctx context.Context, m *Main, which func(*gateway.Gateway) importer) (err error) {
	o := gateway.ImportOptions{DryRun: c.DryRun, Ask: c.Ask}
	if o.Mapping, err = readMapping(c.Mapping); err != nil {
		return err
	}
	in, done, err := c.input(m)
	if err != nil {
		return err
	}
	defer func() { done() }() // as it is then: the report adds to it
	if o.Problem, err = c.problems(&done); err != nil {
		return err
	}
	return c.openFor(ctx, m, ofMerchant{c.Merchant, c.Tier}, func(b *opened, of pay.Merchant) error {
		o.Merchant = of.ID
		ctx := pay.WithActor(ctx, m.commandActor())
		report, err := which(b.gateway)(ctx, in, o)
		if !c.DryRun && report.Rows > 0 {
			err = errors.Join(err, b.gateway.RecordImport(ctx, of.ID, report, err != nil))
		}
		if err != nil {
			return fmt.Errorf("after %d rows (%d taken over): %w", report.Rows, report.New, flagged(err, map[string]string{"file": "file", "mapping": "mapping"}))
		}
		return c.say(m.Stdout, report)
	})
}

func (c *importFlags) input(m *Main) (io.Reader, func(), error) {
	if c.File == "-" {
		return m.Stdin, func() {}, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, fmt.Errorf("--file: %w", err)
	}
	return f, func() { _ = f.Close() }, nil
}

// problems writes each row that was not taken over; done closes the file, too.
func (c *importFlags) problems(done *func()) (func(gateway.ImportProblem), error) {
	if c.Report == "" {
		return nil, nil
	}
	f, err := os.OpenFile(c.Report, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	w := csv.NewWriter(f)
	before := *done
	*done = func() { w.Flush(); _ = f.Close(); before() }
	_ = w.Write(gateway.ImportProblemHeader())
	return func(p gateway.ImportProblem) { _ = w.Write(p.Row()) }, nil
}

func readMapping(name string) (*gateway.ImportMapping, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--mapping: %w", err)
	}
	defer func() { _ = f.Close() }()
	m, err := gateway.ReadImportMapping(f)
	if err != nil {
		return nil, fmt.Errorf("--mapping %s: %w", name, err)
	}
	return &m, nil
}

// say ends with an error when rows were left out, so that scripts see it.
func (c *importFlags) say(w io.Writer, r gateway.ImportReport) error {
	var err error
	if r.Differ+r.Refused > 0 {
		err = errNotAll
	}
	if c.JSON {
		return errors.Join(printJSON(w, r), err)
	}
	verb := "imported"
	if r.DryRun {
		verb = "would be imported"
	}
	_, _ = fmt.Fprintf(w, "%d rows: %d %s, %d were there already, %d differ from the books, %d refused\n", r.Rows, r.New, verb, r.Same, r.Differ, r.Refused)
	for _, s := range r.Sums {
		_, _ = fmt.Fprintf(w, "  %-20s %6d  %s %s, %s given back\n", s.Status, s.Payments, strconv.FormatInt(s.Amount, 10), s.Currency, strconv.FormatInt(s.Cancelled, 10))
	}
	const shown = 20
	for i, p := range r.Problems {
		if i == shown {
			_, _ = fmt.Fprintf(w, "  … %d more: --report FILE has them all\n", len(r.Problems)-shown+r.More)
			break
		}
		_, _ = fmt.Fprintf(w, "  line %d %s: %s %q: %s\n", p.Line, oneLine(p.ID), p.Field, oneLine(p.Value), oneLine(p.Allowed))
	}
	return err
}

type importMappingCmd struct {
	Kind string `arg:"" optional:"" default:"payments" enum:"payments,billing-keys" help:"payments or billing-keys."`
	File string `placeholder:"FILE" help:"Guess it from this file's header; without it a template is printed."`
}

func (c *importMappingCmd) Run(_ context.Context, m *Main) error {
	kind := map[string]gateway.ImportKind{"payments": gateway.ImportPayments, "billing-keys": gateway.ImportKeys}[c.Kind]
	if c.File == "" {
		return printJSON(m.Stdout, gateway.MappingTemplate(kind))
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("--file: %w", err)
	}
	defer func() { _ = f.Close() }()
	guess, columns, err := gateway.GuessImportMapping(f, kind)
	if err != nil {
		return flagged(err, map[string]string{"file": "file"})
	}
	if err := printJSON(m.Stdout, guess); err != nil {
		return err
	}
	used := slices.Collect(maps.Values(guess.Fields))
	columns = slices.DeleteFunc(columns, func(name string) bool { return slices.Contains(used, name) })
	if len(columns) > 0 {
		text, err := json.Marshal(columns)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(m.Stderr, "columns that no field was found for: %s\n", text)
	}
	return nil
}
