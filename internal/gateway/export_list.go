package gateway

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"naru/internal/pay"
	"naru/internal/store"
)

// ExportPayments writes the payments of a merchant that a query chooses, newest first
// and without end, as a table in the form of payments.csv of Export: UTF-8 with a byte
// order mark, times in Korea. n is how many; the query's page does not matter. What
// was asked for is written down, but for what was searched for, which may tell of a
// person.
func (g *Gateway) ExportPayments(ctx context.Context, m pay.MerchantID, q store.PaymentQuery, to io.Writer) (n int, err error) {
	fail := func(err error) (int, error) { return n, fmt.Errorf("gateway: export payments: %w", err) }
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		return tx.AuditByHand(ctx, store.Change{Merchant: m, Action: "payment.export", Target: "csv", After: exportAsked(q)})
	})
	if err == nil {
		_, err = io.WriteString(to, "\ufeff") // so that spreadsheets read it as UTF-8
	}
	if err != nil {
		return fail(err)
	}
	out := csv.NewWriter(to)
	if err := out.Write(csvHeader); err != nil {
		return fail(err)
	}
	err = g.store.EachPayment(ctx, m, q, func(p pay.Payment) error {
		n++
		return out.Write(csvRow(p))
	})
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return fail(err)
	}
	return n, nil
}

func exportAsked(q store.PaymentQuery) map[string]any {
	by := "status"
	if q.ByRequest {
		by = "request"
	}
	after := map[string]any{"by": by, "searched": q.Search != "", "statuses": q.Statuses, "modes": q.Modes, "methods": q.Methods, "providers": q.Providers, "channels": q.Channels, "charged": q.Charged}
	if !q.From.IsZero() {
		after["from"] = q.From
	}
	if !q.To.IsZero() {
		after["to"] = q.To
	}
	return after
}
