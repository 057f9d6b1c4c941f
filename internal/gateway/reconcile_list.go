package gateway

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// mostApart is how many lines of a day are kept and told one by one that fit
// nothing; more are counted.
const mostApart = 200

// matching holds a list's lines against the books.
type matching struct {
	*reconciliation
	seed maphash.Seed
	// met is the movements that a line has been found for, as hashes: a day may have
	// hundreds of thousands.
	met      map[uint64]bool
	apart    []connector.TransactionLine // lines of payments that we know without movement
	unknown  []connector.TransactionLine // lines of the day with a number of ours that nobody has
	more     int                         // lines that were too many to keep
	foreign  Sum
	examples []string
}

func (m *matching) hash(mv pay.Movement) uint64 {
	return maphash.String(m.seed, string(mv.Payment)+"\x00"+mv.Key)
}

// transactions holds the day's list against the books, both a little beyond the
// day so that what lies at midnight finds its other half.
func (r *reconciliation) transactions(ctx context.Context, lister connector.TransactionLister) error {
	m := &matching{reconciliation: r, seed: maphash.MakeSeed(), met: map[uint64]bool{}}
	err := batched(lister.Transactions(ctx, r.from.Add(-midnightSlack), r.to.Add(midnightSlack)), verifyPage,
		func(lines []connector.TransactionLine) error { return m.batch(ctx, lines) })
	if err != nil {
		return err
	}
	if err := m.unexpected(ctx); err != nil {
		return err
	}
	m.strangers()
	if err := m.missing(ctx); err != nil {
		return err
	}
	r.examined = append(r.examined, examined{r.Day, listKinds})
	return nil
}

// within reports whether a line is of the day itself.
func (m *matching) within(l connector.TransactionLine) bool {
	return !l.At.Before(m.from) && l.At.Before(m.to)
}

// batch matches some lines.
func (m *matching) batch(ctx context.Context, lines []connector.TransactionLine) error {
	if err := m.ours(ctx, len(lines), func(i int) *pay.Ref { return &lines[i].Ref }); err != nil {
		return err
	}
	moved, owners, err := m.books(ctx, lines)
	if err != nil {
		return err
	}
	for _, l := range lines {
		id := pay.PaymentID(l.Ref.Order)
		owner, known := owners[id]
		switch {
		case known && owner != m.ch.Merchant: // a sub-store, or its parent, with the same contract
			continue
		case !known && ourOrder.MatchString(l.Ref.Order):
			m.keep(&m.unknown, l)
		case !known:
			m.stranger(l)
			continue
		default:
			m.line(l, moved[id])
		}
		if m.within(l) {
			m.Provider.add(l.Kind, l.Amount)
		}
	}
	return nil
}

// ours has lines of payments that were made elsewhere, and whose order id at the
// provider is not our name of them, named as the others are. An order id that looks
// like ours is one.
func (r *reconciliation) ours(ctx context.Context, n int, ref func(i int) *pay.Ref) error {
	var keys []string
	for i := range n {
		if key := ref(i).Key; key != "" && !ourOrder.MatchString(ref(i).Order) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return r.g.store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.PaymentsFromElsewhere(ctx, r.ch.Merchant, slices.Compact(keys))
		for i := range n {
			if id, ok := found[ref(i).Key]; ok && !ourOrder.MatchString(ref(i).Order) {
				ref(i).Order = string(id)
			}
		}
		return err
	})
}

// books is what is on them of the payments that lines are about.
func (m *matching) books(ctx context.Context, lines []connector.TransactionLine) (map[pay.PaymentID][]pay.Movement, map[pay.PaymentID]pay.MerchantID, error) {
	ids := make([]pay.PaymentID, len(lines))
	for i, l := range lines {
		ids[i] = pay.PaymentID(l.Ref.Order)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var owners map[pay.PaymentID]pay.MerchantID
	moved := map[pay.PaymentID][]pay.Movement{}
	err := m.g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if owners, err = tx.OwnersOf(ctx, ids); err != nil {
			return err
		}
		all, err := tx.MovementsOf(ctx, m.ch.Merchant, ids)
		for _, mv := range all {
			moved[mv.Payment] = append(moved[mv.Payment], mv)
		}
		return err
	})
	return moved, owners, err
}

// line finds the movement that a line is about by its key, and compares.
func (m *matching) line(l connector.TransactionLine, moved []pay.Movement) {
	mv := named(moved, l.Movement, l.Key)
	if one := onlyOf(moved, l.Kind, l.Amount); mv == nil && one != nil && m.near(l, *one) {
		mv = one // a shop may have thousands of deposits a day: they must not all be kept apart
	}
	if mv == nil {
		m.keep(&m.apart, l)
		return
	}
	m.met[m.hash(*mv)] = true
	if mv.Amount != l.Amount && m.within(l) {
		m.add(FindListAmount, m.Day, mv.Payment, mv.Key, fmt.Sprintf("%s of %d", mv.Kind, mv.Amount), fmt.Sprintf("%d in the list", l.Amount))
	}
}

// named is the movement of one of these keys.
func named(moved []pay.Movement, keys ...string) *pay.Movement {
	for _, key := range keys {
		if i := slices.IndexFunc(moved, func(mv pay.Movement) bool { return key != "" && mv.Key == key }); i >= 0 {
			return &moved[i]
		}
	}
	return nil
}

func (m *matching) keep(to *[]connector.TransactionLine, l connector.TransactionLine) {
	if len(*to) >= 10*mostApart {
		m.more++
		return
	}
	*to = append(*to, l)
}

// stranger counts a line of an order that was not made through here.
func (m *matching) stranger(l connector.TransactionLine) {
	if !m.within(l) {
		return
	}
	if m.foreign.add(l.Kind, l.Amount); len(m.examples) < 5 {
		m.examples = append(m.examples, fmt.Sprintf("%.64q", l.Ref.Order))
	}
}

// unexpected looks for the movements of lines that no key led to: by amount and
// time, and then, having asked the provider about the payment, once more.
func (m *matching) unexpected(ctx context.Context) error {
	left, err := m.byAmount(ctx, m.apart)
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(l connector.TransactionLine) bool { return !m.within(l) })
	synced := map[pay.PaymentID]bool{}
	for _, l := range left {
		id := pay.PaymentID(l.Ref.Order)
		if synced[id] || len(synced) >= mostApart {
			continue
		}
		synced[id] = true
		if _, err := m.g.Sync(ctx, m.ch.Merchant, id); err != nil && !errors.Is(err, connector.ErrNotFound) {
			m.g.log.WarnContext(ctx, "reconcile: payment not synced", "payment", id, "err", err)
		}
	}
	still, err := m.byAmount(ctx, left)
	if err != nil {
		return err
	}
	for _, l := range left {
		if m.waitedInVain(ctx, l) {
			continue
		}
		m.add(FindListUnexpected, m.Day, pay.PaymentID(l.Ref.Order), l.Key, "a movement on the books", listed(l))
		m.Findings[len(m.Findings)-1].Mended = !slices.ContainsFunc(still, func(s connector.TransactionLine) bool { return s.Key == l.Key })
	}
	if m.more > 0 {
		m.add(FindListUnexpected, m.Day, "", "more", "movements on the books", fmt.Sprintf("%d more lines that fit nothing", m.more))
	}
	return nil
}

func listed(l connector.TransactionLine) string {
	return fmt.Sprintf("%s of %d at %s in the list, as %s (%s)", l.Kind, l.Amount, stamp(l.At), l.Key, l.RawStatus)
}

// waitedInVain: the cancel of an account that nobody paid into moves nothing,
// whatever amount the list gives it.
func (m *matching) waitedInVain(ctx context.Context, l connector.TransactionLine) bool {
	if l.Kind != pay.MovementCancel {
		return false
	}
	d, err := m.g.held(ctx, pay.Payment{Merchant: m.ch.Merchant, ID: pay.PaymentID(l.Ref.Order)})
	return err == nil && d.Payment.Method == pay.MethodVbank && len(d.Movements) == 0 && d.Payment.Status == pay.StatusFailed
}

// byAmount is the lines that are left when each has found a movement of its
// payment, of its amount and about its time, that no other line has; one of its
// kind if there is one.
func (m *matching) byAmount(ctx context.Context, lines []connector.TransactionLine) ([]connector.TransactionLine, error) {
	var left []connector.TransactionLine
	for some := range slices.Chunk(lines, verifyPage) {
		moved, _, err := m.books(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, l := range some {
			mv := m.like(l, moved[pay.PaymentID(l.Ref.Order)])
			if mv == nil {
				left = append(left, l)
				continue
			}
			m.met[m.hash(*mv)] = true
		}
	}
	return left, nil
}

// near reports whether a movement that no line has was made about when a line says.
func (m *matching) near(l connector.TransactionLine, mv pay.Movement) bool {
	return mv.At.Sub(l.At).Abs() <= midnightSlack && !m.met[m.hash(mv)]
}

func (m *matching) like(l connector.TransactionLine, moved []pay.Movement) *pay.Movement {
	if mv := named(moved, l.Movement, l.Key); mv != nil { // learned by asking
		return mv
	}
	for _, strict := range []bool{true, false} {
		for i, mv := range moved {
			if m.near(l, mv) && mv.Amount == l.Amount && (mv.Kind == l.Kind || !strict) && mv.Kind != pay.MovementDepositReversal {
				return &moved[i]
			}
		}
	}
	return nil
}

// strangers are lines of payments that the books do not have.
func (m *matching) strangers() {
	for i, l := range slices.DeleteFunc(m.unknown, func(l connector.TransactionLine) bool { return !m.within(l) }) {
		if i == mostApart {
			m.add(FindListUnknown, m.Day, "", "more", "payments on the books", fmt.Sprintf("more than %d payments that nobody knows", mostApart))
			break
		}
		m.add(FindListUnknown, m.Day, "", l.Key, "payment "+l.Ref.Order+" on the books", listed(l))
	}
	if m.foreign.Lines > 0 {
		m.Foreign = m.foreign
		m.add(FindListForeign, m.Day, "", "", "orders that were made here",
			fmt.Sprintf("%d lines of others, %d in and %d back, such as %v", m.foreign.Lines, m.foreign.In, m.foreign.Back, m.examples))
	}
}

// missing: each movement of the day is in the list.
func (m *matching) missing(ctx context.Context) error {
	lacking := 0
	err := m.day(ctx, func(mv pay.Movement) {
		m.Books.add(mv.Kind, mv.Amount)
		if mv.Amount == 0 || m.met[m.hash(mv)] {
			return
		}
		if lacking++; lacking <= mostApart {
			m.add(FindListLacks, m.Day, mv.Payment, mv.Key, fmt.Sprintf("%s of %d at %s in the list", mv.Kind, mv.Amount, stamp(mv.At)), "not there")
		}
	})
	if lacking > mostApart {
		m.add(FindListLacks, m.Day, "", "more", "movements in the list", fmt.Sprintf("%d more that are not there", lacking-mostApart))
	}
	return err
}

// day gives each movement that the contract has on the books of the day, without
// deposits that the bank took back.
func (r *reconciliation) day(ctx context.Context, do func(pay.Movement)) error {
	for after := (pay.Movement{}); ; {
		var all []pay.Movement
		reversed := map[pay.PaymentID][]pay.Movement{}
		err := r.g.store.Read(ctx, func(tx *store.Tx) (err error) {
			if all, err = tx.MovementsBetween(ctx, r.ch.Merchant, r.contract(), r.from, r.to, after, verifyPage); err != nil {
				return err
			}
			var deposits []pay.PaymentID
			for _, mv := range all {
				if mv.Kind == pay.MovementDeposit {
					deposits = append(deposits, mv.Payment)
				}
			}
			moved, err := tx.MovementsOf(ctx, r.ch.Merchant, deposits)
			for _, mv := range moved {
				reversed[mv.Payment] = append(reversed[mv.Payment], mv)
			}
			return err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		for _, mv := range all {
			if mv.Kind != pay.MovementDepositReversal && !isReversed(mv, reversed[mv.Payment]) {
				do(mv)
			}
		}
		after = all[len(all)-1]
	}
}
