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
	pages    struct{}
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

func (pages) OpenBillingWindow(context.Context, connector.BillingWindow) (connector.Launch, error) {
	panic("not called")
}
func (pages) ReadBillingReturn(context.Context, connector.Return) (connector.BillingReturned, error) {
	panic("not called")
}
func (pages) IssueFromWindow(context.Context, connector.Call, string, pay.Secret) (connector.KeyOutcome, error) {
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
	pageShop struct {
		windows
		cancels
		charging
		pages
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

// billing is a driver whose windows issue billing keys when asked for m.
func billing(d connector.Driver, m pay.Method) connector.Driver {
	d.BillingMethod, d.CheckCustomer = m, func(string) error { return nil }
	return d
}

// selling is a driver whose windows can go to card companies directly.
func selling(d connector.Driver, companies ...string) connector.Driver {
	for _, code := range companies {
		d.Cards = append(d.Cards, connector.CardCompany{Code: code})
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
	const charge, issue = pay.AttemptCharge, pay.AttemptIssueKey
	ofCards, told := card, server
	ofCards.Cards, told.Receipts = true, true
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
		{"", pageShop{}, billing(driver(one, confirm, cancel, charge, issue), pay.MethodCard)},
		{"billing windows: ability false, asked for with \"card\"", billingShop{}, func() connector.Driver {
			d := driver(one, confirm, cancel, charge, issue)
			d.BillingMethod = pay.MethodCard
			return d
		}()},
		{"billing windows: ability true, customers are checked: false", pageShop{}, func() connector.Driver {
			d := driver(one, confirm, cancel, charge, issue)
			d.BillingMethod = pay.MethodCard
			return d
		}()},
		{"asked for with tosspay, which has no row", pageShop{}, billing(driver(one, confirm, cancel, charge, issue), pay.MethodTossPay)},
		{"issue_key: ability true, timing false", pageShop{}, billing(driver(one, confirm, cancel, charge), pay.MethodCard)},
		{"", plainShop{}, selling(driver([]connector.Method{ofCards}, confirm), "366", "367")},
		{"no company is known", plainShop{}, driver([]connector.Method{ofCards}, confirm)},
		{"no window can be told of them", plainShop{}, selling(driver(one, confirm), "366")},
		{"card company \"366\" is there twice", plainShop{}, selling(driver([]connector.Method{ofCards}, confirm), "366", "367", "366")},
		{"point has no window that could be told", billingShop{}, driver([]connector.Method{card, told}, confirm, cancel, charge, issue)},
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
		{cancelShop{}, []string{"Ways"}},
		{billingShop{}, []string{"Server.BillingKey", "Server.ChargeCall", "Server.RevokeKeyCall", "Ways"}},
		{accountShop{}, []string{"Server.Deposit", "Server.AccountCall", "Ways"}},
		{receiptShop{}, []string{"Server.ReceiptCall", "Server.ReceiptCancelCall", "Ways"}},
		{pageShop{}, []string{
			"Server.BillingKey", "Server.ChargeCall", "Server.RevokeKeyCall", "Ways", "Billing.Agree", "Billing.Leave", "Billing.IssueCall",
		}},
	} {
		found := missingHooks(Simulator{}, c.conn)
		if len(found) != len(c.want) {
			t.Errorf("%T: found %q, want %q", c.conn, found, c.want)
			continue
		}
		for i, hook := range c.want {
			if !strings.HasSuffix(found[i], "Simulator."+hook) {
				t.Errorf("%T: found %q, want %s", c.conn, found[i], hook)
			}
		}
	}
}
