package gateway

import (
	"context"
	"fmt"
	"slices"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// naming is a movement that was imported without the provider's name, and the
// movements of the provider that it is.
type naming struct {
	of pay.Movement
	as []pay.Movement
}

// nameMovements finds out which of a provider's movements the unnamed ones on the
// books are. Theirs is all that the provider has, the oldest first; made is the
// cancel that was made just now, which was on nobody's list before. Left reports
// that for some none was found: then what the provider has more must not be
// learned, because it may be the same money.
func nameMovements(ours, theirs []pay.Movement, made string) (found []naming, left bool) {
	var in, cancels []pay.Movement
	for _, m := range ours {
		switch {
		case !unnamed(m, ours):
		case m.Kind == pay.MovementCancel:
			cancels = append(cancels, m)
		default:
			in = append(in, m)
		}
	}
	var theirIn, theirCancels []pay.Movement
	for _, m := range theirs {
		switch {
		case m.Key == made || slices.ContainsFunc(ours, func(o pay.Movement) bool { return o.Key == m.Key }):
		case m.Kind == pay.MovementCancel:
			theirCancels = append(theirCancels, m)
		default:
			theirIn = append(theirIn, m)
		}
	}
	for _, m := range in {
		if len(theirIn) == 0 || theirIn[0].Amount != m.Amount || theirIn[0].Kind != m.Kind {
			return found, true
		}
		found, theirIn = append(found, naming{m, theirIn[:1]}), theirIn[1:]
	}
	named, ok := nameInOrder(cancels, theirCancels)
	if !ok {
		named, ok = nameOneByOne(cancels, theirCancels)
	}
	return append(found, named...), !ok
}

// nameInOrder: each of ours is the next of theirs, or the next few together.
func nameInOrder(ours, theirs []pay.Movement) (found []naming, ok bool) {
	for _, m := range ours {
		var sum int64
		n := 0
		for n < len(theirs) && sum < m.Amount {
			sum += theirs[n].Amount
			n++
		}
		if sum != m.Amount {
			return nil, false
		}
		found, theirs = append(found, naming{m, theirs[:n]}), theirs[n:]
	}
	return found, true
}

// nameOneByOne: of one second providers tell their movements in any order.
func nameOneByOne(ours, theirs []pay.Movement) (found []naming, ok bool) {
	theirs = slices.Clone(theirs)
	for _, m := range ours {
		i := slices.IndexFunc(theirs, func(t pay.Movement) bool { return t.Amount == m.Amount })
		if i < 0 {
			return nil, false
		}
		found = append(found, naming{m, []pay.Movement{theirs[i]}})
		theirs = slices.Delete(theirs, i, i+1)
	}
	return found, true
}

// named gives imported movements among those of the books their names, with which they
// are given back, and leaves out of the snapshot what may
// be money that the books have already. An answer that tells only of one cancel names
// nothing.
func (b books) named(ctx context.Context, p pay.Payment, s connector.Snapshot, made string, moved []pay.Movement) (_ pay.Payment, _ connector.Snapshot, _ []pay.Movement, err error) {
	if !slices.ContainsFunc(moved, pay.Movement.Unnamed) || !whole(s) {
		return p, s, moved, nil
	}
	if why := notAsImported(p, moved, s); why != nil {
		b.g.log.ErrorContext(ctx, "an imported payment is another one at its provider", "payment", p.ID, "field", why.Field)
		return p, nothingBut(moved, s, made), moved, b.alarm(ctx, p, "import_differs", why.Error())
	}
	found, left := nameMovements(moved, s.Movements, made)
	for _, n := range found {
		if p, err = b.tx.NameMovement(ctx, n.of, n.as); err != nil {
			return p, s, moved, err
		}
	}
	if moved, err = b.tx.Movements(ctx, p.Merchant, p.ID); err != nil || !left {
		return p, s, moved, err
	}
	s.Movements = slices.DeleteFunc(slices.Clone(s.Movements), func(m pay.Movement) bool {
		return m.Key != made && !slices.ContainsFunc(moved, func(o pay.Movement) bool { return o.Key == m.Key })
	})
	b.g.log.ErrorContext(ctx, "an imported payment is not as its provider has it", "payment", p.ID)
	return p, s, moved, b.alarm(ctx, p, "import_differs", "the provider has other movements than were imported for this payment: compare the two; nothing more is learned of it by itself")
}

// nothingBut is a snapshot that teaches nothing of a payment but the cancel that was
// made just now.
func nothingBut(moved []pay.Movement, s connector.Snapshot, made string) connector.Snapshot {
	out := connector.Snapshot{RawStatus: s.RawStatus, Test: s.Test}
	for _, m := range s.Movements {
		if m.Key == made || slices.ContainsFunc(moved, func(o pay.Movement) bool { return o.Key == m.Key }) {
			out.Movements = append(out.Movements, m)
		}
	}
	return out
}

// whole reports whether a snapshot tells all that moved.
func whole(s connector.Snapshot) bool {
	return (s.Stage == connector.StagePaid || s.Stage == connector.StageCancelled) &&
		slices.ContainsFunc(s.Movements, func(m pay.Movement) bool { return m.Kind == pay.MovementApproval || m.Kind == pay.MovementDeposit })
}

// asNamed is movements as they would be once named by a provider's.
func asNamed(d store.Dossier, s connector.Snapshot) []pay.Movement {
	if !whole(s) || !slices.ContainsFunc(d.Movements, pay.Movement.Unnamed) || notAsImported(d.Payment, d.Movements, s) != nil {
		return d.Movements
	}
	found, _ := nameMovements(d.Movements, s.Movements, "")
	var out []pay.Movement
	for _, m := range d.Movements {
		i := slices.IndexFunc(found, func(n naming) bool { return n.of.Key == m.Key })
		if i < 0 {
			out = append(out, m)
			continue
		}
		for _, as := range found[i].as {
			as.Merchant, as.Payment = m.Merchant, m.Payment
			out = append(out, as)
		}
	}
	return out
}

// sameOrder refuses an answer about another payment. One that was made elsewhere may
// have an order id there that nobody told: its key names it, and the id is learned.
func sameOrder(p pay.Payment, s connector.Snapshot) error {
	switch {
	case s.Ref.Order == "" || s.Ref.Order == p.Ref.Order:
		return nil
	case p.Ref.Order == "" && p.Ref.Key != "" && s.Ref.Key == p.Ref.Key:
		return nil
	}
	return fmt.Errorf("the provider answered about order %q, not %q", s.Ref.Order, p.Ref.Order)
}
