package sdk

import (
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// korea is the zone of every time a page names.
func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }

const (
	maxProducts = 100
	productText = 255
)

// readEscrow reads escrow and its lines, under the newer or the older name.
func readEscrow(f *form, w *gateway.WindowRequest) {
	w.Escrow = f.isSet("escrow")
	rows := f.rows("products", maxProducts)
	older := f.rows("escrowProducts", maxProducts)
	switch {
	case len(older) == 0:
	case len(rows) > 0:
		f.note(gateway.NoteUnused, "escrowProducts", "products is given as well and wins")
	default:
		f.note(gateway.NoteDeprecated, "escrowProducts", "use products")
	}
	lines, olderLines := products(rows), products(older)
	if w.Products = lines; len(rows) == 0 {
		w.Products = olderLines
	}
}

// products are the lines that say something. An id names one of them.
func products(rows []*form) []connector.Product {
	var out []connector.Product
	seen := map[string]bool{}
	for _, r := range rows {
		p := connector.Product{ID: r.text("id", productText), Name: r.text("name", productText), Code: r.text("code", productText)}
		p.UnitPrice, _ = r.part("unitPrice")
		p.Quantity, _ = r.part("quantity")
		switch {
		case p == connector.Product{}:
			r.note(gateway.NoteUnused, "", "a line without id, name, code, unitPrice and quantity")
			continue
		case p.ID != "" && seen[p.ID]:
			r.refuse(gateway.RefusedParameter, "id", "received %q twice; allowed: each id once", p.ID)
		}
		seen[p.ID] = true
		out = append(out, p)
	}
	return out
}

// maxDue is the longest an account waits for its deposit (Toss Payments, "가상계좌
// 발급 요청": 2160 hours). No other provider issues accounts.
const maxDue = 2160 * time.Hour

// readDue reads vbank_due. A bare date is the end of that day.
func readDue(f *form, w *gateway.WindowRequest, now time.Time) {
	s := f.text("vbank_due", 40)
	if s == "" {
		return
	}
	for layout, bare := range map[string]bool{time.DateOnly: true, "20060102": true, time.DateTime: false, "20060102150405": false} {
		if t, err := time.ParseInLocation(layout, s, korea()); err == nil {
			w.Due = t
			if bare {
				w.Due = t.Add(24*time.Hour - time.Second)
			}
		}
	}
	today := now.In(korea()).Format(time.DateTime)
	switch {
	case w.Due.IsZero():
		f.wrong("vbank_due", "YYYY-MM-DD, YYYYMMDD, YYYY-MM-DD HH:mm:ss or YYYYMMDDHHmmss, Korean time")
	case w.Method != pay.MethodVbank: // left to the gateway to note
	case !w.Due.After(now):
		f.refuse(gateway.RefusedParameter, "vbank_due", "received %s, which has passed; allowed: a time after %s, Korean time", s, today)
	case w.Due.Sub(now) > maxDue:
		f.refuse(gateway.RefusedParameter, "vbank_due", "received %s; allowed: at most %d days from %s, Korean time", s, int(maxDue.Hours()/24), today)
	}
}
