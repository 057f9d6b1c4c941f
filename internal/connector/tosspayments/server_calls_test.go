package tosspayments_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// asked is what a call was sent as, and until when its answer was waited for.
type asked struct {
	request *http.Request
	body    map[string]any
	wait    time.Duration
}

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.request, a.body, a.wait = r, nil, 0
	if end, ok := r.Context().Deadline(); ok {
		a.wait = time.Until(end)
	}
	if r.Body != nil {
		sent, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(sent, &a.body)
	}
	return answering{http.StatusInternalServerError, nil}.RoundTrip(r)
}

func asking(t *testing.T) (connector.Connector, *asked) {
	t.Helper()
	a := &asked{}
	s := settings("http://127.0.0.1:9")
	s.HTTP = &http.Client{Transport: a}
	return open(t, s), a
}

func TestEachCallIsWaitedForAsLongAsItsTimingSays(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]time.Duration{
		"issue a key": time.Minute, "issue a key from a window": time.Minute, "charge a key": time.Minute, "revoke a key": 30 * time.Second,
		"charge a card": 30 * time.Second, "refund to an account": 30 * time.Second, "issue a receipt": 30 * time.Second,
	} {
		c, a := asking(t)
		_ = touches()[name].do(t.Context(), c, connector.Call{Key: "atm_1"})
		if a.wait > want || a.wait < want-10*time.Second {
			t.Errorf("%s is waited for %s, want %s", name, a.wait, want)
		}
		if key := a.request.Header.Get("Idempotency-Key"); (key == "atm_1") != (a.request.Method == http.MethodPost) {
			t.Errorf("%s: idempotency key %q on a %s", name, key, a.request.Method)
		}
	}
}

func TestBuyersAreSentWithinTheLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("가", 101)
	for _, c := range []struct {
		buyer              pay.Buyer
		name, email, phone any
	}{
		{pay.Buyer{Name: "김나루", Email: "naru@example.com", Tel: "010-0000-1234"}, "김나루", "naru@example.com", "01000001234"},
		{pay.Buyer{Tel: "+82 (10) 0000.1234"}, nil, nil, "821000001234"},
		{pay.Buyer{Tel: "02-123-456"}, nil, nil, "02123456"},
		{pay.Buyer{Tel: "1234567"}, nil, nil, nil},
		{pay.Buyer{Tel: "1234567890123456"}, nil, nil, nil},
		{pay.Buyer{Tel: "010-0000-1234 내선 2"}, nil, nil, nil},
		{pay.Buyer{Name: long, Email: long}, long[:300], nil, nil},
	} {
		conn, a := asking(t)
		_, _ = conn.(connector.BillingCharger).ChargeBillingKey(t.Context(), connector.Call{Key: "a"}, "bk_1", connector.Charge{
			Order: "imps_274810035512", Name: long, Amount: pay.Breakdown{Total: pay.Won(1000)}, Customer: "cus_1", Buyer: c.buyer,
		})
		for field, want := range map[string]any{"customerName": c.name, "customerEmail": c.email, "customerMobilePhone": c.phone, "orderName": long[:300]} {
			if got := a.body[field]; got != want {
				t.Errorf("%+v: %s is sent as %v, want %v", c.buyer, field, got, want)
			}
		}
	}
}

// Each call has one thing wrong; the error names it.
func TestAServerCallThatCannotBeMadeIsNotSent(t *testing.T) {
	t.Parallel()
	amount := pay.Breakdown{Total: pay.Won(1000)}
	good := connector.Charge{Order: "imps_274810035512", Name: "원두", Amount: amount, Customer: "cus_1"}
	with := func(change func(*connector.Charge)) connector.Charge {
		c := good
		change(&c)
		return c
	}
	account := connector.AccountSpec{Order: good.Order, Name: good.Name, Amount: amount, Bank: "004", Buyer: pay.Buyer{Name: "김나루"}}
	noName, noBank, longKey := account, account, account
	noName.Buyer.Name, noBank.Bank, longKey.FixedKey = "", "999", strings.Repeat("7", 14)
	receipt := connector.ReceiptSpec{Order: good.Order, Name: good.Name, Amount: amount, Type: pay.ReceiptPerson, Identifier: "01000001234"}
	noType, dashes, noNumber := receipt, receipt, receipt
	noType.Type, dashes.Identifier, noNumber.Identifier = "both", "010-0000-1234", ""
	refund := func(to connector.BankAccount) call {
		return func(ctx context.Context, c connector.Connector) error {
			_, err := c.(connector.Canceler).Cancel(ctx, ok, connector.Cancel{Ref: pay.Ref{Key: "k"}, Amount: amount, Left: amount.Total, RefundTo: &to})
			return err
		}
	}
	for say, do := range map[string]call{
		"billing key is not known":       charging("", good),
		"customerKey has 1 ":             charging("bk_1", with(func(c *connector.Charge) { c.Customer = "c" })),
		"customerKey has 301 ":           issuing(strings.Repeat("c", 301)),
		"orderId":                        charging("bk_1", with(func(c *connector.Charge) { c.Order = "주문" })),
		"orderName":                      charging("bk_1", with(func(c *connector.Charge) { c.Name = "" })),
		"amount 0":                       charging("bk_1", with(func(c *connector.Charge) { c.Amount.Total.Minor = 0 })),
		"1000 USD":                       charging("bk_1", with(func(c *connector.Charge) { c.Amount.Total.Currency = "USD" })),
		"cardInstallmentPlan 1 ":         charging("bk_1", with(func(c *connector.Charge) { c.Options.Months = 1 })),
		"cardInstallmentPlan 13 ":        charging("bk_1", with(func(c *connector.Charge) { c.Options.Months = 13 })),
		"cardInstallmentPlan -2 ":        keying(connector.Card{Number: "9410001234567890"}, with(func(c *connector.Charge) { c.Options.Months = -2 })),
		"the card is not known":          keying(connector.Card{}, good),
		"customerName is empty":          opening(noName),
		`bank "999"`:                     opening(noBank),
		"accountKey has 14 ":             opening(longKey),
		`type "both"`:                    receipting(noType),
		"customerIdentityNumber has 13 ": receipting(dashes),
		"customerIdentityNumber has 0 ":  receipting(noNumber),
		"accountNumber has 21 ":          refund(connector.BankAccount{Bank: "004", Number: pay.Secret(strings.Repeat("1", 21)), Holder: "김나루"}),
		"accountNumber has 0 ":           refund(connector.BankAccount{Bank: "004", Number: "--", Holder: "김나루"}),
		"accountNumber has 4 ":           refund(connector.BankAccount{Bank: "004", Number: "12a4", Holder: "김나루"}),
		"holderName has 0 ":              refund(connector.BankAccount{Bank: "004", Number: "1234"}),
		"holderName has 61 ":             refund(connector.BankAccount{Bank: "004", Number: "1234", Holder: strings.Repeat("나", 61)}),
		"receipt key is not known": func(ctx context.Context, c connector.Connector) error {
			_, err := c.(connector.ReceiptIssuer).CancelReceipt(ctx, ok, "")
			return err
		},
		"key is not known": func(ctx context.Context, c connector.Connector) error {
			_, err := c.(connector.BillingRevoker).RevokeBillingKey(ctx, ok, "")
			return err
		},
	} {
		c, a := asking(t)
		err := do(t.Context(), c)
		if err == nil || connector.KindOf(err) == connector.Unknown || !strings.Contains(err.Error(), say) || a.request != nil {
			t.Errorf("error %v, want one that nothing was sent, with %q", err, say)
		}
	}
}

type call func(context.Context, connector.Connector) error

var ok = connector.Call{Key: "atm_1"}

func charging(key pay.Secret, in connector.Charge) call {
	return func(ctx context.Context, c connector.Connector) error {
		_, err := c.(connector.BillingCharger).ChargeBillingKey(ctx, ok, key, in)
		return err
	}
}

func issuing(customer string) call {
	return func(ctx context.Context, c connector.Connector) error {
		_, err := c.(connector.BillingByCard).IssueBillingKey(ctx, ok, customer, connector.Card{})
		return err
	}
}

func keying(card connector.Card, in connector.Charge) call {
	return func(ctx context.Context, c connector.Connector) error {
		_, err := c.(connector.KeyIn).ChargeCard(ctx, ok, card, in)
		return err
	}
}

func opening(in connector.AccountSpec) call {
	return func(ctx context.Context, c connector.Connector) error {
		_, err := c.(connector.AccountIssuer).IssueAccount(ctx, ok, in)
		return err
	}
}

func receipting(in connector.ReceiptSpec) call {
	return func(ctx context.Context, c connector.Connector) error {
		_, err := c.(connector.ReceiptIssuer).IssueReceipt(ctx, ok, in)
		return err
	}
}
