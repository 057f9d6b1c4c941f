package connectortest

import (
	"fmt"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

func testDriver(t *testing.T, h Harness) {
	b, d := setup(t, h), h.Driver
	if !strings.HasPrefix(d.Production.API, "https://") || d.Name == "" || d.Provider == "" {
		t.Errorf("driver %+v", d)
	}
	for _, c := range d.Credentials {
		given, is := b.Credentials[c.Key]
		if !is && !c.Optional || c.Label == "" || c.LabelEn == "" || c.Where.Ko == "" || c.Where.En == "" || !strings.HasPrefix(given.Reveal(), c.Prefix(pay.ModeSandbox)) {
			t.Errorf("credential %+v", c)
		}
	}
	for mode, fits := range map[pay.Mode]bool{pay.ModeSandbox: true, pay.ModeLive: false, pay.ModeTest: false} {
		if err := b.heard(d.Check(mode, b.MID, b.Credentials)); (err == nil) != fits {
			t.Errorf("sandbox credentials on a %s channel: %v", mode, err)
		}
	}
	for _, wrong := range disagreements(d, b.conn) {
		t.Error(wrong)
	}
	for _, missing := range missingHooks(b.Simulator, b.conn) {
		t.Error(missing)
	}
}

// disagreements is where a driver's data claim what its connector's abilities
// lack, or the reverse.
func disagreements(d connector.Driver, c connector.Connector) []string {
	var out []string
	say := func(wrong bool, format string, args ...any) {
		if wrong {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	charges, windows := has[connector.BillingCharger](c), has[connector.BillingWindower](c)
	keys := has[connector.BillingByCard](c) || has[connector.BillingReader](c) || windows
	keyIn, accounts, cancels := has[connector.KeyIn](c), has[connector.AccountIssuer](c), has[connector.Canceler](c)
	say(!has[connector.WindowPayer](c) || !has[connector.Confirmer](c) || !has[connector.WebhookReader](c),
		"the suite needs a connector that opens windows, confirms and reads webhooks")
	say(keys && !charges, "billing keys can be had, but not charged")
	say(charges && !keys, "billing keys can be charged, but none can be had")
	say(charges && !has[connector.BillingRevoker](c), "billing keys can be charged, but not revoked")
	say(windows != (d.BillingMethod != ""), "billing windows: ability %v, asked for with %q", windows, d.BillingMethod)
	say(windows != (d.CheckCustomer != nil), "billing windows: ability %v, customers are checked: %v", windows, d.CheckCustomer != nil)
	if _, sold := d.Method(d.BillingMethod); windows && d.BillingMethod != "" {
		say(!sold, "billing windows are asked for with %s, which has no row among the methods", d.BillingMethod)
	}
	say(accounts && !cancels, "virtual accounts can be issued, but not taken back")
	for i, m := range d.Methods {
		again, _ := d.Method(m.Method)
		say(again != m, "method %s is there twice", m.Method)
		say(m.Minimum < 1, "the smallest amount of %s is %d", m.Method, m.Minimum)
		say(i == 0 && m.ServerOnly, "the first method, %s, is what windows open without one: it cannot be for servers only", m.Method)
		say(m.PartialCancel && !cancels, "%s can be cancelled in parts, but nothing can be cancelled", m.Method)
		say(m.ServerOnly && m.Method == pay.MethodVbank && !accounts, "%s comes about without a window only, but no account can be issued", m.Method)
		say(m.ServerOnly && m.Method != pay.MethodVbank && !charges && !keyIn, "%s comes about without a window only, but nothing can be charged", m.Method)
	}
	for _, wrong := range wrongOptions(d) {
		say(true, "%s", wrong)
	}
	_, sold := d.Method(pay.MethodVbank)
	say(accounts && !sold, "virtual accounts can be issued, but %s has no row among the methods", pay.MethodVbank)
	return append(out, wrongTimings(d, c)...)
}

// wrongOptions is where the rows and the companies of a driver do not go together.
func wrongOptions(d connector.Driver) []string {
	var out []string
	cards := false
	for _, m := range d.Methods {
		cards = cards || m.Cards
		if m.ServerOnly && (m.Cards || m.Receipts || m.Escrow) {
			out = append(out, fmt.Sprintf("%s has no window that could be told anything", m.Method))
		}
		if m.Cards && len(d.Cards) == 0 {
			out = append(out, fmt.Sprintf("%s can be told how cards are used, but no company is known", m.Method))
		}
	}
	if len(d.Cards) > 0 && !cards {
		out = append(out, "card companies are known, but no window can be told of them")
	}
	seen := map[string]bool{}
	for _, c := range d.Cards {
		if seen[c.Code] || c.Code == "" {
			out = append(out, fmt.Sprintf("card company %q is there twice or has no code", c.Code))
		}
		seen[c.Code] = true
	}
	return out
}

// wrongTimings is which calls have a timing and not the ability, or the reverse.
func wrongTimings(d connector.Driver, c connector.Connector) []string {
	var out []string
	accounts, cancels := has[connector.AccountIssuer](c), has[connector.Canceler](c)
	for kind, needed := range map[pay.AttemptKind]bool{
		pay.AttemptConfirm:       has[connector.Confirmer](c),
		pay.AttemptCancel:        cancels,
		pay.AttemptCharge:        has[connector.BillingCharger](c),
		pay.AttemptKeyIn:         has[connector.KeyIn](c),
		pay.AttemptIssueAccount:  accounts,
		pay.AttemptRevokeAccount: accounts && cancels,
		pay.AttemptIssueKey:      has[connector.BillingByCard](c) || has[connector.BillingReader](c) || has[connector.BillingWindower](c),
		pay.AttemptReceipt:       has[connector.ReceiptIssuer](c),
	} {
		timing, given := d.Timings[kind]
		if given != needed {
			out = append(out, fmt.Sprintf("%s: ability %v, timing %v", kind, needed, given))
		}
		if given && (timing.Deadline <= 0 || timing.Settle < timing.Deadline || len(timing.Gaps) == 0) {
			out = append(out, fmt.Sprintf("%s: timing %+v", kind, timing))
		}
	}
	return out
}

// missingHooks is what the harness must give for the abilities of a connector.
func missingHooks(sim Simulator, c connector.Connector) []string {
	s, windows := sim.Server, has[connector.BillingWindower](c)
	byCard := has[connector.BillingByCard](c)
	charges := has[connector.BillingCharger](c)
	var out []string
	for _, h := range []struct {
		name          string
		needed, given bool
	}{
		{"Server.Card", byCard || has[connector.KeyIn](c), s.Card != nil},
		{"Server.BillingKey", charges && !byCard, s.BillingKey != nil},
		{"Server.Deposit", has[connector.AccountIssuer](c), s.Deposit != nil},
		{"Server.IssueKeyCall", byCard, s.IssueKeyCall != ""},
		{"Server.ChargeCall", charges, s.ChargeCall != ""},
		{"Server.RevokeKeyCall", has[connector.BillingRevoker](c), s.RevokeKeyCall != ""},
		{"Server.KeyInCall", has[connector.KeyIn](c), s.KeyInCall != ""},
		{"Server.AccountCall", has[connector.AccountIssuer](c), s.AccountCall != ""},
		{"Server.ReceiptCall", has[connector.ReceiptIssuer](c), s.ReceiptCall != ""},
		{"Server.ReceiptCancelCall", has[connector.ReceiptIssuer](c), s.ReceiptCancelCall != ""},
		{"Server.ListCall", has[connector.TransactionLister](c), s.ListCall != ""},
		{"Ways", has[connector.WindowPayer](c), sim.Ways != nil},
		{"Billing.Agree", windows, sim.Billing.Agree != nil},
		{"Billing.Leave", windows, sim.Billing.Leave != nil},
		{"Billing.IssueCall", windows, sim.Billing.IssueCall != ""},
	} {
		if h.needed && !h.given {
			out = append(out, fmt.Sprintf("the connector has an ability that cannot be tested without Simulator.%s", h.name))
		}
	}
	return out
}
