package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"naru/internal/connector"
	"naru/internal/pay"
)

// askAll asks the provider about each new payment of a batch that holds money, at most
// askParallel at once: one that it knows otherwise is refused, the others get the
// names of their movements.
func (im *importing) askAll(ctx context.Context, batch []arrival, got sorted) ([]arrival, error) {
	fresh := map[int]bool{}
	for _, a := range got.fresh {
		fresh[a.line] = true
	}
	bad := make([]*ImportProblem, len(batch))
	errs := make([]error, len(batch))
	var wg sync.WaitGroup
	slots := make(chan struct{}, askParallel)
	for i := range batch {
		if !fresh[batch[i].line] || batch[i].p.Ref.Key == "" || batch[i].p.CustomerUsage == usageIssue {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			bad[i], errs[i] = im.ask(ctx, &batch[i])
			<-slots
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var out []arrival
	for i, a := range batch {
		if bad[i] != nil {
			im.refuse(*bad[i])
			continue
		}
		out = append(out, a)
	}
	return out, nil
}

// ask holds one payment against its provider.
func (im *importing) ask(ctx context.Context, a *arrival) (*ImportProblem, error) {
	no := func(field, value, allowed string) *ImportProblem {
		return &ImportProblem{Line: a.line, ID: string(a.p.ID), Field: field, Value: value, Allowed: allowed}
	}
	conn, _, err := im.g.connectTo(ctx, a.p)
	if err != nil {
		return nil, err
	}
	asking, stop := within(ctx, askQuickly)
	defer stop()
	s, err := conn.Query(asking, a.p.Ref)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return no("pg_tid", a.p.Ref.Key, "a payment that the provider knows by it"), nil
	case err != nil:
		return nil, fmt.Errorf("line %d: %s could not be asked about: %w", a.line, a.p.ID, err)
	case s.Stage == connector.StageUnknown:
		return no("status", string(a.p.Status), fmt.Sprintf("a payment that is settled there: it is %q", s.RawStatus)), nil
	case sameOrder(a.p, s) != nil:
		return no("provider_order", a.p.Ref.Order, "the order id that the provider has: "+s.Ref.Order), nil
	case s.Amount.Minor != a.p.Amount.Total.Minor:
		return no("amount", fmt.Sprint(a.p.Amount.Total.Minor), fmt.Sprintf("what the provider has: %d", s.Amount.Minor)), nil
	}
	if !whole(s) || a.known {
		return nil, nil
	}
	if why := notAsImported(a.p, a.moved, s); why != nil {
		return no(why.Field, why.Imported, "what the provider has: "+why.Provider), nil
	}
	found, left := nameMovements(a.moved, s.Movements, "")
	if in, back := tally(s.Movements); left || back != a.p.Cancelled {
		return no("cancel_amount", fmt.Sprint(a.p.Cancelled), fmt.Sprintf("what the provider has: %d in, %d back", in, back)), nil
	}
	a.take(s, found)
	return nil, nil
}

// take is an arrival with the names and ids that its provider told.
func (a *arrival) take(s connector.Snapshot, found []naming) {
	a.p.Ref = mergeRef(a.p.Ref, s.Ref)
	if a.p.Amount.TaxFree == 0 && s.TaxFree <= a.p.Amount.Total.Minor {
		a.p.Amount.TaxFree = s.TaxFree
	}
	var moved []pay.Movement
	for _, n := range found {
		for i, as := range n.as {
			m := n.of
			m.Key, m.Amount, m.TaxFree, m.At = as.Key, as.Amount, as.TaxFree, as.At
			if i > 0 && m.CancelID != "" {
				m.CancelID = fmt.Sprintf("%s-%d", m.CancelID, i+1)
			}
			moved = append(moved, m)
		}
	}
	a.moved = moved
}
