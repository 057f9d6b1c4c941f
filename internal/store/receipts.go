package store

import (
	"context"
	"fmt"

	"naru/internal/pay"
)

// The columns of a cash receipt: what is written once, what each change writes,
// and what only the store keeps.
const (
	receiptFixed   = `merchant, id, payment, merchant_uid, created`
	receiptMutable = `channel, provider, mid, mode, name, amount, currency, tax_free, vat, type, identifier, buyer, ` +
		`key, cancel_key, approval_no, url, code, message, tries`
	receiptKept    = `status, updated, issued_at, cancelled_at`
	receiptColumns = receiptFixed + `, ` + receiptMutable + `, ` + receiptKept
)

func scanReceipt(r row) (c pay.Receipt, err error) {
	err = r.Scan(&c.Merchant, &c.ID, &c.Payment, &c.MerchantUID, timeInto{&c.Created},
		&c.Channel, &c.Provider, &c.MID, &c.Mode, &c.Name,
		&c.Amount.Total.Minor, &c.Amount.Total.Currency, &c.Amount.TaxFree, &c.Amount.VAT, &c.Type,
		blobInto{&c.Identifier}, jsonInto{&c.Buyer}, &c.Key, &c.CancelKey, &c.ApprovalNo, &c.URL,
		&c.Code, &c.Message, &c.Tries,
		&c.Status, timeInto{&c.Updated}, timeInto{&c.IssuedAt}, timeInto{&c.CancelledAt})
	return c, err
}

// receiptArgs is the values of receiptMutable. Nobody needs to know whose receipt
// it is once the provider has answered.
func receiptArgs(c pay.Receipt, status pay.ReceiptStatus) ([]any, error) {
	buyer, err := jsonText(c.Buyer)
	if err != nil {
		return nil, fmt.Errorf("buyer: %w", err)
	}
	if status != pay.ReceiptIssuing {
		c.Identifier = nil
	}
	return []any{c.Channel, c.Provider, c.MID, c.Mode, c.Name,
		c.Amount.Total.Minor, c.Amount.Total.Currency, c.Amount.TaxFree, c.Amount.VAT, c.Type, c.Identifier, buyer,
		c.Key, c.CancelKey, c.ApprovalNo, c.URL, c.Code, c.Message, c.Tries}, nil
}

// InsertReceipt adds a cash receipt; an empty Status is issuing, a zero Created
// now. ErrExists when the id is taken by any merchant, or when the payment (of
// money taken elsewhere: the order number) has a receipt that is neither refused
// nor cancelled.
func (t *Tx) InsertReceipt(ctx context.Context, c pay.Receipt) error {
	if c.Status == "" {
		c.Status = pay.ReceiptIssuing
	}
	mutable, err := receiptArgs(c, c.Status)
	if err != nil {
		return wrap(err, "receipt %s", c.ID)
	}
	args := append([]any{c.Merchant, c.ID, c.Payment, c.MerchantUID, t.or(c.Created)}, mutable...)
	err = t.change(ctx, ErrExists, `INSERT INTO receipts (`+receiptColumns+`)
		VALUES (`+placeholders(1, 28)+`) ON CONFLICT DO NOTHING`, append(args, c.Status, t.Now, c.IssuedAt, c.CancelledAt)...)
	return wrap(err, "receipt %s of order %q", c.ID, c.MerchantUID)
}

// Receipt is a merchant's cash receipt, or ErrNotFound. A Write holds it.
func (t *Tx) Receipt(ctx context.Context, merchant pay.MerchantID, id pay.ReceiptID) (pay.Receipt, error) {
	c, err := one(ctx, t, scanReceipt,
		`SELECT `+receiptColumns+` FROM receipts WHERE merchant = $1 AND id = $2`+t.lock(), merchant, id)
	return c, wrap(err, "receipt %s of merchant %s", id, merchant)
}

// ReceiptByID is the cash receipt of an id, whosever it is, or ErrNotFound. A
// Write holds it.
func (t *Tx) ReceiptByID(ctx context.Context, id pay.ReceiptID) (pay.Receipt, error) {
	c, err := one(ctx, t, scanReceipt, `SELECT `+receiptColumns+` FROM receipts WHERE id = $1`+t.lock(), id)
	return c, wrap(err, "receipt %s", id)
}

// ReceiptOfPayment is the newest cash receipt of a payment that was not refused,
// a cancelled one too, or ErrNotFound. A Write holds it.
func (t *Tx) ReceiptOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) (pay.Receipt, error) {
	c, err := one(ctx, t, scanReceipt, `SELECT `+receiptColumns+` FROM receipts
		WHERE merchant = $1 AND payment = $2 AND payment <> '' AND status <> 'refused'
		ORDER BY created DESC, id DESC LIMIT 1`+t.lock(), merchant, payment)
	return c, wrap(err, "receipt of payment %s", payment)
}

// ReceiptOfOrder is the newest cash receipt of money taken elsewhere under an
// order number that was not refused, a cancelled one too, or ErrNotFound. A Write
// holds it.
func (t *Tx) ReceiptOfOrder(ctx context.Context, merchant pay.MerchantID, uid pay.MerchantUID) (pay.Receipt, error) {
	c, err := one(ctx, t, scanReceipt, `SELECT `+receiptColumns+` FROM receipts
		WHERE merchant = $1 AND merchant_uid = $2 AND payment = '' AND status <> 'refused'
		ORDER BY created DESC, id DESC LIMIT 1`+t.lock(), merchant, uid)
	return c, wrap(err, "receipt of order %q", uid)
}

// StepReceipt makes event ev happen to a cash receipt as it was read, and writes
// every other change made to c, provided its status is still that of c; else
// ErrConflict. It is issued or cancelled at c.IssuedAt or c.CancelledAt, or now.
// Merchant, id, payment, order number and creation never change; the identifier
// is forgotten once the receipt is not issuing any more. An event that
// pay.Receipts does not allow wraps pay.ErrNoStep.
func (t *Tx) StepReceipt(ctx context.Context, c pay.Receipt, ev pay.ReceiptEvent) (pay.Receipt, error) {
	next, err := pay.Receipts.Next(c.Status, ev)
	if err != nil {
		return c, wrap(err, "receipt %s", c.ID)
	}
	switch next {
	case pay.ReceiptIssued:
		c.IssuedAt = t.or(c.IssuedAt)
	case pay.ReceiptCancelled:
		c.CancelledAt = t.or(c.CancelledAt)
	}
	now, err := t.writeReceipt(ctx, c, next)
	if err == nil && c.Payment != "" {
		err = t.FollowAgain(ctx, c.Merchant, c.Payment) // it is found by its number
	}
	return now, wrap(err, "receipt %s: %s in state %s", c.ID, ev, c.Status)
}

// UpdateReceipt writes every change made to c but to its status, provided its
// status is still that of c; else ErrConflict.
func (t *Tx) UpdateReceipt(ctx context.Context, c pay.Receipt) (pay.Receipt, error) {
	now, err := t.writeReceipt(ctx, c, c.Status)
	return now, wrap(err, "receipt %s in state %s", c.ID, c.Status)
}

func (t *Tx) writeReceipt(ctx context.Context, c pay.Receipt, next pay.ReceiptStatus) (pay.Receipt, error) {
	mutable, err := receiptArgs(c, next)
	if err != nil {
		return c, err
	}
	now, err := one(ctx, t, scanReceipt, setReceipt,
		append([]any{c.Merchant, c.ID, c.Status, next, t.Now, c.IssuedAt, c.CancelledAt}, mutable...)...)
	switch {
	case isNotFound(err):
		return c, ErrConflict
	case err != nil:
		return c, err
	}
	return now, nil
}

// setReceipt writes what c says if the row still has the status that was read.
const setReceipt = `UPDATE receipts SET status = $4, updated = $5, issued_at = $6, cancelled_at = $7, (` + receiptMutable + `) =
		($8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
	WHERE merchant = $1 AND id = $2 AND status = $3 RETURNING ` + receiptColumns
