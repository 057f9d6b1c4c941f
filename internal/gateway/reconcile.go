package gateway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// midnightSlack is how far a movement's time on the books and in a provider's list
// may lie apart: neither end of a day is a border that both see alike.
const midnightSlack = 10 * time.Minute

// settledWithin is how many days of sale, from a day on, are asked for with it: a
// movement's day of sale may be a later one.
const settledWithin = 3

// settledBy is how many days later a movement ought to be settled, where others
// of its day are.
const settledBy = 8

// Sum is what some movements come to.
type Sum struct {
	Lines int   `json:"lines"`
	In    int64 `json:"in"`
	Back  int64 `json:"back"`
}

func (s *Sum) add(kind pay.MovementKind, amount int64) {
	s.Lines++
	if kind == pay.MovementCancel {
		s.Back += amount
	} else {
		s.In += amount
	}
}

// Reconciliation is what came of holding a day's movements against a provider's list.
type Reconciliation struct {
	Merchant pay.MerchantID `json:"merchant"`
	Channel  pay.ChannelKey `json:"channel"`
	Day      string         `json:"day"`
	Books    Sum            `json:"books"`    // of the day
	Provider Sum            `json:"provider"` // of the day, without orders of others
	Foreign  Sum            `json:"foreign"`  // orders that were not made through here
	Settled  int            `json:"settled"`  // settlement lines that were recorded
	// SettlementsOffered is false where the provider lists none in the channel's mode.
	SettlementsOffered bool      `json:"settlements_offered"`
	Findings           []Finding `json:"findings"` // also those that were mended
}

// examined is the kinds of findings that a run looked for on a day.
type examined struct {
	day   string
	kinds []FindingKind
}

var (
	listKinds    = []FindingKind{FindListLacks, FindListUnexpected, FindListAmount, FindListUnknown, FindListForeign, FindListUnread}
	settledKinds = []FindingKind{FindSettledAmount}
	lateKinds    = []FindingKind{FindSettlementLacks}
)

// reconciliation is a run of Reconcile.
type reconciliation struct {
	Reconciliation
	g        *Gateway
	ch       pay.Channel
	conn     connector.Connector
	from, to time.Time // the day
	examined []examined
}

// Reconcile holds what moved on a Korean day against the list of a channel's
// provider, and records what the provider settles. It looks at the whole contract
// of the channel: what another channel of the merchant with the same MID moved
// belongs to it. What the books lack of a payment they know is asked about and
// learned by the ordinary road. Findings are recorded, and closed that are gone.
// connector.ErrUnsupported: the provider has no lists; any other error is trouble
// on the way, and then nothing is found or closed.
func (g *Gateway) Reconcile(ctx context.Context, key pay.ChannelKey, day time.Time) (Reconciliation, error) {
	r, err := g.reconciling(ctx, key, day)
	if err != nil {
		return Reconciliation{}, err
	}
	if err := r.run(ctx); err != nil {
		return r.Reconciliation, err
	}
	gone, err := r.gone(ctx)
	if err != nil {
		return r.Reconciliation, err
	}
	return r.Reconciliation, g.keepFindings(ctx, r.Findings, gone, nil)
}

func (g *Gateway) reconciling(ctx context.Context, key pay.ChannelKey, day time.Time) (*reconciliation, error) {
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		ch, err = tx.ChannelByKey(ctx, key)
		return translate(err, store.ErrNotFound, ErrChannelMissing)
	})
	if err != nil {
		return nil, err
	}
	conn, _, err := g.connect(ch)
	if err != nil {
		return nil, err
	}
	from := koreanDay(day)
	r := &reconciliation{g: g, ch: ch, conn: conn, from: from, to: from.AddDate(0, 0, 1)}
	r.Merchant, r.Channel, r.Day, r.Findings = ch.Merchant, ch.Key, dayOf(from), []Finding{}
	if !from.Before(koreanDay(g.now()).AddDate(0, 0, 1)) {
		return nil, &Invalid{"day", fmt.Sprintf("%s has not begun", r.Day)}
	}
	return r, nil
}

// koreanDay is the beginning of the Korean day that t lies in.
func koreanDay(t time.Time) time.Time {
	y, m, d := t.In(kst()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kst())
}

func dayOf(t time.Time) string { return t.In(kst()).Format(time.DateOnly) }

func (r *reconciliation) contract() store.Contract {
	return store.Contract{Provider: r.ch.Provider, MID: r.ch.MID, Mode: r.ch.Mode}
}

func (r *reconciliation) run(ctx context.Context) error {
	lister, listErr := connector.As[connector.TransactionLister](r.conn)
	settler, settleErr := connector.As[connector.Settler](r.conn)
	if listErr != nil && settleErr != nil {
		return listErr
	}
	if listErr == nil {
		if err := r.transactions(ctx, lister); err != nil {
			return fmt.Errorf("transactions of %s: %w", r.Day, err)
		}
	}
	if settleErr != nil {
		return nil
	}
	if err := r.settlements(ctx, settler); err != nil {
		return fmt.Errorf("settlements of %s: %w", r.Day, err)
	}
	return nil
}

// settlements records the days of sale from the day on, and looks back at the day
// itself when it ought to be settled.
func (r *reconciliation) settlements(ctx context.Context, settler connector.Settler) error {
	today := koreanDay(r.g.now())
	for i := range settledWithin {
		sold := r.from.AddDate(0, 0, i)
		if sold.After(today) {
			break
		}
		err := r.settle(ctx, sold, settler.Settlements(ctx, sold))
		if errors.Is(err, connector.ErrNotOffered) {
			return nil
		}
		if err != nil {
			return err
		}
		r.SettlementsOffered = true
	}
	if today.Before(r.from.AddDate(0, 0, settledBy)) {
		return nil
	}
	return r.late(ctx)
}

// ourOrder is what the order ids look like that this gateway makes.
var ourOrder = regexp.MustCompile(`^imps?_[0-9]{12}$`)

// add notes what is wrong with a line, or a movement, of a payment.
func (r *reconciliation) add(kind FindingKind, day string, payment pay.PaymentID, which, expected, found string) {
	f := newFinding(kind, r.ch.Merchant, payment, sectionChannel, string(r.ch.Key), day, expected, found)
	if which != "" {
		f.ID += ":" + which
	}
	f.Channel, f.Day = r.ch.Key, day
	r.Findings = append(r.Findings, f)
}

// batched gives a list in pieces.
func batched[T any](lines iter.Seq2[T, error], n int, do func([]T) error) error {
	var some []T
	for line, err := range lines {
		if err != nil {
			return err
		}
		if some = append(some, line); len(some) == n {
			if err := do(some); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	if len(some) == 0 {
		return nil
	}
	return do(some)
}
