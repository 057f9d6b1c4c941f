package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"naru/internal/pay"
)

// EventKind says what happened to a payment besides its steps, its money and its
// messages.
type EventKind string

// The kinds of events.
const (
	EventWindowOpened EventKind = "window_opened" // the provider's window was opened
	EventReturned     EventKind = "returned"      // the browser came back from it
	EventLeft         EventKind = "left"          // the buyer closed it, or it is gone
	EventConfirmAsked EventKind = "confirm_asked" // the merchant's confirm_url was asked, and answered
)

// PaymentEvent is something that happened to a payment.
type PaymentEvent struct {
	Merchant pay.MerchantID
	Payment  pay.PaymentID
	Kind     EventKind
	At       time.Time
	Took     time.Duration // kept in whole microseconds; 0 is a moment
	Detail   EventDetail
}

// EventDetail is what is known of an event; what does not belong to its kind is empty.
type EventDetail struct {
	Failed  bool   `json:"failed,omitempty"`  // returned: to where windows fail
	Gone    bool   `json:"gone,omitempty"`    // left: the window vanished without a word
	Allowed bool   `json:"allowed,omitempty"` // confirm_asked: the payment goes on
	URL     string `json:"url,omitempty"`     // confirm_asked
	Status  int    `json:"status,omitempty"`  // confirm_asked: of HTTP; 0 is no answer
	Reason  string `json:"reason,omitempty"`  // confirm_asked: why it does not
	Error   string `json:"error,omitempty"`   // confirm_asked: why there was no answer
}

const eventColumns = `merchant, payment, kind, at, took, detail`

func scanEvent(r row) (e PaymentEvent, err error) {
	err = r.Scan(&e.Merchant, &e.Payment, &e.Kind, timeInto{&e.At}, spanInto{&e.Took}, jsonInto{&e.Detail})
	return e, err
}

// AddEvent records an event; a zero At is now. ErrNotFound without its payment. Of a
// payment that was read in this transaction and whose buyer was erased, what was said
// is not kept.
func (t *Tx) AddEvent(ctx context.Context, e PaymentEvent) error {
	if p := t.held[heldPayment{e.Merchant, e.Payment}]; p != nil && !p.Erased.IsZero() {
		e.Detail.Reason, e.Detail.Error = "", ""
	}
	id, err := uuid.NewV7() // in order of making, for those of one instant
	if err != nil {
		return wrap(err, "event of payment %s", e.Payment)
	}
	detail, err := json.Marshal(e.Detail)
	if err == nil {
		_, err = t.exec(ctx, `INSERT INTO payment_events (`+eventColumns+`, id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			e.Merchant, e.Payment, e.Kind, t.or(e.At), e.Took.Microseconds(), string(detail), id.String())
	}
	return wrap(err, "event %s of payment %s", e.Kind, e.Payment)
}

// PaymentEvents is the events of a payment, in the order they were recorded.
func (t *Tx) PaymentEvents(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]PaymentEvent, error) {
	es, err := list(ctx, t, scanEvent, `SELECT `+eventColumns+` FROM payment_events
		WHERE merchant = $1 AND payment = $2 ORDER BY id`, merchant, payment)
	return es, wrap(err, "events of payment %s", payment)
}

// eraseEvents takes the merchant's words and addresses out of a payment's events.
func (t *Tx) eraseEvents(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID, e Eraser, out Erased) error {
	type held struct {
		id     string
		detail EventDetail
	}
	rows, err := list(ctx, t, func(r row) (h held, err error) { return h, r.Scan(&h.id, jsonInto{&h.detail}) },
		`SELECT id, detail FROM payment_events WHERE merchant = $1 AND payment = $2 ORDER BY id`, merchant, payment)
	if err != nil {
		return err
	}
	for _, h := range rows {
		bare := h.detail
		bare.URL, bare.Reason, bare.Error = e.Address(bare.URL), e.Text(bare.Reason), e.Text(bare.Error)
		if bare == h.detail {
			continue
		}
		text, err := jsonText(bare)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE payment_events SET detail = $4 WHERE merchant = $1 AND payment = $2 AND id = $3`, merchant, payment, h.id, text)
		if err != nil {
			return err
		}
		out.add("payment_events", n)
	}
	return nil
}
