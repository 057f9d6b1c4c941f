package connectortest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// goldenCall is one question to a connector. Only what Op needs is set; the ops
// are the keys of goldenOps.
type goldenCall struct {
	Op       string
	Key      pay.AttemptID
	TestCode string
	Ref      pay.Ref
	Amount   pay.Breakdown
	Cancel   connector.Cancel
	Window   connector.Window

	BillingWindow connector.BillingWindow
	Proof         pay.Secret // of what the customer agreed to in a billing window

	Customer   string
	BillingKey pay.Secret
	Card       connector.Card
	Charge     connector.Charge
	Account    connector.AccountSpec
	Receipt    connector.ReceiptSpec
	ReceiptKey string // of the receipt to cancel

	From, To time.Time // of transactions
	Day      time.Time // of settlements
}

func (in goldenCall) ask(ctx context.Context, c connector.Connector) (any, error) {
	op, known := goldenOps[in.Op]
	if !known {
		return nil, fmt.Errorf("op %q is not one of %s", in.Op, strings.Join(slices.Sorted(maps.Keys(goldenOps)), ", "))
	}
	return op(ctx, c, connector.Call{Key: in.Key, TestCode: in.TestCode}, in)
}

type goldenOp func(context.Context, connector.Connector, connector.Call, goldenCall) (any, error)

var goldenOps = map[string]goldenOp{
	"query": func(ctx context.Context, c connector.Connector, _ connector.Call, in goldenCall) (any, error) {
		return c.Query(ctx, in.Ref)
	},
	"check": with(func(ctx context.Context, k connector.Checker, _ connector.Call, in goldenCall) (any, error) {
		return k.Check(ctx, in.Ref.Order)
	}),
	"open window": with(func(ctx context.Context, w connector.WindowPayer, _ connector.Call, in goldenCall) (any, error) {
		return launched(w.OpenWindow(ctx, in.Window))
	}),
	"open billing window": with(func(ctx context.Context, w connector.BillingWindower, _ connector.Call, in goldenCall) (any, error) {
		return launched(w.OpenBillingWindow(ctx, in.BillingWindow))
	}),
	"issue billing key from window": with(func(ctx context.Context, w connector.BillingWindower, call connector.Call, in goldenCall) (any, error) {
		return keyOutcome(w.IssueFromWindow(ctx, call, in.Customer, in.Proof))
	}),
	"confirm": with(func(ctx context.Context, w connector.Confirmer, call connector.Call, in goldenCall) (any, error) {
		return w.Confirm(ctx, call, in.Ref, in.Amount)
	}),
	"cancel": with(func(ctx context.Context, w connector.Canceler, call connector.Call, in goldenCall) (any, error) {
		return w.Cancel(ctx, call, in.Cancel)
	}),
	"issue billing key": with(func(ctx context.Context, b connector.BillingByCard, call connector.Call, in goldenCall) (any, error) {
		return keyOutcome(b.IssueBillingKey(ctx, call, in.Customer, in.Card))
	}),
	"read billing key": with(func(ctx context.Context, b connector.BillingReader, _ connector.Call, in goldenCall) (any, error) {
		out, err := b.ReadBillingKey(ctx, in.Customer)
		return bare(out), err
	}),
	"charge billing key": with(func(ctx context.Context, b connector.BillingCharger, call connector.Call, in goldenCall) (any, error) {
		return b.ChargeBillingKey(ctx, call, in.BillingKey, in.Charge)
	}),
	"revoke billing key": with(func(ctx context.Context, b connector.BillingRevoker, call connector.Call, in goldenCall) (any, error) {
		return b.RevokeBillingKey(ctx, call, in.BillingKey)
	}),
	"charge card": with(func(ctx context.Context, k connector.KeyIn, call connector.Call, in goldenCall) (any, error) {
		return k.ChargeCard(ctx, call, in.Card, in.Charge)
	}),
	"issue account": with(func(ctx context.Context, a connector.AccountIssuer, call connector.Call, in goldenCall) (any, error) {
		return a.IssueAccount(ctx, call, in.Account)
	}),
	"issue receipt": with(func(ctx context.Context, r connector.ReceiptIssuer, call connector.Call, in goldenCall) (any, error) {
		return r.IssueReceipt(ctx, call, in.Receipt)
	}),
	"cancel receipt": with(func(ctx context.Context, r connector.ReceiptIssuer, call connector.Call, in goldenCall) (any, error) {
		return r.CancelReceipt(ctx, call, in.ReceiptKey)
	}),
	"list transactions": with(func(ctx context.Context, l connector.TransactionLister, _ connector.Call, in goldenCall) (any, error) {
		return gathered(l.Transactions(ctx, in.From, in.To))
	}),
	"list settlements": with(func(ctx context.Context, s connector.Settler, _ connector.Call, in goldenCall) (any, error) {
		return gathered(s.Settlements(ctx, in.Day))
	}),
}

// with asks a connector that has the ability T.
func with[T any](do func(context.Context, T, connector.Call, goldenCall) (any, error)) goldenOp {
	return func(ctx context.Context, c connector.Connector, call connector.Call, in goldenCall) (any, error) {
		ability, err := connector.As[T](c)
		if err != nil {
			return nil, err
		}
		return do(ctx, ability, call, in)
	}
}

// launched is a launch with its proof, which hides itself otherwise.
func launched(l connector.Launch, err error) (any, error) {
	return map[string]any{"Redirect": l.Redirect, "Script": l.Script, "Ref": l.Ref, "Proof": l.Proof.Reveal()}, err
}

func keyOutcome(out connector.KeyOutcome, err error) (any, error) {
	return map[string]any{"Verdict": out.Verdict, "Key": bare(out.Key), "Decline": out.Decline}, err
}

// bare is a billing key with the key itself, which hides itself otherwise.
func bare(k connector.BillingKey) any {
	return map[string]any{"Key": k.Key.Reveal(), "State": k.State, "Method": k.Method, "Card": k.Card, "Bank": k.Bank}
}

// gathered is a list that came to its end.
func gathered[T any](lines iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for line, err := range lines {
		if err != nil {
			return out, err
		}
		out = append(out, line)
	}
	return out, nil
}
