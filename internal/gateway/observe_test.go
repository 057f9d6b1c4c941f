package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// watched is the rig's gateway once more, and what it tells of its steps: each with
// its end, and "lost" for one that has none.
func (r *rig) watched() (*gateway.Gateway, func() []string) {
	var mu sync.Mutex
	var told []string
	g := gateway.New(gateway.Options{
		Store: r.store, Vault: r.vault(), Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()}, Tell: tell,
		PublicURL: "http://127.0.0.1:1", HTTP: &http.Client{Transport: r.line}, Now: r.clock.Now,
		Observe: func(ctx context.Context, s gateway.Step) (context.Context, func(gateway.StepEnd)) {
			mu.Lock()
			defer mu.Unlock()
			i := len(told)
			told = append(told, fmt.Sprintf("%s %s lost", s.Name, s.Kind))
			return ctx, func(end gateway.StepEnd) {
				mu.Lock()
				defer mu.Unlock()
				told[i] = strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Name, s.Kind, end.Outcome, end.Code))
				if end.Merchant != r.merchant.ID || end.Attempt == "" || s.Attempt != end.Attempt {
					told[i] += fmt.Sprintf(" of %+v", end)
				}
			}
		},
	})
	return g, func() []string {
		mu.Lock()
		defer mu.Unlock()
		out := told
		told = nil
		return out
	}
}

// Calls about billing keys and cash receipts are told as those that move money are.
func TestStepsOfKeysAndReceiptsAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	g, told := r.watched()
	issue := func() {
		_, _ = g.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card})
	}
	receipt := external
	receipt.Merchant = r.merchant.ID
	for _, c := range []struct {
		name, fault string
		do          func()
		want        []string
	}{
		{"a key", "", issue, []string{"intend issue_key committed", "ask issue_key answered", "learn issue_key succeeded"}},
		{"a key that is refused", "POST /v1/billing/authorizations/card before status=400 code=INVALID_CARD_NUMBER", issue,
			[]string{"intend issue_key committed", "ask issue_key declined", "learn issue_key declined INVALID_CARD_NUMBER"}},
		{"a key whose answer is lost", "POST /v1/billing/authorizations/card after status=500", issue,
			[]string{"intend issue_key committed", "ask issue_key unknown", "ask issue_key unknown"}},
		{"a receipt", "", func() { _, _ = g.IssueReceipt(r.ctx, receipt) },
			[]string{"intend receipt committed", "ask receipt answered", "learn receipt succeeded"}},
		{"a second one", "", func() { _, _ = g.IssueReceipt(r.ctx, receipt) }, []string{"intend receipt refused"}},
		{"its cancellation", "", func() { _, _ = g.CancelReceiptOfOrder(r.ctx, r.merchant.ID, receipt.MerchantUID, "") },
			[]string{"intend receipt committed", "ask receipt answered", "learn receipt succeeded"}},
	} {
		if c.fault != "" {
			r.faulty(pay.TossPayments, c.fault)
		}
		c.do()
		if got := told(); !slices.Equal(got, c.want) {
			t.Errorf("%s: told %q, want %q", c.name, got, c.want)
		}
		r.well()
	}
	v := r.open(r.billingRequest(pay.TossPay, "w1", "c2")).register()
	_, err := g.FinishCheckout(r.ctx, v.token, gateway.Return{Form: v.ret})
	must2(t, err)
	if got := told(); !slices.Contains(got, "ask issue_key answered") || !slices.Contains(got, "learn issue_key succeeded") {
		t.Errorf("a key of a window: told %q", got)
	}
}
