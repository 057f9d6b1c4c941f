package model_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// booking is a charge booked for later.
type booking struct {
	number   string
	customer *customer
	amount   int64
	at       time.Time
	status   pay.ScheduleStatus
	sure     bool // the booking itself is known to stand
	begun    int  // charges that must have been begun for it
	perhaps  int  // charges that may have been
}

func (b *booking) String() string {
	return fmt.Sprintf("%s of %s (%s, %s)", b.number, b.customer.uid, b.status, b.at.Format("01-02 15:04:05"))
}

// scheduled is V1's ScheduleResult, as much of it as the model looks at.
type scheduled struct {
	CustomerUID   string  `json:"customer_uid"`
	MerchantUID   string  `json:"merchant_uid"`
	ImpUID        *string `json:"imp_uid"`
	ScheduleAt    int64   `json:"schedule_at"`
	ExecutedAt    int64   `json:"executed_at"`
	RevokedAt     int64   `json:"revoked_at"`
	Amount        int64   `json:"amount"`
	Status        string  `json:"schedule_status"`
	PaymentStatus *string `json:"payment_status"`
}

func (g scheduled) String() string { return plain(g) }

func (s *story) booking(fits func(*booking) bool) *booking {
	var all []*booking
	for _, b := range s.bookings {
		if b.sure && fits(b) {
			all = append(all, b)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return one(s, all)
}

func (s *story) bookingOf(number string) *booking {
	i := slices.IndexFunc(s.bookings, func(b *booking) bool { return b.number == number })
	if i < 0 {
		return nil
	}
	return s.bookings[i]
}

// later is a time to book for: mostly within days, on a whole second.
func (s *story) later() time.Time {
	d := one(s, []time.Duration{5 * time.Second, 10 * time.Minute, 5 * time.Hour, 30 * time.Hour, 4 * 24 * time.Hour, 30 * 24 * time.Hour})
	return s.clock.In(d + time.Duration(1+s.rng.IntN(60))*time.Second).Truncate(time.Second)
}

// book books one to three charges, now and then with a card and a checking amount.
func (s *story) book() {
	c := s.maybeNew()
	body := fields{"customer_uid": c.uid}
	var items []fields
	var rows []*booking
	for range 1 + s.rng.IntN(3) {
		b := &booking{number: s.number(), customer: c, amount: s.amount(), at: s.later(), status: pay.ScheduleBooked}
		if slices.ContainsFunc(rows, func(o *booking) bool { return o.number == b.number }) {
			continue
		}
		item := s.order(b.number, b.amount)
		item["schedule_at"] = b.at.Unix()
		rows, items = append(rows, b), append(items, item)
	}
	body["schedules"] = items
	what := fmt.Sprintf("book %v", rows)
	foreseen := s.bookVerdict(c, body, &what)
	s.note("%s", what)
	before := s.moved()
	a := s.call("POST", "/subscribe/payments/schedule", body)
	v := s.judge(what, a, foreseen...)
	s.booked(what, c, rows, v, a)
	if _, checked := body["checking_amount"]; !checked && s.moved() != before {
		s.fail("%s moved money", what)
	}
}

// bookVerdict adds a card and a checking amount by chance, and foresees what
// becomes of the call.
func (s *story) bookVerdict(c *customer, body fields, what *string) []verdict {
	for _, item := range body["schedules"].([]fields) {
		number := item["merchant_uid"].(string)
		switch old := s.bookingOf(number); {
		case old != nil && old.sure || s.usage(number, "") == used:
			return []verdict{refused}
		case old != nil || s.usage(number, "") == unsure:
			return []verdict{done, refused, declined, unknown}
		}
	}
	m, out := c.holds, []verdict{done}
	if c.unsure {
		out = append(out, refused, declined)
	}
	if s.chance(3) && !c.unsure {
		m = s.newCard()
		m.into(body)
		*what += fmt.Sprintf(" with %s", m)
		if c.holds != nil {
			m = c.holds // the key that is there is taken
		} else {
			c.asked = append(c.asked, m)
			out = m.verdict(atIssue, false)
		}
	}
	switch {
	case m == nil && !c.unsure:
		return []verdict{refused}
	case s.chance(4):
		body["checking_amount"] = int64(1000)
		*what += ", checked first"
		if out[0] == done && !c.unsure {
			if out = m.verdict(byKey, false); m.wallet != "" {
				out = s.walletVerdict(m)
			}
		}
	}
	return out
}

// booked records what the call came to. Without an answer the books are asked.
func (s *story) booked(what string, c *customer, rows []*booking, v verdict, a answer) {
	s.t.Helper()
	if v == done {
		var got []scheduled
		decode(s.t, a.Response, &got)
		if len(got) != len(rows) {
			s.fail("%s: %d were booked, the answer has %d", what, len(rows), len(got))
		}
		for i, b := range rows {
			g := got[i]
			if g.MerchantUID != b.number || g.CustomerUID != c.uid || g.Amount != b.amount || g.ScheduleAt != b.at.Unix() || g.Status != "scheduled" || g.ImpUID != nil || g.PaymentStatus != nil {
				s.fail("%s: item %d is shown as %+v", what, i, g)
			}
			b.sure = true
		}
		s.bookings = append(s.bookings, rows...)
	}
	n := len(c.asked)
	issued := n > c.known && c.asked[n-1].number != ""
	switch {
	case v == lost || v == unknown: // perhaps the key was issued
		if there := s.onBooks(rows); v == lost && there == len(rows) {
			for _, b := range rows {
				b.sure = true
			}
			s.bookings = append(s.bookings, rows...)
		} else if there > 0 {
			s.fail("%s: answered as %s, and %d of %d are booked", what, v, there, len(rows))
		}
		c.unsure = c.unsure || issued
	case issued && v == done && !c.unsure && c.holds == nil:
		c.settleOn(c.asked[n-1], done)
	case issued && v == declined: // the card was refused, or the check after its key was issued
		c.unsure = true
	}
}

// onBooks is how many of the bookings there are.
func (s *story) onBooks(rows []*booking) (n int) {
	s.t.Helper()
	for _, b := range rows {
		if s.schedule(b.number) != nil {
			n++
		}
	}
	return n
}

// reread takes a booking as the books have it, when no answer told.
func (s *story) reread(b *booking) {
	s.t.Helper()
	row := s.schedule(b.number)
	b.at, b.status = row.At, row.Status
}

// schedule is a booking on the books, nil when there is none.
func (s *story) schedule(number string) (found *pay.Schedule) {
	s.t.Helper()
	s.read(func(tx *store.Tx) error {
		row, err := tx.Schedule(s.ctx, s.merchant, pay.MerchantUID(number))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		found = &row
		return err
	})
	return found
}

// unschedule revokes by customer, by numbers, or by both.
func (s *story) unschedule() {
	b := s.booking(func(*booking) bool { return true })
	if b == nil {
		return
	}
	body, c := fields{}, b.customer
	if s.chance(8) {
		c = s.customer()
	}
	way := s.rng.IntN(3)
	if way != 0 {
		body["customer_uid"] = c.uid
	}
	if way != 1 {
		body["merchant_uid"] = one(s, []any{b.number, []string{b.number, "unknown-number"}})
	}
	var want []*booking
	for _, x := range s.bookings {
		if x.sure && x.status == pay.ScheduleBooked && (way == 0 || x.customer == c) && (way == 1 || x == b) {
			want = append(want, x)
		}
	}
	what := fmt.Sprintf("unschedule %v", body)
	s.note("%s", what)
	a := s.call("POST", "/subscribe/payments/unschedule", body)
	v := s.judge(what, a, done, refused)
	var got []scheduled
	if v == done {
		decode(s.t, a.Response, &got)
	}
	if v == lost {
		for _, b := range want {
			s.reread(b)
		}
		return
	}
	if len(got) != len(want) {
		s.fail("%s revoked %v, not %v", what, got, want)
	}
	for _, g := range got {
		i := slices.IndexFunc(want, func(x *booking) bool { return x.number == g.MerchantUID })
		if i < 0 || g.Status != "revoked" || g.RevokedAt != s.clock.Now().Unix() {
			s.fail("%s revoked %+v, not one of %v", what, g, want)
		}
		want[i].status = pay.ScheduleRevoked
	}
}

// failed reports whether the newest charge of a booking is known to have failed.
func (s *story) failed(b *booking) bool {
	row := s.schedule(b.number)
	p := s.payments[row.Payment]
	return p != nil && p.Status == pay.StatusFailed
}

// move puts a booking off.
func (s *story) move() {
	b := s.booking(func(*booking) bool { return true })
	if b == nil {
		return
	}
	s.retime(b, "PUT", "", b.status == pay.ScheduleBooked)
}

// rebook books again what failed or was revoked.
func (s *story) rebook() {
	b := s.booking(func(b *booking) bool { return b.status != pay.ScheduleBooked || s.chance(4) })
	if b == nil {
		return
	}
	s.retime(b, "POST", "/reschedule", b.status == pay.ScheduleRevoked || b.status == pay.ScheduleExecuted && s.failed(b))
}

func (s *story) retime(b *booking, method, action string, may bool) {
	s.t.Helper()
	at := s.later()
	what := fmt.Sprintf("%s%s %s to %s", method, action, b, at.Format("01-02 15:04:05"))
	s.note("%s", what)
	foreseen := []verdict{refused}
	if may {
		foreseen = []verdict{done}
	}
	a := s.call(method, "/subscribe/payments/schedule/"+escape(b.number)+action, fields{"schedule_at": at.Unix()}, 200, 400)
	switch s.judge(what, a, foreseen...) {
	case done:
	case lost:
		s.reread(b)
		return
	default:
		return
	}
	var got scheduled
	decode(s.t, a.Response, &got)
	if got.MerchantUID != b.number || got.ScheduleAt != at.Unix() || got.Status != "scheduled" || !may {
		s.fail("%s: the answer shows %+v", what, got)
	}
	b.at, b.status = at, pay.ScheduleBooked
}
