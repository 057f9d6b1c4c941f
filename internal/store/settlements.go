package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// Settlement is what a provider pays out for one movement. Amounts are in won and
// from the merchant's side: a payment is above zero, a cancel below, and
// Gross - Fee - VAT = Net.
type Settlement struct {
	Merchant       pay.MerchantID
	Channel        pay.ChannelKey
	Key            string        // the provider's name of the movement
	Payment        pay.PaymentID // "" of none that is known
	Movement       string        // its key on the books, "" of none that is known
	Kind           pay.MovementKind
	Order          string // the order id at the provider
	Gross          int64
	Fee, VAT       int64 // the fee without its VAT
	Net            int64
	SoldOn, PaidOn string // 2006-01-02; PaidOn "" is not planned
	Updated        time.Time
}

const settlementColumns = `merchant, channel, key, payment, movement, kind, order_id, gross, fee, vat, net, sold_on, paid_on, updated`

func scanSettlement(r row) (s Settlement, err error) {
	err = r.Scan(&s.Merchant, &s.Channel, &s.Key, &s.Payment, &s.Movement, &s.Kind, &s.Order, &s.Gross, &s.Fee, &s.VAT, &s.Net,
		&s.SoldOn, &s.PaidOn, timeInto{&s.Updated})
	return s, err
}

// PutSettlement records a line, in place of what was told of it before. ErrRule
// when it does not add up, and the transaction is over then.
func (t *Tx) PutSettlement(ctx context.Context, s Settlement) error {
	_, err := t.exec(ctx, `INSERT INTO settlements (`+settlementColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (merchant, channel, key) DO UPDATE SET payment = excluded.payment, movement = excluded.movement, kind = excluded.kind,
			order_id = excluded.order_id, gross = excluded.gross, fee = excluded.fee, vat = excluded.vat, net = excluded.net,
			sold_on = excluded.sold_on, paid_on = excluded.paid_on, updated = excluded.updated`,
		s.Merchant, s.Channel, s.Key, s.Payment, s.Movement, s.Kind, s.Order, s.Gross, s.Fee, s.VAT, s.Net, s.SoldOn, s.PaidOn, t.Now)
	return wrap(err, "settlement %s of channel %s", s.Key, s.Channel)
}

// SettledOf is what is settled of these payments, whatever the channel.
func (t *Tx) SettledOf(ctx context.Context, merchant pay.MerchantID, payments []pay.PaymentID) ([]Settlement, error) {
	out, err := inChunks(payments, func(some []pay.PaymentID) ([]Settlement, error) {
		n := room(len(some))
		return list(ctx, t, scanSettlement, `SELECT `+settlementColumns+` FROM settlements
			WHERE merchant = $1 AND payment <> '' AND payment IN (`+placeholders(2, n)+`) ORDER BY payment, sold_on, channel, key`,
			append([]any{merchant}, padded(some, n)...)...)
	})
	return out, wrap(err, "settlements of merchant %s", merchant)
}

// SettlementFilter chooses settlements: by day of sale, or by day of payout, from
// and until and with. After is the last of the page before.
type SettlementFilter struct {
	ByPayout bool
	From, To string // 2006-01-02; "" is open
	Channel  pay.ChannelKey
	After    *Settlement
	Limit    int // 0 is none
}

// ListSettlements is a merchant's settlements in the order of the day they are
// chosen by, then of channel and key.
func (t *Tx) ListSettlements(ctx context.Context, merchant pay.MerchantID, f SettlementFilter) ([]Settlement, error) {
	if f.Limit < 0 {
		return nil, wrap(errPage(f.Limit, 0), "settlements of merchant %s", merchant)
	}
	day, last := `sold_on`, ""
	if f.After != nil {
		last = f.After.SoldOn
	}
	if f.ByPayout {
		day = `paid_on`
		if f.After != nil {
			last = f.After.PaidOn
		}
	}
	w := when(`merchant = `, merchant)
	if f.From != "" {
		w.and(day+` >= `, f.From)
	}
	if f.To != "" {
		w.and(day+` <= `, f.To)
	}
	if f.Channel != "" {
		w.and(`channel = `, f.Channel)
	}
	if f.After != nil {
		w.and(`(`+day+`, channel, key) > (`, last, f.After.Channel, f.After.Key)
		w.close()
	}
	out, err := list(ctx, t, scanSettlement,
		`SELECT `+settlementColumns+` FROM settlements WHERE `+w.text()+` ORDER BY `+day+`, channel, key`+w.page(f.Limit, 0), w.args...)
	return out, wrap(err, "settlements of merchant %s", merchant)
}
