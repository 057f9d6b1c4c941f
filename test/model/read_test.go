package model_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// word is V1's word for a status.
func word(st pay.Status) string {
	switch st {
	case pay.StatusPaid:
		return "paid"
	case pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return "cancelled"
	case pay.StatusFailed:
		return "failed"
	default:
		return "ready"
	}
}

// prepare registers an order's amount, changes it or reads it; none of these
// asks a provider.
func (s *story) prepare() {
	number, amount := s.number(), s.amount()
	registered, was := s.prepared[number]
	method, body := one(s, []string{"POST", "PUT", "GET"}), fields{"merchant_uid": number, "amount": amount}
	path, want, code := "/payments/prepare", amount, 0
	switch {
	case method == "POST" && was:
		code = 1
	case method != "POST" && !was:
		code = -1
	case method == "GET":
		want = registered
	}
	if method == "GET" {
		path, body = path+"/"+escape(number), nil
	}
	what := fmt.Sprintf("%s %s %s %d", method, path, number, amount)
	a := s.call(method, path, body, 200, 404)
	if a.lost() {
		s.rereadPrepared(number)
		return
	}
	s.note("%s → %d %s", what, *a.Code, a.text())
	if *a.Code != code || (a.status == 404) != (code == -1) {
		s.fail("%s: code %d was foreseen: %s", what, code, a)
	}
	if code != 0 {
		return
	}
	var got struct {
		MerchantUID string `json:"merchant_uid"`
		Amount      int64
	}
	decode(s.t, a.Response, &got)
	if got.MerchantUID != number || got.Amount != want {
		s.fail("%s: the answer shows %+v", what, got)
	}
	s.prepared[number] = want
}

// rereadPrepared takes what is registered for an order as the books have it, when
// no answer told.
func (s *story) rereadPrepared(number string) {
	s.t.Helper()
	a := s.call("GET", "/payments/prepare/"+escape(number), nil, 200, 404)
	if !a.ok() {
		delete(s.prepared, number)
		return
	}
	var got struct{ Amount int64 }
	decode(s.t, a.Response, &got)
	s.prepared[number] = got.Amount
}

// readSomething reads a payment or a list and holds it against the books.
func (s *story) readSomething() {
	s.look()
	if len(s.ids) == 0 {
		return
	}
	p := s.payments[one(s, s.ids)]
	switch s.rng.IntN(6) {
	case 0:
		a := s.call("GET", "/payments/"+string(p.ID), nil, 200)
		s.equal(p, s.shown(a.Response))
	case 1:
		a := s.call("GET", "/payments/find/"+escape(string(p.MerchantUID))+"/"+word(p.Status), nil, 200)
		got := s.shown(a.Response)
		s.equal(s.payments[got.ImpUID], got)
	case 2:
		s.readOrder(p)
	case 3:
		s.readStatuses()
	case 4:
		s.readCustomer(p)
	case 5:
		s.readBookings()
	}
}

// equal holds V1's payment against the books, by words of its own.
func (s *story) equal(p *payment, got shown) {
	s.t.Helper()
	key := ""
	if got.PGTID != nil {
		key = *got.PGTID
	}
	wrong := ""
	switch {
	case p == nil:
		wrong = "it is not on the books"
	case got.ImpUID != p.ID || got.MerchantUID != string(p.MerchantUID) || got.PGProvider != string(p.Provider) || key != p.Ref.Key:
		wrong = "its names"
	case got.Status != word(p.Status) || got.Amount != p.Amount.Total.Minor:
		wrong = "status or amount"
	case got.CancelAmount != sum(p.entries(), "cancel"):
		wrong = "cancel_amount"
	case got.StartedAt != p.StartedAt.Unix() || (got.PaidAt > 0) != (remains(p.entries())+sum(p.entries(), "cancel") > 0 && p.Status != pay.StatusFailed || p.registers() && p.Status == pay.StatusPaid):
		wrong = "started_at or paid_at"
	case (got.FailReason != nil) != (got.Status == "failed") || (got.FailedAt > 0) != (got.Status == "failed"):
		wrong = "fail_reason or failed_at"
	case (got.CancelledAt > 0) != (got.Status == "cancelled"):
		wrong = "cancelled_at"
	}
	if wrong == "" {
		wrong = s.sameCancels(p, got)
	}
	if wrong != "" {
		s.fail("V1 shows a payment wrongly, %s: %s\nthe books have %s\nmovements %v", wrong, got, plain(p.Payment), p.moves)
	}
}

func (s *story) sameCancels(p *payment, got shown) string {
	i := 0
	for _, m := range p.moves {
		if m.Kind != pay.MovementCancel || p.Status == pay.StatusFailed {
			continue
		}
		if i >= len(got.CancelHistory) {
			return "a cancel is missing in cancel_history"
		}
		h := got.CancelHistory[i]
		if h.PGTID != m.Key || h.Amount != m.Amount || h.CancelledAt != m.At.Unix() || h.CancellationID == "" {
			return fmt.Sprintf("cancel_history[%d]", i)
		}
		i++
	}
	return unless(p.Status == pay.StatusFailed || i == len(got.CancelHistory), "cancel_history has more than the books")
}

// page is V1's list of payments.
type page struct {
	Total, Previous, Next int
	List                  []json.RawMessage
}

// readOrder reads all payments of an order number.
func (s *story) readOrder(p *payment) {
	a := s.call("GET", "/payments/findAll/"+escape(string(p.MerchantUID))+"?limit=1000", nil, 200)
	var got page
	decode(s.t, a.Response, &got)
	n := 0
	for _, other := range s.payments {
		if other.MerchantUID == p.MerchantUID {
			n++
		}
	}
	if got.Total != n || len(got.List) != n {
		s.fail("findAll of %s lists %d of %d, the books have %d", p.MerchantUID, len(got.List), got.Total, n)
	}
	for _, raw := range got.List {
		one := s.shown(raw)
		s.equal(s.payments[one.ImpUID], one)
	}
}

// readStatuses: "all" is as many as the four states together, and all there are
// of the last 90 days.
func (s *story) readStatuses() {
	totals := map[string]int{}
	for _, st := range []string{"all", "ready", "paid", "cancelled", "failed"} {
		a := s.call("GET", "/payments/status/"+st+"?limit=1000", nil, 200)
		var got page
		decode(s.t, a.Response, &got)
		totals[st] = got.Total
		for _, raw := range got.List {
			one := s.shown(raw)
			if st != "all" && one.Status != st {
				s.fail("the list of %s payments has one that is %s", st, one.Status)
			}
		}
	}
	if all := totals["ready"] + totals["paid"] + totals["cancelled"] + totals["failed"]; all != totals["all"] {
		s.fail("the lists by status have %v", totals)
	}
}

// readCustomer reads the payments of a customer.
func (s *story) readCustomer(p *payment) {
	uid := string(p.CustomerUID)
	if uid == "" {
		return
	}
	a := s.call("GET", "/subscribe/customers/"+escape(uid)+"/payments?limit=1000", nil, 200)
	var got page
	decode(s.t, a.Response, &got)
	n := 0
	for _, other := range s.payments {
		if other.CustomerUID == p.CustomerUID && !other.registers() {
			n++
		}
	}
	if got.Total != n {
		s.fail("customer %s has %d payments, the books have %d", uid, got.Total, n)
	}
}

// readBookings reads what is booked around now and one booking by its number.
func (s *story) readBookings() {
	from, to := s.clock.In(-40*24*time.Hour).Unix(), s.clock.In(40*24*time.Hour).Unix()
	q := url.Values{"schedule_from": {fmt.Sprint(from)}, "schedule_to": {fmt.Sprint(to)}, "limit": {"1000"}}
	a := s.call("GET", "/subscribe/payments/schedule?"+q.Encode(), nil, 200)
	var got page
	decode(s.t, a.Response, &got)
	want := map[string]*booking{}
	for _, b := range s.bookings {
		if at := b.at.Unix(); at >= from && at < to {
			want[b.number] = b
		}
	}
	if got.Total != len(want) || len(got.List) != len(want) {
		s.fail("%d are booked from %d to %d, the list has %d of %d", len(want), from, to, len(got.List), got.Total)
	}
	for _, raw := range got.List {
		var row scheduled
		decode(s.t, raw, &row)
		b := want[row.MerchantUID]
		if b == nil {
			s.fail("the list of bookings has %+v", row)
		}
		s.equalBooking(b, row)
	}
}

func (s *story) equalBooking(b *booking, got scheduled) {
	s.t.Helper()
	row := s.schedule(b.number)
	p := s.payments[row.Payment]
	want := string(row.Status)
	if row.Status == pay.ScheduleRunning {
		want = "scheduled"
	}
	switch {
	case got.Status != want || got.Amount != b.amount || got.ScheduleAt != b.at.Unix() || (got.ExecutedAt > 0) != (want == "executed") && want != "revoked":
	case want == "executed" && (got.PaymentStatus == nil || *got.PaymentStatus != word(p.Status) || got.ImpUID == nil || *got.ImpUID != string(p.ID)):
	case want == "scheduled" && (got.PaymentStatus != nil || got.ImpUID != nil):
	default:
		return
	}
	s.fail("V1 shows a booking wrongly: %s\nthe books have %s, its payment %s", got, plain(row), plain(p))
}

// alarms are those that are open, by kind.
func (s *story) alarms() map[string][]store.Alarm {
	s.t.Helper()
	out := map[string][]store.Alarm{}
	s.read(func(tx *store.Tx) error {
		clear(out)
		all, err := tx.ListAlarms(s.ctx, true)
		for _, a := range all {
			out[a.Kind] = append(out[a.Kind], a)
		}
		return err
	})
	return out
}
