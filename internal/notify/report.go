package notify

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"naru/internal/store"
)

// tryOf is an answer as it is recorded.
func tryOf(a answer) store.DeliveryTry {
	try := store.DeliveryTry{Took: a.took, Status: a.status, Answer: a.body}
	if a.err != nil {
		try.Error = errText(a.err)
	}
	return try
}

// reasonOf is why a try failed, in a few words.
func reasonOf(a answer) string {
	if a.err != nil {
		return errText(a.err)
	}
	return http.StatusText(a.status)
}

func (n *Notifier) report(ctx context.Context, d store.Delivery, try store.DeliveryTry) {
	outcome := d.Status
	if outcome == store.DeliveryWaiting || try.Manual && try.Status != http.StatusOK {
		outcome = "failed"
	}
	n.tried(ctx, outcome, try)
	args := []any{
		"merchant", d.Merchant, "payment", d.Payment, "event", d.Event, "delivery", d.ID, "host", hostOf(d.URL), "try", d.Tries,
		"status", try.Status, "took", try.Took, "outcome", outcome,
	}
	if try.Manual {
		args = append(args, "manual", true)
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

// errText is err in words that may be shown: what failed, without the URL,
// which may carry the merchant's own secrets and stands beside it anyway.
func errText(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return "timed out: " + u.Err.Error()
		}
		return u.Err.Error()
	}
	return err.Error()
}
