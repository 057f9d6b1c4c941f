package gateway_test

import (
	"testing"
	"time"
	"runtime"
	"naru/internal/gateway"
	"naru/internal/pay"
)

func TestZZPerf(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		p := v.paid(pay.TossPayments, "one")
		id := string(p.ID)
		cte := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000) `
		cols := func(table string, repl map[string]string) {
			rows, err := v.db.Query(`SELECT * FROM ` + table + ` LIMIT 0`)
			must2(t, err)
			names, _ := rows.Columns()
			rows.Close()
			list, sel := "", ""
			for i, n := range names {
				if i > 0 { list += ","; sel += "," }
				list += n
				if r, ok := repl[n]; ok { sel += r } else { sel += "x." + n }
			}
			where := "payment"
			if table == "payments" { where = "id" }
			if table == "orders" { where = "held_by" }
			v.do(cte + `INSERT INTO ` + table + ` (` + list + `) SELECT ` + sel + ` FROM ` + table + ` AS x, n WHERE x.` + where + ` = $1`, id)
		}
		pid := `'imp_x' || CAST(n.i AS TEXT)`
		start := time.Now()
		cols("payments", map[string]string{"id": pid, "merchant_uid": `'uid' || CAST(n.i AS TEXT)`})
		cols("payment_steps", map[string]string{"payment": pid})
		cols("movements", map[string]string{"payment": pid})
		cols("attempts", map[string]string{"payment": pid, "id": `x.id || CAST(n.i AS TEXT)`})
		cols("orders", map[string]string{"merchant_uid": `'uid' || CAST(n.i AS TEXT)`, "held_by": pid})
		t.Logf("filled in %s", time.Since(start))
		for _, o := range []gateway.VerifyOptions{{}, {From: p.StartedAt.Add(-time.Hour)}} {
			start = time.Now()
			found, report := v.verified(o)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			t.Logf("%s: %+v found %d sys %d MB", time.Since(start), report, len(found), m.Sys>>20)
		}
	})
}
