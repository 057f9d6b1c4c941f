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
	for _, r := range older {
		line := product(r)
		if len(rows) == 0 {
			w.Products = append(w.Products, line)
		}
	}
	for _, r := range rows {
		w.Products = append(w.Products, product(r))
	}
}

func product(r *form) connector.Product {
	p := connector.Product{ID: r.text("id", productText), Name: r.text("name", productText), Code: r.text("code", productText)}
	p.UnitPrice, _ = r.part("unitPrice")
	p.Quantity, _ = r.part("quantity")
	return p
}

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
	switch {
	case w.Due.IsZero():
		f.wrong("vbank_due", "YYYY-MM-DD, YYYYMMDD, YYYY-MM-DD HH:mm:ss or YYYYMMDDHHmmss, Korean time")
	case w.Method == pay.MethodVbank && !w.Due.After(now):
		f.refuse(gateway.RefusedParameter, "vbank_due", "received %s, which has passed; allowed: a time after %s, Korean time", s, now.In(korea()).Format(time.DateTime))
	}
}
