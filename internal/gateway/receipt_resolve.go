package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// lostAgain is an error of a question that was put before. A refusal that is
// neither yes nor no, and will be given again under our key, is taken as a
// refusal in the end, and a person is asked to look whether it is one.
func (g *Gateway) lostAgain(ctx context.Context, callErr error, r pay.Receipt) error {
	e, ok := errors.AsType[*connector.Error](callErr)
	keeps := g.drivers[r.Provider].Timings[pay.AttemptReceipt].KeepsAnswer
	if ok && keeps && e.Stored() && waited(g.drivers[r.Provider].Timings[pay.AttemptReceipt], r.Tries) > unclearFor {
		if err := g.alarmUnclear(ctx, r, e.Code); err != nil {
			return fmt.Errorf("asked again: %w", err)
		}
		refused := *e
		refused.Kind = connector.Misconfigured
		return &refused
	}
	return fmt.Errorf("asked again: %s", callErr) // not wrapped: its kind is about this time alone
}

func (g *Gateway) alarmUnclear(ctx context.Context, r pay.Receipt, code string) error {
	g.log.ErrorContext(ctx, "an unclear refusal is taken for a refusal", "receipt", r.ID, "code", code)
	return g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddAlarm(ctx, store.Alarm{
			ID: fmt.Sprintf("unclear:%s:%s", r.ID, r.Status), Merchant: r.Merchant, Payment: r.Payment, Kind: "receipt_unclear", At: tx.Now,
			Text: fmt.Sprintf("the provider keeps answering %s about cash receipt %s, which is %s here: look there whether it was done", code, r.ID, r.Status),
		})
	})
}

// waited is how long so many questions take.
func waited(t connector.Timing, tries int) (d time.Duration) {
	for n := range tries {
		d += gap(t, n)
	}
	return d
}

// workResolveReceipt asks again, under the same key, for an answer that was lost.
func (g *Gateway) workResolveReceipt(ctx context.Context, j store.Job) error {
	var arg receiptArg
	if err := j.ReadArg(&arg); err != nil {
		return err
	}
	var r pay.Receipt
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Receipt(ctx, arg.Merchant, pay.ReceiptID(j.Key))
		return err
	})
	if err != nil || r.Status != pay.ReceiptIssuing && r.Status != pay.ReceiptCancelling {
		return err
	}
	timing := g.drivers[r.Provider].Timings[pay.AttemptReceipt]
	on, err := g.openReceipt(ctx, r.Merchant, r.Channel, r.MID)
	if err != nil {
		return g.askReceiptLater(ctx, r, timing, err)
	}
	_, err = g.askReceipt(ctx, on, r, "", true)
	if _, refused := errors.AsType[*DeclinedError](err); err == nil || refused || errors.Is(err, ErrProviderDown) {
		return nil
	}
	return g.askReceiptLater(ctx, r, timing, err)
}

func (g *Gateway) askReceiptLater(ctx context.Context, r pay.Receipt, timing connector.Timing, why error) error {
	if r.Tries+1 < len(timing.Gaps) {
		err := g.store.Write(ctx, func(tx *store.Tx) error {
			now, err := tx.Receipt(ctx, r.Merchant, r.ID)
			if err == nil {
				now.Tries++
				_, err = tx.UpdateReceipt(ctx, now)
			}
			return err
		})
		if err != nil {
			return err
		}
		return jobs.RetryAt(g.now().Add(gap(timing, r.Tries+1)), why)
	}
	g.log.ErrorContext(ctx, "needs a person", "receipt", r.ID)
	return g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddAlarm(ctx, store.Alarm{
			ID: "unknown:" + string(r.ID), Merchant: r.Merchant, Payment: r.Payment, Kind: "unknown_outcome", At: tx.Now,
			Text: fmt.Sprintf("whether cash receipt %s is %s could not be learned", r.ID, r.Status),
		})
	})
}
