package gateway

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

func stamp(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.In(kst()).Format(time.DateTime)
}

// kst is Korean time, which has no summer time.
func kst() *time.Location { return time.FixedZone("KST", 9*60*60) }

// rows are those of a section being checked.
type rows struct {
	m       pay.MerchantID
	section string
	found   []Finding
}

func (r *rows) add(kind FindingKind, row string, payment pay.PaymentID, which, expected, found string) {
	r.found = append(r.found, newFinding(kind, r.m, payment, r.section, row, which, expected, found))
}

// page is what a sectionReader answers of the rows it read.
func page[T any](r rows, all []T, name func(T) string) ([]Finding, string, int, error) {
	last := ""
	if len(all) > 0 {
		last = name(all[len(all)-1])
	}
	return r.found, last, len(all), nil
}

// checkOrders: who holds an order number is a payment of it that may.
func (g *Gateway) checkOrders(ctx context.Context, tx *store.Tx, m pay.MerchantID, after string, limit int) ([]Finding, string, int, error) {
	all, err := tx.OrdersAfter(ctx, m, pay.MerchantUID(after), limit)
	if err != nil {
		return nil, "", 0, err
	}
	r := rows{m: m, section: sectionOrder}
	if err := r.orders(ctx, tx, all); err != nil {
		return nil, "", 0, err
	}
	return page(r, all, func(o store.Order) string { return string(o.MerchantUID) })
}

func (r *rows) orders(ctx context.Context, tx *store.Tx, all []store.Order) error {
	var ids []pay.PaymentID
	for _, o := range all {
		if o.HeldBy != "" {
			ids = append(ids, o.HeldBy)
		}
	}
	holders, err := paymentsByID(ctx, tx, r.m, ids)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.HeldBy == "" {
			continue
		}
		p, there := holders[o.HeldBy]
		row := string(o.MerchantUID)
		switch {
		case !there:
			r.add(FindPaymentUnknown, row, "", "", "payment "+string(o.HeldBy)+", which holds the order number", "no such payment")
		case p.MerchantUID != o.MerchantUID:
			r.add(FindOrderHeld, row, p.ID, "", "a payment of this order", fmt.Sprintf("%s of order %q", p.ID, p.MerchantUID))
		}
	}
	return nil
}

func paymentsByID(ctx context.Context, tx *store.Tx, m pay.MerchantID, ids []pay.PaymentID) (map[pay.PaymentID]pay.Payment, error) {
	all, err := tx.PaymentsByIDs(ctx, m, ids)
	out := make(map[pay.PaymentID]pay.Payment, len(all))
	for _, p := range all {
		out[p.ID] = p
	}
	return out, err
}

// checkSchedules: what is booked will be charged, and what was charged has its payment.
func (g *Gateway) checkSchedules(ctx context.Context, tx *store.Tx, m pay.MerchantID, after string, limit int) ([]Finding, string, int, error) {
	all, err := tx.SchedulesAfter(ctx, m, pay.MerchantUID(after), limit)
	if err != nil {
		return nil, "", 0, err
	}
	r := rows{m: m, section: sectionSchedule}
	if err := r.schedules(ctx, tx, all); err != nil {
		return nil, "", 0, err
	}
	return page(r, all, func(s pay.Schedule) string { return string(s.MerchantUID) })
}

func (r *rows) schedules(ctx context.Context, tx *store.Tx, all []pay.Schedule) error {
	var ids []pay.PaymentID
	var booked []string
	for _, s := range all {
		if s.Payment != "" {
			ids = append(ids, s.Payment)
		}
		if s.Status == pay.ScheduleBooked {
			booked = append(booked, scheduleKey(s))
		}
	}
	charged, err := paymentsByID(ctx, tx, r.m, ids)
	if err != nil {
		return err
	}
	waiting, err := tx.JobsNamed(ctx, r.m, JobSchedule, booked)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Status == pay.ScheduleBooked && !waiting[scheduleKey(s)] {
			r.add(FindScheduleForgotten, string(s.MerchantUID), "", "", "a job that charges it at "+stamp(s.At), "none")
		}
		p, there := charged[s.Payment]
		if there {
			r.found = append(r.found, checkCharged(s, &p)...)
		} else {
			r.found = append(r.found, checkCharged(s, nil)...)
		}
	}
	return nil
}

// checkCharged holds a schedule against its newest charge; nil is none.
func checkCharged(s pay.Schedule, p *pay.Payment) []Finding {
	r := rows{m: s.Merchant, section: sectionSchedule}
	row := string(s.MerchantUID)
	undecided := p != nil && (p.Status == pay.StatusCreated || p.Status == pay.StatusConfirming)
	switch {
	case s.Payment == "" && (s.Status == pay.ScheduleRunning || s.Status == pay.ScheduleExecuted):
		r.add(FindSchedulePayment, row, "", "", "the payment of a schedule that is "+string(s.Status), "none")
	case s.Payment == "":
	case p == nil:
		r.add(FindSchedulePayment, row, "", "", "its payment "+string(s.Payment), "no such payment")
	case p.MerchantUID != s.MerchantUID:
		r.add(FindSchedulePayment, row, p.ID, "", fmt.Sprintf("a payment of order %q", s.MerchantUID), fmt.Sprintf("%s of order %q", p.ID, p.MerchantUID))
	case s.Status == pay.ScheduleRunning && !undecided, s.Status == pay.ScheduleExecuted && undecided,
		s.Status == pay.ScheduleBooked && p.Status != pay.StatusFailed && !undecided:
		r.add(FindSchedulePayment, row, p.ID, "", "a charge that fits a schedule that is "+string(s.Status), fmt.Sprintf("%s, %s", p.ID, p.Status))
	}
	return r.found
}

// checkKeys: what is in use can be used, and a name means one key.
func (g *Gateway) checkKeys(ctx context.Context, tx *store.Tx, m pay.MerchantID, after string, limit int) ([]Finding, string, int, error) {
	all, err := tx.BillingKeysAfter(ctx, m, pay.KeyID(after), limit)
	if err != nil {
		return nil, "", 0, err
	}
	r := rows{m: m, section: sectionKey}
	if err := g.keyRows(ctx, tx, &r, all); err != nil {
		return nil, "", 0, err
	}
	return page(r, all, func(k pay.BillingKey) string { return string(k.ID) })
}

func (g *Gateway) keyRows(ctx context.Context, tx *store.Tx, r *rows, all []pay.BillingKey) error {
	var issuing, alarms, payments []string
	var names []pay.CustomerUID
	for _, k := range all {
		switch k.Status {
		case pay.KeyIssuing:
			issuing, alarms = append(issuing, string(k.ID)), append(alarms, "unknown:"+string(k.ID))
		case pay.KeyActive:
			names = append(names, k.CustomerUID)
		}
		if k.Payment != "" {
			payments = append(payments, string(k.Payment))
		}
	}
	active, err := tx.ActiveKeysOf(ctx, r.m, slices.Compact(slices.Sorted(slices.Values(names))))
	if err != nil {
		return err
	}
	asked, err := sawTo(ctx, tx, r.m, JobResolveKey, issuing, alarms)
	if err != nil {
		return err
	}
	known, err := tx.PaymentsNamed(ctx, r.m, payments)
	if err != nil {
		return err
	}
	for _, k := range all {
		row := string(k.ID)
		if k.Status == pay.KeyIssuing && !asked[row] {
			r.add(FindKeyForgotten, row, k.Payment, "", "a job that asks for it, or an alarm", "neither")
		}
		if k.Status == pay.KeyActive && active[k.CustomerUID] > 1 {
			r.add(FindKeyTwice, row, "", "", fmt.Sprintf("one active key of customer_uid %q", k.CustomerUID), fmt.Sprint(active[k.CustomerUID]))
		}
		if k.Payment != "" && !known[string(k.Payment)] {
			r.add(FindPaymentUnknown, row, "", "", "payment "+string(k.Payment)+" of its window", "no such payment")
		}
		if k.Status == pay.KeyActive || k.Status == pay.KeyHeld {
			g.keyOpens(r, k)
		}
	}
	return nil
}

// keyOpens: the vault gives a key out that is in use. What it says of one that
// does not open is not shown: it might tell of the key.
func (g *Gateway) keyOpens(r *rows, k pay.BillingKey) {
	got := ""
	switch {
	case len(k.Sealed) == 0:
		got = "nothing sealed"
	case len(k.MAC) == 0:
		got = "no digest to find it by"
	default:
		if _, err := g.vault.Open(k.Sealed, sealedAs(k.ID)); err != nil {
			got = "it does not open"
		}
	}
	if got != "" {
		r.add(FindKeyUnreadable, string(k.ID), "", "", "a key that opens, since it is "+string(k.Status), got)
	}
}

// sawTo is which of these have a job, or their alarm.
func sawTo(ctx context.Context, tx *store.Tx, m pay.MerchantID, kind string, names, alarms []string) (map[string]bool, error) {
	out, err := tx.JobsNamed(ctx, m, kind, names)
	if err != nil {
		return nil, err
	}
	told, err := tx.AlarmsNamed(ctx, m, alarms)
	for i, name := range names {
		if told[alarms[i]] {
			out[name] = true
		}
	}
	return out, err
}

// checkReceipts: each is known to be issued or not, or somebody asks.
func (g *Gateway) checkReceipts(ctx context.Context, tx *store.Tx, m pay.MerchantID, after string, limit int) ([]Finding, string, int, error) {
	all, err := tx.ReceiptsAfter(ctx, m, pay.ReceiptID(after), limit)
	if err != nil {
		return nil, "", 0, err
	}
	r := rows{m: m, section: sectionReceipt}
	if err := r.receipts(ctx, tx, all); err != nil {
		return nil, "", 0, err
	}
	return page(r, all, func(c pay.Receipt) string { return string(c.ID) })
}

func (r *rows) receipts(ctx context.Context, tx *store.Tx, all []pay.Receipt) error {
	var open, alarms, payments []string
	for _, c := range all {
		if c.Status == pay.ReceiptIssuing || c.Status == pay.ReceiptCancelling {
			open, alarms = append(open, string(c.ID)), append(alarms, "unknown:"+string(c.ID))
		}
		if c.Payment != "" {
			payments = append(payments, string(c.Payment))
		}
	}
	asked, err := sawTo(ctx, tx, r.m, JobResolveReceipt, open, alarms)
	if err != nil {
		return err
	}
	known, err := tx.PaymentsNamed(ctx, r.m, payments)
	if err != nil {
		return err
	}
	for _, c := range all {
		row := string(c.ID)
		switch c.Status {
		case pay.ReceiptIssuing, pay.ReceiptCancelling:
			if !asked[row] {
				r.add(FindReceiptForgotten, row, c.Payment, "", "a job that asks for it, or an alarm", "neither")
			}
		case pay.ReceiptIssued, pay.ReceiptCancelled:
			if c.Key == "" {
				r.add(FindReceipt, row, c.Payment, "", "the provider's name for a receipt that is "+string(c.Status), "none")
			}
		}
		if c.Payment != "" && !known[string(c.Payment)] {
			r.add(FindPaymentUnknown, row, "", "", "payment "+string(c.Payment)+", which it is for", "no such payment")
		}
	}
	return nil
}

// checkChannels: the credentials of each open.
func (g *Gateway) checkChannels(ctx context.Context, tx *store.Tx, m pay.MerchantID, after string, limit int) ([]Finding, string, int, error) {
	all, err := tx.ListChannels(ctx, m)
	if err != nil {
		return nil, "", 0, err
	}
	slices.SortFunc(all, func(a, b pay.Channel) int { return cmp.Compare(a.Key, b.Key) })
	all = slices.DeleteFunc(all, func(ch pay.Channel) bool { return string(ch.Key) <= after })
	all = all[:min(len(all), limit)]
	r := rows{m: m, section: sectionChannel}
	for _, ch := range all {
		if _, err := g.vault.OpenMap(ch.Sealed, credentialsOf(ch.Key)); err != nil {
			r.add(FindChannelUnreadable, string(ch.Key), "", "", "credentials that open", "they do not")
		}
	}
	return page(r, all, func(ch pay.Channel) string { return string(ch.Key) })
}

// checkMerchants: each row belongs to a merchant that is there.
func (g *Gateway) checkMerchants(ctx context.Context, tx *store.Tx) ([]Finding, error) {
	strays, err := tx.StrayMerchants(ctx)
	r := rows{section: sectionMerchant}
	for _, table := range slices.Sorted(maps.Keys(strays)) {
		for _, m := range strays[table] {
			r.add(FindMerchant, string(m), "", table, "merchant "+string(m)+", whose rows are in "+table, "no such merchant")
		}
	}
	return r.found, err
}
