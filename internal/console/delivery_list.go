package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

const (
	// deliveriesShown is how many deliveries a page of the list has.
	deliveriesShown = 50
	// deliveriesLooked is how many rows a page looks at for them.
	deliveriesLooked = 5000
)

// deliveryFilter is the filter of the list as it was filled in.
type deliveryFilter struct {
	Status, From, To, Payment, Address string
	Problems                           map[string]string
}

// query is the filter as keys and values of an address.
func (f deliveryFilter) query(more ...string) []string {
	return append([]string{"status", f.Status, "from", f.From, "to", f.To, "payment", f.Payment, "address", f.Address}, more...)
}

// Empty reports whether it chooses all.
func (f deliveryFilter) Empty() bool {
	return f.Status+f.From+f.To+f.Payment+f.Address == ""
}

// readDeliveryFilter reads the filter; a day that is none is a problem at its field.
func readDeliveryFilter(v *visit) (deliveryFilter, store.DeliveryFilter) {
	f := deliveryFilter{Status: v.field("status"), From: v.field("from"), To: v.field("to"), Payment: v.field("payment"), Address: v.field("address"), Problems: map[string]string{}}
	out := store.DeliveryFilter{Status: f.Status, Payment: pay.PaymentID(f.Payment), Address: strings.TrimRight(f.Address, "/"), Limit: deliveriesShown}
	switch f.Status {
	case "", store.DeliveryWaiting, store.DeliveryDelivered, store.DeliveryGivenUp, store.DeliverySuperseded:
	default:
		f.Problems["status"] = v.t("목록에 없는 상태입니다: "+f.Status, "There is no such state: "+f.Status)
		out.Status = ""
	}
	day := func(name, text string, plus int) (at time.Time) {
		if text == "" {
			return at
		}
		at, err := time.ParseInLocation(time.DateOnly, text, kst)
		if err != nil {
			f.Problems[name] = v.t("날짜가 아닙니다: "+text, "Not a day: "+text)
			return time.Time{}
		}
		return at.AddDate(0, 0, plus).UTC()
	}
	out.From, out.To = day("from", f.From, 0), day("to", f.To, 1)
	if !out.From.IsZero() && !out.To.IsZero() && !out.From.Before(out.To) {
		f.Problems["to"] = v.t("시작일보다 앞섭니다.", "It is before the first day.")
	}
	return f, out
}

// deliveryRow is a row of the list.
type deliveryRow struct {
	store.Delivery
	Last store.DeliveryTry // zero At: not tried yet
}

// deliveriesBody is what the list shows.
type deliveriesBody struct {
	Filter       deliveryFilter
	Rows         []deliveryRow
	Newer, Older string
	Looked       time.Time // until when it looked and stopped; zero: to the end of the page
	Change       bool
	GivenUp      int // how many the filter chooses, where it chooses those given up
}

// deliveries is the list of what was sent.
func (c *Console) deliveries(v *visit) error {
	var b deliveriesBody
	var f store.DeliveryFilter
	b.Filter, f = readDeliveryFilter(v)
	b.Change = v.May(pay.ChangeIntegration)
	place, ok := readDeliveryPlace(v.field("after"))
	if !ok {
		return errNoPage
	}
	f.After = place
	if len(b.Filter.Problems) > 0 {
		return v.renderStatus(http.StatusUnprocessableEntity, "deliveries", v.t("웹훅 내역", "Deliveries"), b)
	}
	if err := c.readDeliveries(v, f, &b); err != nil {
		return err
	}
	if place.ID != "" {
		b.Newer = c.path("/deliveries", b.Filter.query()...)
	}
	return v.render("deliveries", v.t("웹훅 내역", "Deliveries"), b)
}

func (c *Console) readDeliveries(v *visit, f store.DeliveryFilter, b *deliveriesBody) error {
	ctx := v.r.Context()
	return c.store.Read(ctx, func(tx *store.Tx) error {
		found, looked, err := tx.LookDeliveries(ctx, v.Store.ID, f, deliveriesLooked)
		if err != nil {
			return err
		}
		ids := make([]string, len(found))
		for i, d := range found {
			ids[i] = d.ID
		}
		tries, err := tx.LastTries(ctx, v.Store.ID, ids)
		if err != nil {
			return err
		}
		for _, d := range found {
			b.Rows = append(b.Rows, deliveryRow{d, tries[d.ID]})
		}
		next := looked
		if len(found) == f.Limit {
			next = found[len(found)-1].Place()
		} else if looked.ID != "" {
			b.Looked = looked.Created
		}
		if next.ID != "" {
			b.Older = c.path("/deliveries", b.Filter.query("after", spellDeliveryPlace(next))...)
		}
		if f.Status == store.DeliveryGivenUp && b.Change {
			b.GivenUp, err = tx.CountDeliveries(ctx, v.Store.ID, f)
		}
		return err
	})
}

// spellDeliveryPlace is a place in the list as it stands in an address.
func spellDeliveryPlace(p store.DeliveryPlace) string {
	return strconv.FormatInt(p.Created.UnixMicro(), 10) + "." + p.ID
}

func readDeliveryPlace(text string) (p store.DeliveryPlace, ok bool) {
	if text == "" {
		return p, true
	}
	at, id, ok := strings.Cut(text, ".")
	micro, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || id == "" {
		return p, false
	}
	return store.DeliveryPlace{Created: time.UnixMicro(micro).UTC(), ID: id}, true
}

// howOf is how the form wants messages to be sent again.
func howOf(v *visit) notify.How {
	if v.field("how") == "round" {
		return notify.Round
	}
	return notify.Once
}
