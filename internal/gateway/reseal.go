package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"naru/internal/pay"
	"naru/internal/store"
)

// resealBatch is how many values are read at once, and written at most in one
// transaction: others wait for their turn no longer than that takes.
const resealBatch = 100

// Resealed is what became of the values of one column.
type Resealed struct {
	Column     string
	Seen       int // values there are
	Resealed   int // of them, sealed anew with the present key
	Old        int // of them, still sealed with an older key
	Unreadable int // of them, those that do not open: changed, or of another database
}

// SealedAs is what binds a sealed value to its row.
type SealedAs func(store.Sealed) string

// Reseal seals with the vault's present key every value in the books that is
// sealed with an older one, in small transactions. Each value is written only if
// it is still what was read, so that a running gateway loses nothing; whatever it
// writes with the older key meanwhile is found by the next Reseal, as is what was
// left when this one is cut off. More names the values that others sealed, by
// column ("webhook_secrets.sealed"). With look nothing is written.
func (g *Gateway) Reseal(ctx context.Context, more map[string]SealedAs, look bool) ([]Resealed, error) {
	var out []Resealed
	for _, c := range store.SealedColumns() {
		as := g.sealedColumn(c.String())
		if as == nil {
			as = more[c.String()]
		}
		if as == nil && !c.Within {
			return out, fmt.Errorf("reseal %s: nobody says how its values are bound to their rows", c)
		}
		r, err := g.resealColumn(ctx, c, as, look)
		out = append(out, r)
		if err != nil {
			return out, fmt.Errorf("reseal %s: %w", c, err)
		}
	}
	return out, nil
}

// sealedColumn is how the gateway's own values are bound to their rows.
func (g *Gateway) sealedColumn(column string) SealedAs {
	switch column {
	case "channels.sealed":
		return func(s store.Sealed) string { return credentialsOf(pay.ChannelKey(s.Key)) }
	case "billing_keys.sealed":
		return func(s store.Sealed) string { return sealedAs(pay.KeyID(s.Key)) }
	case "billing_keys.proof":
		return func(s store.Sealed) string { return proofOf(pay.KeyID(s.Key)) }
	case "receipts.identifier":
		return func(s store.Sealed) string { return receiptSealedAs(pay.ReceiptID(s.Key)) }
	case "idempotency.answer":
		return func(s store.Sealed) string { return keyedSealedAs(store.Keyed{Merchant: s.Merchant, Key: s.Key}) }
	}
	return nil
}

func (g *Gateway) resealColumn(ctx context.Context, c store.SealedColumn, as SealedAs, look bool) (Resealed, error) {
	out := Resealed{Column: c.String()}
	var after store.Sealed
	for {
		var some []store.Sealed
		err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
			some, err = tx.ListSealed(ctx, c, after, resealBatch)
			return err
		})
		if err != nil || len(some) == 0 {
			return out, err
		}
		after = some[len(some)-1]
		if err := g.resealSome(ctx, c, as, some, look, &out); err != nil {
			return out, err
		}
		if err := g.faults("reseal:" + c.String()); err != nil {
			return out, err
		}
	}
}

// resealSome seals a batch anew and writes it in one transaction.
func (g *Gateway) resealSome(ctx context.Context, c store.SealedColumn, as SealedAs, some []store.Sealed, look bool, out *Resealed) error {
	fresh := map[int][]byte{}
	for i, s := range some {
		out.Seen++
		next, err := g.resealOne(c, as, s)
		switch {
		case err != nil:
			out.Unreadable++
			g.log.ErrorContext(ctx, "value not sealed anew", "column", c.String(), "merchant", s.Merchant, "err", err)
		case next != nil:
			out.Old++
			fresh[i] = next
		}
	}
	if look || len(fresh) == 0 {
		return nil
	}
	swapped := 0
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		swapped = 0
		for i, s := range some {
			if fresh[i] == nil {
				continue
			}
			ok, err := tx.SwapSealed(ctx, c, s, fresh[i])
			if err != nil {
				return err
			}
			if ok {
				swapped++
			}
		}
		return nil
	})
	if err == nil {
		out.Resealed, out.Old = out.Resealed+swapped, out.Old-swapped
	}
	return err
}

// resealOne is a value with what is sealed in it sealed anew, or nil where that is
// not needed.
func (g *Gateway) resealOne(c store.SealedColumn, as SealedAs, s store.Sealed) ([]byte, error) {
	switch {
	case !c.Within:
		return g.resealBytes(s.Value, as(s))
	case c.Table == "attempts":
		return g.resealField(s.Value, "refund_to", refundOf(pay.PaymentID(s.About)))
	}
	var window map[string]json.RawMessage
	var order struct{ MerchantUID pay.MerchantUID }
	if err := json.Unmarshal(s.Value, &window); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(s.Value, &order); err != nil {
		return nil, err
	}
	billing, err := g.resealField(window["Billing"], "SealedCI", userCIOf(pay.Payment{Merchant: s.Merchant, MerchantUID: order.MerchantUID}))
	if err != nil || billing == nil {
		return nil, err
	}
	window["Billing"] = billing
	return json.Marshal(window)
}

// resealField is a JSON object with one of its fields sealed anew.
func (g *Gateway) resealField(object []byte, field, as string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, err
	}
	var sealed []byte
	if err := json.Unmarshal(fields[field], &sealed); err != nil {
		return nil, err
	}
	next, err := g.resealBytes(sealed, as)
	if err != nil || next == nil {
		return nil, err
	}
	if fields[field], err = json.Marshal(next); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

func (g *Gateway) resealBytes(sealed []byte, as string) ([]byte, error) {
	if g.vault.Current(sealed) {
		return nil, nil
	}
	return g.vault.Reseal(sealed, as)
}
