package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// The states of a checkout, in order.
const (
	CheckoutNew      = "new"
	CheckoutBegun    = "begun"    // the provider's window was opened
	CheckoutReturned = "returned" // the customer is back
	CheckoutDone     = "done"
)

// The ways a checkout is shown.
const (
	StyleFrame = "frame"
	StylePopup = "popup"
	StylePage  = "page"
)

// Checkout is one visit to our hosted page around a provider's window.
type Checkout struct {
	TokenHash                     []byte // of the token in its address, which is not stored
	Merchant                      pay.MerchantID
	Payment                       pay.PaymentID
	State                         string // one of the four above; "" is new when inserted
	Style                         string // one of the three above
	Window                        []byte // JSON of the checkout's own
	RedirectURL, Language, Origin string
	Created, Expires, Ended       time.Time
	Code, Message                 string // how it ended, when badly
}

const checkoutColumns = `merchant, token_hash, payment, state, style, launch, redirect_url, language, origin, ` +
	`created, expires, ended, code, message`

func scanCheckout(r row) (c Checkout, err error) {
	err = r.Scan(&c.Merchant, blobInto{&c.TokenHash}, &c.Payment, &c.State, &c.Style, textInto[[]byte]{&c.Window},
		&c.RedirectURL, &c.Language, &c.Origin, timeInto{&c.Created}, timeInto{&c.Expires}, timeInto{&c.Ended},
		&c.Code, &c.Message)
	return c, err
}

// InsertCheckout adds a checkout; a zero Created is now. ErrExists when the token
// is taken, ErrNotFound without its payment.
func (t *Tx) InsertCheckout(ctx context.Context, c Checkout) error {
	if c.State == "" {
		c.State = CheckoutNew
	}
	err := t.change(ctx, ErrExists, `INSERT INTO checkouts (`+checkoutColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
		c.Merchant, c.TokenHash, c.Payment, c.State, c.Style, string(c.Window), c.RedirectURL, c.Language, c.Origin,
		t.or(c.Created), c.Expires, c.Ended, c.Code, c.Message)
	return wrap(err, "checkout of payment %s", c.Payment)
}

// Checkout is the checkout of a token's hash, expired or not, or ErrNotFound. A
// Write holds it.
func (t *Tx) Checkout(ctx context.Context, tokenHash []byte) (Checkout, error) {
	c, err := one(ctx, t, scanCheckout,
		`SELECT `+checkoutColumns+` FROM checkouts WHERE token_hash = $1`+t.lock(), tokenHash)
	return c, wrap(err, "checkout")
}

// CheckoutOfPayment is the newest checkout of a payment, or ErrNotFound.
func (t *Tx) CheckoutOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) (Checkout, error) {
	c, err := one(ctx, t, scanCheckout, `SELECT `+checkoutColumns+` FROM checkouts
		WHERE merchant = $1 AND payment = $2 ORDER BY created DESC, token_hash LIMIT 1`, merchant, payment)
	return c, wrap(err, "checkout of payment %s", payment)
}

// CheckoutsOfPayment is every checkout of a payment, oldest first.
func (t *Tx) CheckoutsOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]Checkout, error) {
	cs, err := list(ctx, t, scanCheckout, `SELECT `+checkoutColumns+` FROM checkouts
		WHERE merchant = $1 AND payment = $2 ORDER BY created, token_hash`, merchant, payment)
	return cs, wrap(err, "checkouts of payment %s", payment)
}

// StepCheckout brings a checkout as it was read to state to and writes its code
// and message, provided its state is still that of c; else ErrConflict. One that
// is done has ended at c.Ended, or now.
func (t *Tx) StepCheckout(ctx context.Context, c Checkout, to string) (Checkout, error) {
	if to == CheckoutDone {
		c.Ended = t.or(c.Ended)
	}
	now, err := one(ctx, t, scanCheckout, `UPDATE checkouts SET state = $4, code = $5, message = $6, ended = $7
		WHERE merchant = $1 AND token_hash = $2 AND state = $3 RETURNING `+checkoutColumns,
		c.Merchant, c.TokenHash, c.State, to, c.Code, c.Message, c.Ended)
	if isNotFound(err) {
		err = ErrConflict
	}
	return now, wrap(err, "checkout of payment %s: %s to %s", c.Payment, c.State, to)
}
