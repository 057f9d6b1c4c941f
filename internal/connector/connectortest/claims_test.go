package connectortest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// The abilities a made-up connector may have. None of them is ever called.
type (
	windows  struct{}
	cancels  struct{}
	keyed    struct{}
	charging struct{}
	accounts struct{}
	receipts struct{}
)

func (windows) Query(context.Context, pay.Ref) (connector.Snapshot, error) { panic("not called") }
func (windows) OpenWindow(context.Context, connector.Window) (connector.Launch, error) {
	panic("not called")
}
func (windows) ReadReturn(context.Context, connector.Return) (connector.Returned, error) {
	panic("not called")
}
func (windows) Confirm(context.Context, connector.Call, pay.Ref, pay.Breakdown) (connector.Outcome, error) {
	panic("not called")
}
func (windows) ReadWebhook(context.Context, http.Header, []byte) (connector.Notice, error) {
	panic("not called")
}
func (cancels) Cancel(context.Context, connector.Call, connector.Cancel) (connector.Outcome, error) {
	panic("not called")
}
func (keyed) ReadBillingKey(context.Context, string) (connector.BillingKey, error) {
	panic("not called")
}
func (charging) ChargeBillingKey(context.Context, connector.Call, pay.Secret, connector.Charge) (connector.Outcome, error) {
	panic("not called")
}
func (charging) RevokeBillingKey(context.Context, connector.Call, pay.Secret) (connector.Outcome, error) {
	panic("not called")
}
func (accounts) IssueAccount(context.Context, connector.Call, connector.AccountSpec) (connector.Outcome, error) {
	panic("not called")
}
func (receipts) IssueReceipt(context.Context, connector.Call, connector.ReceiptSpec) (connector.ReceiptOutcome, error) {
	panic("not called")
}
func (receipts) CancelReceipt(context.Context, connector.Call, string) (connector.ReceiptOutcome, error) {
	panic("not called")
}

type (
	plainShop  struct{ windows }
	cancelShop struct {
		windows
		cancels
	}
	billingShop struct {
		windows
		cancels
		keyed
		charging
	}
	chargeShop struct {
		windows
		cancels
		charging
	}
	readShop struct {
		windows
		cancels
		keyed
	}
	accountShop struct {
		windows
		cancels
		accounts
	}
	stuckShop struct {
		windows
		accounts
	}
	receiptShop struct {
		windows
		cancels
		receipts
	}
)

func driver(rows []connector.Method, kinds ...pay.AttemptKind) connector.Driver {
	d := connector.Driver{Methods: rows, Timings: map[pay.AttemptKind]connector.Timing{}}
	for _, kind := range kinds {
		d.Timings[kind] = connector.Timing{Deadline: time.Second, Settle: time.Second, Gaps: []time.Duration{time.Second}}
	}
	return d
}

func TestADriverThatClaimsWhatItsConnectorLacksIsFound(t *testing.T) {
	t.Parallel()
	const confirm, cancel = pay.AttemptConfirm, pay.AttemptCancel
	card, vbank := connector.Method{Method: pay.MethodCard, Minimum: 100}, connector.Method{Method: pay.MethodVbank, Minimum: 1}
	inParts, server, serverVbank := card, card, vbank
	inParts.PartialCancel = true
	server.Method, server.ServerOnly, serverVbank.ServerOnly = pay.MethodPoint, true, true
	one := []connector.Method{card}
	for _, c := range []struct {
		say  string // "" is no disagreement
		conn connector.Connector
		d    connector.Driver
	}{
		{"", plainShop{}, driver(one, confirm)},
		{"", cancelShop{}, driver([]connector.Method{inParts}, confirm, cancel)},
		{"card can be cancelled in parts, but nothing", plainShop{}, driver([]connector.Method{inParts}, confirm)},
		{"card is there twice", plainShop{}, driver([]connector.Method{card, {Method: pay.MethodCard, Minimum: 200}}, confirm)},
		{"smallest amount of card is 0", plainShop{}, driver([]connector.Method{{Method: pay.MethodCard}}, confirm)},
		{"the first method, point", billingShop{}, driver([]connector.Method{server, card}, confirm, cancel, pay.AttemptCharge, pay.AttemptIssueKey)},
		{"point comes about without a window only, but nothing can be charged", cancelShop{}, driver([]connector.Method{card, server}, confirm, cancel)},
		{"vbank comes about without a window only, but no account", billingShop{}, driver([]connector.Method{card, serverVbank}, confirm, cancel, pay.AttemptCharge, pay.AttemptIssueKey)},
		{"", billingShop{}, driver([]connector.Method{card, server}, confirm, cancel, pay.AttemptCharge, pay.AttemptIssueKey)},
		{"charged, but none can be had", chargeShop{}, driver(one, confirm, cancel, pay.AttemptCharge)},
		{"can be had, but not charged", readShop{}, driver(one, confirm, cancel, pay.AttemptIssueKey)},
		{"charge: ability true, timing false", billingShop{}, driver(one, confirm, cancel, pay.AttemptIssueKey)},
		{"keyin: ability false, timing true", billingShop{}, driver(one, confirm, cancel, pay.AttemptCharge, pay.AttemptIssueKey, pay.AttemptKeyIn)},
		{"", accountShop{}, driver([]connector.Method{card, vbank}, confirm, cancel, pay.AttemptIssueAccount, pay.AttemptRevokeAccount)},
		{"vbank has no row", accountShop{}, driver(one, confirm, cancel, pay.AttemptIssueAccount, pay.AttemptRevokeAccount)},
		{"issued, but not taken back", stuckShop{}, driver([]connector.Method{card, vbank}, confirm, pay.AttemptIssueAccount)},
		{"receipt: ability true, timing false", receiptShop{}, driver(one, confirm, cancel)},
		{"", receiptShop{}, driver(one, confirm, cancel, pay.AttemptReceipt)},
	} {
		found := disagreements(c.d, c.conn)
		if c.say == "" && len(found) != 0 || c.say != "" && (len(found) != 1 || !strings.Contains(found[0], c.say)) {
			t.Errorf("%T: found %q, want %q alone", c.conn, found, c.say)
		}
	}
}

func TestAnAbilityThatCannotBeTestedIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		conn connector.Connector
		want []string
	}{
		{cancelShop{}, nil},
		{billingShop{}, []string{"BillingKey", "ChargeCall", "RevokeKeyCall"}},
		{accountShop{}, []string{"Deposit", "AccountCall"}},
		{receiptShop{}, []string{"ReceiptCall", "ReceiptCancelCall"}},
	} {
		found := missingHooks(Server{}, c.conn)
		if len(found) != len(c.want) {
			t.Errorf("%T: found %q, want %q", c.conn, found, c.want)
			continue
		}
		for i, hook := range c.want {
			if !strings.HasSuffix(found[i], "Simulator.Server."+hook) {
				t.Errorf("%T: found %q, want %s", c.conn, found[i], hook)
			}
		}
	}
}
