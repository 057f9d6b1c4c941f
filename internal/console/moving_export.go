package console

import (
	"archive/zip"
	"net/http"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// movingExport streams everything of the store as a zip, without billing keys.
func (c *Console) movingExport(v *visit) error {
	if !v.May(pay.ChangeStore) {
		return errForbidden
	}
	ctx := v.r.Context()
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Time{}) // as long as it takes
	h := v.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="naru-`+v.Store.UserCode+`-`+c.now().In(kst).Format("20060102-1504")+`.zip"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	z := zip.NewWriter(v.w)
	_, err := c.gateway.Export(ctx, gateway.ExportOptions{Merchant: v.Store.ID}, gateway.ExportZip(z))
	if err == nil {
		err = z.Close()
	}
	if err != nil { // the head is sent: a zip without its end is known to be cut off
		c.log.ErrorContext(ctx, "an export was cut off", "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
