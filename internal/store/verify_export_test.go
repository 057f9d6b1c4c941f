package store

import (
	"context"

	"naru/internal/pay"
)

// ExplainPaymentsIn is how the database would read a span of payments.
func (t *Tx) ExplainPaymentsIn(ctx context.Context, merchant pay.MerchantID, by string) (string, error) {
	return t.Explain(ctx, paymentsIn(by), merchant, 1, "imp_1", 1<<62, 100)
}
