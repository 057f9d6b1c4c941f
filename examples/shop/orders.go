package shop

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// item is a kind of the one product. Stock is what the confirm process checks;
// in this demonstration it never falls.
type item struct {
	Code, Ko, En string
	Stock        int
}

const (
	price       = 12_000 // won, VAT included
	maxQuantity = 10
)

func catalogue() []item {
	return []item{{"mist", "물안개", "Mist", 100}, {"dusk", "해거름", "Dusk", 100}, {"soldout", "품절 상품", "Sold out", 0}}
}

// order is what was sold for how much, and what the shop has heard since.
type order struct {
	ID       string // merchant_uid: at most 40 characters, and hard to guess
	Name     string
	Item     item
	Quantity int
	Amount   int64 // won
	Lang     string
	Placed   time.Time
	Payment  payment // as last looked up at the gateway; zero before
	Events   []event
}

type event struct {
	At           time.Time
	Kind, Detail string
}

// Status is the shop's word for how the order stands.
func (o order) Status() string {
	switch p := o.Payment; {
	case p.Status == "ready" && p.VbankNum != "":
		return "waiting" // for the deposit
	case p.Status == "cancelled" && p.Left() > 0:
		return "partly-cancelled"
	case p.Status == "paid", p.Status == "cancelled", p.Status == "failed":
		return p.Status
	}
	return "unpaid"
}

const maxEvents = 60

// note adds a line to the timeline. A full one loses its middle, so that a
// flood of forged calls hides neither how the order began nor what came last.
func (o *order) note(at time.Time, kind, detail string) {
	if len(o.Events) == maxEvents {
		o.Events = slices.Delete(o.Events, maxEvents/4, maxEvents/4+1)
	}
	o.Events = append(o.Events, event{at, kind, fmt.Sprintf("%.600s", detail)})
}

var (
	errNoOrder  = errors.New("no such order")
	errMismatch = errors.New("the payment does not fit the order")
)

// learn takes what the gateway says of a payment into the order. The payment
// must be of this order, this amount and won; and once one payment has taken
// money, news of another one does not change how the order stands.
func (o *order) learn(p payment, at time.Time) error {
	facts := fmt.Sprintf("%s status=%s amount=%d cancel_amount=%d", p.ImpUID, p.Status, p.Amount, p.CancelAmount)
	if p.MerchantUID != o.ID || p.Amount != o.Amount || p.Currency != "KRW" {
		facts += fmt.Sprintf(" currency=%s merchant_uid=%.40s", p.Currency, p.MerchantUID)
		o.note(at, "mismatch", facts)
		return fmt.Errorf("%w: want %d KRW for %s, got %s", errMismatch, o.Amount, o.ID, facts)
	}
	switch old := o.Payment; {
	case old.ImpUID == p.ImpUID, !old.took() && (p.took() || p.StartedAt >= old.StartedAt):
		o.Payment = p
		o.note(at, "verified", facts)
	case p.took():
		o.note(at, "duplicate", facts) // paid twice: a person gives one back
	default:
		o.note(at, "other-attempt", facts)
	}
	return nil
}

// book keeps the newest orders in memory. A real shop keeps them in its
// database, and has written there before it answers a webhook with 200.
type book struct {
	mu      sync.Mutex
	records map[string]*record
	ids     []string // oldest first
}

// record is an order and the turn of whoever asks the gateway about it: facts
// are fetched and stored one at a time, so that an older answer that arrives
// late cannot overwrite a newer one.
type record struct {
	turn  sync.Mutex
	order order // guarded by book.mu
}

const maxOrders = 1000

// add keeps o; beyond maxOrders the oldest order without money is forgotten.
func (b *book) add(o order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records[o.ID] = &record{order: o}
	b.ids = append(b.ids, o.ID)
	if len(b.ids) > maxOrders {
		i := slices.IndexFunc(b.ids, func(id string) bool { return !b.records[id].order.Payment.took() })
		delete(b.records, b.ids[i])
		b.ids = slices.Delete(b.ids, i, i+1)
	}
}

// take waits for the order's turn; the caller unlocks it.
func (b *book) take(id string) (*sync.Mutex, error) {
	b.mu.Lock()
	r := b.records[id]
	b.mu.Unlock()
	if r == nil {
		return nil, fmt.Errorf("merchant_uid %.50q: %w", id, errNoOrder)
	}
	r.turn.Lock()
	return &r.turn, nil
}

// change applies f, which may be nil, to an order and returns a copy of it.
// The error is f's or errNoOrder.
func (b *book) change(id string, f func(*order) error) (order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.records[id]
	if r == nil {
		return order{}, fmt.Errorf("merchant_uid %.50q: %w", id, errNoOrder)
	}
	var err error
	if f != nil {
		err = f(&r.order)
	}
	o := r.order
	o.Events = slices.Clone(o.Events)
	return o, err
}

// note adds a line to an order's timeline.
func (b *book) note(id string, at time.Time, kind, detail string) (order, error) {
	return b.change(id, func(o *order) error { o.note(at, kind, detail); return nil })
}

// list returns all orders, newest first, without their events.
func (b *book) list() []order {
	b.mu.Lock()
	defer b.mu.Unlock()
	orders := make([]order, 0, len(b.ids))
	for _, id := range slices.Backward(b.ids) {
		o := b.records[id].order
		o.Events = nil // shared with writers
		orders = append(orders, o)
	}
	return orders
}

// newOrderID makes a merchant_uid such as mug-20260806-5f0c9e77a1b2c3d4.
func newOrderID(now time.Time) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return "mug-" + now.In(korea()).Format("20060102") + "-" + hex.EncodeToString(b[:])
}

func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }
