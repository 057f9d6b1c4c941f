package store_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"naru/internal/store"
)

// What hangs on one payment is found by it: SQLite likes an index that spares a
// sort so much that it would read all of a merchant's rows for it.
func TestWhatHangsOnAPaymentIsFoundByIt(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		texts := tx.Record()
		must := func(_ any, _ error) {}
		must(tx.Movements(ctx, shop, "imp_1"))
		must(tx.Steps(ctx, shop, "imp_1"))
		must(tx.ListAttempts(ctx, shop, "imp_1"))
		must(tx.OpenAttempts(ctx, shop, "imp_1"))
		must(tx.ListExchanges(ctx, shop, "imp_1"))
		must(tx.ListDeliveries(ctx, shop, "imp_1"))
		must(tx.CheckoutOfPayment(ctx, shop, "imp_1"))
		must(tx.BillingKeyOfPayment(ctx, shop, "imp_1"))
		must(tx.ReceiptsOfPayment(ctx, shop, "imp_1"))
		must(tx.CheckoutsOfPayment(ctx, shop, "imp_1"))
		must(tx.PaymentEvents(ctx, shop, "imp_1"))
		must(tx.NoticesOfPayment(ctx, shop, "imp_1"))
		must(tx.AlarmsOfPayment(ctx, shop, "imp_1"))
		must(tx.ListAudit(ctx, shop, store.AuditFilter{Payment: "imp_1"}))
		if len(*texts) != 14 {
			t.Fatalf("%d statements", len(*texts))
		}
		for _, text := range *texts {
			n := len(regexp.MustCompile(`\$\d`).FindAllString(text, -1))
			args := make([]any, n)
			plan, err := tx.Explain(ctx, text, args...)
			if err != nil {
				return err
			}
			if !strings.Contains(plan, "payment=?") || strings.Contains(plan, "SCAN") {
				t.Errorf("%s\nis run so: %s", text, plan)
			}
		}
		return nil
	})
}
