package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// Jobs of imports that are begun on a page.
const (
	JobImport     = "import"      // key: import id
	JobImportDrop = "import_drop" // key: import id: nobody went on with it
)

// MaxImportFile is the largest file, in bytes, that a page takes.
const MaxImportFile = 32 << 20

// importPart is how much of a file is sealed in one piece.
const importPart = 256 << 10

// importKeptFor is how long the file of an import waits for somebody to go on.
const importKeptFor = time.Hour

// MaxOpenImports is how many files of a merchant are kept at once.
const MaxOpenImports = 5

// ErrImportsOpen is of one more.
var ErrImportsOpen = &Invalid{"file", fmt.Sprintf("%d imports wait or run already: go on with them, or discard one", MaxOpenImports)}

type importArg struct {
	Merchant pay.MerchantID `json:"merchant"`
	Actor    pay.Actor      `json:"actor"`
	Ask      bool           `json:"ask,omitempty"`
}

func sealedPart(id string, seq int) string { return fmt.Sprintf("import:%s:%d", id, seq) }

// KeepImport takes a file in that is to be imported: sealed, until the import ends,
// for an hour at most while nobody goes on with it. *Invalid of one that is empty or
// larger than MaxImportFile, ErrImportsOpen while MaxOpenImports others have not ended.
func (g *Gateway) KeepImport(ctx context.Context, m pay.MerchantID, kind ImportKind, from io.Reader) (store.Import, error) {
	if kind != ImportPayments && kind != ImportKeys {
		return store.Import{}, &Invalid{"kind", fmt.Sprintf("%q is not one of payments, billing_keys", cutText(string(kind), 40))}
	}
	i := store.Import{Merchant: m, ID: g.newUUID(), Kind: string(kind), Status: store.ImportWaiting, Actor: actorName(ctx)}
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.MerchantToChange(ctx, m); err != nil { // one upload after the other
			return err
		}
		switch open, err := tx.CountOpenImports(ctx, m, tx.Now.AddDate(0, 0, -7)); {
		case err != nil:
			return err
		case open >= MaxOpenImports:
			return ErrImportsOpen
		}
		if err := tx.InsertImport(ctx, i); err != nil {
			return err
		}
		return tx.Enqueue(ctx, m, JobImportDrop, i.ID, importArg{Merchant: m}, tx.Now.Add(importKeptFor))
	})
	if err != nil {
		return store.Import{}, err
	}
	if err := g.keepParts(ctx, &i, from); err != nil {
		return i, errors.Join(err, g.endImport(context.WithoutCancel(ctx), i, store.ImportDiscarded))
	}
	return i, g.store.Write(ctx, func(tx *store.Tx) error { return tx.UpdateImport(ctx, i, store.ImportWaiting) })
}

func actorName(ctx context.Context) string {
	a, _ := pay.ActorOf(ctx)
	return a.Name
}

func (g *Gateway) keepParts(ctx context.Context, i *store.Import, from io.Reader) error {
	piece := make([]byte, importPart)
	for {
		n, err := io.ReadFull(from, piece)
		if n > 0 {
			if i.Bytes += int64(n); i.Bytes > MaxImportFile {
				return &Invalid{"file", fmt.Sprintf("it is larger than %d MB: naru import reads files of any size", MaxImportFile>>20)}
			}
			sealed, err := g.vault.Seal(piece[:n], sealedPart(i.ID, i.Parts))
			if err != nil {
				return err
			}
			if err := g.store.Write(ctx, func(tx *store.Tx) error { return tx.PutImportPart(ctx, i.Merchant, i.ID, i.Parts, sealed) }); err != nil {
				return err
			}
			i.Parts++
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			if i.Bytes == 0 {
				return &Invalid{"file", "it is empty"}
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// endImport ends an import, and its file is gone.
func (g *Gateway) endImport(ctx context.Context, i store.Import, status string) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		now, err := tx.Import(ctx, i.Merchant, i.ID)
		if err != nil {
			return err
		}
		was := now.Status
		if was == store.ImportWaiting || was == store.ImportRunning {
			now.Status, now.Ended = status, tx.Now
			if now.Report, err = withoutContents(now.Report); err != nil {
				return err
			}
			if err := tx.UpdateImport(ctx, now, was); err != nil {
				return err
			}
		}
		if err := tx.DeleteJob(ctx, i.Merchant, JobImportDrop, i.ID); err != nil {
			return err
		}
		return tx.DropImportParts(ctx, i.Merchant, i.ID)
	})
}

// withoutContents is a report in which nothing is left that stood in the file: what is
// wrong with a row may be that a buyer's name is where an amount should be.
func (r ImportReport) withoutContents() ImportReport {
	r.Problems = slices.Clone(r.Problems)
	for i := range r.Problems {
		p := &r.Problems[i]
		if p.Value = ""; !importedID.MatchString(p.ID) {
			p.ID = ""
		}
	}
	return r
}

func withoutContents(report json.RawMessage) (json.RawMessage, error) {
	if report == nil {
		return nil, nil
	}
	var r ImportReport
	if err := json.Unmarshal(report, &r); err != nil {
		return nil, err
	}
	return json.Marshal(r.withoutContents())
}

// DiscardImport ends an import that was not begun.
func (g *Gateway) DiscardImport(ctx context.Context, m pay.MerchantID, id string) error {
	i, err := g.KeptImport(ctx, m, id)
	if err != nil {
		return err
	}
	if i.Status != store.ImportWaiting {
		return &Invalid{"import", "it is " + i.Status + " already"}
	}
	return g.endImport(ctx, i, store.ImportDiscarded)
}

// KeptImport is an import of a merchant, or store.ErrNotFound.
func (g *Gateway) KeptImport(ctx context.Context, m pay.MerchantID, id string) (i store.Import, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		i, err = tx.Import(ctx, m, id)
		return err
	})
	return i, err
}

// CheckImport is a dry run of an import that waits, by a mapping or, when it is nil,
// by what the header tells. Mapping and report are kept with it.
func (g *Gateway) CheckImport(ctx context.Context, m pay.MerchantID, id string, mapping *ImportMapping) (ImportReport, error) {
	i, err := g.KeptImport(ctx, m, id)
	if err != nil {
		return ImportReport{}, err
	}
	if i.Status != store.ImportWaiting {
		return ImportReport{}, &Invalid{"import", "it is " + i.Status + " already"}
	}
	report, err := g.runImport(ctx, i, ImportOptions{Merchant: m, Mapping: mapping, DryRun: true})
	wrong, _ := errors.AsType[*Invalid](err)
	if err != nil && (wrong == nil || wrong.Field == "file") {
		return report, err
	}
	if keeping := g.keepReport(ctx, i, report, store.ImportWaiting); keeping != nil {
		return report, keeping
	}
	return report, err
}

func (g *Gateway) keepReport(ctx context.Context, i store.Import, r ImportReport, was string) error {
	mapping, err := json.Marshal(r.Mapping)
	if err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	i.Mapping, i.Report, i.Dry = mapping, text, r.DryRun
	return g.store.Write(ctx, func(tx *store.Tx) error { return tx.UpdateImport(ctx, i, was) })
}

func (g *Gateway) runImport(ctx context.Context, i store.Import, o ImportOptions) (ImportReport, error) {
	from := &keptFile{ctx: ctx, g: g, i: i}
	if ImportKind(i.Kind) == ImportKeys {
		return g.ImportBillingKeys(ctx, from, o)
	}
	return g.ImportPayments(ctx, from, o)
}

// StartImport begins an import whose dry run was looked at, as a job; ask is
// ImportOptions.Ask.
func (g *Gateway) StartImport(ctx context.Context, m pay.MerchantID, id string, ask bool) error {
	who, _ := pay.ActorOf(ctx)
	return g.store.Write(ctx, func(tx *store.Tx) error {
		if err := refuseBesideOlder(ctx, tx); err != nil {
			return err
		}
		i, err := tx.Import(ctx, m, id)
		switch {
		case err != nil:
			return err
		case i.Status != store.ImportWaiting:
			return &Invalid{"import", "it is " + i.Status + " already"}
		case i.Report == nil || !i.Dry:
			return &Invalid{"import", "look at its dry run first"}
		}
		i.Status, i.Report, i.Dry = store.ImportRunning, nil, false
		if err := tx.UpdateImport(ctx, i, store.ImportWaiting); err != nil {
			return err
		}
		if err := tx.DeleteJob(ctx, m, JobImportDrop, id); err != nil {
			return err
		}
		if err := tx.Audit(ctx, store.Change{Merchant: m, Action: "import.start", Target: id, After: map[string]any{"kind": i.Kind, "bytes": i.Bytes, "ask": ask}}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, m, JobImport, id, importArg{m, who, ask}, tx.Now)
	})
}

// workImport runs an import, from the beginning if it was cut off: what was taken over
// by then is the same.
func (g *Gateway) workImport(ctx context.Context, j store.Job) error {
	var arg importArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	ctx = pay.WithActor(ctx, arg.Actor)
	i, err := g.KeptImport(ctx, arg.Merchant, j.Key)
	if err != nil || i.Status != store.ImportRunning {
		return err
	}
	var before ImportReport
	if i.Report != nil {
		if err := json.Unmarshal(i.Report, &before); err != nil {
			return err
		}
	}
	var mapping ImportMapping
	if err := json.Unmarshal(i.Mapping, &mapping); err != nil {
		return err
	}
	fresh := func(r ImportReport) ImportReport {
		n := min(before.New, r.Same)
		r.New, r.Same = r.New+n, r.Same-n
		return r
	}
	shown := g.now()
	report, err := g.runImport(ctx, i, ImportOptions{Merchant: i.Merchant, Mapping: &mapping, Ask: arg.Ask, Progress: func(r ImportReport) {
		if g.now().Sub(shown) >= time.Second && r.Rows > before.Rows {
			shown = g.now()
			if err := g.keepReport(ctx, i, fresh(r), store.ImportRunning); err != nil {
				g.log.WarnContext(ctx, "progress of an import not kept", "import", i.ID, "err", err)
			}
		}
	}})
	wrong, invalid := errors.AsType[*Invalid](err)
	if err != nil && !invalid {
		return jobs.RetryAt(g.now().Add(time.Minute), err)
	}
	report = fresh(report)
	if err := g.keepReport(ctx, i, report, store.ImportRunning); err != nil {
		return err
	}
	status := store.ImportDone
	if invalid {
		status = store.ImportFailed
		g.log.WarnContext(ctx, "an import failed", "import", i.ID, "err", wrong)
	}
	if err := g.auditImport(ctx, i, report); err != nil {
		return err
	}
	return g.endImport(ctx, i, status)
}

func (g *Gateway) auditImport(ctx context.Context, i store.Import, r ImportReport) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(ctx, store.Change{Merchant: i.Merchant, Action: "import." + i.Kind, Target: i.ID, After: map[string]int{
			"rows": r.Rows, "new": r.New, "same": r.Same, "differ": r.Differ, "refused": r.Refused,
		}})
	})
}

// RecordImport keeps what came of an import that no page began, with an audit entry.
func (g *Gateway) RecordImport(ctx context.Context, m pay.MerchantID, r ImportReport, failed bool) error {
	i := store.Import{Merchant: m, ID: g.newUUID(), Kind: string(r.Kind), Status: store.ImportDone, Actor: actorName(ctx), Ended: g.now()}
	if failed {
		i.Status = store.ImportFailed
	}
	err := g.store.Write(ctx, func(tx *store.Tx) error { return tx.InsertImport(ctx, i) })
	if err == nil {
		err = g.keepReport(ctx, i, r.withoutContents(), i.Status)
	}
	if err == nil {
		err = g.auditImport(ctx, i, r)
	}
	return err
}

// workImportDrop discards an import that nobody went on with.
func (g *Gateway) workImportDrop(ctx context.Context, j store.Job) error {
	var arg importArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	i, err := g.KeptImport(ctx, arg.Merchant, j.Key)
	if err != nil || i.Status == store.ImportRunning {
		return translate(err, store.ErrNotFound, nil)
	}
	return g.endImport(ctx, i, store.ImportDiscarded)
}

// keptFile reads the file of an import, piece by piece.
type keptFile struct {
	ctx  context.Context
	g    *Gateway
	i    store.Import
	next int
	rest []byte
}

func (f *keptFile) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.next == f.i.Parts {
			return 0, io.EOF
		}
		var sealed []byte
		err := f.g.store.Read(f.ctx, func(tx *store.Tx) (err error) {
			sealed, err = tx.ImportPart(f.ctx, f.i.Merchant, f.i.ID, f.next)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return 0, &Invalid{"file", "it is not here any more: choose it again"}
		}
		if err != nil {
			return 0, err
		}
		if f.rest, err = f.g.vault.Open(sealed, sealedPart(f.i.ID, f.next)); err != nil {
			return 0, err
		}
		f.next++
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
