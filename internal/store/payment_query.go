package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru/internal/pay"
)

// PaymentQuery chooses payments of one merchant for people who look at them: lists,
// their sums, and what is exported. Its zero value is all payments, the newest
// first.
type PaymentQuery struct {
	// From and To are when it happened: From inclusive, To exclusive, zero unbounded.
	From, To time.Time
	// ByRequest compares, and sorts, by when the payment was asked for; else by when
	// it got its status (what V1 shows: paid, failed, cancelled, else asked for).
	ByRequest bool

	// None of a kind is any. Test payments are hidden by naming ModeLive alone.
	Modes     []pay.Mode
	Statuses  []pay.Status
	Methods   []pay.Method
	Providers []pay.Provider
	Channels  []pay.ChannelKey
	Charged   ChargedBy

	// Search is what a person typed into the box: a prefix of any field, or of Field.
	// It finds what Follow has seen: payments of the last seconds may be missing.
	Search string
	Field  SearchField

	// After is the cursor of a page's last row: what is older follows. Before is the
	// cursor of a page's first row: what is newer. Zero is none; both is an error.
	After, Before Cursor
	Limit         int // rows of a page, 1 to MaxPage; 0 is DefaultPage
}

// Sizes of a page.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// ChargedBy tells payments that a buyer made from those that a billing key was
// charged for.
type ChargedBy string

// The kinds of ChargedBy; "" is any.
const (
	ChargedAny   ChargedBy = ""
	ChargedBuyer ChargedBy = "normal"    // V1's console: 일반결제
	ChargedKey   ChargedBy = "recurring" // V1's console: 정기결제, also when booked
)

// Cursor is a place in a list: a payment's time, by which the list is sorted, and
// its id. The zero Cursor is none.
type Cursor struct {
	At time.Time
	ID pay.PaymentID
}

// IsZero tells whether it is no place at all.
func (c Cursor) IsZero() bool { return c.ID == "" }

// String is a cursor as it stands in the address of a page; "" is none.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return strconv.FormatInt(micro(c.At), 36) + "." + string(c.ID)
}

// ParseCursor reads what String wrote.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	at, id, ok := strings.Cut(text, ".")
	n, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil || id == "" || n < 0 {
		return Cursor{}, fmt.Errorf("cursor %q: want a time in base 36, a dot and a payment's id", text)
	}
	return Cursor{ofMicro(n), pay.PaymentID(id)}, nil
}

// check says what cannot be asked for.
func (q PaymentQuery) check() error {
	switch {
	case q.Limit < 0 || q.Limit > MaxPage:
		return fmt.Errorf("limit %d: allowed are 0 to %d", q.Limit, MaxPage)
	case !q.After.IsZero() && !q.Before.IsZero():
		return fmt.Errorf("after %s and before %s: give one of them", q.After, q.Before)
	case !slices.Contains([]ChargedBy{ChargedAny, ChargedBuyer, ChargedKey}, q.Charged):
		return fmt.Errorf("charged %q: allowed are %q, %q and %q", q.Charged, ChargedAny, ChargedBuyer, ChargedKey)
	case q.Field != "" && !slices.Contains(SearchFields(), q.Field):
		return fmt.Errorf("field %q: allowed are %q", q.Field, SearchFields())
	}
	return nil
}

// column is the time that a query goes by.
func (q PaymentQuery) column() string {
	if q.ByRequest {
		return `started_at`
	}
	return `status_at`
}

// chosen is what is chosen, or all when nothing is.
func chosen[T any](some, all []T) []T {
	if len(some) == 0 {
		return all
	}
	return some
}

// modes are all modes there are.
func modes() []pay.Mode { return []pay.Mode{pay.ModeLive, pay.ModeTest, pay.ModeSandbox} }

// traits is what filters go by besides the time.
type traits struct {
	Mode     pay.Mode       `json:"m"`
	Status   pay.Status     `json:"s"`
	Method   pay.Method     `json:"w"`
	Provider pay.Provider   `json:"p"`
	Channel  pay.ChannelKey `json:"c"`
	Charged  bool           `json:"r,omitempty"` // by a billing key
}

// chargedUsages are the usages of payments that a billing key was charged for.
const chargedUsages = `('payment', 'payment.scheduled')`

// passes tells whether a payment of these traits is chosen.
func (q PaymentQuery) passes(x traits) bool {
	return among(q.Modes, x.Mode) && among(q.Statuses, x.Status) && among(q.Methods, x.Method) &&
		among(q.Providers, x.Provider) && among(q.Channels, x.Channel) &&
		(q.Charged == ChargedAny || x.Charged == (q.Charged == ChargedKey))
}

func among[T comparable](some []T, v T) bool { return len(some) == 0 || slices.Contains(some, v) }

// narrow adds the filters besides the time, by the columns of table payments.
// Expressions keep SQLite from an index that begins with what they hold.
func (q PaymentQuery) narrow(w *condition) {
	inAny(w, whatever(`mode`), q.Modes)
	inAny(w, whatever(`status`), q.Statuses)
	inAny(w, `method`, q.Methods)
	inAny(w, `provider`, q.Providers)
	inAny(w, `channel`, q.Channels)
	switch q.Charged {
	case ChargedKey:
		w.parts.WriteString(` AND customer_usage IN ` + chargedUsages)
	case ChargedBuyer:
		w.parts.WriteString(` AND customer_usage NOT IN ` + chargedUsages)
	}
}

// inAny demands one of some, if there are some.
func inAny[T any](w *condition, column string, some []T) {
	if len(some) > 0 {
		w.in(column, padded(some, len(some)))
	}
}

// period bounds a time by the query's.
func (q PaymentQuery) period(w *condition, column string) {
	if !q.From.IsZero() {
		w.and(column+` >= `, q.From)
	}
	if !q.To.IsZero() {
		w.and(column+` < `, q.To)
	}
}
