package gateway

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// aBook is a spreadsheet with a row, and more parts as they are given.
func aBook(t *testing.T, more func(*zip.Writer)) []byte {
	t.Helper()
	book := excelize.NewFile()
	if err := errors.Join(book.SetSheetRow("Sheet1", "A1", &[]string{"imp_uid", "상태"}), book.SetSheetRow("Sheet1", "A2", &[]string{"imp_1", "paid"})); err != nil {
		t.Fatal(err)
	}
	var plain, out bytes.Buffer
	if err := errors.Join(book.Write(&plain), book.Close()); err != nil {
		t.Fatal(err)
	}
	have, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(&out)
	for _, f := range have.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	more(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// fills adds a part that unpacks to so many bytes.
func fills(t *testing.T, w *zip.Writer, name, with string, bytes int) {
	t.Helper()
	to, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for piece, n := strings.Repeat(with, 1<<16/len(with)), 0; n < bytes; n += len(piece) {
		if _, err := io.WriteString(to, piece); err != nil {
			t.Fatal(err)
		}
	}
}

// lies adds a part that says it is larger, or smaller, than it is.
func lies(t *testing.T, w *zip.Writer, name string, says uint64) {
	t.Helper()
	to, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CompressedSize64: 7, UncompressedSize64: says})
	if err == nil {
		_, err = io.WriteString(to, "<sheet>")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A small file that unpacks to more than a machine has is refused before it is
// unpacked to anywhere, and nothing of any file is left on disk.
func TestASpreadsheetThatUnpacksToTooMuch(t *testing.T) {
	left := t.TempDir()
	t.Setenv("TMPDIR", left)
	desk := newSheetDesk()
	for name, c := range map[string]struct {
		more func(*zip.Writer)
		want error
	}{
		"sheets of more than all may be": {func(w *zip.Writer) {
			fills(t, w, "xl/worksheets/sheet8.xml", "<x/>", 200<<20)
			fills(t, w, "xl/worksheets/sheet9.xml", "<x/>", 60<<20)
		}, ErrImportUnpacks},
		"a large part that is kept in memory": {func(w *zip.Writer) { fills(t, w, "xl/more.xml", "<x/>", 9<<20) }, ErrImportUnpacks},
		"one that says it is large":           {func(w *zip.Writer) { lies(t, w, "xl/more.xml", 1<<40) }, ErrImportUnpacks},
		"too many parts": {func(w *zip.Writer) {
			for i := range maxSheetParts {
				lies(t, w, fmt.Sprintf("xl/part%d.xml", i), 7)
			}
		}, ErrImportUnpacks},
		"one that says it is small, behind a large sheet": {func(w *zip.Writer) {
			fills(t, w, "xl/worksheets/sheet8.xml", "<x/>", 17<<20)
			lies(t, w, "xl/more.xml", 5)
		}, &Invalid{}},
		"two of a name": {func(w *zip.Writer) {
			fills(t, w, "xl/worksheets/sheet8.xml", "<x/>", 17<<20)
			fills(t, w, `XL\worksheets\sheet8.xml`, "<x/>", 17<<20)
		}, &Invalid{}},
	} {
		src, err := openImport(t.Context(), desk, bytes.NewReader(aBook(t, c.more)))
		if err == nil {
			src.close()
		}
		if bad, ok := errors.AsType[*Invalid](err); !ok || bad.Field != "file" || errors.Is(c.want, ErrImportUnpacks) != errors.Is(err, ErrImportUnpacks) {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := aBook(t, func(*zip.Writer) {})
	if _, err := leanSheet(bytes.NewReader(withShared(t, many, strings.Repeat("<si/>", maxSharedTexts+1<<16)))); !errors.Is(err, ErrImportUnpacks) {
		t.Errorf("texts without number: %v", err)
	}
	if files, err := os.ReadDir(left); err != nil || len(files) > 0 {
		t.Errorf("left on disk: %v %v", files, err)
	}
}

// withShared is a spreadsheet with these shared texts.
func withShared(t *testing.T, book []byte, text string) []byte {
	t.Helper()
	have, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range have.File {
		if f.Name == "xl/sharedStrings.xml" {
			continue
		}
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	to, err := w.Create("xl/sharedStrings.xml")
	if err == nil {
		_, err = io.WriteString(to, text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What Excel adds to a file besides its cells does not keep it from being read, and a
// large sheet is read to its end, after which it is gone from the disk.
func TestASpreadsheetOfMoreThanCells(t *testing.T) {
	left := t.TempDir()
	t.Setenv("TMPDIR", left)
	file := aBook(t, func(w *zip.Writer) {
		fills(t, w, "xl/printerSettings/printerSettings1.bin", "\x00", 1<<10)
		fills(t, w, "xl/media/image1.png", "\x89PNG", 9<<20)
		fills(t, w, "xl/pivotCache/pivotCacheRecords1.xml", "<r/>", 9<<20)
		fills(t, w, "xl/worksheets/sheet2.xml", "<x/>", 1<<20)
	})
	src, err := openImport(t.Context(), newSheetDesk(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r, err := range src.rows {
		if n++; err != nil || r.values["imp_uid"] != "imp_1" || r.values["상태"] != "paid" {
			t.Errorf("%+v %v", r, err)
		}
	}
	if files, _ := os.ReadDir(left); n != 1 || len(files) != 1 {
		t.Errorf("%d rows; %v while it is open", n, files)
	}
	src.close()
	if files, _ := os.ReadDir(left); len(files) > 0 {
		t.Errorf("left on disk: %v", files)
	}
}

// Spreadsheets are read one after the other; who would wait for long is told to come
// again, and nobody waits for a page that was left.
func TestSpreadsheetsWaitForEachOther(t *testing.T) {
	t.Parallel()
	file := aBook(t, func(*zip.Writer) {})
	desk := newSheetDesk()
	first, err := openImport(t.Context(), desk, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	desk.wait = time.Nanosecond
	if _, err := openImport(t.Context(), desk, bytes.NewReader(file)); !errors.Is(err, ErrImportBusy) {
		t.Errorf("the second: %v", err)
	}
	desk.wait = time.Hour
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := openImport(gone, desk, bytes.NewReader(file)); !errors.Is(err, context.Canceled) {
		t.Errorf("one that nobody waits for: %v", err)
	}
	first.close()
	second, err := openImport(t.Context(), desk, bytes.NewReader(file))
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	second.close()
}
