package v1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// drivers are providers that do as the request's test code says: without one
// they approve, LOST never answers, DOWN is never reached, and any other is
// the provider's refusal, of the card if it says CARD.
func drivers(w *world) []connector.Driver {
	secret := []connector.Credential{{Key: "secret", Label: "secret"}}
	return []connector.Driver{
		{
			Provider: pay.TossPayments, Name: "Toss Payments", Credentials: secret,
			Methods: []connector.Method{{Method: pay.MethodCard, PartialCancel: true}, {Method: pay.MethodVbank, PartialCancel: true}, {Method: pay.MethodCultureland}},
			Open: func(connector.Settings) (connector.Connector, error) {
				return &tossPayments{scripted{w}, charger{w, pay.MethodCard}}, nil
			},
		},
		{
			Provider: pay.TossPay, Name: "Toss Pay", Credentials: secret, Methods: []connector.Method{{Method: pay.MethodCard, PartialCancel: true}},
			Open: func(connector.Settings) (connector.Connector, error) {
				return &tossPay{scripted{w}, charger{w, pay.MethodPoint}}, nil
			},
		},
	}
}

// answers is what a test code makes of a call: nothing, a refusal, or no answer.
func answers(code, op string) (*connector.Decline, error) {
	switch {
	case code == "":
		return nil, nil
	case code == "LOST":
		return nil, &connector.Error{Kind: connector.Unknown, Op: op, Err: io.ErrUnexpectedEOF}
	case code == "DOWN":
		return nil, &connector.Error{Kind: connector.NotSent, Op: op, Err: io.ErrClosedPipe}
	}
	d := &connector.Decline{Code: connector.DeclineState, ProviderCode: code, ProviderMessage: "처리할 수 없는 요청입니다."}
	if strings.Contains(code, "CARD") {
		d.Code, d.ProviderMessage = connector.DeclineCard, "카드번호를 다시 확인해주세요."
	}
	if op == "cancel" {
		d.ProviderMessage = "취소할 수 없는 결제입니다."
	}
	return d, nil
}

// scripted can be asked and can give money back.
type scripted struct{ w *world }

func (p scripted) Query(context.Context, pay.Ref) (connector.Snapshot, error) {
	return connector.Snapshot{}, &connector.Error{Kind: connector.Unknown, Op: "query", Err: io.ErrUnexpectedEOF}
}

func (p scripted) Cancel(ctx context.Context, call connector.Call, c connector.Cancel) (connector.Outcome, error) {
	d, err := answers(call.TestCode, "cancel")
	if d != nil || err != nil {
		return connector.Outcome{Verdict: declined(d), Decline: d}, err
	}
	p.w.asks = append(p.w.asks, c)
	before, err := p.payment(ctx, c.Ref)
	if err != nil {
		return connector.Outcome{}, err
	}
	if before.PaidAt.IsZero() { // an account is taken back
		return connector.Outcome{Verdict: connector.Approved, Snapshot: &connector.Snapshot{
			Ref: c.Ref, Stage: connector.StageDead, Method: c.Method, Amount: c.Paid.Total, Details: before.Details, RawStatus: "CANCELED",
		}}, nil
	}
	made := pay.Movement{Key: fmt.Sprintf("C-%s-%d", c.Ref.Key, len(p.w.asks)), Kind: pay.MovementCancel, Amount: c.Amount.Total.Minor, TaxFree: c.Amount.TaxFree, At: p.w.clock, Reason: c.Reason}
	stage := connector.StagePaid
	if c.Full() {
		stage = connector.StageCancelled
	}
	return connector.Outcome{Verdict: connector.Approved, Made: made.Key, Snapshot: &connector.Snapshot{
		Ref: c.Ref, Stage: stage, Method: c.Method, Amount: c.Paid.Total, Details: before.Details, RawStatus: "CANCELED",
		Movements: []pay.Movement{{Key: c.Ref.Key, Kind: pay.MovementApproval, Amount: c.Paid.Total.Minor, At: before.PaidAt}, made},
	}}, nil
}

func (p scripted) payment(ctx context.Context, ref pay.Ref) (before pay.Payment, err error) {
	err = p.w.store.Read(ctx, func(tx *store.Tx) (err error) {
		for _, m := range []pay.MerchantID{shop, p.w.tier} {
			if before, err = tx.Payment(ctx, m, pay.PaymentID(ref.Order)); !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return err
	})
	return before, err
}

func declined(d *connector.Decline) connector.Verdict {
	if d == nil {
		return connector.Pending
	}
	return connector.Declined
}

// charger takes money without a window, by the method it always finds.
type charger struct {
	w      *world
	method pay.Method
}

func (p charger) ChargeBillingKey(_ context.Context, call connector.Call, _ pay.Secret, c connector.Charge) (connector.Outcome, error) {
	return p.charge(call, c)
}

func (p charger) charge(call connector.Call, c connector.Charge) (connector.Outcome, error) {
	p.w.charges = append(p.w.charges, c)
	d, err := answers(call.TestCode, "charge")
	if d != nil || err != nil {
		return connector.Outcome{Verdict: declined(d), Decline: d}, err
	}
	details := pay.Details{Months: c.Options.Months}
	if p.method == pay.MethodCard {
		details = card()
		details.Months = c.Options.Months
	}
	key := "tviva-" + c.Order
	return connector.Outcome{Verdict: connector.Approved, Made: key, Snapshot: &connector.Snapshot{
		Ref: pay.Ref{Order: c.Order, Key: key}, Stage: connector.StagePaid, Method: p.method, Amount: c.Amount.Total, TaxFree: c.Amount.TaxFree, Details: details, RawStatus: "DONE",
		Movements: []pay.Movement{{Key: key, Kind: pay.MovementApproval, Amount: c.Amount.Total.Minor, TaxFree: c.Amount.TaxFree, At: p.w.clock}},
	}}, nil
}

// tossPayments can all that V1 offers of it.
type tossPayments struct {
	scripted
	charger
}

func (p *tossPayments) ChargeCard(_ context.Context, call connector.Call, k connector.Card, c connector.Charge) (connector.Outcome, error) {
	p.scripted.w.cards = append(p.scripted.w.cards, k)
	return p.charge(call, c)
}

func (p *tossPayments) IssueBillingKey(_ context.Context, call connector.Call, customer string, k connector.Card) (connector.KeyOutcome, error) {
	p.scripted.w.cards = append(p.scripted.w.cards, k)
	d, err := answers(call.TestCode, "issue key")
	if d != nil || err != nil {
		return connector.KeyOutcome{Verdict: declined(d), Decline: d}, err
	}
	number := k.Number.Reveal()
	return connector.KeyOutcome{Verdict: connector.Approved, Key: connector.BillingKey{
		Key: pay.Secret("bk-" + customer), State: connector.KeyActive, Method: pay.MethodCard,
		Card: &pay.Card{Issuer: "366", Acquirer: "361", Number: number[:6] + "******" + number[12:], Type: "credit"},
	}}, nil
}

func (p *tossPayments) IssueAccount(_ context.Context, call connector.Call, spec connector.AccountSpec) (connector.Outcome, error) {
	w := p.scripted.w
	w.opened = append(w.opened, spec)
	d, err := answers(call.TestCode, "issue account")
	if d != nil || err != nil {
		return connector.Outcome{Verdict: declined(d), Decline: d}, err
	}
	return connector.Outcome{Verdict: connector.Approved, Snapshot: &connector.Snapshot{
		Ref: pay.Ref{Order: spec.Order, Key: "tviva-" + spec.Order}, Stage: connector.StageAwaitingDeposit, Method: pay.MethodVbank, Amount: spec.Amount.Total, RawStatus: "WAITING_FOR_DEPOSIT",
		Details: pay.Details{Account: &pay.VirtualAccount{Bank: spec.Bank, Number: "56200000000001", Holder: "나루상점", Due: spec.Due, Issued: w.clock, Fixed: spec.FixedKey != ""}},
	}}, nil
}

func (p *tossPayments) IssueReceipt(_ context.Context, call connector.Call, spec connector.ReceiptSpec) (connector.ReceiptOutcome, error) {
	w := p.scripted.w
	w.slips = append(w.slips, spec)
	d, err := answers(call.TestCode, "issue receipt")
	if d != nil || err != nil {
		return connector.ReceiptOutcome{Verdict: declined(d), Decline: d}, err
	}
	return connector.ReceiptOutcome{Verdict: connector.Approved, Key: "receipt-key", ApprovalNo: "G55512345", URL: "https://receipt.example/cash", At: w.clock}, nil
}

func (p *tossPayments) CancelReceipt(_ context.Context, call connector.Call, _ string) (connector.ReceiptOutcome, error) {
	d, err := answers(call.TestCode, "cancel receipt")
	if d != nil || err != nil {
		return connector.ReceiptOutcome{Verdict: declined(d), Decline: d}, err
	}
	return connector.ReceiptOutcome{Verdict: connector.Approved, Key: "receipt-cancel-key", At: p.scripted.w.clock}, nil
}

// tossPay charges and reads keys that were made in its window.
type tossPay struct {
	scripted
	charger
}

func (p *tossPay) ReadBillingKey(_ context.Context, customer string) (connector.BillingKey, error) {
	if customer == "gone" {
		return connector.BillingKey{}, connector.ErrNotFound
	}
	return connector.BillingKey{Key: pay.Secret("bk-" + customer), State: connector.KeyActive, Method: pay.MethodPoint}, nil
}
