package chaos_test

import (
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// owed is what the merchant must hear of a payment, by its steps (V1, "웹훅
// 연동하기"): that money came, that an account waits, that a booked charge failed.
func (b *booked) owed() (out []string) {
	for _, row := range b.steps {
		switch {
		case row.To == pay.StatusPaid:
			out = append(out, "paid")
		case row.To == pay.StatusAwaitingDeposit:
			out = append(out, "ready")
		case row.To == pay.StatusFailed && b.Source == pay.SourceSchedule:
			out = append(out, "failed")
		}
	}
	return out
}

// auditWebhooks: each message owed was taken by the merchant's server once at
// least, and nothing was told that is not so. A message whose first try failed is
// given up when a later one about the payment is there (package notify).
func (s *stage) auditWebhooks(f *findings, books []*booked, l *load) {
	heard := s.hook.heard()
	f.webhooks = len(heard)
	asked := map[entryOf]int{} // cancels that the merchant wants to hear of, and that were made
	for _, o := range l.orders {
		for _, w := range o.cancels {
			if w.hears && w.done {
				asked[entryOf{o.impUID, w.amount}]++
			}
		}
	}
	for _, b := range books {
		missing := func(format string, args ...any) {
			f.undelivered = append(f.undelivered, fmt.Sprintf("%s of %s (%s): %s", b.ID, b.MerchantUID, b.Status, fmt.Sprintf(format, args...)))
		}
		for i, d := range b.deliveries {
			late := d.Status == store.DeliverySuperseded && i+1 < len(b.deliveries)
			if d.Status != store.DeliveryDelivered && !late {
				missing("%s is %s after %d tries", d.Event, d.Status, d.Tries)
			}
		}
		for _, status := range b.owed() {
			if m := (message{ImpUID: string(b.ID), MerchantUID: string(b.MerchantUID), Status: status}); !taken(heard, m) && !hasSuperseded(b, status) {
				missing("%s was not heard; there are %d deliveries", status, len(b.deliveries))
			}
		}
		for _, m := range b.moves {
			if taken(heard, message{string(b.ID), string(b.MerchantUID), "cancelled", m.CancelID}) {
				asked[entryOf{string(b.ID), m.Amount}]--
			}
		}
		for e, n := range asked {
			if e.impUID == string(b.ID) && n > 0 && !hasSuperseded(b, "cancelled") {
				missing("%d cancels of %d were not heard", n, e.amount)
			}
		}
	}
	s.auditHeard(f, heard, books)
}

// entryOf is a sum of a payment.
type entryOf struct {
	impUID string
	amount int64
}

func taken(heard map[message]time.Time, m message) bool { _, ok := heard[m]; return ok }

func hasSuperseded(b *booked, status string) bool {
	return slices.ContainsFunc(b.deliveries, func(d store.Delivery) bool {
		return wire(pay.Status(d.Event)) == status && d.Status == store.DeliverySuperseded
	})
}

// auditHeard: what the merchant heard is so: a payment told as paid has money.
func (s *stage) auditHeard(f *findings, heard map[message]time.Time, books []*booked) {
	known := map[string]*booked{}
	for _, b := range books {
		known[string(b.ID)] = b
	}
	for m := range heard {
		b := known[m.ImpUID]
		if b == nil {
			f.lies = append(f.lies, fmt.Sprintf("a webhook about no payment: %+v", m))
			continue
		}
		if times, _, _ := in(b.entries()); m.Status == "paid" && times != 1 {
			f.lies = append(f.lies, fmt.Sprintf("a webhook told that %s of %s is paid: it is %s", b.ID, b.MerchantUID, b.Status))
		}
	}
	for _, raw := range s.hook.bad {
		f.lies = append(f.lies, "a webhook that cannot be read: "+raw)
	}
}
