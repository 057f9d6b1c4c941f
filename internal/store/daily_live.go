package store

import (
	"context"

	"naru/internal/pay"
)

// The figures of days as the books themselves tell them.

// dayOf is the SQL for when the Korean day of a time began.
func dayOf(column string) string {
	return `((` + column + ` + 32400000000) / 86400000000 * 86400000000 - 32400000000)`
}

// saleKey and outcomeKey are what figures of days are kept by.
type saleKey struct {
	day      int64
	mode     pay.Mode
	provider pay.Provider
	method   pay.Method
	currency pay.Currency
	kind     saleKind
}

type outcomeKey struct {
	day         int64
	mode        pay.Mode
	provider    pay.Provider
	method      pay.Method
	failed      bool
	class, code string
}

// saleKind is which way money went.
type saleKind string

const (
	saleIn       saleKind = "sale"
	saleCancel   saleKind = "cancel"
	saleReversal saleKind = "reversal"
)

func saleKindOf(k pay.MovementKind) saleKind {
	switch k {
	case pay.MovementCancel:
		return saleCancel
	case pay.MovementDepositReversal:
		return saleReversal
	default:
		return saleIn
	}
}

// amount is how many, and their money.
type amount struct{ count, money int64 }

type saleLine struct {
	saleKey
	amount
}

func scanSale(r row) (l saleLine, err error) {
	return l, r.Scan(&l.day, &l.mode, &l.provider, &l.method, &l.currency, &l.kind, &l.count, &l.money)
}

type outcomeLine struct {
	outcomeKey
	count int64
}

func scanOutcome(r row) (l outcomeLine, err error) {
	return l, r.Scan(&l.day, &l.mode, &l.provider, &l.method, &l.failed, &l.class, &l.code, &l.count)
}

// liveSales are sales by the movements.
func (t *Tx) liveSales(ctx context.Context, merchant pay.MerchantID, q DailyQuery, from, to int64) ([]saleLine, error) {
	w := when(`m.merchant = `, merchant)
	w.and(`m.at >= `, from)
	w.and(`m.at < `, to)
	q.narrow(w, `p.`)
	return list(ctx, t, scanSale, `SELECT day, mode, provider, method, currency, kind, COUNT(*), CAST(SUM(money) AS BIGINT) FROM (
			SELECT `+dayOf(`m.at`)+` AS day, p.mode, p.provider, p.method, p.currency, m.amount AS money,
				CASE m.kind WHEN 'cancel' THEN 'cancel' WHEN 'deposit_reversal' THEN 'reversal' ELSE 'sale' END AS kind
			FROM movements AS m JOIN payments AS p ON p.merchant = m.merchant AND p.id = m.payment WHERE `+w.text()+`) AS moved
		GROUP BY day, mode, provider, method, currency, kind`, w.args...)
}

// declineClass is our word for the refusal that a payment failed with.
const declineClass = `COALESCE((SELECT a.class FROM attempts AS a WHERE a.merchant = p.merchant AND a.payment = p.id
	AND a.status = 'declined' AND a.class <> '' ORDER BY a.started DESC, a.id DESC LIMIT 1), '')`

// liveOutcomes are outcomes by the payments.
func (t *Tx) liveOutcomes(ctx context.Context, merchant pay.MerchantID, q DailyQuery, from, to int64) ([]outcomeLine, error) {
	w := when(`p.merchant = `, merchant)
	all := pay.Payments.States()
	w.in(`p.status`, padded(all, len(all)))
	w.and(`p.paid_at > 0 AND p.customer_usage <> 'issue' AND p.paid_at >= `, from)
	w.and(`p.paid_at < `, to)
	q.narrow(w, `p.`)
	w.parts.WriteString(` UNION ALL SELECT ` + dayOf(`p.status_at`) + `, p.mode, p.provider, p.method, TRUE, ` + declineClass + `, p.fail_code
		FROM payments AS p WHERE p.merchant = $1 AND p.status = 'failed' AND p.paid_at = 0 AND p.customer_usage <> 'issue'`)
	w.in(`p.mode`, padded(modes(), len(modes()))) // as the index has it
	w.and(`p.status_at >= `, from)
	w.and(`p.status_at < `, to)
	q.narrow(w, `p.`)
	return list(ctx, t, scanOutcome, `SELECT day, mode, provider, method, failed, class, code, COUNT(*) FROM (
			SELECT `+dayOf(`p.paid_at`)+` AS day, p.mode, p.provider, p.method, FALSE AS failed, '' AS class, '' AS code
			FROM payments AS p WHERE `+w.text()+`) AS ended
		GROUP BY day, mode, provider, method, failed, class, code`, w.args...)
}
