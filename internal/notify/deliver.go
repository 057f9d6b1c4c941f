package notify

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

const (
	// turnWait is how long a delivery waits before it looks again whether the
	// one before it has been tried. It is also woken when that happens.
	turnWait = time.Second
	// recordTimeout bounds the writing down of a try that was made.
	recordTimeout = 10 * time.Second
)

// order is a delivery with what decides whether it is its turn.
type order struct {
	store.Delivery
	merchant pay.Merchant
	now      time.Time
	waits    bool // an earlier message to the address was not tried yet
	stale    bool // a later message to the address exists
	next     *store.Delivery
}

func (n *Notifier) workDeliver(ctx context.Context, j store.Job) error {
	var arg delivering
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	var o order
	err := n.store.Read(ctx, func(tx *store.Tx) (err error) {
		o, err = readOrder(ctx, tx, arg)
		return err
	})
	switch {
	case err != nil:
		return err
	case o.Status != store.DeliveryWaiting:
		return nil
	case o.Tries == 0 && o.waits:
		return jobs.RetryAt(o.now.Add(turnWait), nil)
	case o.Tries > 0 && o.stale:
		return n.supersede(ctx, arg)
	case o.NextAt.After(o.now): // a try was recorded, and the job that made it died before it ended
		return jobs.RetryAt(o.NextAt, nil)
	}
	a := n.post(ctx, message{
		url: o.URL, contentType: o.ContentType, body: o.Body,
		anywhere: mayBePrivate(o.merchant, o.URL), timeout: timeoutOf(o.Tries),
	})
	if a.err != nil && ctx.Err() != nil {
		return ctx.Err() // we are stopping: not the merchant's doing
	}
	return n.record(ctx, arg, a)
}

// mayBePrivate reports whether an address may be a private one for this
// merchant: its own is, if it says so. One that a page gave never is, since a
// page's parameters come from whoever sits at the browser.
func mayBePrivate(m pay.Merchant, url string) bool {
	return m.Settings.PrivateAddressesOK && url == m.Settings.WebhookURL
}

// timeoutOf is how long the try after so many others may take in all.
func timeoutOf(tries int) time.Duration {
	if tries > 0 {
		return resendTimeout
	}
	return connectTimeout + readTimeout
}

func readOrder(ctx context.Context, tx *store.Tx, arg delivering) (order, error) {
	d, err := tx.Delivery(ctx, arg.Merchant, arg.ID)
	if err != nil {
		return order{}, err
	}
	m, err := tx.Merchant(ctx, arg.Merchant)
	if err != nil {
		return order{}, err
	}
	all, err := tx.ListDeliveries(ctx, d.Merchant, d.Payment)
	if err != nil {
		return order{}, err
	}
	o := order{Delivery: d, merchant: m, now: tx.Now}
	for _, other := range all {
		untried := other.Status == store.DeliveryWaiting && other.Tries == 0
		switch {
		case other.URL != d.URL || other.ID == d.ID:
		case other.Seq < d.Seq:
			o.waits = o.waits || untried
		case other.Seq > d.Seq:
			o.stale = true
			if untried && (o.next == nil || other.Seq < o.next.Seq) {
				o.next = &other
			}
		}
	}
	return o, nil
}

// supersede ends a delivery that a later event has made pointless.
func (n *Notifier) supersede(ctx context.Context, arg delivering) error {
	return n.store.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Delivery(ctx, arg.Merchant, arg.ID)
		if err != nil || d.Status != store.DeliveryWaiting {
			return err
		}
		d.Status, d.Done, d.NextAt = store.DeliverySuperseded, tx.Now, time.Time{}
		return tx.UpdateDelivery(ctx, d, d.Tries)
	})
}

// record writes down a try that was made, and what follows from it.
func (n *Notifier) record(ctx context.Context, arg delivering, a answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	try := store.DeliveryTry{Took: a.took, Status: a.status, Answer: a.body}
	if a.err != nil {
		try.Error = errText(a.err)
	}
	var o order
	err := n.store.Write(ctx, func(tx *store.Tx) (err error) {
		if o, err = readOrder(ctx, tx, arg); err != nil {
			return err
		}
		if err := tx.AddDeliveryTry(ctx, o.Merchant, o.ID, try); err != nil {
			return err
		}
		o.Tries++
		if o.Status == store.DeliveryWaiting {
			n.conclude(tx, &o, a)
		}
		if err := tx.UpdateDelivery(ctx, o.Delivery, o.Tries-1); err != nil {
			return err
		}
		if !o.NextAt.IsZero() {
			if err := tx.Enqueue(ctx, JobDeliver, o.ID, arg, o.NextAt); err != nil {
				return err
			}
		}
		if o.next != nil { // its turn has come
			return tx.Enqueue(ctx, JobDeliver, o.next.ID, delivering{o.Merchant, o.next.ID}, tx.Now)
		}
		return nil
	})
	if err == nil {
		n.report(ctx, o, try)
	}
	return err
}

// conclude says what a waiting delivery becomes after a try.
func (n *Notifier) conclude(tx *store.Tx, o *order, a answer) {
	wait, again := n.wait(o.merchant, o.Tries)
	o.NextAt, o.Done = time.Time{}, tx.Now
	switch {
	case a.err == nil && a.status == http.StatusOK:
		o.Status = store.DeliveryDelivered
	case !retryable(a):
		o.Status = store.DeliveryGivenUp
	case o.stale:
		o.Status = store.DeliverySuperseded
	case !again:
		o.Status = store.DeliveryGivenUp
	default:
		o.NextAt, o.Done = tx.Now.Add(wait), time.Time{}
	}
}

// retryable: another try may go better. Success is 200 alone; any other answer
// but 429 and 5xx is the merchant's final word.
func retryable(a answer) bool {
	return a.err != nil || a.status == http.StatusTooManyRequests || a.status >= 500
}

// wait is the time between try number tries and the next, if there is one.
func (n *Notifier) wait(m pay.Merchant, tries int) (time.Duration, bool) {
	if own := m.Settings.WebhookRetries; own != nil {
		if tries > len(own) {
			return 0, false
		}
		return time.Duration(own[tries-1]) * time.Second, true
	}
	if tries > len(n.retries) {
		return 0, false
	}
	return n.retries[tries-1], true
}

func (n *Notifier) report(ctx context.Context, o order, try store.DeliveryTry) {
	outcome := o.Status
	if outcome == store.DeliveryWaiting {
		outcome = "failed"
	}
	n.tried(outcome)
	args := []any{
		"merchant", o.Merchant, "payment", o.Payment, "event", o.Event, "host", hostOf(o.URL), "try", o.Tries,
		"status", try.Status, "took", try.Took, "outcome", outcome,
	}
	if try.Error != "" {
		args = append(args, "error", try.Error)
	}
	if outcome == store.DeliveryDelivered {
		n.log.InfoContext(ctx, "webhook", args...)
		return
	}
	n.log.WarnContext(ctx, "webhook", args...)
}

// hostOf keeps the log free of addresses' paths and queries, where merchants
// put secrets of their own.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
