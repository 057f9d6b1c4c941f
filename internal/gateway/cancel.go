package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"naru/internal/codes"
	"naru/internal/connector"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// CancelRequest asks for all or part of a payment to be given back. PaymentID
// wins over MerchantUID, which means the order's cancellable payment.
type CancelRequest struct {
	Merchant    pay.MerchantID
	PaymentID   pay.PaymentID
	MerchantUID pay.MerchantUID
	Amount      *int64 // nil or 0 is all that is left
	TaxFree     int64  // part of Amount
	VAT         *int64 // nil is computed by the provider
	Checksum    *int64 // what the merchant believes is left; nil is not checked
	Reason      string
	RefundTo    *connector.BankAccount
	Webhook     bool // tell the merchant's own address afterwards
	TestCode    string
	Actor       string // "api", "console", "give_back"

	asks bool // the provider is asked next: the payment must be known to be the one it has
}

// Invalid is a request that is refused for one of its values.
type Invalid struct{ Field, Detail string }

func (e *Invalid) Error() string { return e.Field + ": " + e.Detail }

// cancelDetail is what an attempt remembers of its cancel, so that it can be
// asked again unchanged. The refund account is sealed.
type cancelDetail struct {
	CancelID string `json:"cancel_id"`
	TaxFree  int64  `json:"tax_free,omitempty"`
	VAT      *int64 `json:"vat,omitempty"`
	Left     int64  `json:"left"` // before this cancel
	Reason   string `json:"reason,omitempty"`
	Webhook  bool   `json:"webhook,omitempty"`
	Actor    string `json:"actor,omitempty"`
	RefundTo []byte `json:"refund_to,omitempty"`
}

func cancelDetailOf(a pay.Attempt) cancelDetail {
	var d cancelDetail
	_ = json.Unmarshal(a.Detail, &d) // written by us; a missing detail is the zero one
	return d
}

// Cancel gives money back and returns the payment after it. It moves money at
// most once: racing cancels share what is left. ErrOutcomeUnknown means the
// provider's answer was lost and is being looked for; the cancel may yet happen.
// The first cancel of an imported payment is held against the provider's record before
// it is asked for: ErrNotAsImported is that it may be another payment.
func (g *Gateway) Cancel(ctx context.Context, r CancelRequest) (pay.Payment, error) {
	if p, told, err := g.cancelledBefore(ctx); told {
		return p, err
	}
	id, err := g.cancellable(ctx, r)
	if err != nil {
		return pay.Payment{}, err
	}
	r.asks = true
	p, a, err := g.askToCancel(ctx, r, id)
	if errors.Is(err, errUnheld) {
		if err := g.holdImported(ctx, r.Merchant, id); err != nil {
			return p, err
		}
		p, a, err = g.askToCancel(ctx, r, id)
	}
	if errors.Is(err, ErrOutcomeUnknown) {
		return g.cancelOutcome(ctx, a)
	}
	if err != nil {
		return p, err
	}
	if p.Status == pay.StatusFailed && r.Actor != actorGiveBack { // its deposit had been taken back: nothing was given back
		return p, ErrNotCancellable
	}
	return p, cancelRefused(a)
}

// askToCancel makes the call of a cancel.
func (g *Gateway) askToCancel(ctx context.Context, r CancelRequest, id pay.PaymentID) (pay.Payment, pay.Attempt, error) {
	var c connector.Cancel
	detail := cancelDetail{CancelID: g.newUUID(), TaxFree: r.TaxFree, VAT: r.VAT, Reason: r.Reason, Webhook: r.Webhook, Actor: r.Actor}
	return g.ask(ctx, r.Merchant, id, asking{
		kind: pay.AttemptCancel, test: r.TestCode,
		intend: func(ctx context.Context, tx *store.Tx) (pay.Payment, pay.Attempt, error) {
			p, err := tx.Payment(ctx, r.Merchant, id)
			if err != nil {
				return p, pay.Attempt{}, err
			}
			amount, left, err := g.checkCancel(ctx, tx, p, r)
			if err != nil {
				return p, pay.Attempt{}, err
			}
			detail.Left = left
			if detail.RefundTo, err = g.sealAccount(refundTo(p, r), p.ID); err != nil {
				return p, pay.Attempt{}, err
			}
			raw, err := json.Marshal(detail)
			if err != nil {
				return p, pay.Attempt{}, err
			}
			a := pay.Attempt{Amount: amount, Detail: raw}
			if c, err = g.cancelOf(p, a); err != nil {
				return p, a, err
			}
			return p, a, tx.AuditByHand(ctx, cancelByHand(p, a, r))
		},
		call: func(ctx context.Context, conn connector.Connector, call connector.Call, p pay.Payment) (connector.Outcome, error) {
			return askCancel(c)(ctx, conn, call, p)
		},
	})
}

// cancelByHand is what is written down of a person's cancel. The refund account is
// none of it.
func cancelByHand(p pay.Payment, a pay.Attempt, r CancelRequest) store.Change {
	after := map[string]any{"amount": a.Amount, "reason": r.Reason}
	if r.TaxFree != 0 {
		after["tax_free"] = r.TaxFree
	}
	if r.VAT != nil {
		after["vat"] = *r.VAT
	}
	return store.Change{Merchant: p.Merchant, Action: "payment.cancel", Target: string(p.ID), Payment: p.ID,
		Before: map[string]any{"status": p.Status, "left": p.Left()}, After: after}
}

// cancelOutcome asks at once for an answer that was lost: the merchant's server
// is waiting. What is still unknown is left to the resolver.
func (g *Gateway) cancelOutcome(ctx context.Context, a pay.Attempt) (pay.Payment, error) {
	ctx = context.WithoutCancel(ctx)
	if err := g.resolve(ctx, a.ID); err != nil {
		g.log.WarnContext(ctx, "cancel not settled at once", "payment", a.Payment, "attempt", a.ID, "err", err)
	}
	var p pay.Payment
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if a, err = tx.Attempt(ctx, a.Merchant, a.ID); err != nil {
			return err
		}
		p, err = tx.Payment(ctx, a.Merchant, a.Payment)
		return err
	})
	if err != nil {
		return p, err
	}
	return p, cancelRefused(a)
}

func cancelRefused(a pay.Attempt) error {
	switch a.Status {
	case pay.AttemptSucceeded:
		return nil
	case pay.AttemptDeclined, pay.AttemptNotSent:
		return &DeclinedError{
			Decline: connector.Decline{Code: connector.DeclineOther, ProviderCode: a.Code, ProviderMessage: a.Message},
			NotSent: a.Status == pay.AttemptNotSent,
		}
	default:
		return ErrOutcomeUnknown
	}
}

// cancellable finds the payment a request means.
func (g *Gateway) cancellable(ctx context.Context, r CancelRequest) (pay.PaymentID, error) {
	if r.PaymentID != "" {
		return r.PaymentID, nil
	}
	if r.MerchantUID == "" {
		return "", &Invalid{"imp_uid", "imp_uid or merchant_uid is needed"}
	}
	var found []pay.Payment
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.FindPayments(ctx, r.Merchant, store.PaymentFilter{
			MerchantUID: r.MerchantUID, Limit: 1, Sort: "-paid",
			Statuses: []pay.Status{pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusCancelled},
		})
		return err
	})
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", ErrNoPayment
	}
	return found[0].ID, nil
}

// checkCancel holds a request against the books and gives the amount to cancel
// and what is left on the books before it. What other open attempts may yet
// take is not there to be given back a second time.
func (g *Gateway) checkCancel(ctx context.Context, tx *store.Tx, p pay.Payment, r CancelRequest) (amount, left int64, err error) {
	switch {
	case r.Actor == actorGiveBack:
		if p.Status != pay.StatusFailed { // it counts after all
			return 0, 0, ErrNotCancellable
		}
	case p.Status == pay.StatusCancelled:
		return 0, 0, ErrFullyCancelled
	case p.Status != pay.StatusPaid && p.Status != pay.StatusPartiallyCancelled, p.CustomerUsage == usageIssue:
		return 0, 0, ErrNotCancellable
	}
	others, err := cancelsOf(ctx, tx, p)
	if err != nil {
		return 0, 0, err
	}
	left = p.Left()
	free := left - others.reserved()
	amount = free
	if r.Amount != nil && *r.Amount != 0 {
		amount = *r.Amount
	}
	switch {
	case r.Checksum != nil && *r.Checksum != free:
		return 0, 0, ErrChecksum
	case amount < 0:
		return 0, 0, &Invalid{"amount", fmt.Sprintf("%d is negative", amount)}
	case amount > free || free <= 0:
		return 0, 0, ErrOverCancel
	}
	if d, ok := g.drivers[p.Provider]; ok && amount < left {
		if row, ok := d.Method(p.Method); ok && !row.PartialCancel {
			return 0, 0, ErrPartialForbidden
		}
	}
	if err := checkRefundTo(p, r); err != nil {
		return 0, 0, err
	}
	parts := pay.Breakdown{Total: pay.Money{Minor: amount, Currency: p.Amount.Total.Currency}, TaxFree: r.TaxFree, VAT: r.VAT}
	if err := parts.Validate(); err != nil {
		return 0, 0, &Invalid{"tax_free", err.Error()}
	}
	if err := checkTaxFree(ctx, tx, p, r.TaxFree); err != nil {
		return 0, 0, err
	}
	if r.asks && others.unheld {
		return 0, 0, errUnheld
	}
	return amount, left, nil
}

// refundTo is the account that matters: other methods than a virtual account
// refund the way they were paid.
func refundTo(p pay.Payment, r CancelRequest) *connector.BankAccount {
	if p.Method != pay.MethodVbank {
		return nil
	}
	return r.RefundTo
}

// checkTaxFree: no more than what is left of the tax-free part is cancelled as such.
func checkTaxFree(ctx context.Context, tx *store.Tx, p pay.Payment, asked int64) error {
	if asked == 0 {
		return nil
	}
	moved, err := tx.Movements(ctx, p.Merchant, p.ID)
	if err != nil {
		return err
	}
	left := p.Amount.TaxFree
	for _, m := range moved {
		if m.Kind == pay.MovementCancel {
			left -= m.TaxFree
		}
	}
	if asked > left {
		return &Invalid{"tax_free", fmt.Sprintf("%d is more than the tax-free %d that is left", asked, left)}
	}
	return nil
}

// checkRefundTo: what was deposited goes back to an account that the merchant names.
func checkRefundTo(p pay.Payment, r CancelRequest) error {
	if p.Method != pay.MethodVbank {
		return nil
	}
	if to := r.RefundTo; to == nil || to.Bank == "" || to.Number == "" || to.Holder == "" {
		return ErrRefundAccount
	}
	if _, ok := codes.BankTo(p.Provider, r.RefundTo.Bank); !ok {
		return &Invalid{"refund_bank", fmt.Sprintf("%q is no bank that %s knows; GET /banks lists the codes", r.RefundTo.Bank, p.Provider)}
	}
	return nil
}

// cancelOf is the question an attempt puts, the same each time.
func (g *Gateway) cancelOf(p pay.Payment, a pay.Attempt) (connector.Cancel, error) {
	d := cancelDetailOf(a)
	to, err := g.openAccount(d.RefundTo, p.ID)
	if err != nil {
		return connector.Cancel{}, err
	}
	cur := p.Amount.Total.Currency
	return connector.Cancel{
		Ref: p.Ref, Method: p.Method, Paid: p.Amount,
		Amount: pay.Breakdown{Total: pay.Money{Minor: a.Amount, Currency: cur}, TaxFree: d.TaxFree, VAT: d.VAT},
		Left:   pay.Money{Minor: d.Left, Currency: cur}, Reason: d.Reason, RefundTo: to,
	}, nil
}

func askCancel(c connector.Cancel) func(context.Context, connector.Connector, connector.Call, pay.Payment) (connector.Outcome, error) {
	return func(ctx context.Context, conn connector.Connector, call connector.Call, _ pay.Payment) (connector.Outcome, error) {
		canceler, err := connector.As[connector.Canceler](conn)
		if err != nil {
			return connector.Outcome{}, notSent(err)
		}
		return canceler.Cancel(ctx, call, c)
	}
}

// sealedAccount is a refund account on its way through the store.
type sealedAccount struct{ Bank, Number, Holder string }

func refundOf(id pay.PaymentID) string { return "refund:" + string(id) }

func (g *Gateway) sealAccount(to *connector.BankAccount, id pay.PaymentID) ([]byte, error) {
	if to == nil {
		return nil, nil
	}
	raw, err := json.Marshal(sealedAccount{to.Bank, to.Number.Reveal(), to.Holder})
	if err != nil {
		return nil, err
	}
	return g.vault.Seal(raw, refundOf(id))
}

func (g *Gateway) openAccount(sealed []byte, id pay.PaymentID) (*connector.BankAccount, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	raw, err := g.vault.Open(sealed, refundOf(id))
	if err != nil {
		return nil, err
	}
	var a sealedAccount
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, err
	}
	return &connector.BankAccount{Bank: a.Bank, Number: pay.Secret(a.Number), Holder: a.Holder}, nil
}

const actorGiveBack = "give_back"

// workGiveBack cancels money that came in for an order already paid, until
// nothing of it is left.
func (g *Gateway) workGiveBack(ctx context.Context, j store.Job) error {
	var arg syncArg
	if err := json.Unmarshal(j.Arg, &arg); err != nil {
		return err
	}
	id := pay.PaymentID(j.Key)
	_, err := g.Cancel(ctx, CancelRequest{Merchant: arg.Merchant, PaymentID: id, Reason: "중복 결제 자동 취소", Actor: actorGiveBack})
	switch {
	case errors.Is(err, ErrNotCancellable): // it counts as paid after all
		return nil
	case !errors.Is(err, ErrOverCancel):
		return err
	}
	p, err := g.payment(ctx, arg.Merchant, id)
	if err == nil && p.Left() > 0 { // a try of ours is undecided
		return jobs.RetryAt(g.now().Add(time.Minute), ErrOutcomeUnknown)
	}
	return err
}
