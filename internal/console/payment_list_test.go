package console_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"naru/internal/console"
	"naru/internal/pay"
	"naru/internal/store"
)

// shelf puts payments into the books as they might have come about: live ones, which no
// test makes.
func (r *rig) shelf(id string, mode pay.Mode, age time.Duration, change func(*pay.Payment)) {
	r.t.Helper()
	at := r.clock.Now().Add(-age)
	p := pay.Payment{
		Merchant: r.merchant.ID, ID: pay.PaymentID(id), MerchantUID: pay.MerchantUID("order-" + id), Channel: cardChannel, Provider: pay.TossPayments, MID: "tnaru",
		Mode: mode, Source: pay.SourceWindow, Status: pay.StatusCreated, Method: pay.MethodCard, Name: "상품 " + id, Amount: pay.Breakdown{Total: pay.Won(1000)},
		Buyer: pay.Buyer{Name: "구매자 " + id}, StartedAt: at, UpdatedAt: at, Ref: pay.Ref{Order: id},
	}
	if change != nil {
		change(&p)
	}
	r.must(r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.InsertPayment(r.ctx, p) }))
}

func (r *rig) follow() {
	r.t.Helper()
	for range 5 {
		_, err := r.gw.Follow(r.ctx)
		r.must(err)
	}
}

// A shop with no live channel sees its test payments; one that has does not, until it
// asks.
func TestTestPaymentsAreHidden(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shelf("imp_sand", pay.ModeSandbox, time.Hour, nil)
		r.shelf("imp_live", pay.ModeLive, time.Hour, nil)
		o := r.operator(pay.RoleReadOnly, r.merchant.ID)
		o.get("/payments").has("상품 imp_sand", "상품 imp_live", "실연동 채널이 없는 상점", "샌드박스")
		r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
			return tx.InsertChannel(r.ctx, pay.Channel{Merchant: r.merchant.ID, Key: "channel-key-live", Provider: pay.TossPayments, MID: "live", Mode: pay.ModeLive, Kind: pay.ChannelPayment, Sealed: []byte{1}})
		}))
		o.get("/payments").has("상품 imp_live", "테스트 결제는 숨겨져 있습니다.").lacks("상품 imp_sand")
		o.get("/payments?tests=show").has("상품 imp_live", "상품 imp_sand", "테스트 결제를 보여 주고 있습니다.")
		o.get("/payments?tests=only").has("상품 imp_sand").lacks("상품 imp_live")
	})
}

func TestListGoesByItsAddress(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shelf("imp_today", pay.ModeSandbox, time.Hour, nil)
		r.shelf("imp_old", pay.ModeSandbox, 10*24*time.Hour, func(p *pay.Payment) { p.Method = pay.MethodTrans })
		paid := r.charge("order-1", 12000)
		r.follow()
		o := r.operator(pay.RoleReadOnly, r.merchant.ID)
		for query, want := range map[string][]string{
			"":                            {"imp_today", string(paid.ID)},
			"?period=today":               {"imp_today", string(paid.ID)},
			"?period=all":                 {"imp_today", string(paid.ID), "imp_old"},
			"?period=30days&method=trans": {"imp_old"},
			"?period=own&from=2026-11-10&to=2026-11-12": {"imp_old"},
			"?from=2026-11-10&to=2026-11-12":            {"imp_old"},
			"?status=paid":                              {string(paid.ID)},
			"?charged=recurring":                        {string(paid.ID)},
			"?charged=normal&period=all&by=request":     {"imp_today", "imp_old"},
			"?provider=tosspay_v2":                      nil,
			"?q=010-1234":                               {string(paid.ID)},
			"?q=010-1234&field=name":                    nil,
			"?q=order-1&field=merchant_uid":             {string(paid.ID)},
			"?channel=" + string(billChannel):           {string(paid.ID)},
		} {
			s := o.get("/payments" + query)
			s.has("결제 내역")
			for _, id := range []string{"imp_today", "imp_old", string(paid.ID)} {
				if got := strings.Contains(s.Body, `data-id="`+id+`"`); got != slices.Contains(want, id) {
					t.Errorf("%q shows %s: %v", query, id, got)
				}
			}
		}
		o.get("/payments?status=paid").has("KRW 결제 12,000원 취소 0원 순매출 12,000원", "결제 완료 1", "결제 시작 1")
		o.get("/payments?q=아무것도").has("맞는 결제가 없습니다")
	})
}

// What is wrong is told where it was entered; the rest of the filter holds.
func TestWrongFilterIsToldAtItsField(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.charge("order-1", 12000)
		o := r.operator(pay.RoleReadOnly, r.merchant.ID)
		s := o.get("/payments?period=own&from=gestern&to=2026-11-30&status=lost&method=shells&field=shoe&q=order")
		s.has("2026-11-02처럼 적어 주세요: gestern", "모르는 값입니다: lost", "모르는 값입니다: shells", "모르는 항목입니다: shoe")
		if !strings.Contains(s.Body, `value="2026-11-30"`) || !strings.Contains(s.Body, `value="order"`) {
			t.Error("the rest of the filter is lost")
		}
		o.get("/payments?period=own&from=2026-11-30&to=2026-11-01").has("시작일보다 앞선 날입니다")
		if s := o.get("/payments?after=rubbish&before=rubbish"); s.Status != http.StatusOK {
			t.Errorf("a cursor that is none: %d", s.Status)
		}
	})
}

var rowID = regexp.MustCompile(`data-id="([^"]*)"`)

// Pages go on both ways, and hold each payment once.
func TestListIsPagedBothWays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i := range 120 {
			r.shelf(fmt.Sprintf("imp_%03d", i), pay.ModeSandbox, time.Duration(i/3)*time.Minute, nil) // three at each instant
		}
		o := r.operator(pay.RoleReadOnly, r.merchant.ID)
		link := func(s seen, rel string) string {
			m := regexp.MustCompile(`rel="` + rel + `" href="/console([^"]*)"`).FindStringSubmatch(s.Body)
			if m == nil {
				return ""
			}
			return strings.ReplaceAll(m[1], "&amp;", "&")
		}
		ids := func(s seen) (out []string) {
			for _, m := range rowID.FindAllStringSubmatch(s.Body, -1) {
				out = append(out, m[1])
			}
			return out
		}
		first := o.get("/payments?by=request")
		second := o.get(link(first, "next"))
		third := o.get(link(second, "next"))
		all := slices.Concat(ids(first), ids(second), ids(third))
		if len(all) != 120 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 120 || link(third, "next") != "" || link(first, "prev") != "" {
			t.Errorf("%d rows in three pages", len(all))
		}
		if back := ids(o.get(link(third, "prev"))); !slices.Equal(back, ids(second)) {
			t.Errorf("the way back shows %v", back)
		}
	})
}

func TestViewsAreSaved(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		o, other := r.operator(pay.RoleReadOnly, r.merchant.ID), r.operator(pay.RoleOwner, "")
		o.follow("/payments/views", "name", "지난달 실패", "query", "period=last_month&status=failed&q=홍길동").has("저장했습니다", "지난달 실패")
		s := o.get("/payments").has("지난달 실패")
		if !strings.Contains(s.Body, `href="/console/payments?period=last_month&amp;status=failed"`) {
			t.Error("the view leads elsewhere")
		}
		s.lacks("홍길동")
		other.get("/payments").lacks("지난달 실패")
		if s := o.post("/payments/views", "name", "", "query", ""); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("a view without a name: %d", s.Status)
		}
		if s := other.post("/payments/views/delete", "name", "지난달 실패"); s.Status != http.StatusNotFound {
			t.Errorf("another's view: %d", s.Status)
		}
		o.follow("/payments/views/delete", "name", "지난달 실패").has("지웠습니다")
		o.get("/payments").lacks("지난달 실패")
	})
}

// formulas are cells that a spreadsheet would run.
var formulas = []string{"=HYPERLINK(\"http://evil.test\")", "+821012345678", "-1", "@SUM(1)"}

func TestExportCSV(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i, name := range formulas {
			r.shelf(fmt.Sprintf("imp_%d", i), pay.ModeSandbox, time.Duration(i)*time.Hour, func(p *pay.Payment) { p.Name = name })
		}
		r.shelf("imp_old", pay.ModeSandbox, 40*24*time.Hour, nil)
		paid := r.charge("order-1", 12000)
		o := r.operator(pay.RoleOwner, "")
		o.get("/payments/export?period=7days").has("결제 내역 내보내기", "5건", "CSV", "Excel")
		s := o.post("/payments/export", "format", "csv", "column", "imp_uid", "column", "name", "column", "amount", "column", "paid_at", "column", "unknown", "period", "7days")
		if s.Status != http.StatusOK || !strings.HasPrefix(s.Body, "\xef\xbb\xbf") || s.Header.Get("Content-Disposition") != `attachment; filename="payments_2026-11-15_2026-11-21.csv"` {
			t.Fatalf("%d %q %.60q", s.Status, s.Header, s.Body)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(s.Body, "\xef\xbb\xbf"))).ReadAll()
		r.must(err)
		if len(rows) != 6 || !slices.Equal(rows[0], []string{"imp_uid", "주문명", "결제 금액", "결제 시각(KST)"}) {
			t.Fatalf("rows %q", rows)
		}
		for _, row := range rows[1:] {
			if row[0] == string(paid.ID) {
				if !slices.Equal(row[1:], []string{"나루 티셔츠", "12000", "2026-11-21 12:00:00"}) {
					t.Errorf("the paid one is %q", row)
				}
			} else if !strings.HasPrefix(row[1], "'") || !slices.Contains(formulas, row[1][1:]) {
				t.Errorf("a formula is not defused: %q", row[1])
			}
		}
		// Who took what is in the audit log, without what was searched for.
		o.post("/payments/export", "format", "csv", "column", "imp_uid", "q", "홍길동")
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{})
			all = slices.DeleteFunc(all, func(a store.Audit) bool { return a.Action != "payment.export" })
			if len(all) != 2 || !strings.Contains(string(all[0].After), `"searched":true`) || !strings.Contains(string(all[0].After), `"from":"2026-11-15"`) || strings.Contains(string(all[0].After), "홍길동") {
				t.Errorf("audit %+v", all)
			}
			return err
		}))
	})
}

func TestExportExcel(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.shelf("imp_1", pay.ModeSandbox, time.Hour, func(p *pay.Payment) { p.Name = formulas[0] })
		o := r.operator(pay.RoleOwner, "")
		s := o.post("/payments/export", "format", "xlsx", "column", "name", "column", "amount")
		book, err := excelize.OpenReader(bytes.NewReader([]byte(s.Body)))
		r.must(err)
		rows, err := book.GetRows("Sheet1")
		r.must(err)
		formula, err := book.GetCellFormula("Sheet1", "A2")
		r.must(err)
		kind, err := book.GetCellType("Sheet1", "B2")
		r.must(err)
		if len(rows) != 2 || rows[1][0] != formulas[0] || formula != "" || rows[1][1] != "1000" || kind == excelize.CellTypeInlineString {
			t.Errorf("rows %q, formula %q, amounts as %v", rows, formula, kind)
		}
	})
}

// One Excel file is made at a time; CSV is not kept waiting by it. An export that is
// not made is no entry of the audit log.
func TestExcelFilesOneAtATime(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.shelf("imp_1", pay.ModeSandbox, time.Hour, nil)
	o := r.operator(pay.RoleOwner, "")
	done := console.MakingExcel(r.console)
	s := o.post("/payments/export", "format", "xlsx", "column", "amount")
	if s.Status != http.StatusServiceUnavailable || !strings.Contains(s.text(), "지금 다른 Excel 파일을 만들고 있습니다") {
		t.Errorf("the second: %d %s", s.Status, s.text())
	}
	if len(r.auditOf("payment.export")) != 0 {
		t.Errorf("audit %+v", r.auditOf("payment.export"))
	}
	if s := o.post("/payments/export", "format", "csv", "column", "amount"); s.Status != http.StatusOK {
		t.Errorf("CSV: %d", s.Status)
	}
	done()
	for range 2 {
		if s := o.post("/payments/export", "format", "xlsx", "column", "amount"); s.Status != http.StatusOK || !strings.HasPrefix(s.Body, "PK") {
			t.Errorf("after it: %d", s.Status)
		}
	}
	if len(r.auditOf("payment.export")) != 3 {
		t.Errorf("audit %+v", r.auditOf("payment.export"))
	}
}

// What an export comes to is counted while others write: nothing waits for the count.
func TestExportsAreCountedInARead(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.shelf("imp_1", pay.ModeSandbox, time.Hour, nil)
	o := r.operator(pay.RoleOwner, "")
	r.must(r.store.Write(r.ctx, func(*store.Tx) error { // held: a wrong filter is told all the same
		if s := o.post("/payments/export", "format", "csv", "column", "amount", "from", "tomorrow"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("%d %s", s.Status, s.text())
		}
		return nil
	}))
}

func TestExportNeedsItsRight(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.charge("order-1", 12000)
		o := r.operator(pay.RoleManager, r.merchant.ID)
		o.get("/payments").lacks("/payments/export")
		for _, s := range []seen{o.get("/payments/export"), o.post("/payments/export", "format", "csv", "column", "imp_uid")} {
			if s.Status != http.StatusForbidden {
				t.Errorf("without the right: %d", s.Status)
			}
		}
		owner := r.operator(pay.RoleOwner, "")
		for _, fields := range [][]string{{"format", "csv"}, {"format", "pdf", "column", "name"}, {"format", "csv", "column", "name", "status", "lost"}} {
			if s := owner.post("/payments/export", fields...); s.Status != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d", fields, s.Status)
			}
		}
	})
}
