package console

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// auditBatch is how many entries are read at once for a file.
const auditBatch = 500

// auditExport streams the log as a CSV file that Excel reads, and is itself
// written into the log.
func (c *Console) auditExport(v *visit) error {
	q := v.auditQuery()
	if !v.May(pay.SeePeople) || v.Store.ID == "" && !q.All {
		return errForbidden
	}
	ctx := v.r.Context()
	of := v.Store.ID
	if q.All {
		of = ""
	}
	err := c.store.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(ctx, store.Change{Merchant: of, Action: "audit.export", Target: string(of)})
	})
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="naru-audit-`+c.now().In(kst).Format("20060102")+`.csv"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write([]byte("\ufeff"))
	out := csv.NewWriter(v.w)
	_ = out.Write([]string{v.t("시각", "Time"), v.t("사람", "By"), v.t("주소", "Address"), v.t("한 일", "What"), v.t("동작", "Action"), v.t("대상", "Target"), v.t("결제", "Payment"), v.t("전", "Before"), v.t("후", "After")})
	var last store.Audit
	for {
		as, err := q.list(ctx, v, last, auditBatch)
		if err != nil { // the head is sent: the file ends here
			c.log.ErrorContext(ctx, "an export of the audit log was cut off", "err", err)
			panic(http.ErrAbortHandler)
		}
		for _, a := range as {
			_ = out.Write(harmless(a.At.In(kst).Format(time.RFC3339), v.byWhom(a.Actor), a.Actor.Address, auditWord(v.lang, a.Action), a.Action,
				a.Target, string(a.Payment), string(a.Before), string(a.After)))
		}
		out.Flush()
		if len(as) < auditBatch || out.Error() != nil {
			return nil
		}
		last = as[len(as)-1]
	}
}

// harmless keeps a spreadsheet from running what people wrote.
func harmless(fields ...string) []string {
	for i, f := range fields {
		if f != "" && strings.ContainsRune("=+-@\t\r", rune(f[0])) {
			fields[i] = "'" + f
		}
	}
	return fields
}
