package gateway

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Limits of a spreadsheet. A small file may unpack to a thousand times its size, and
// what a part holds takes many times its own size once it is read.
const (
	maxSheetParts  = 1000      // entries of the archive, those that are not read among them
	maxSheetBytes  = 256 << 20 // of all parts that are read, unpacked
	maxSharedBytes = 64 << 20  // of the texts that cells share, unpacked
	maxSharedTexts = 2 << 20   // of them
	maxSheetOther  = 8 << 20   // unpacked, of all parts that are neither sheets nor those texts
	sheetInMemory  = 64 << 10  // a larger sheet waits on disk while it is read
	sheetWait      = 20 * time.Second
)

// What is told of a spreadsheet that is not read, whatever is in it.
var (
	// ErrImportUnpacks is of one that unpacks to more than is read.
	ErrImportUnpacks = &Invalid{"file", fmt.Sprintf("it holds more than is read of an .xlsx (%d MB unpacked): save it as CSV UTF-8, or in parts", maxSheetBytes>>20)}
	// ErrImportBusy is of one that came while another was read; nothing is wrong with it.
	ErrImportBusy = errors.New("another spreadsheet is being read: try again in a minute, or save it as CSV UTF-8")
)

// sheetDesk reads spreadsheets one after the other, so that what one may take of
// memory and disk is what all of them may.
type sheetDesk struct {
	free chan struct{}
	wait time.Duration // for the one that is being read, before ErrImportBusy
}

func newSheetDesk() *sheetDesk { return &sheetDesk{free: make(chan struct{}, 1), wait: sheetWait} }

// open reads the first sheet of an .xlsx. Its cells are taken as they are shown. The
// desk is taken until the source is closed.
func (d *sheetDesk) open(ctx context.Context, in io.Reader) (*importSource, error) {
	waiting, stop := context.WithTimeout(ctx, d.wait)
	defer stop()
	select {
	case d.free <- struct{}{}:
	case <-waiting.Done():
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, ErrImportBusy
	}
	leave := func() error { <-d.free; return nil }
	dir, err := os.MkdirTemp("", "naru-import-")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("a place for the sheets of a spreadsheet: %w", err), leave())
	}
	clear := func() error { return os.RemoveAll(dir) }
	src, err := openSheet(in, dir)
	if err != nil {
		return nil, errors.Join(err, clear(), leave())
	}
	src.closers = append(src.closers, clear, leave)
	return src, nil
}

// openSheet puts what it unpacks into dir, which the caller removes.
func openSheet(in io.Reader, dir string) (*importSource, error) {
	whole, err := leanSheet(in)
	if err != nil {
		return nil, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(whole), excelize.Options{UnzipSizeLimit: maxSheetBytes, UnzipXMLSizeLimit: sheetInMemory, TmpDir: dir})
	if err != nil {
		return nil, unreadable(err)
	}
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, errors.Join(&Invalid{"file", "it has no sheet"}, book.Close())
	}
	rows, err := book.Rows(sheets[0])
	if err != nil {
		return nil, errors.Join(&Invalid{"file", "its first sheet cannot be read"}, book.Close())
	}
	var header []string
	if rows.Next() {
		header, err = rows.Columns()
	}
	if err != nil || len(header) == 0 {
		return nil, errors.Join(&Invalid{"file", "its first sheet has no header"}, rows.Close(), book.Close())
	}
	src, err := withHeader(header)
	if err != nil {
		return nil, errors.Join(err, rows.Close(), book.Close())
	}
	src.closers = []func() error{rows.Close, book.Close}
	src.rows = sheetRows(src, rows)
	return src, nil
}

func sheetRows(src *importSource, rows *excelize.Rows) func(yield func(record, error) bool) {
	return func(yield func(record, error) bool) {
		for line := 2; rows.Next(); line++ {
			cells, err := rows.Columns()
			if err != nil {
				yield(record{}, &Invalid{"file", fmt.Sprintf("row %d cannot be read", line)})
				return
			}
			if strings.TrimSpace(strings.Join(cells, "")) == "" {
				continue
			}
			if !yield(src.row(line, cells)) {
				return
			}
		}
	}
}

func unreadable(err error) error {
	return &Invalid{"file", "it is no .xlsx that can be read: " + cutText(err.Error(), 200)}
}

// leanSheet is an .xlsx without what is not read of it (pictures, printers' settings,
// drawings), after each part that is left was unpacked once, to nowhere: it is whole,
// and as large as it says. Only then is it given to a reader that trusts it.
func leanSheet(in io.Reader) ([]byte, error) {
	whole, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if bytes.Count(whole, []byte("PK\x01\x02")) > maxSheetParts {
		return nil, ErrImportUnpacks
	}
	all, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		return nil, unreadable(err)
	}
	var out bytes.Buffer
	lean, names, left := zip.NewWriter(&out), map[string]bool{}, sheetRoom{maxSheetBytes, maxSharedBytes, maxSheetOther}
	for _, f := range all.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if !isRead(name) {
			continue
		}
		if names[name] {
			return nil, unreadable(fmt.Errorf("two parts are called %s", name))
		}
		names[name] = true
		if err := left.take(f, name); err != nil {
			return nil, err
		}
		if err := lean.Copy(f); err != nil {
			return nil, unreadable(err)
		}
	}
	if err := lean.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// isRead reports whether a part of an .xlsx, by its name in lower case, may have to do
// with what its cells show.
func isRead(name string) bool {
	if ext := path.Ext(name); ext != ".xml" && ext != ".rels" || path.Base(name) == "calcchain.xml" {
		return false
	}
	return !slices.ContainsFunc(strings.Split(path.Dir(name), "/"), func(dir string) bool {
		switch dir {
		case "docprops", "customxml", "drawings", "charts", "chartsheets", "diagrams", "pivotcache", "pivottables", "externallinks", "tables",
			"querytables", "slicers", "slicercaches", "threadedcomments", "persons", "ctrlprops", "activex", "embeddings", "media":
			return true
		}
		return false
	})
}

// sheetRoom is how much may still be unpacked of an .xlsx: at all, of the texts that
// cells share, and of what is neither those nor a sheet.
type sheetRoom struct{ all, shared, other int64 }

// take unpacks a part.
func (m *sheetRoom) take(f *zip.File, name string) error {
	most, to := &m.other, io.Discard
	switch {
	case name == "xl/sharedstrings.xml":
		most, to = &m.shared, &texts{left: maxSharedTexts}
	case strings.HasPrefix(name, "xl/worksheets/sheet"):
		most = &m.all
	}
	if f.UncompressedSize64 > uint64(min(*most, m.all)) {
		return ErrImportUnpacks
	}
	r, err := f.Open()
	if err != nil {
		return unreadable(err)
	}
	n, err := io.Copy(to, r) // of more than it says it is an error
	if err = errors.Join(err, r.Close()); errors.Is(err, ErrImportUnpacks) {
		return ErrImportUnpacks
	}
	if err != nil {
		return unreadable(fmt.Errorf("%s: %w", name, err))
	}
	if m.all -= n; most != &m.all {
		*most -= n
	}
	return nil
}

// texts lets so many shared texts go by; one whose tag two writes share is not counted.
type texts struct{ left int }

func (c *texts) Write(p []byte) (int, error) {
	if c.left -= bytes.Count(p, []byte("<si")) + bytes.Count(p, []byte(":si")); c.left < 0 {
		return 0, ErrImportUnpacks
	}
	return len(p), nil
}
