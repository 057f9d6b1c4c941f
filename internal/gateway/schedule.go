package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// Schedule books charges of a billing key. A key is issued first if the name has
// none and a card is given; a checking amount is charged and given back first.
// Either all items are booked or none.
func (g *Gateway) Schedule(ctx context.Context, r ScheduleRequest) ([]Booked, error) {
	if rows, told, err := g.scheduledBefore(ctx, &r); told {
		return rows, err
	}
	if err := g.checkItems(r); err != nil {
		return nil, err
	}
	if err := g.numbersFree(ctx, r); err != nil {
		return nil, err
	}
	k, err := g.keyForSchedule(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.Checking > 0 {
		if err := g.chargeChecking(ctx, k, r); err != nil {
			return nil, err
		}
	}
	rows := make([]pay.Schedule, len(r.Items))
	for i, item := range r.Items {
		rows[i] = scheduleOf(r.Merchant, k, item)
	}
	err = g.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.InsertSchedules(ctx, rows); err != nil {
			return translate(err, store.ErrExists, ErrScheduleTaken)
		}
		if err := begins(ctx, tx, about(beganSchedule, rows), tx.Now); err != nil {
			return err
		}
		for _, s := range rows {
			if err := tx.AuditByHand(ctx, store.Change{Merchant: s.Merchant, Action: "schedule.book", Target: string(s.MerchantUID), After: auditedSchedule(s)}); err != nil {
				return err
			}
		}
		due := make([]store.NewJob, len(rows))
		for i, s := range rows {
			due[i] = store.NewJob{Merchant: s.Merchant, Key: scheduleKey(s), Arg: scheduleArg{s.Merchant, s.MerchantUID}, RunAt: s.At}
		}
		return tx.EnqueueMany(ctx, JobSchedule, due)
	})
	if err != nil {
		return nil, err
	}
	return g.booked(ctx, r.Merchant, rows)
}

// scheduleArg is the argument of a JobSchedule.
type scheduleArg struct {
	Merchant    pay.MerchantID  `json:"merchant"`
	MerchantUID pay.MerchantUID `json:"merchant_uid"`
}

func scheduleKey(s pay.Schedule) string { return string(s.Merchant) + "/" + string(s.MerchantUID) }

func (g *Gateway) checkItems(r ScheduleRequest) error {
	if len(r.Items) == 0 {
		return &Invalid{"schedules", "is empty"}
	}
	seen := map[pay.MerchantUID]bool{}
	for i, item := range r.Items {
		if err := checkCharge(item.Charge); err != nil {
			if v, ok := errors.AsType[*Invalid](err); ok {
				err = &Invalid{fmt.Sprintf("schedules[%d].%s", i, v.Field), v.Detail}
			}
			return err
		}
		if !item.At.After(g.now()) {
			return &Invalid{fmt.Sprintf("schedules[%d].schedule_at", i), fmt.Sprintf("%d is not in the future", item.At.Unix())}
		}
		if seen[item.MerchantUID] {
			return ErrScheduleTaken
		}
		seen[item.MerchantUID] = true
	}
	return nil
}

// numbersFree looks before anything is asked for their sake whether the order
// numbers may be booked. The books decide when the rows are written.
func (g *Gateway) numbersFree(ctx context.Context, r ScheduleRequest) error {
	uids := numbersOf(r)
	return g.store.Read(ctx, func(tx *store.Tx) error {
		taken, err := tx.Schedules(ctx, r.Merchant, uids)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			return fmt.Errorf("%w: %q", ErrScheduleTaken, taken[0].MerchantUID)
		}
		used, err := tx.UsedOrders(ctx, r.Merchant, uids)
		if err == nil && len(used) > 0 {
			err = fmt.Errorf("%w: %q", ErrOrderUsed, used[0])
		}
		return err
	})
}

// keyForSchedule is the key that is to be charged: the one there is, or one
// issued for the card.
func (g *Gateway) keyForSchedule(ctx context.Context, r ScheduleRequest) (pay.BillingKey, error) {
	k, err := g.activeKey(ctx, r.Merchant, r.CustomerUID)
	if !errors.Is(err, ErrNoBillingKey) || r.Card.IsZero() {
		return k, err
	}
	return g.IssueKey(ctx, IssueKeyRequest{
		Merchant: r.Merchant, Channel: r.Channel, CustomerUID: r.CustomerUID, CustomerID: r.CustomerID, Card: r.Card,
		Buyer: r.Items[0].Buyer, TestCode: r.TestCode,
	})
}

func scheduleOf(m pay.MerchantID, k pay.BillingKey, item ScheduleItem) pay.Schedule {
	return pay.Schedule{
		Merchant: m, MerchantUID: item.MerchantUID, CustomerUID: k.CustomerUID, CustomerID: k.CustomerID, Status: pay.ScheduleBooked,
		At: item.At, Name: item.Name, Amount: item.Amount, Buyer: mergeBuyer(item.Buyer, k.Buyer), Custom: item.Custom,
		NoticeURLs: item.NoticeURLs, Options: item.Options,
	}
}

// mergeBuyer takes from the key what the booking leaves out.
func mergeBuyer(b, key pay.Buyer) pay.Buyer {
	return pay.Buyer{
		Name: cmp.Or(b.Name, key.Name), Email: cmp.Or(b.Email, key.Email), Tel: cmp.Or(b.Tel, key.Tel),
		Address: cmp.Or(b.Address, key.Address), Postcode: cmp.Or(b.Postcode, key.Postcode),
	}
}

// booked adds to schedules what their key and their charges say.
func (g *Gateway) booked(ctx context.Context, m pay.MerchantID, rows []pay.Schedule) ([]Booked, error) {
	out := make([]Booked, len(rows))
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		var ids []pay.PaymentID
		var uids []pay.CustomerUID
		for _, s := range rows {
			uids = append(uids, s.CustomerUID)
			if s.Payment != "" {
				ids = append(ids, s.Payment)
			}
		}
		keys, err := tx.ActiveBillingKeys(ctx, m, uids)
		if err != nil {
			return err
		}
		paid, err := tx.PaymentsByIDs(ctx, m, ids)
		if err != nil {
			return err
		}
		keyOf, paymentOf := map[pay.CustomerUID]*pay.BillingKey{}, map[pay.PaymentID]*pay.Payment{}
		for i := range keys {
			keyOf[keys[i].CustomerUID] = &keys[i]
		}
		for i := range paid {
			paymentOf[paid[i].ID] = &paid[i]
		}
		for i, s := range rows {
			out[i] = Booked{Schedule: s, Key: keyOf[s.CustomerUID], Charged: paymentOf[s.Payment]}
		}
		return nil
	})
	return out, err
}

// FindSchedules are the schedules a filter chooses, and how many there are
// whatever its limit.
func (g *Gateway) FindSchedules(ctx context.Context, m pay.MerchantID, f store.ScheduleFilter) ([]Booked, int, error) {
	var rows []pay.Schedule
	var total int
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if total, err = tx.CountSchedules(ctx, m, f); err != nil {
			return err
		}
		rows, err = tx.FindSchedules(ctx, m, f)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	out, err := g.booked(ctx, m, rows)
	return out, total, err
}

// BookedCharge is the schedule of an order number, or ErrNoSchedule.
func (g *Gateway) BookedCharge(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID) (Booked, error) {
	var s pay.Schedule
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		s, err = tx.Schedule(ctx, m, uid)
		return translate(err, store.ErrNotFound, ErrNoSchedule)
	})
	if err != nil {
		return Booked{}, err
	}
	return g.bookedOne(ctx, s)
}

func (g *Gateway) bookedOne(ctx context.Context, s pay.Schedule) (Booked, error) {
	out, err := g.booked(ctx, s.Merchant, []pay.Schedule{s})
	if err != nil {
		return Booked{}, err
	}
	return out[0], nil
}

// Unschedule revokes booked charges: those of the order numbers, of the
// customer, or those that are both; without order numbers all of the customer's.
// The answer is in the order asked. ErrNothingToRevoke when none is booked. Either
// way no recovery run charges again what failed, or fails now, of those asked for.
func (g *Gateway) Unschedule(ctx context.Context, m pay.MerchantID, customer pay.CustomerUID, uids []pay.MerchantUID) ([]Booked, error) {
	if customer == "" && len(uids) == 0 {
		return nil, &Invalid{"customer_uid", "customer_uid or merchant_uid is needed"}
	}
	if rows, told, err := g.unscheduledBefore(ctx, m); told {
		return rows, err
	}
	var revoked []pay.Schedule
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		revoked = nil
		found, err := bookedBy(ctx, tx, m, customer, uids)
		if err != nil {
			return err
		}
		for _, s := range found {
			if customer != "" && s.CustomerUID != customer {
				continue
			}
			if s.Status != pay.ScheduleBooked {
				if err := neverRecover(ctx, tx, s); err != nil {
					return err
				}
				continue
			}
			now, err := tx.StepSchedule(ctx, s, pay.EvScheduleRevoked)
			if errors.Is(err, store.ErrConflict) { // its charge has just begun
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.DeleteJob(ctx, now.Merchant, JobSchedule, scheduleKey(now)); err != nil {
				return err
			}
			change := store.Change{Merchant: m, Action: "schedule.revoke", Target: string(now.MerchantUID), Before: auditedSchedule(s), After: auditedSchedule(now)}
			if err := tx.AuditByHand(ctx, change); err != nil {
				return err
			}
			revoked = append(revoked, now)
		}
		if len(revoked) == 0 {
			return nil
		}
		return begins(ctx, tx, about(beganUnschedule, revoked), tx.Now)
	})
	if err != nil {
		return nil, err
	}
	if len(revoked) == 0 {
		return nil, ErrNothingToRevoke
	}
	return g.booked(ctx, m, revoked)
}

func bookedBy(ctx context.Context, tx *store.Tx, m pay.MerchantID, customer pay.CustomerUID, uids []pay.MerchantUID) ([]pay.Schedule, error) {
	if len(uids) == 0 {
		booked, err := tx.BookedSchedules(ctx, m, customer)
		if err != nil {
			return nil, err
		}
		failed, err := tx.UnpaidSchedules(ctx, m, customer, recoverableSince(tx.Now))
		return append(booked, failed...), err
	}
	return tx.Schedules(ctx, m, uids)
}

// MoveSchedule books a charge for another time, as long as it is not begun.
func (g *Gateway) MoveSchedule(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, at time.Time) (Booked, error) {
	return g.rebook(ctx, m, uid, at, pay.EvScheduleMoved)
}

// Reschedule books a charge again that failed or was revoked.
func (g *Gateway) Reschedule(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, at time.Time) (Booked, error) {
	return g.rebook(ctx, m, uid, at, pay.EvScheduleRebooked)
}

func (g *Gateway) rebook(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, at time.Time, ev pay.ScheduleEvent) (Booked, error) {
	if begunBefore(ctx) != nil {
		return g.BookedCharge(ctx, m, uid)
	}
	var s pay.Schedule
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		if s, err = tx.Schedule(ctx, m, uid); err != nil {
			return translate(err, store.ErrNotFound, ErrNoSchedule)
		}
		if err := checkStep(ctx, tx, s, ev); err != nil {
			return err
		}
		if !at.After(tx.Now) {
			return &Invalid{"schedule_at", fmt.Sprintf("%d is not in the future", at.Unix())}
		}
		before := s
		s.At = at
		if s, err = tx.StepSchedule(ctx, s, ev); err != nil {
			return translate(err, store.ErrConflict, ErrScheduleStatus)
		}
		change := store.Change{Merchant: m, Action: "schedule.move", Target: string(uid), Before: auditedSchedule(before), After: auditedSchedule(s)}
		if ev == pay.EvScheduleRebooked {
			change.Action = "schedule.rebook"
		}
		if err := tx.AuditByHand(ctx, change); err != nil {
			return err
		}
		if err := begins(ctx, tx, store.Began{Kind: beganReschedule, MerchantUID: uid}, tx.Now); err != nil {
			return err
		}
		return tx.Enqueue(ctx, m, JobSchedule, scheduleKey(s), scheduleArg{m, uid}, at)
	})
	if err != nil {
		return Booked{}, err
	}
	return g.bookedOne(ctx, s)
}

// scheduleAudit is what the audit log tells of a schedule: nothing of its buyer.
type scheduleAudit struct {
	State       pay.ScheduleStatus `json:"status"`
	At          time.Time          `json:"at"`
	Amount      int64              `json:"amount"`
	CustomerUID pay.CustomerUID    `json:"customer_uid"`
	Payment     pay.PaymentID      `json:"imp_uid,omitempty"`
}

func auditedSchedule(s pay.Schedule) scheduleAudit {
	return scheduleAudit{s.Status, s.At, s.Amount.Total.Minor, s.CustomerUID, s.Payment}
}

// checkStep refuses what a schedule's state forbids. An executed one is booked
// or tried again only if its charge failed for good.
func checkStep(ctx context.Context, tx *store.Tx, s pay.Schedule, ev pay.ScheduleEvent) error {
	if _, err := pay.Schedules.Next(s.Status, ev); err != nil {
		return ErrScheduleStatus
	}
	if s.Payment == "" {
		return nil
	}
	p, err := tx.Payment(ctx, s.Merchant, s.Payment)
	if err != nil {
		return err
	}
	if p.Status != pay.StatusFailed {
		return ErrScheduleStatus
	}
	return nil
}

// chargeOf is a schedule's charge as it is asked for.
func chargeOf(s pay.Schedule, testCode string) Charge {
	return Charge{
		MerchantUID: s.MerchantUID, Name: s.Name, Amount: s.Amount, Buyer: s.Buyer, Custom: s.Custom,
		NoticeURLs: s.NoticeURLs, Options: s.Options, TestCode: testCode,
	}
}
