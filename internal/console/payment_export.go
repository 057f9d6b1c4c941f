package console

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"

	"naru/internal/pay"
	"naru/internal/store"
)

// mostExcelRows is how many payments an Excel file holds: it is made as a whole before
// it is sent. CSV has no end.
const mostExcelRows = 100_000

// excelSendTime is how long an Excel file may take on its way.
const excelSendTime = 5 * time.Minute

// exportForm asks which columns are wanted.
type exportForm struct {
	Filter  paymentFilter
	Sums    store.PaymentSums
	Columns []column
	Wrong   string
	Back    string
	Fields  url.Values // the filter, to be sent with the form
}

func (c *Console) askExport(v *visit) error {
	if !v.May(pay.SeePayments) { // the right to take lists out is given apart
		return errForbidden
	}
	return c.exportPage(v, http.StatusOK, "")
}

func (c *Console) exportPage(v *visit, status int, wrong string) error {
	s := exportForm{Columns: columns, Wrong: wrong}
	err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		if s.Filter, _, err = v.readFilter(v.r.Context(), tx); err != nil {
			return err
		}
		s.Sums, err = tx.SumPayments(v.r.Context(), v.Store.ID, s.Filter.query)
		return err
	})
	if err != nil {
		return err
	}
	s.Back, s.Fields = s.Filter.address(c, "/payments"), s.Filter.values()
	return v.renderStatus(status, "payment_export", v.t("결제 내역 내보내기", "Export payments"), s)
}

// exportPayments sends the payments that a list shows, all pages of it, as a file.
func (c *Console) exportPayments(v *visit) error {
	if !v.May(pay.SeePayments) {
		return errForbidden
	}
	var some []column
	for _, key := range v.many("column") {
		if i := slices.IndexFunc(columns, func(x column) bool { return x.Key == key }); i >= 0 {
			some = append(some, columns[i])
		}
	}
	format := v.field("format")
	switch {
	case len(some) == 0:
		return c.exportPage(v, http.StatusUnprocessableEntity, v.t("열을 하나 이상 골라 주세요.", "Choose at least one column."))
	case format != "csv" && format != "xlsx":
		return c.exportPage(v, http.StatusUnprocessableEntity, v.t("CSV와 Excel 가운데 골라 주세요.", "Choose CSV or Excel."))
	}
	var f paymentFilter
	var sums store.PaymentSums
	err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) { // it may take long: nobody's Write waits for it
		if f, _, err = v.readFilter(v.r.Context(), tx); err != nil || len(f.Wrong) > 0 || format == "csv" {
			return err
		}
		sums, err = tx.SumPayments(v.r.Context(), v.Store.ID, f.query)
		return err
	})
	switch {
	case err != nil:
		return err
	case len(f.Wrong) > 0:
		return c.exportPage(v, http.StatusUnprocessableEntity, v.t("목록의 조건에 잘못된 값이 있습니다.", "The list's filter holds a wrong value."))
	case sums.Count > mostExcelRows:
		return c.exportPage(v, http.StatusUnprocessableEntity, v.tooManyRows())
	}
	if format == "xlsx" {
		if !c.excel.TryLock() {
			return c.exportPage(v, http.StatusServiceUnavailable, v.t("지금 다른 Excel 파일을 만들고 있습니다. 잠시 뒤 다시 하거나 CSV로 내보내 주세요.", "Another Excel file is being made. Try again in a moment, or export as CSV."))
		}
		defer c.excel.Unlock()
	}
	err = c.store.Write(v.r.Context(), func(tx *store.Tx) error {
		return tx.Audit(v.r.Context(), store.Change{Merchant: v.Store.ID, Action: "payment.export", Target: format, After: audited(f, some)})
	})
	switch {
	case err != nil:
		return err
	case format == "csv":
		return c.exportCSV(v, f, some)
	}
	return c.exportExcel(v, f, some)
}

func (v *visit) tooManyRows() string {
	return fmt.Sprintf(v.t("Excel 파일은 %s건까지입니다. 기간을 줄이거나, 건수 제한이 없는 CSV로 내보내 주세요.",
		"An Excel file holds up to %s payments. Choose a shorter period, or CSV, which has no limit."), thousands(fmt.Sprint(mostExcelRows)))
}

// audited is what is written down of an export: what was searched for may tell of a
// person, and is none of it.
func audited(f paymentFilter, some []column) map[string]any {
	q := f.values()
	searched := q.Get("q") != ""
	q.Del("q")
	keys := make([]string, len(some))
	for i, c := range some {
		keys[i] = c.Key
	}
	return map[string]any{"from": dayText(f.from, 0), "to": dayText(f.to, -1), "filter": q.Encode(), "searched": searched, "columns": keys}
}

// exportName is the name of the file, after its period.
func exportName(f paymentFilter, format string) string {
	from, to := dayText(f.from, 0), dayText(f.to, -1)
	switch {
	case from == "" && to == "":
		return "payments_all." + format
	case from == "":
		from = "begin"
	case to == "":
		to = "now"
	}
	return "payments_" + from + "_" + to + "." + format
}

func (v *visit) sendFile(name, kind string) {
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Time{}) // a long list takes its time
}

func (v *visit) titles(some []column) []string {
	out := make([]string, len(some))
	for i, c := range some {
		out[i] = v.t(c.Ko, c.En)
	}
	return out
}

// exportCSV streams: what went wrong on the way can only be said by cutting the answer
// off, so that nobody takes it for whole.
func (c *Console) exportCSV(v *visit, f paymentFilter, some []column) error {
	v.sendFile(exportName(f, "csv"), "text/csv; charset=utf-8")
	if _, err := v.w.Write([]byte("\xef\xbb\xbf")); err != nil {
		return nil //nolint:nilerr // nobody is there any more
	}
	w := csv.NewWriter(v.w)
	w.UseCRLF = true
	_ = w.Write(v.titles(some))
	row := make([]string, len(some))
	err := c.store.EachPayment(v.r.Context(), v.Store.ID, f.query, func(p pay.Payment) error {
		for i, x := range some {
			row[i] = cell(x.value(c, v.lang, p))
		}
		return w.Write(row)
	})
	if w.Flush(); err == nil {
		err = w.Error()
	}
	if err != nil {
		c.log.ErrorContext(v.r.Context(), "an export was cut off", "merchant", v.Store.ID, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

var errTooMany = errors.New("too many rows")

func (c *Console) exportExcel(v *visit, f paymentFilter, some []column) error {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	const sheet = "Sheet1"
	w, err := book.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	n := 0
	put := func(values []any) error {
		n++
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return w.SetRow(at, values)
	}
	head := make([]any, len(some))
	for i, t := range v.titles(some) {
		head[i] = t
	}
	if err := errors.Join(w.SetColWidth(1, len(some), 18), put(head)); err != nil {
		return err
	}
	err = c.store.EachPayment(v.r.Context(), v.Store.ID, f.query, func(p pay.Payment) error {
		if n > mostExcelRows {
			return errTooMany
		}
		row := make([]any, len(some))
		for i, x := range some {
			row[i] = x.value(c, v.lang, p)
		}
		return put(row)
	})
	if errors.Is(err, errTooMany) {
		return c.exportPage(v, http.StatusUnprocessableEntity, v.tooManyRows())
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	v.sendFile(exportName(f, "xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(excelSendTime)) // the next one waits for it
	return book.Write(v.w)
}
