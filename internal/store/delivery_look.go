package store

import (
	"context"
	"fmt"
	"time"

	"naru/internal/pay"
)

// LookDeliveries is FindDeliveries, newest first, that looks at no more than so
// many rows: where no index has what a filter chooses (a status that is common, an
// address), it may find fewer than Limit though there are more. Then looked is the
// place at which it stopped, to go on behind; else its ID is "".
func (t *Tx) LookDeliveries(ctx context.Context, merchant pay.MerchantID, f DeliveryFilter, rows int) (found []Delivery, looked DeliveryPlace, err error) {
	text, args, err := f.look(merchant, rows)
	if err != nil {
		return nil, looked, wrap(err, "look for deliveries of merchant %s", merchant)
	}
	found, err = list(ctx, t, scanDelivery, text, args...)
	if err != nil || len(found) == f.Limit {
		return found, looked, wrap(err, "look for deliveries of merchant %s", merchant)
	}
	text, args = f.stopped(merchant, rows)
	places, err := list(ctx, t, scanDeliveryPlace, text, args...)
	if len(places) == 1 {
		looked = places[0]
	}
	return found, looked, wrap(err, "look for deliveries of merchant %s", merchant)
}

func scanDeliveryPlace(r row) (p DeliveryPlace, err error) {
	err = r.Scan(timeInto{&p.Created}, &p.ID)
	return p, err
}

// reach is the part of the filter that an index answers in the order of the list.
func (f DeliveryFilter) reach(merchant pay.MerchantID) *condition {
	w := when(`merchant = `, merchant)
	if f.Status == DeliveryGivenUp {
		w.and(`status = 'given_up'`)
	}
	if f.Payment != "" {
		w.and(`payment = `, f.Payment)
	}
	if !f.From.IsZero() {
		w.and(`created >= `, f.From)
	}
	if !f.To.IsZero() {
		w.and(`created < `, f.To)
	}
	if f.After.ID != "" {
		w.and(`(created, id) < (`, f.After.Created, f.After.ID)
		w.close()
	}
	return w
}

const newestFirst = ` ORDER BY created DESC, id DESC`

func (f DeliveryFilter) look(merchant pay.MerchantID, rows int) (string, []any, error) {
	if f.Limit < 1 || rows < 1 || f.Oldest {
		return "", nil, fmt.Errorf("limit %d of %d rows: both must be at least 1, newest first", f.Limit, rows)
	}
	if _, err := f.where(merchant); err != nil {
		return "", nil, err
	}
	w := f.reach(merchant)
	inner := `SELECT ` + deliveryColumns + ` FROM deliveries WHERE ` + w.text() + newestFirst + w.page(rows, 0)
	outer := &condition{args: w.args}
	outer.parts.WriteString(`1 = 1`)
	if f.Status != "" {
		outer.and(`status = `, f.Status)
	}
	if f.Address != "" {
		outer.and(`(url = `, f.Address)
		outer.add(` OR substr(url, 1, length(`, f.Address)
		outer.add(`) + 1) IN (`, f.Address+"/", f.Address+"?")
		outer.parts.WriteString(`))`)
	}
	return `SELECT ` + deliveryColumns + ` FROM (` + inner + `) AS looked WHERE ` + outer.text() + newestFirst + outer.page(f.Limit, 0), outer.args, nil
}

// stopped is the last of so many rows.
func (f DeliveryFilter) stopped(merchant pay.MerchantID, rows int) (string, []any) {
	w := f.reach(merchant)
	return `SELECT created, id FROM deliveries WHERE ` + w.text() + newestFirst + w.page(1, rows-1), w.args
}

// GivenUp is the messages to one address that were given up.
type GivenUp struct {
	URL           string
	Count         int
	First, Latest time.Time // when they were made
}

// GivenUpByAddress groups a merchant's messages that were given up and not sent
// again since, of the newest so many: the address that lacks most first.
func (t *Tx) GivenUpByAddress(ctx context.Context, merchant pay.MerchantID, limit int) ([]GivenUp, error) {
	gs, err := list(ctx, t, func(r row) (g GivenUp, err error) {
		return g, r.Scan(&g.URL, &g.Count, timeInto{&g.First}, timeInto{&g.Latest})
	}, givenUpByAddress, merchant, limit)
	return gs, wrap(err, "webhooks given up of merchant %s", merchant)
}

const givenUpByAddress = `SELECT url, COUNT(*), MIN(created), MAX(created) FROM (
	SELECT url, created FROM deliveries WHERE merchant = $1 AND status = 'given_up' ORDER BY created DESC, id DESC LIMIT $2) AS part
	GROUP BY url ORDER BY 2 DESC, url`

// LastTries is the newest try of each of a merchant's deliveries that was tried,
// without the answer.
func (t *Tx) LastTries(ctx context.Context, merchant pay.MerchantID, ids []string) (map[string]DeliveryTry, error) {
	out := make(map[string]DeliveryTry, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	args := []any{merchant}
	for _, id := range ids {
		args = append(args, id)
	}
	type one struct {
		id string
		y  DeliveryTry
	}
	all, err := list(ctx, t, func(r row) (o one, err error) {
		return o, r.Scan(&o.id, timeInto{&o.y.At}, spanInto{&o.y.Took}, &o.y.Status, &o.y.Error, &o.y.Manual)
	}, `SELECT delivery, at, took, status, error, manual FROM delivery_tries
		WHERE merchant = $1 AND delivery IN (`+placeholders(2, len(ids))+`) ORDER BY delivery, seq`, args...)
	for _, o := range all {
		out[o.id] = o.y
	}
	return out, wrap(err, "last tries of merchant %s", merchant)
}
