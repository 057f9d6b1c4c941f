package gateway

import (
	"context"

	"naru/internal/pay"
	"naru/internal/store"
)

// JobMendLists writes beside billing keys and schedules what the release before left
// out. Key: merchant id.
const JobMendLists = "mend_lists"

// mendAtOnce is how many rows one transaction mends.
const mendAtOnce = 200

// planBilling has a merchant's lists mended now, and its recovery run when it is set.
func (g *Gateway) planBilling(ctx context.Context, m pay.Merchant) error {
	return g.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Enqueue(ctx, m.ID, JobMendLists, string(m.ID), struct{}{}, tx.Now); err != nil {
			return err
		}
		return planRecovery(ctx, tx, m)
	})
}

// workMendLists mends a merchant's lists; there is nothing to do but after an upgrade.
func (g *Gateway) workMendLists(ctx context.Context, j store.Job) error {
	after := pay.MerchantUID("")
	for {
		err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
			after, err = tx.MendSchedules(ctx, j.Merchant, after, mendAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		if after == "" {
			break
		}
	}
	for last := pay.KeyID(""); ; {
		err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
			last, err = tx.MendBillingKeys(ctx, j.Merchant, last, mendAtOnce)
			return err
		})
		if err != nil || last == "" {
			return err
		}
	}
}
