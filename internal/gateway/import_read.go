package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// record is one row of a file.
type record struct {
	line   int
	values map[string]string // by column
	own    *ExportedPayment  // of a file that Export wrote
}

// importSource is a file that was opened: rows can be read once. A row that cannot
// be read comes as an *ImportProblem, and the next one follows; any other error ends
// the file.
type importSource struct {
	columns []string
	json    bool // columns are keys, and not every object has each
	own     bool // Export wrote it
	rows    iter.Seq2[record, error]
	closers []func() error
}

func (s *importSource) close() {
	for _, c := range s.closers {
		_ = c()
	}
}

// Limits of a file, against what would fill the memory.
const (
	maxImportColumns = 200
	maxImportCell    = 64 << 10
)

// openImport finds out what a file is by its first bytes.
func openImport(ctx context.Context, desk *sheetDesk, from io.Reader) (*importSource, error) {
	in := bufio.NewReaderSize(from, 1<<16)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return desk.open(ctx, in)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	more, err := in.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	text := bytes.TrimLeft(more, " \t\r\n")
	switch {
	case len(text) == 0:
		return nil, &Invalid{"file", "it is empty"}
	case bytes.HasPrefix(text, []byte("\xd0\xcf\x11\xe0")):
		return nil, &Invalid{"file", "it is an old .xls: save it as .xlsx or CSV"}
	case text[0] == '{' || text[0] == '[':
		return openJSON(in)
	}
	return openCSV(in, more)
}

// openCSV reads the header; the separator is what it has most of.
func openCSV(in *bufio.Reader, head []byte) (*importSource, error) {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	comma := ','
	for _, c := range []rune{';', '\t'} {
		if bytes.Count(line, []byte(string(c))) > bytes.Count(line, []byte(string(comma))) {
			comma = c
		}
	}
	if !utf8.Valid(line) && bytes.IndexByte(head, '\n') >= 0 {
		return nil, &Invalid{"file", "its text is not UTF-8: save it as \"CSV UTF-8\" or .xlsx"}
	}
	r := csv.NewReader(in)
	r.Comma, r.FieldsPerRecord = comma, -1
	header, err := r.Read()
	if _, parse := errors.AsType[*csv.ParseError](err); parse || errors.Is(err, io.EOF) {
		return nil, &Invalid{"file", "its header cannot be read: " + cutText(err.Error(), 200)}
	}
	if err != nil {
		return nil, err
	}
	src, err := withHeader(header)
	if err != nil {
		return nil, err
	}
	src.rows = func(yield func(record, error) bool) {
		for {
			cells, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			at := 0
			if len(cells) > 0 {
				at, _ = r.FieldPos(0)
			}
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				if !yield(record{}, &ImportProblem{Line: bad.StartLine, Field: "row", Allowed: "CSV whose quotes are closed: " + bad.Err.Error()}) {
					return
				}
				continue
			}
			if err != nil {
				yield(record{}, err)
				return
			}
			if !yield(src.row(at, cells)) {
				return
			}
		}
	}
	return src, nil
}

func withHeader(header []string) (*importSource, error) {
	src := &importSource{}
	have := map[string]bool{}
	for i, h := range header {
		h = cutText(h, 100)
		if have[h] && h != "" {
			return nil, &Invalid{"file", fmt.Sprintf("two columns are called %q", h)}
		}
		if have[h] = true; h == "" {
			h = fmt.Sprintf("(%d)", i+1)
		}
		src.columns = append(src.columns, h)
	}
	if len(src.columns) > maxImportColumns {
		return nil, &Invalid{"file", fmt.Sprintf("it has %d columns; at most %d are read", len(src.columns), maxImportColumns)}
	}
	return src, nil
}

// row is the cells of a line under their columns.
func (s *importSource) row(line int, cells []string) (record, error) {
	for len(cells) > len(s.columns) && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > len(s.columns) {
		return record{}, &ImportProblem{Line: line, Field: "row", Value: fmt.Sprintf("%d columns", len(cells)), Allowed: fmt.Sprintf("the %d of the header", len(s.columns))}
	}
	r := record{line: line, values: make(map[string]string, len(cells))}
	for i, c := range cells {
		if len(c) > maxImportCell || !utf8.ValidString(c) {
			return record{}, &ImportProblem{Line: line, Field: s.columns[i], Allowed: fmt.Sprintf("UTF-8 text of at most %d bytes", maxImportCell)}
		}
		r.values[s.columns[i]] = c
	}
	return r, nil
}
