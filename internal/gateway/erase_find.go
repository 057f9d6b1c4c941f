package gateway

import (
	"context"
	"fmt"
	"slices"

	"naru/internal/pay"
	"naru/internal/store"
)

// eraseScan is how many rows are looked at in one transaction.
const eraseScan = 500

// findPerson finds what tells of a person.
func (g *Gateway) findPerson(ctx context.Context, r EraseRequest) (persons, error) {
	switch {
	case r.Payment != "":
		return g.personOfPayment(ctx, r.Merchant, r.Payment)
	case r.CustomerUID != "":
		return g.personOfUID(ctx, r.Merchant, r.CustomerUID)
	case r.Email != "":
		want := sameEmail(r.Email)
		return g.personWhere(ctx, r.Merchant, func(b pay.Buyer) bool { return sameEmail(b.Email) == want })
	default:
		want := sameTel(r.Tel)
		return g.personWhere(ctx, r.Merchant, func(b pay.Buyer) bool { return sameTel(b.Tel) == want })
	}
}

// personOfPayment is a payment, the key whose window it was, and the booking that
// it was the charge of.
func (g *Gateway) personOfPayment(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (persons, error) {
	found := persons{payments: []pay.PaymentID{id}}
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.Payment(ctx, m, id)
		if err != nil {
			return translate(err, store.ErrNotFound, ErrNoPayment)
		}
		if k, err := tx.BillingKeyOfPayment(ctx, m, id); err == nil {
			found.keys = append(found.keys, k.ID)
		} else if translate(err, store.ErrNotFound, nil) != nil {
			return err
		}
		s, err := tx.Schedule(ctx, m, p.MerchantUID)
		if err == nil && s.Payment == id {
			found.schedules = append(found.schedules, s.MerchantUID)
		}
		return translate(err, store.ErrNotFound, nil)
	})
	return found, err
}

// personOfUID is everything of a customer_uid.
func (g *Gateway) personOfUID(ctx context.Context, m pay.MerchantID, uid pay.CustomerUID) (persons, error) {
	var found persons
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		found = persons{}
		for offset := 0; ; offset += eraseScan {
			some, err := tx.FindPayments(ctx, m, store.PaymentFilter{CustomerUID: uid, Sort: "started", Limit: eraseScan, Offset: offset})
			if err != nil {
				return err
			}
			for _, p := range some {
				found.payments = append(found.payments, p.ID)
			}
			if len(some) < eraseScan {
				break
			}
		}
		for offset := 0; ; offset += eraseScan {
			some, err := tx.FindSchedules(ctx, m, store.ScheduleFilter{CustomerUID: uid, Limit: eraseScan, Offset: offset})
			if err != nil {
				return err
			}
			for _, s := range some {
				found.schedules = append(found.schedules, s.MerchantUID)
			}
			if len(some) < eraseScan {
				break
			}
		}
		keys, err := tx.BillingKeysOfUID(ctx, m, uid)
		for _, k := range keys {
			found.keys = append(found.keys, k.ID)
		}
		return err
	})
	return found, err
}

// personWhere looks at every row of a merchant that has a buyer: there is no index
// of persons. What hangs on a payment comes with it.
func (g *Gateway) personWhere(ctx context.Context, m pay.MerchantID, is func(pay.Buyer) bool) (persons, error) {
	var found persons
	for _, in := range []store.Persons{store.PersonsPayments, store.PersonsBillingKeys, store.PersonsSchedules, store.PersonsReceipts} {
		for after := ""; ; {
			var some []store.Person
			err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
				some, err = tx.ListPersons(ctx, in, m, after, eraseScan)
				return err
			})
			if err != nil {
				return found, err
			}
			for _, p := range some {
				if is(p.Buyer) {
					found.add(in, p.Key)
				}
				after = p.Key
			}
			if len(some) < eraseScan {
				break
			}
		}
	}
	return g.withoutReceiptsOf(ctx, m, found)
}

// withoutReceiptsOf leaves out the receipts that come with their payments.
func (g *Gateway) withoutReceiptsOf(ctx context.Context, m pay.MerchantID, found persons) (persons, error) {
	alone := found.receipts[:0:0]
	for _, id := range found.receipts {
		var c pay.Receipt
		err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
			c, err = tx.Receipt(ctx, m, id)
			return err
		})
		if err != nil {
			return found, fmt.Errorf("erase: %w", err)
		}
		if !slices.Contains(found.payments, c.Payment) {
			alone = append(alone, id)
		}
	}
	found.receipts = alone
	return found, nil
}

func (f *persons) add(in store.Persons, key string) {
	switch in {
	case store.PersonsPayments:
		f.payments = append(f.payments, pay.PaymentID(key))
	case store.PersonsBillingKeys:
		f.keys = append(f.keys, pay.KeyID(key))
	case store.PersonsSchedules:
		f.schedules = append(f.schedules, pay.MerchantUID(key))
	case store.PersonsReceipts:
		f.receipts = append(f.receipts, pay.ReceiptID(key))
	}
}
