package console

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/v1wire"
)

// deliveryBody is what the page of a delivery shows.
type deliveryBody struct {
	store.Delivery
	Pretty  string
	Headers []notify.Header
	Tries   []store.DeliveryTry // the newest first
	Change  bool
	Going   bool // its retries go on
}

// deliveryShow is the page of one delivery.
func (c *Console) deliveryShow(v *visit) error {
	ctx := v.r.Context()
	b := deliveryBody{Change: v.May(pay.ChangeIntegration)}
	err := c.store.Read(ctx, func(tx *store.Tx) (err error) {
		if b.Delivery, err = tx.Delivery(ctx, v.Store.ID, v.param("id")); err != nil {
			return err
		}
		b.Tries, err = tx.DeliveryTries(ctx, v.Store.ID, b.ID)
		return err
	})
	if err != nil {
		return err
	}
	slices.Reverse(b.Tries)
	b.Pretty, b.Headers, b.Going = prettyBody(b.ContentType, b.Body), c.notifier.Headers(b.Delivery), b.Status == store.DeliveryWaiting
	return v.render("delivery", v.t("웹훅", "Webhook"), b)
}

// prettyBody is a body as it reads well.
func prettyBody(contentType string, body []byte) string {
	if contentType == v1wire.ContentForm {
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return string(body)
		}
		var lines []string
		for name, all := range values {
			for _, one := range all {
				lines = append(lines, name+" = "+one)
			}
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return string(body)
	}
	return strings.TrimSpace(out.String())
}
