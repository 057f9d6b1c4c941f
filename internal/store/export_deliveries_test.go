package store

import (
	"context"

	"naru/internal/pay"
)

// ExplainDeliveries is how the database would run FindDeliveries.
func (t *Tx) ExplainDeliveries(ctx context.Context, merchant pay.MerchantID, f DeliveryFilter) (string, error) {
	text, args, err := f.find(merchant)
	if err != nil {
		return "", err
	}
	return t.Explain(ctx, text, args...)
}
