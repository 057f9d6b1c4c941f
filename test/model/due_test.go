package model_test

import (
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
)

// retry charges at once what failed or was revoked.
func (s *story) retry() {
	b := s.booking(func(b *booking) bool { return b.status != pay.ScheduleBooked || s.chance(4) })
	if b == nil {
		return
	}
	what := "retry " + b.String()
	s.note("%s", what)
	foreseen := s.retryVerdict(b)
	before := s.moved()
	a := s.call("POST", "/subscribe/payments/schedule/"+escape(b.number)+"/retry", nil, 200, 400, 404)
	v := s.judge(what, a, foreseen...)
	switch v {
	case done:
		p := s.shown(a.Response)
		if p.MerchantUID != b.number || p.Status != "paid" && p.Status != "failed" || p.Status == "failed" && (p.FailReason == nil || s.moved() != before) {
			s.fail("%s: the answer shows %+v", what, p)
		}
		if p.Status == "paid" {
			s.charged(what, b.number, b.amount, v, a, before)
		}
		b.begun, b.status = b.begun+1, pay.ScheduleExecuted
	case unknown:
		b.begun, b.status = b.begun+1, pay.ScheduleExecuted
	case lost:
		b.perhaps++
		b.status = pay.ScheduleExecuted // learned from the books once it is over
	case refused, declined:
		if s.moved() != before {
			s.fail("%s moved money", what)
		}
	}
}

func (s *story) retryVerdict(b *booking) []verdict {
	c := b.customer
	may := b.status == pay.ScheduleRevoked || b.status == pay.ScheduleExecuted && s.failed(b)
	key := s.keyVerdict(c)
	switch {
	case !may, c.holds == nil && !c.unsure:
		return []verdict{refused}
	case c.unsure || s.usage(b.number, "") == unsure:
		return []verdict{done, refused, unknown}
	case slices.Contains(key, unknown):
		return []verdict{unknown, done}
	}
	return []verdict{done} // also when it is declined again
}

// due is a booking that comes due while the clock is moved, and what is to come of it.
type due struct {
	*booking
	of       *shop
	at       time.Time
	foreseen []pay.Status
}

// foresee lists what comes due until a time, and what is to come of it where that
// is known: of several charges of one customer the first may change it for the others.
func (s *story) foresee(until time.Time) (out []due) {
	s.everywhere(func() { out = append(out, s.foreseeHere(until)...) })
	return out
}

func (s *story) foreseeHere(until time.Time) (out []due) {
	per := map[*customer]int{}
	for _, b := range s.bookings {
		if b.sure && b.status == pay.ScheduleBooked && !b.at.After(until) {
			out = append(out, due{booking: b, at: b.at, of: s.shop})
			per[b.customer]++
		}
	}
	for i, d := range out {
		use, key := s.usage(d.number, ""), s.keyVerdict(d.customer)
		switch {
		case use == unsure || d.customer.unsure || len(key) != 1 || per[d.customer] > 1 && key[0] != done:
		case use == used, key[0] == refused, key[0] == declined:
			out[i].foreseen = []pay.Status{pay.StatusFailed}
		case key[0] == done:
			out[i].foreseen = []pay.Status{pay.StatusPaid}
		}
	}
	return out
}

// came checks what became of the bookings that came due: each was charged once,
// at its time.
func (s *story) came(all []due) {
	s.t.Helper()
	if len(all) == 0 {
		return
	}
	was := s.shop
	defer func() { s.shop = was }()
	all = slices.DeleteFunc(all, func(d due) bool { // a death took it along: it is charged a little later
		s.shop = d.of
		return !s.calm() && s.schedule(d.number).Status == pay.ScheduleBooked
	})
	for _, d := range all {
		d.begun++
		d.status = pay.ScheduleExecuted
	}
	s.look()
	for _, d := range all {
		s.shop = d.of
		row := s.schedule(d.number)
		p := s.payments[row.Payment]
		what := fmt.Sprintf("due: %s, %s", d.number, row.Status)
		if p == nil {
			s.fail("%s: nothing was charged at %s", what, d.at)
		}
		s.note("%s, payment %s %s %s", what, p.ID, p.Status, p.FailReason)
		calm := s.calm()
		switch {
		case p.Source != pay.SourceSchedule || p.Amount.Total.Minor != d.amount || p.StartedAt.Before(d.at):
			s.fail("%s: charged as %s", what, plain(p.Payment))
		case calm && !p.StartedAt.Equal(d.at):
			s.fail("%s: charged at %s, booked for %s", what, p.StartedAt, d.at)
		case calm && d.foreseen != nil && !slices.Contains(d.foreseen, paidIs(p.Status)):
			s.fail("%s: payment %s is %s (%s), foreseen was %v", what, p.ID, p.Status, p.FailReason, d.foreseen)
		case p.Status != pay.StatusConfirming && row.Status != pay.ScheduleExecuted:
			s.fail("%s: its payment %s is %s", what, p.ID, p.Status)
		}
	}
}

// paidIs folds what may have followed a payment meanwhile.
func paidIs(st pay.Status) pay.Status {
	if taken(st) {
		return pay.StatusPaid
	}
	return st
}

// learnBookings holds each booking against the books: its status, and how often
// it was charged.
func (s *story) learnBookings() {
	s.t.Helper()
	for _, b := range s.bookings {
		row := s.schedule(b.number)
		if row == nil {
			s.fail("%s is not on the books", b)
		}
		n := 0
		for _, p := range s.payments {
			if p.CustomerUsage == "payment.scheduled" && string(p.MerchantUID) == b.number {
				n++
			}
		}
		if b.perhaps > 0 { // an answer was lost: whether it had begun the books tell
			b.begun += min(max(n-b.begun, 0), b.perhaps)
			b.perhaps = 0
			if row.Status == pay.ScheduleRevoked || row.Status == pay.ScheduleBooked {
				b.status = row.Status
			}
		}
		running := row.Status == pay.ScheduleRunning && b.status == pay.ScheduleExecuted
		if n != b.begun || row.Status != b.status && !running {
			s.fail("%s: the books say %s and %d charges, %d were begun", b, row.Status, n, b.begun)
		}
	}
}
