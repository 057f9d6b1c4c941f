package notify

import (
	"context"
	"errors"
	"net/http"
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

// workDeliver makes one try: it reads, sends with no transaction open, and
// writes down in one transaction what came of it and what becomes of its job.
func (n *Notifier) workDeliver(ctx context.Context, j store.Job) error {
	var arg delivering
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	o, now, err := n.turn(ctx, arg)
	switch {
	case err != nil:
		return err
	case o.Status != store.DeliveryWaiting:
		return nil
	case o.Tries == 0 && o.Waits:
		return jobs.RetryAt(now.Add(turnWait), nil)
	case o.Tries > 0 && o.Stale:
		return n.supersede(ctx, j, o)
	case o.NextAt.After(now): // a try was recorded, and the job that made it died before it ended
		return jobs.RetryAt(o.NextAt, nil)
	}
	a, err := n.send(ctx, o, now, timeoutOf(o.Tries > 0 || arg.Again))
	if err != nil {
		return err
	}
	return n.record(ctx, j, o, a)
}

// timeoutOf is how long a try may take in all.
func timeoutOf(again bool) time.Duration {
	if again {
		return resendTimeout
	}
	return connectTimeout + readTimeout
}

// turn reads a delivery and what decides about it, and the time.
func (n *Notifier) turn(ctx context.Context, arg delivering) (o store.DeliveryTurn, now time.Time, err error) {
	err = n.store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		o, err = tx.DeliveryTurn(ctx, arg.Merchant, arg.ID)
		return err
	})
	return o, now, err
}

// send makes the request. Its error is no answer of the merchant's, and no try.
func (n *Notifier) send(ctx context.Context, o store.DeliveryTurn, now time.Time, timeout time.Duration) (answer, error) {
	sign, err := n.signer(ctx, o, now)
	if err != nil {
		return answer{}, err
	}
	lane := laneOf(o.Merchant, o.URL)
	strange := n.lanes.begin(lane)
	a := n.post(ctx, message{
		url: o.URL, contentType: o.ContentType, body: o.Body, private: mayBePrivate(o.Settings, o.URL), timeout: timeout, id: o.ID, sign: sign,
	})
	stopped := a.err != nil && ctx.Err() != nil
	n.lanes.end(lane, strange, !stopped && retryable(a), a.took)
	if stopped { // we are: it is not the merchant's doing
		return a, ctx.Err()
	}
	return a, nil
}

// mayBePrivate reports whether an address may be a private one for this
// merchant: its own is, if it says so. One that a page gave never is, since a
// page's parameters come from whoever sits at the browser.
func mayBePrivate(s pay.Settings, url string) bool {
	return s.PrivateAddressesOK && url != "" && (url == s.WebhookURL || url == s.WebhookTestURL)
}

// supersede ends a delivery that a later event has made pointless.
func (n *Notifier) supersede(ctx context.Context, j store.Job, o store.DeliveryTurn) error {
	err := n.store.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Delivery(ctx, o.Merchant, o.ID)
		if err != nil {
			return err
		}
		if d.Status == store.DeliveryWaiting {
			d.Status, d.Done, d.NextAt = store.DeliverySuperseded, tx.Now, time.Time{}
			if err := tx.UpdateDelivery(ctx, d, d.Tries); err != nil {
				return err
			}
		}
		return endJob(ctx, tx, j, time.Time{}, "")
	})
	if err != nil {
		return err
	}
	return jobs.ErrEnded
}

// record writes down a try that was made, and what follows from it.
func (n *Notifier) record(ctx context.Context, j store.Job, o store.DeliveryTurn, a answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	try, chance := tryOf(a), n.chance()
	var d store.Delivery
	err := n.store.Write(ctx, func(tx *store.Tx) error {
		later, err := tx.LaterDeliveries(ctx, o.Delivery)
		if err != nil {
			return err
		}
		was := o.Delivery
		d = n.after(tx.Now, was, o.Settings, a, chance, len(later) > 0)
		err = tx.EndTry(ctx, d, was, try)
		if errors.Is(err, store.ErrConflict) { // another run of it, or a person, was quicker
			if was, err = tx.Delivery(ctx, was.Merchant, was.ID); err != nil {
				return err
			}
			d = n.after(tx.Now, was, o.Settings, a, chance, len(later) > 0)
			err = tx.EndTry(ctx, d, was, try)
		}
		if err != nil {
			return err
		}
		if err := wake(ctx, tx, d, later); err != nil {
			return err
		}
		return endJob(ctx, tx, j, d.NextAt, reasonOf(a))
	})
	if err != nil {
		return err
	}
	n.report(ctx, d, try)
	return jobs.ErrEnded
}

// wake brings the turn of the first message after d that was not tried yet.
func wake(ctx context.Context, tx *store.Tx, d store.Delivery, later []store.LaterDelivery) error {
	for _, l := range later {
		if l.Untried {
			return enqueue(ctx, tx, JobDeliver, store.Delivery{Merchant: d.Merchant, ID: l.ID, URL: d.URL}, false)
		}
	}
	return nil
}

// endJob removes a job, or gives it back for a time. That it is not ours any
// more, because its lease ran out, does not undo what it did.
func endJob(ctx context.Context, tx *store.Tx, j store.Job, again time.Time, why string) error {
	err := error(nil)
	if again.IsZero() {
		err = tx.FinishJob(ctx, j)
	} else {
		err = tx.RetryJob(ctx, j, again, why)
	}
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

// after is what a delivery becomes after one more try. One that was over stays
// so, unless the merchant took it now.
func (n *Notifier) after(now time.Time, d store.Delivery, s pay.Settings, a answer, chance float64, stale bool) store.Delivery {
	d.Tries++
	wait, again := n.wait(s, d.Tries)
	switch {
	case accepted(a):
		if d.Status != store.DeliveryDelivered {
			d.Status, d.NextAt, d.Done = store.DeliveryDelivered, time.Time{}, now
		}
	case d.Status != store.DeliveryWaiting:
	case !retryable(a):
		d.Status, d.NextAt, d.Done = store.DeliveryGivenUp, time.Time{}, now
	case stale:
		d.Status, d.NextAt, d.Done = store.DeliverySuperseded, time.Time{}, now
	case !again:
		d.Status, d.NextAt, d.Done = store.DeliveryGivenUp, time.Time{}, now
	default:
		d.NextAt = now.Add(max(spread(wait, chance), a.retryAfter))
	}
	return d
}

// accepted: 200 alone is success.
func accepted(a answer) bool { return a.err == nil && a.status == http.StatusOK }

// retryable: another try may go better. Any answer but 200, 429 and 5xx is the
// merchant's final word.
func retryable(a answer) bool {
	return a.err != nil || a.status == http.StatusTooManyRequests || a.status >= 500
}

// wait is the time between try number tries and the next, if there is one.
func (n *Notifier) wait(s pay.Settings, tries int) (time.Duration, bool) {
	if own := s.WebhookRetries; own != nil {
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

// spread is a wait up to a tenth shorter or longer, by chance, so that what
// failed together is not sent together again.
func spread(wait time.Duration, chance float64) time.Duration {
	return wait - wait/10 + time.Duration(chance*float64(wait/5))
}
