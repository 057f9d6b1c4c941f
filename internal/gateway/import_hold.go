package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// ErrNotAsImported: what a payment was imported as is not what its provider has under
// its key. Nothing is given back by that key: it may be another buyer's.
var ErrNotAsImported = errors.New("the provider has another payment than was imported")

// NotAsImported says where the two differ. Field is the import's name of it. It is an
// ErrNotAsImported.
type NotAsImported struct{ Field, Imported, Provider string }

func (e *NotAsImported) Error() string {
	return fmt.Sprintf("%v: %s was imported as %q, and there it is %q: compare the two at the provider, and cancel there what is to be cancelled", ErrNotAsImported, e.Field, e.Imported, e.Provider)
}

func (e *NotAsImported) Unwrap() error { return ErrNotAsImported }

// errUnheld: the payment was imported and not yet held against its provider.
var errUnheld = errors.New("the payment was not held against its provider yet")

// unheld reports whether there are movements that were imported and that the provider
// was not asked about: the payment may not be the one that its key names.
func unheld(moved []pay.Movement) bool {
	return slices.ContainsFunc(moved, func(m pay.Movement) bool { return unnamed(m, moved) })
}

// unnamed is pay.Movement.Unnamed but of what was taken back since, which the provider
// does not tell of any more.
func unnamed(m pay.Movement, moved []pay.Movement) bool {
	return m.Unnamed() && m.Kind != pay.MovementDepositReversal && !isReversed(m, moved)
}

// importedWithin is how far the time of an imported payment may be from the provider's.
const importedWithin = time.Minute

// notAsImported holds what was imported of a payment against its provider's answer:
// how much came in and when, and by which approval, card or account where both tell.
// It is nil when the two may be the same payment, or are held already.
func notAsImported(p pay.Payment, moved []pay.Movement, s connector.Snapshot) *NotAsImported {
	ours := slices.IndexFunc(moved, func(m pay.Movement) bool { return m.Kind != pay.MovementCancel && unnamed(m, moved) })
	if ours < 0 {
		return nil
	}
	theirs := slices.IndexFunc(s.Movements, func(m pay.Movement) bool {
		return (m.Kind == pay.MovementApproval || m.Kind == pay.MovementDeposit) && !slices.ContainsFunc(moved, func(o pay.Movement) bool { return o.Key == m.Key })
	})
	if theirs < 0 {
		return &NotAsImported{"status", string(p.Status), s.RawStatus}
	}
	in, there := moved[ours], s.Movements[theirs]
	switch {
	case s.Amount.Minor != p.Amount.Total.Minor:
		return &NotAsImported{"amount", fmt.Sprint(p.Amount.Total.Minor), fmt.Sprint(s.Amount.Minor)}
	case there.At.Sub(in.At).Abs() > importedWithin:
		return &NotAsImported{"paid_at", second(in.At), second(there.At)}
	}
	return otherMeans(p.Details, s.Details)
}

// otherMeans compares what was paid with, as far as both tell.
func otherMeans(ours, theirs pay.Details) *NotAsImported {
	approval := func(d pay.Details) string { return strings.TrimLeft(strings.TrimSpace(d.ApprovalNo), "0") } // spreadsheets lose zeros
	if a, b := approval(ours), approval(theirs); a != "" && b != "" && a != b {
		return &NotAsImported{"apply_num", ours.ApprovalNo, theirs.ApprovalNo}
	}
	if a, b := ours.Card, theirs.Card; a != nil && b != nil && !mayBeOneNumber(a.Number, b.Number) {
		return &NotAsImported{"card_number", a.Number, b.Number}
	}
	if a, b := ours.Account, theirs.Account; a != nil && b != nil && !mayBeOneNumber(a.Number, b.Number) {
		return &NotAsImported{"vbank_num", a.Number, b.Number}
	}
	return nil
}

// mayBeOneNumber reports whether two numbers can be the same one, of which each may
// hide other digits.
func mayBeOneNumber(a, b string) bool {
	plain := strings.NewReplacer("-", "", " ", "")
	a, b = plain.Replace(a), plain.Replace(b)
	if a == "" || b == "" {
		return true
	}
	n := min(len(a), len(b))
	if len(a) != len(b) { // how long the hidden part is, is not always told
		n = min(n, 6)
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for i := range n {
		if digit(a[i]) && digit(b[i]) && a[i] != b[i] {
			return false
		}
	}
	return true
}

// holdImported asks the provider about a payment that was imported, before money goes
// back by its key for the first time, and gives its movements their names. The error
// is *NotAsImported when it may be another payment; nothing was cancelled then, nor
// when the provider cannot be asked (ErrProviderDown).
func (g *Gateway) holdImported(ctx context.Context, m pay.MerchantID, id pay.PaymentID) error {
	ctx = context.WithoutCancel(ctx)
	var p pay.Payment
	var moved []pay.Movement
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.Payment(ctx, m, id); err != nil {
			return err
		}
		moved, err = tx.Movements(ctx, m, id)
		return err
	})
	if err != nil {
		return translate(err, store.ErrNotFound, ErrNoPayment)
	}
	conn, _, err := g.connectTo(ctx, p)
	if err != nil {
		return err
	}
	asking, stop := within(ctx, askQuickly)
	defer stop()
	s, heard, err := query(asking, conn, p.Ref)
	g.recordExchanges(ctx, pay.Attempt{Merchant: m, Payment: id}, heard)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return &NotAsImported{"pg_tid", p.Ref.Key, ""}
	case err != nil:
		return errors.Join(ErrProviderDown, err)
	case sameOrder(p, s) != nil:
		return &NotAsImported{"provider_order", p.Ref.Order, s.Ref.Order}
	case !whole(s):
		return &NotAsImported{"status", string(p.Status), s.RawStatus}
	}
	if _, err := g.learnSnapshot(ctx, p, s); err != nil {
		return err
	}
	if why := notAsImported(p, moved, s); why != nil {
		return why
	}
	if _, left := nameMovements(moved, s.Movements, ""); left {
		_, back := tally(s.Movements)
		return &NotAsImported{"cancel_amount", fmt.Sprint(p.Cancelled), fmt.Sprint(back)}
	}
	return nil
}
