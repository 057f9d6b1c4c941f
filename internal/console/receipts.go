package console

import (
	"strconv"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) receiptRoutes() []route {
	return []route{
		get("/receipts", pay.SeePayments, c.listReceipts),
		get("/receipts/new", pay.ActPayments, c.askReceipt),
		post("/receipts/new", pay.ActPayments, c.issueReceipt),
		get("/receipts/{receipt}", pay.SeePayments, c.showReceipt),
		get("/receipts/{receipt}/cancel", pay.ActPayments, c.askCancelReceipt),
		post("/receipts/{receipt}/cancel", pay.ActPayments, c.cancelReceipt),
	}
}

// receiptsListed is the list of cash receipts.
type receiptsListed struct {
	Rows         []pay.Receipt
	Statuses     []pay.ReceiptStatus
	Status       string
	From, To     string
	Wrong        problems
	Newer, Older string
	Filtered     bool
}

// listReceipts lists cash receipts by when they were asked for.
func (c *Console) listReceipts(v *visit) error {
	s := receiptsListed{Wrong: problems{}, Statuses: pay.Receipts.States(), Status: v.field("status"), From: v.field("from"), To: v.field("to")}
	q := store.ReceiptQuery{}
	for _, known := range s.Statuses {
		if s.Status == string(known) {
			q.Status = known
		}
	}
	if s.Status != "" && q.Status == "" {
		s.Wrong["status"] = v.t("모르는 상태입니다: ", "No such status: ") + s.Status
	}
	q.From, q.To = v.daysOf(s.From, s.To, s.Wrong)
	q.After, q.Before = receiptPlace(v.field("after")), receiptPlace(v.field("before"))
	var page store.ReceiptPage
	if len(s.Wrong) == 0 {
		err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
			page, err = tx.ListReceipts(v.r.Context(), v.Store.ID, q)
			return err
		})
		if err != nil {
			return err
		}
	}
	at := func(name string, p store.ReceiptPlace) string {
		if p.ID == "" {
			return ""
		}
		return c.path("/receipts", "status", s.Status, "from", s.From, "to", s.To, name, spellReceiptPlace(p))
	}
	s.Rows, s.Newer, s.Older = page.Rows, at("before", page.Previous), at("after", page.Next)
	s.Filtered = s.Status != "" || s.From != "" || s.To != ""
	return v.render("receipt_list", v.t("현금영수증", "Cash receipts"), s)
}

// daysOf reads two Korean days, both inclusive, as a period; "" is unbounded.
func (v *visit) daysOf(from, to string, wrong problems) (first, end time.Time) {
	read := func(name, text string) (t time.Time) {
		if text == "" {
			return t
		}
		t, err := time.ParseInLocation(time.DateOnly, text, kst)
		if err != nil {
			wrong[name] = v.t("2026-11-02처럼 적어 주세요: ", "Write it like 2026-11-02: ") + text
		}
		return t
	}
	first, end = read("from", from), read("to", to)
	if !end.IsZero() {
		end = end.AddDate(0, 0, 1)
	}
	if wrong["from"] == "" && wrong["to"] == "" && !first.IsZero() && !end.IsZero() && !first.Before(end) {
		wrong["to"] = v.t("시작일보다 앞선 날입니다.", "This is before the first day.")
	}
	return first, end
}

func spellReceiptPlace(p store.ReceiptPlace) string {
	return strconv.FormatInt(p.At.UnixMicro(), 36) + "." + string(p.ID)
}

// receiptPlace reads what spellReceiptPlace wrote; anything else is the beginning.
func receiptPlace(text string) store.ReceiptPlace {
	at, id, ok := strings.Cut(text, ".")
	n, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil || id == "" {
		return store.ReceiptPlace{}
	}
	return store.ReceiptPlace{At: time.UnixMicro(n).UTC(), ID: pay.ReceiptID(id)}
}
