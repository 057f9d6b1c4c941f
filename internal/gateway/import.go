package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// ImportKind says what is brought along.
type ImportKind string

// What a merchant brings along from elsewhere.
const (
	ImportPayments ImportKind = "payments"
	ImportKeys     ImportKind = "billing_keys"
)

// ImportOptions say what is imported and how.
type ImportOptions struct {
	Merchant pay.MerchantID
	// Mapping says which of the file's columns is what; nil is guessed from its header.
	Mapping *ImportMapping
	// DryRun checks everything against the books and writes nothing.
	DryRun bool
	// Ask has each new payment asked about at its provider before it is taken over: one
	// that the provider does not know, or knows otherwise, is refused.
	Ask bool
	// Problem gets each row that was not taken over, and why; nil is nobody.
	Problem func(ImportProblem)
	// Progress gets the counts after each batch; nil is nobody.
	Progress func(ImportReport)
}

// ImportProblem is why a row was not taken over. Line is the row of the file, its
// header included, or the how-manieth payment of a JSON file. Value is never a secret.
type ImportProblem struct {
	Line    int    `json:"line"`
	ID      string `json:"id,omitempty"` // imp_uid or customer_uid, as far as it can be read
	Kind    string `json:"kind"`         // "refused", or "differs" from the books
	Field   string `json:"field"`
	Value   string `json:"value,omitempty"`
	Allowed string `json:"allowed"`
}

// Kinds of problems.
const (
	ImportRefused = "refused"
	ImportDiffers = "differs"
)

func (p ImportProblem) Error() string {
	return fmt.Sprintf("line %d: %s %q: %s", p.Line, p.Field, p.Value, p.Allowed)
}

// ImportSum is what the payments of one status and currency come to that are new.
type ImportSum struct {
	Status    pay.Status   `json:"status"`
	Currency  pay.Currency `json:"currency"`
	Payments  int          `json:"payments"`
	Amount    int64        `json:"amount"`
	Cancelled int64        `json:"cancelled"`
}

// importProblemsKept is how many problems a report holds; Options.Problem gets all.
const importProblemsKept = 1000

// ImportReport is what came of an import, or would come of it.
type ImportReport struct {
	Kind     ImportKind      `json:"kind"`
	DryRun   bool            `json:"dry_run"`
	Rows     int             `json:"rows"`
	New      int             `json:"new"`
	Same     int             `json:"same"`
	Differ   int             `json:"differ"`
	Refused  int             `json:"refused"`
	Sums     []ImportSum     `json:"sums,omitempty"`
	Problems []ImportProblem `json:"problems"` // the first thousand
	More     int             `json:"more"`     // problems beyond them
	Columns  []string        `json:"columns,omitempty"`
	Mapping  ImportMapping   `json:"mapping"` // as it was used
}

func (r *ImportReport) sum(p pay.Payment) {
	i := slices.IndexFunc(r.Sums, func(s ImportSum) bool { return s.Status == p.Status && s.Currency == p.Amount.Total.Currency })
	if i < 0 {
		i = len(r.Sums)
		r.Sums = append(r.Sums, ImportSum{Status: p.Status, Currency: p.Amount.Total.Currency})
	}
	s := &r.Sums[i]
	s.Payments++
	s.Amount += p.Amount.Total.Minor
	s.Cancelled += p.Cancelled
}

// importing is one run of an import.
type importing struct {
	g        *Gateway
	o        ImportOptions
	report   ImportReport
	channels []pay.Channel
	mapping  ImportMapping
	seen     map[string]int           // ids of the file, and their lines
	paid     map[pay.MerchantUID]int  // order numbers that the file uses up, and their lines
	theirs   map[string]int           // the provider's keys of the file, and their lines
	keys     map[pay.CustomerUID]bool // of billing keys
}

// importBatch is how many payments are written in one transaction. After each it is
// rested as long as it took, importRest at most, so that payments come first.
const (
	importBatch = 50
	importRest  = time.Second
)

func (g *Gateway) importing(ctx context.Context, kind ImportKind, o ImportOptions) (*importing, error) {
	if !o.DryRun {
		if err := g.store.Read(ctx, func(tx *store.Tx) error { return refuseBesideOlder(ctx, tx) }); err != nil {
			return nil, err
		}
	}
	all, err := g.usableChannels(ctx, o.Merchant)
	if err != nil {
		return nil, err
	}
	im := &importing{g: g, o: o, channels: all, seen: map[string]int{}, paid: map[pay.MerchantUID]int{}, theirs: map[string]int{}, keys: map[pay.CustomerUID]bool{}}
	im.report = ImportReport{Kind: kind, DryRun: o.DryRun, Problems: []ImportProblem{}}
	return im, nil
}

// ImportPayments takes over payments that were made elsewhere, from CSV, .xlsx or
// JSON: rows of a console's list, V1's own answers, or what Export wrote. Each row is
// checked, and refused or found different by itself; what is on the books is never
// changed, so that the same file twice changes nothing. Nobody is told. The error is
// trouble with the file as a whole (*Invalid) or on the way: what was written by then
// stays, and the same file goes on from there.
func (g *Gateway) ImportPayments(ctx context.Context, from io.Reader, o ImportOptions) (ImportReport, error) {
	im, err := g.importing(ctx, ImportPayments, o)
	if err != nil {
		return ImportReport{}, err
	}
	var batch []arrival
	flush := func() error {
		err := im.settle(ctx, batch)
		batch = batch[:0]
		if err == nil && o.Progress != nil {
			o.Progress(im.report)
		}
		return err
	}
	err = im.each(ctx, from, paymentFields(), func(r record) error {
		a, ok := im.payment(r)
		if !ok {
			return nil
		}
		if batch = append(batch, a); len(batch) < importBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	slices.SortFunc(im.report.Sums, func(a, b ImportSum) int { return strings.Compare(string(a.Status), string(b.Status)) })
	return im.report, err
}

// each reads the file row by row.
func (im *importing) each(ctx context.Context, from io.Reader, fields []importField, do func(record) error) error {
	src, err := openImport(ctx, im.g.sheets, from)
	if err != nil {
		return err
	}
	defer src.close()
	im.mapping = src.guess(fields)
	if im.o.Mapping != nil {
		im.mapping = *im.o.Mapping
	}
	im.report.Columns, im.report.Mapping = src.columns, im.mapping
	if err := im.mapping.check(src, fields); err != nil {
		return err
	}
	for r, err := range src.rows {
		bad, isRow := errors.AsType[*ImportProblem](err)
		switch {
		case isRow:
			im.report.Rows++
			im.refuse(*bad)
			continue
		case err != nil:
			return err
		}
		im.report.Rows++
		if err := do(r); err != nil {
			return err
		}
	}
	if im.report.Rows == 0 {
		return &Invalid{"file", "it has no rows"}
	}
	return nil
}

// refuse counts a row that is not taken over; what is wrong with it besides is told
// as well.
func (im *importing) refuse(all ...ImportProblem) {
	im.report.Refused++
	im.tell(ImportRefused, all)
}

func (im *importing) differs(all ...ImportProblem) {
	im.report.Differ++
	im.tell(ImportDiffers, all)
}

func (im *importing) tell(kind string, all []ImportProblem) {
	for _, p := range all {
		p.Kind, p.Value = kind, cutText(p.Value, 80)
		if im.o.Problem != nil {
			im.o.Problem(p)
		}
		if len(im.report.Problems) < importProblemsKept {
			im.report.Problems = append(im.report.Problems, p)
		} else {
			im.report.More++
		}
	}
}

// cutText is the beginning of a text, on one line.
func cutText(text string, most int) string {
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "))
	if len(r) > most {
		r = append(r[:most], '…')
	}
	return string(r)
}
