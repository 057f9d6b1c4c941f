package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// receiptArg is the argument of a JobResolveReceipt.
type receiptArg struct {
	Merchant pay.MerchantID `json:"merchant"`
}

// IssueReceipt has a cash receipt issued for what is left of a payment made by
// transfer or into a virtual account, or for money taken elsewhere. There is one
// at a time: ErrReceiptIssued. Its intention is committed before the provider is
// asked; a lost answer is had again under the same key.
func (g *Gateway) IssueReceipt(ctx context.Context, r ReceiptRequest) (pay.Receipt, error) {
	if row, told, err := g.receiptBefore(ctx); told {
		return row, err
	}
	number := strings.NewReplacer("-", "", " ", "").Replace(r.Identifier.Reveal())
	if number == "" || strings.Trim(number, "0123456789") != "" || len(number) > 30 {
		return pay.Receipt{}, &Invalid{"identifier", "must be 1 to 30 digits"} // the value is personal: it is not repeated
	}
	on, row, err := g.receiptFor(ctx, r)
	if err != nil {
		return row, err
	}
	ctx = context.WithoutCancel(ctx)
	row.ID = pay.ReceiptID(g.newUUID())
	if row.Identifier, err = g.vault.Seal([]byte(number), receiptSealedAs(row.ID)); err != nil {
		return row, err
	}
	p, a := ofReceipt(row, pay.AttemptID(row.ID))
	intending, step := g.beginFor(ctx, StepIntend, p, a)
	err = g.store.Write(intending, func(tx *store.Tx) error {
		if err := g.checkReceipt(ctx, tx, r, &row); err != nil {
			return err
		}
		row.Created, row.Updated = tx.Now, tx.Now
		if err := tx.InsertReceipt(ctx, row); err != nil {
			return translate(err, store.ErrExists, ErrReceiptIssued)
		}
		if err := tx.AuditByHand(ctx, receiptByHand("receipt.issue", row)); err != nil {
			return err
		}
		if err := begins(ctx, tx, receiptBegan(beganIssueReceipt, row), receiptLate(tx, on.d)); err != nil {
			return err
		}
		return enqueueReceipt(ctx, tx, row, on.d)
	})
	step.intended(p, a, err)
	if err != nil {
		return row, err
	}
	if err := g.fault(pay.AttemptReceipt, pointIntended); err != nil {
		return row, err
	}
	return g.askReceiptTwice(ctx, on, row, r.TestCode)
}

// receiptByHand is what is written down of what a person did with a receipt. Whose it
// is is none of it.
func receiptByHand(action string, r pay.Receipt) store.Change {
	return store.Change{Merchant: r.Merchant, Action: action, Target: string(r.ID), Payment: r.Payment,
		After: map[string]any{"merchant_uid": r.MerchantUID, "type": r.Type, "amount": r.Amount.Total.Minor}}
}

// askReceiptTwice asks, and once more where the answer was lost and is kept
// under our key, while the merchant's server waits.
func (g *Gateway) askReceiptTwice(ctx context.Context, on opened[connector.ReceiptIssuer], r pay.Receipt, testCode string) (pay.Receipt, error) {
	now, err := g.askReceipt(ctx, on, r, testCode, false)
	if errors.Is(err, ErrOutcomeUnknown) && on.d.Timings[pay.AttemptReceipt].KeepsAnswer {
		return g.askReceipt(ctx, on, r, testCode, true)
	}
	return now, err
}

func receiptSealedAs(id pay.ReceiptID) string { return "receipt:" + string(id) }

func enqueueReceipt(ctx context.Context, tx *store.Tx, r pay.Receipt, d connector.Driver) error {
	return tx.Enqueue(ctx, r.Merchant, JobResolveReceipt, string(r.ID), receiptArg{r.Merchant}, receiptLate(tx, d))
}

// receiptLate is when an answer that has not come is looked for.
func receiptLate(tx *store.Tx, d connector.Driver) time.Time {
	return tx.Now.Add(d.Timings[pay.AttemptReceipt].Deadline).Add(resolveMargin)
}

// receiptFor finds the channel of a receipt and fills in what is known of it.
func (g *Gateway) receiptFor(ctx context.Context, r ReceiptRequest) (opened[connector.ReceiptIssuer], pay.Receipt, error) {
	row := pay.Receipt{
		Merchant: r.Merchant, Payment: r.Payment, MerchantUID: r.MerchantUID, Status: pay.ReceiptIssuing, Type: r.Type, Buyer: r.Buyer,
		Name: r.Name, Amount: pay.Breakdown{Total: pay.Won(r.Amount), TaxFree: r.TaxFree, VAT: r.VAT},
	}
	if row.Type == "" {
		row.Type = pay.ReceiptPerson
	}
	var on opened[connector.ReceiptIssuer]
	var err error
	if r.Payment == "" {
		on, err = serverChannel[connector.ReceiptIssuer](ctx, g, r.Merchant, r.Channel, pay.ChannelPayment, anyKind)
	} else {
		on, err = receiptChannel(ctx, g, r.Merchant, r.Payment)
	}
	row.Channel, row.Provider, row.MID, row.Mode = on.ch.Key, on.ch.Provider, on.ch.MID, on.ch.Mode
	return on, row, err
}

// receiptChannel opens the channel a payment was made on.
func receiptChannel(ctx context.Context, g *Gateway, m pay.MerchantID, id pay.PaymentID) (opened[connector.ReceiptIssuer], error) {
	p, err := g.payment(ctx, m, id)
	if err != nil {
		return opened[connector.ReceiptIssuer]{}, err
	}
	return g.openReceipt(ctx, m, p.Channel, p.MID)
}

// openReceipt opens a channel that is still the shop's the receipt is of.
func (g *Gateway) openReceipt(ctx context.Context, m pay.MerchantID, key pay.ChannelKey, mid string) (opened[connector.ReceiptIssuer], error) {
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		ch, err = tx.Channel(ctx, m, key)
		return translate(err, store.ErrNotFound, ErrChannelMissing)
	})
	if err != nil {
		return opened[connector.ReceiptIssuer]{}, err
	}
	if ch.MID != mid {
		return opened[connector.ReceiptIssuer]{}, fmt.Errorf("%w: %s belongs to %s now, not to %s", ErrChannelMissing, ch.Key, ch.MID, mid)
	}
	return openFor[connector.ReceiptIssuer](g, ch)
}

// checkReceipt holds a request against the books. The amount of a payment's
// receipt is what is left of the payment.
func (g *Gateway) checkReceipt(ctx context.Context, tx *store.Tx, r ReceiptRequest, row *pay.Receipt) error {
	if r.Payment == "" {
		return checkReceiptAmount(*row)
	}
	p, err := tx.Payment(ctx, r.Merchant, r.Payment)
	if err != nil {
		return translate(err, store.ErrNotFound, ErrNoPayment)
	}
	byCash := p.Method == pay.MethodTrans || p.Method == pay.MethodVbank
	paid := p.Status == pay.StatusPaid || p.Status == pay.StatusPartiallyCancelled
	switch {
	case !byCash || !paid:
		return ErrReceiptForbidden
	case p.Details.CashReceipt: // issued together with the payment
		return ErrReceiptIssued
	}
	undecided, err := cancelsOf(ctx, tx, p)
	if err != nil {
		return err
	}
	if undecided.reserved() > 0 { // how much is left is being found out
		return ErrOutcomeUnknown
	}
	row.MerchantUID, row.Name = p.MerchantUID, nameOf(p)
	row.Amount.Total = pay.Money{Minor: p.Left(), Currency: p.Amount.Total.Currency}
	return checkReceiptAmount(*row)
}

func checkReceiptAmount(r pay.Receipt) error {
	if r.Amount.Total.Minor <= 0 {
		return &Invalid{"amount", fmt.Sprintf("%d must be more than 0", r.Amount.Total.Minor)}
	}
	if err := r.Amount.Validate(); err != nil {
		return &Invalid{"tax_free", err.Error()}
	}
	return nil
}

// askReceipt puts the question of an open receipt and records the answer. Again:
// it was put before, and that this time it did not arrive, or was refused at the
// door, says nothing about the first time.
func (g *Gateway) askReceipt(ctx context.Context, on opened[connector.ReceiptIssuer], r pay.Receipt, testCode string, again bool) (pay.Receipt, error) {
	var heard []connector.Exchange
	call := connector.Call{Key: receiptCall(r), TestCode: testCode, Record: func(e connector.Exchange) { heard = append(heard, e) }}
	if r.Mode == pay.ModeLive {
		call.TestCode = ""
	}
	p, a := ofReceipt(r, call.Key)
	asking, step := g.beginFor(ctx, StepAsk, p, a)
	out, callErr := g.callReceipt(asking, on, call, r, again)
	step.answered(p, a, connector.Outcome{Verdict: out.Verdict}, callErr)
	g.recordExchanges(ctx, pay.Attempt{Merchant: r.Merchant, Payment: r.Payment, ID: call.Key}, heard)
	if err := g.fault(pay.AttemptReceipt, pointAnswered); err != nil {
		return r, err
	}
	if again && callErr != nil {
		callErr = g.lostAgain(ctx, callErr, r)
	}
	r, err := g.learnReceipt(ctx, r, out, callErr)
	if err != nil {
		return r, err
	}
	return r, g.fault(pay.AttemptReceipt, pointLearned)
}

// receiptCall is the idempotency key of what is under way: of the issue the
// receipt's id, of a cancellation one of its own.
func receiptCall(r pay.Receipt) pay.AttemptID {
	if r.Status == pay.ReceiptCancelling {
		return pay.AttemptID(r.CancelKey)
	}
	return pay.AttemptID(r.ID)
}

func (g *Gateway) callReceipt(ctx context.Context, on opened[connector.ReceiptIssuer], call connector.Call, r pay.Receipt, again bool) (connector.ReceiptOutcome, error) {
	timing, by := on.d.Timings[pay.AttemptReceipt], time.Time{}
	if !again {
		by = r.Updated.Add(timing.Deadline)
	}
	allowed, err := g.inTime(by, timing)
	if err != nil {
		return connector.ReceiptOutcome{}, err
	}
	ctx, stop := within(ctx, allowed)
	defer stop()
	if r.Status == pay.ReceiptCancelling {
		return on.can.CancelReceipt(ctx, call, r.Key)
	}
	number, err := g.vault.Open(r.Identifier, receiptSealedAs(r.ID))
	if err != nil {
		return connector.ReceiptOutcome{}, notSent(err)
	}
	return on.can.IssueReceipt(ctx, call, connector.ReceiptSpec{
		Order: "receipt-" + string(r.ID), Name: r.Name, Amount: r.Amount, Type: r.Type, Identifier: pay.Secret(number),
	})
}

// learnReceipt records what became of an issue or a cancellation. The receipt's
// number is forgotten once it is known.
func (g *Gateway) learnReceipt(ctx context.Context, r pay.Receipt, out connector.ReceiptOutcome, callErr error) (pay.Receipt, error) {
	v := verdictOf(connector.Outcome{Verdict: out.Verdict, Decline: out.Decline}, callErr)
	if v.event == pay.EvLost {
		g.log.WarnContext(ctx, "outcome unknown", "receipt", r.ID, "err", callErr)
		return r, ErrOutcomeUnknown
	}
	late := r.Updated.Add(g.drivers[r.Provider].Timings[pay.AttemptReceipt].Deadline).Add(resolveMargin)
	var now pay.Receipt
	p, a := ofReceipt(r, receiptCall(r))
	learning, step := g.beginFor(ctx, StepLearn, p, a)
	err := g.store.Write(learning, func(tx *store.Tx) (err error) {
		if v.event == pay.EvNeverLeft && !tx.Now.Before(late) { // we stood still, and the resolver may have asked meanwhile
			return ErrOutcomeUnknown
		}
		if now, err = tx.Receipt(ctx, r.Merchant, r.ID); err != nil || now.Status != r.Status || receiptCall(now) != receiptCall(r) {
			return err
		}
		ev := describeReceipt(&now, out, v)
		if now, err = tx.StepReceipt(ctx, now, ev); err != nil {
			return err
		}
		return tx.DeleteJob(ctx, now.Merchant, JobResolveReceipt, string(now.ID))
	})
	step.judged(p, a, v, err)
	switch {
	case errors.Is(err, ErrOutcomeUnknown):
		return r, err
	case err != nil:
		return now, fmt.Errorf("record receipt %s: %w", r.ID, err)
	case v.event == pay.EvNeverLeft:
		return now, ErrProviderDown
	case v.event == pay.EvRefused:
		return now, &DeclinedError{Decline: declineFrom(out.Decline, v.why)}
	}
	return now, nil
}

// describeReceipt fills in what an answer tells, and gives the event it makes.
func describeReceipt(r *pay.Receipt, out connector.ReceiptOutcome, v verdict) pay.ReceiptEvent {
	cancelling := r.Status == pay.ReceiptCancelling
	r.Identifier, r.Tries, r.Code, r.Message = nil, 0, v.why.code, v.why.text
	switch {
	case v.event != pay.EvSucceeded && cancelling:
		r.CancelKey = ""
		return pay.EvReceiptCancelRefused
	case v.event != pay.EvSucceeded:
		return pay.EvReceiptRefused
	case cancelling:
		r.CancelKey, r.CancelledAt = out.Key, out.At
		return pay.EvReceiptCancelled
	}
	r.Key, r.ApprovalNo, r.URL, r.IssuedAt = out.Key, out.ApprovalNo, out.URL, out.At
	return pay.EvReceiptIssued
}

// ReceiptOfPayment is the newest cash receipt of a payment: ErrNoPayment,
// ErrNoReceipt.
func (g *Gateway) ReceiptOfPayment(ctx context.Context, m pay.MerchantID, id pay.PaymentID) (pay.Receipt, error) {
	if _, err := g.payment(ctx, m, id); err != nil {
		return pay.Receipt{}, err
	}
	return g.findReceipt(ctx, func(tx *store.Tx) (pay.Receipt, error) { return tx.ReceiptOfPayment(ctx, m, id) })
}

// ReceiptOfOrder is the newest cash receipt for money taken elsewhere under an
// order number, or ErrNoReceipt.
func (g *Gateway) ReceiptOfOrder(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID) (pay.Receipt, error) {
	return g.findReceipt(ctx, func(tx *store.Tx) (pay.Receipt, error) { return tx.ReceiptOfOrder(ctx, m, uid) })
}

func (g *Gateway) findReceipt(ctx context.Context, find func(*store.Tx) (pay.Receipt, error)) (pay.Receipt, error) {
	var r pay.Receipt
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = find(tx)
		return translate(err, store.ErrNotFound, ErrNoReceipt)
	})
	if err == nil && r.Status == pay.ReceiptIssuing {
		err = ErrNoReceipt
	}
	return r, err
}

// CancelReceiptOfPayment cancels the cash receipt of a payment.
func (g *Gateway) CancelReceiptOfPayment(ctx context.Context, m pay.MerchantID, id pay.PaymentID, testCode string) (pay.Receipt, error) {
	if r, told, err := g.receiptBefore(ctx); told {
		return r, err
	}
	on, err := receiptChannel(ctx, g, m, id)
	if err != nil {
		return pay.Receipt{}, err
	}
	r, err := g.ReceiptOfPayment(ctx, m, id)
	if err != nil {
		return r, err
	}
	return g.cancelReceipt(ctx, on, r, testCode)
}

// CancelReceiptOfOrder cancels the cash receipt for money taken elsewhere.
func (g *Gateway) CancelReceiptOfOrder(ctx context.Context, m pay.MerchantID, uid pay.MerchantUID, testCode string) (pay.Receipt, error) {
	if r, told, err := g.receiptBefore(ctx); told {
		return r, err
	}
	r, err := g.ReceiptOfOrder(ctx, m, uid)
	if err != nil {
		return r, err
	}
	on, err := g.openReceipt(ctx, m, r.Channel, r.MID)
	if err != nil {
		return r, err
	}
	return g.cancelReceipt(ctx, on, r, testCode)
}

// cancelReceipt: one that is cancelled already is ErrNoReceipt; one whose
// cancellation is under way ErrOutcomeUnknown.
func (g *Gateway) cancelReceipt(ctx context.Context, on opened[connector.ReceiptIssuer], r pay.Receipt, testCode string) (pay.Receipt, error) {
	ctx = context.WithoutCancel(ctx)
	key := g.newUUID()
	p, a := ofReceipt(r, pay.AttemptID(key))
	intending, step := g.beginFor(ctx, StepIntend, p, a)
	err := g.store.Write(intending, func(tx *store.Tx) (err error) {
		if r, err = tx.Receipt(ctx, r.Merchant, r.ID); err != nil {
			return err
		}
		switch r.Status {
		case pay.ReceiptIssued:
		case pay.ReceiptCancelling:
			return ErrOutcomeUnknown
		default:
			return ErrNoReceipt
		}
		r.CancelKey = key
		if r, err = tx.StepReceipt(ctx, r, pay.EvReceiptCancelStarted); err != nil {
			return err
		}
		if err := tx.AuditByHand(ctx, receiptByHand("receipt.cancel", r)); err != nil {
			return err
		}
		if err := begins(ctx, tx, receiptBegan(beganCancelReceipt, r), receiptLate(tx, on.d)); err != nil {
			return err
		}
		return enqueueReceipt(ctx, tx, r, on.d)
	})
	step.intended(p, a, err)
	if err != nil {
		return r, err
	}
	if err := g.fault(pay.AttemptReceipt, pointIntended); err != nil {
		return r, err
	}
	return g.askReceiptTwice(ctx, on, r, testCode)
}
