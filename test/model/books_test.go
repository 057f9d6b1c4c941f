package model_test

import (
	"cmp"
	"fmt"
	"slices"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// paidTwice is the fail code of money that came in for an order already paid.
const paidTwice = "NARU_PAID_TWICE"

// payment is one as it was last seen on the books.
type payment struct {
	pay.Payment
	moves []pay.Movement
	steps []store.StepRow
	open  bool // an attempt is undecided
}

// registers reports whether the payment is V1's row of a billing window: nothing is
// charged, and paid means that a key was issued.
func (p *payment) registers() bool { return p.CustomerUsage == "issue" }

// entry is money that moved. The amount is never below zero.
type entry struct {
	kind   string // approval, deposit, reversal, cancel
	amount int64
}

// ledger is what the simulators say moved, by our order id there.
func (s *story) ledger() map[string][]entry {
	out := map[string][]entry{}
	for _, d := range s.sides {
		for _, m := range d.moves() {
			out[m.order] = append(out[m.order], m.entry)
		}
	}
	return out
}

// moved is how many movements the simulators have.
func (s *story) moved() (n int) {
	for _, d := range s.sides {
		n += len(d.moves())
	}
	return n
}

// entries are the movements of a payment on the books.
func (p *payment) entries() (out []entry) {
	for _, m := range p.moves {
		kind := string(m.Kind)
		if m.Kind == pay.MovementDepositReversal {
			kind = "reversal"
		}
		out = append(out, entry{kind, m.Amount})
	}
	return out
}

func sorted(all []entry) []entry {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b entry) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.amount, b.amount)) })
	return out
}

// sum is what the entries of a kind come to.
func sum(all []entry, kind string) (n int64) {
	for _, e := range all {
		if e.kind == kind {
			n += e.amount
		}
	}
	return n
}

// remains is what the entries leave with the shop.
func remains(all []entry) int64 {
	return sum(all, "approval") + sum(all, "deposit") - sum(all, "reversal") - sum(all, "cancel")
}

// look reads the books of both shops and checks what must hold at any time.
func (s *story) look() {
	s.t.Helper()
	was := s.doing
	s.doing = ""
	s.everywhere(s.lookHere)
	if !s.unverified {
		s.verified()
	}
	s.doing = was
}

// verified: what naru verify looks at agrees, whatever happened.
func (s *story) verified() {
	s.t.Helper()
	report, err := s.gateway.Verify(s.ctx, gateway.VerifyOptions{Found: func(f gateway.Finding) {
		s.failAs(contradicted, "naru verify finds %s of %s %s: expected %s, found %s", f.Kind, f.Section, f.Row, f.Expected, f.Found)
	}})
	if err != nil {
		s.fail("naru verify: %v", err)
	}
	s.looked(contradicted, report.Payments+report.Orders+report.Schedules+report.Keys+report.Receipts+report.Channels)
}

func (s *story) lookHere() {
	s.t.Helper()
	var all []pay.Payment
	now := map[pay.PaymentID]*payment{}
	s.read(func(tx *store.Tx) (err error) {
		clear(now)
		if all, err = tx.FindPayments(s.ctx, s.merchant, store.PaymentFilter{Sort: "started"}); err != nil {
			return err
		}
		for _, p := range all {
			seen := &payment{Payment: p}
			if seen.moves, err = tx.Movements(s.ctx, s.merchant, p.ID); err != nil {
				return err
			}
			if seen.steps, err = tx.Steps(s.ctx, s.merchant, p.ID); err != nil {
				return err
			}
			open, err := tx.OpenAttempts(s.ctx, s.merchant, p.ID)
			if err != nil {
				return err
			}
			seen.open, now[p.ID] = len(open) > 0, seen
		}
		return nil
	})
	ledger := s.ledger()
	for _, p := range all {
		s.sound(now[p.ID], undecided(now, p))
		s.grown(s.payments[p.ID], now[p.ID])
		s.backed(now[p.ID], ledger[string(p.ID)])
		if s.payments[p.ID] == nil {
			s.ids = append(s.ids, p.ID)
		}
	}
	s.payments = now
	s.onceOnly(ledger)
	s.keepClaims(ledger)
	s.learnCustomers()
	s.learnBookings()
	s.learnReceipts()
}

// undecided reports whether another payment of the same order is being approved.
func undecided(all map[pay.PaymentID]*payment, p pay.Payment) bool {
	for id, other := range all {
		if id != p.ID && other.MerchantUID == p.MerchantUID && other.Status == pay.StatusConfirming {
			return true
		}
	}
	return false
}

// sound: status, sums and steps of one payment agree. A deposit for an order that
// another payment may still take waits for its turn.
func (s *story) sound(p *payment, waits bool) {
	s.t.Helper()
	all := p.entries()
	in, out := remains(all)+sum(all, "cancel"), sum(all, "cancel")
	s.looked(otherwise, 1)
	wrong := ""
	if p.registers() && len(all) > 0 {
		wrong = "a card was registered, and money moved"
	}
	switch p.Status {
	case pay.StatusPaid:
		wrong = unless(p.registers() || in == p.Amount.Total.Minor && out == 0, "paid, but not by exactly its amount")
	case pay.StatusPartiallyCancelled:
		wrong = unless(in == p.Amount.Total.Minor && out > 0 && out < in, "partly cancelled, but not in part")
	case pay.StatusCancelled:
		wrong = unless(in == p.Amount.Total.Minor && out == in, "cancelled, but not wholly")
	case pay.StatusAwaitingDeposit, pay.StatusCreated, pay.StatusConfirming:
		wrong = unless(in == 0 && out == 0 || waits && p.Status == pay.StatusAwaitingDeposit && out == 0, "waiting, and holds money")
	case pay.StatusFailed:
		wrong = unless(in-out >= 0 && (in == 0 || p.FailCode == paidTwice || in == out), "failed, and holds money")
	}
	if wrong == "" && out != p.Cancelled {
		wrong = "the sum of the cancels is not its cancelled amount"
	}
	at := pay.StatusCreated
	for _, row := range p.steps {
		to, err := pay.Payments.Next(row.From, row.Event)
		if row.From != at || err != nil || to != row.To {
			wrong = fmt.Sprintf("step %d (%s: %s to %s) is not one that may follow %s", row.Seq, row.Event, row.From, row.To, at)
		}
		at = row.To
	}
	if wrong == "" && at != p.Status {
		wrong = "its steps end at " + string(at)
	}
	if wrong != "" {
		s.fail("payment %s of %q, %s of %d: %s\nmovements %v\nsteps %v", p.ID, p.MerchantUID, p.Status, p.Amount.Total.Minor, wrong, all, p.steps)
	}
}

func unless(ok bool, wrong string) string {
	if ok {
		return ""
	}
	return wrong
}

// grown: nothing that was recorded is taken back, and what failed stays failed.
func (s *story) grown(was, now *payment) {
	s.t.Helper()
	if was == nil {
		return
	}
	for _, m := range was.moves {
		i := slices.IndexFunc(now.moves, func(n pay.Movement) bool { return n.Key == m.Key })
		if i < 0 || now.moves[i].Amount != m.Amount || now.moves[i].Kind != m.Kind {
			s.failAs(lostMovement, "payment %s: movement %s of %d was changed: %v", now.ID, m.Key, m.Amount, now.moves)
		}
	}
	// A second deposit counts after all once the bank has taken the first back, and a
	// buyer may register in the app who had left the window.
	twice := was.FailCode == paidTwice && was.Method == pay.MethodVbank
	if was.Status == pay.StatusFailed && now.Status != pay.StatusFailed && !twice && !now.registers() {
		s.fail("payment %s of %q was failed and is %s now: the merchant had been told that no money is taken", now.ID, now.MerchantUID, now.Status)
	}
	if !slices.Equal(was.steps, now.steps[:len(was.steps)]) {
		s.fail("payment %s: its steps were changed", now.ID)
	}
}

// backed: each movement on the books is one of the provider's.
func (s *story) backed(p *payment, theirs []entry) {
	s.t.Helper()
	s.looked(lostMovement, len(p.moves))
	left := slices.Clone(theirs)
	for _, e := range p.entries() {
		i := slices.Index(left, e)
		if i < 0 {
			s.failAs(lostMovement, "payment %s of %q: the books have %v, the provider only %v", p.ID, p.MerchantUID, p.entries(), theirs)
		}
		left = slices.Delete(left, i, i+1)
	}
}

// onceOnly: of one order number one payment at most is paid, or was, and no
// payment was taken for more than once.
func (s *story) onceOnly(ledger map[string][]entry) {
	s.t.Helper()
	s.looked(doubleCharge, len(s.numbers))
	by := map[pay.MerchantUID]pay.PaymentID{}
	for _, id := range s.ids {
		if in := sum(ledger[string(id)], "approval"); in > s.payments[id].Amount.Total.Minor {
			s.failAs(doubleCharge, "the provider took %d for payment %s of %d: %v", in, id, s.payments[id].Amount.Total.Minor, ledger[string(id)])
		}
	}
	for _, id := range s.ids {
		p := s.payments[id]
		if !taken(p.Status) {
			continue
		}
		if other := by[p.MerchantUID]; other != "" {
			s.failAs(doubleCharge, "order %q is paid twice: by %s and by %s", p.MerchantUID, other, id)
		}
		by[p.MerchantUID] = id
	}
}

// taken reports whether a payment of this status uses its order number up.
func taken(st pay.Status) bool {
	return st == pay.StatusPaid || st == pay.StatusPartiallyCancelled || st == pay.StatusCancelled
}

// use is what is known of an order number.
type use int

const (
	free   use = iota // may be paid
	unsure            // a payment of it is undecided
	used              // paid or cancelled before
)

// usage is what stands against paying an order number, apart from one payment. A
// deposit that the gateway has not heard of may count any moment.
func (s *story) usage(number string, but pay.PaymentID) use {
	out, ledger := free, s.ledger()
	for id, p := range s.payments {
		switch {
		case id == but || string(p.MerchantUID) != number:
		case taken(p.Status):
			return used
		case p.Status == pay.StatusConfirming, p.open, remains(ledger[string(id)]) != remains(p.entries()):
			out = unsure
		}
	}
	return out
}

// claim is what an answer said of a payment, which must stay true.
type claim struct {
	what string
	id   pay.PaymentID
	paid bool // else no money of it moved or ever will
	open bool // and it may stay undecided: V1 leaves the payment of a closed window ready
}

// keepClaims: what was answered as paid is paid at the provider, and what was
// answered as refused never took money.
func (s *story) keepClaims(ledger map[string][]entry) {
	s.t.Helper()
	for _, c := range s.claims {
		theirs := ledger[string(c.id)]
		switch p := s.payments[c.id]; {
		case p == nil:
			s.fail("%s: payment %s is not on the books", c.what, c.id)
		case c.paid && (sum(theirs, "approval") != p.Amount.Total.Minor || !taken(p.Status)):
			s.failAs(lostMovement, "%s was answered as paid: payment %s is %s, the provider has %v", c.what, c.id, p.Status, theirs)
		case !c.paid && (len(theirs) > 0 || p.Status != pay.StatusFailed && !(c.open && word(p.Status) == "ready")):
			s.failAs(doubleCharge, "%s was answered as declined: payment %s is %s, the provider has %v", c.what, c.id, p.Status, theirs)
		}
	}
}

// find is a payment that fits, at random; nil when none does.
func (s *story) find(fits func(*payment) bool) *payment {
	var all []*payment
	for _, id := range s.ids {
		if p := s.payments[id]; fits(p) {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return one(s, all)
}
