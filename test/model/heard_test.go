package model_test

import (
	"fmt"
	"slices"

	"naru/internal/pay"
)

// heard: of each payment the merchant heard all that it must hear, at the right
// address, in the order it happened, and nothing else.
func (s *story) heard() {
	s.t.Helper()
	of := map[pay.PaymentID][]webhook{}
	for _, m := range s.hook.all() {
		of[m.ImpUID] = append(of[m.ImpUID], m)
	}
	s.everywhere(func() {
		for _, id := range s.ids {
			p := s.payments[id]
			s.heardStates(p, of[id])
			s.heardCancels(p, of[id])
			delete(of, id)
		}
	})
	if len(of) > 0 {
		s.failAs(undelivered, "webhooks about no payment: %v", of)
	}
}

// owed is what the merchant must hear of a payment besides cancels, by its steps:
// that an account waits, that money came, and that a booked charge failed.
func (p *payment) owed() (out []string) {
	if p.Notify.Never {
		return nil
	}
	for _, row := range p.steps {
		switch {
		case row.To == pay.StatusPaid:
			out = append(out, "paid")
		case row.To == pay.StatusAwaitingDeposit:
			out = append(out, "ready")
		case row.To == pay.StatusFailed && p.Source == pay.SourceSchedule:
			out = append(out, "failed")
		}
	}
	return out
}

func (s *story) heardStates(p *payment, all []webhook) {
	s.t.Helper()
	path := mainHook
	if len(p.Notify.URLs) > 0 {
		path = ownHook
	}
	owed, at := p.owed(), -1
	s.looked(undelivered, len(owed))
	for _, m := range all {
		if m.Status == "cancelled" {
			continue
		}
		wrong := ""
		switch {
		case m.path != path || m.MerchantUID != string(p.MerchantUID) || m.CancelID != "":
			wrong = "is not for this address or order"
		case at+1 < len(owed) && m.Status == owed[at+1]:
			at++
		case at < 0 || m.Status != owed[at]: // else it is told again
			wrong = "is not next"
		}
		if wrong != "" {
			s.failAs(undelivered, "payment %s of %q: webhook %+v %s; owed are %v at %s, heard were %+v", p.ID, p.MerchantUID, m, wrong, owed, path, all)
		}
	}
	if at != len(owed)-1 {
		s.failAs(undelivered, "payment %s of %q, %s: owed are the webhooks %v, heard were %+v", p.ID, p.MerchantUID, p.Status, owed, all)
	}
}

// heardCancels: of those cancels the merchant hears that it wants to hear of, and
// of those that the provider's desk made; each has its name in cancel_history.
func (s *story) heardCancels(p *payment, all []webhook) {
	s.t.Helper()
	var names, told []string
	for _, m := range p.moves {
		if m.Kind == pay.MovementCancel {
			names = append(names, m.CancelID)
		}
	}
	firstPaid, where := slices.IndexFunc(all, func(m webhook) bool { return m.Status == "paid" }), ""
	for i, m := range all {
		if m.Status != "cancelled" {
			continue
		}
		told = append(told, m.CancelID)
		switch {
		case !slices.Contains(names, m.CancelID):
			where = fmt.Sprintf("webhook of a cancel %q that is not on the books", m.CancelID)
		case firstPaid < 0 || i < firstPaid && m.path == all[firstPaid].path:
			where = "webhook of a cancel before that of the payment"
		case s.known(m.CancelID) && !s.cancels[m.CancelID]:
			where = "webhook of a cancel that the merchant made and did not ask to hear of"
		}
	}
	for _, name := range names {
		wanted := s.cancels[name] && !p.Notify.Never // of a checking amount nobody hears, whoever gives it back
		if wanted {
			s.looked(undelivered, 1)
		}
		if wanted && !slices.Contains(told, name) {
			where = fmt.Sprintf("no webhook of cancel %s", name)
		}
	}
	if where != "" {
		s.failAs(undelivered, "payment %s of %q: %s; heard were %+v", p.ID, p.MerchantUID, where, all)
	}
}

func (s *story) known(cancel string) bool { _, ok := s.cancels[cancel]; return ok }
