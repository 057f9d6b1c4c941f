package tosspay_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/connector/connectortest"
	"naru/internal/pay"
)

// onSimulator is a channel opened on a simulator of its own, and its control.
func onSimulator(t *testing.T) (connector.Connector, http.Handler) {
	t.Helper()
	sim, control := simulated(t)
	s := settings(sim.Endpoints.API)
	s.Now = nil
	return open(t, s), control
}

// TestRefundsOfAnExplicitVATAreNeverRefused: the provider holds each refund
// against what is left of each part. VAT that rounds badly is the hard case.
func TestRefundsOfAnExplicitVATAreNeverRefused(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		total, taxFree, vat int64
		each                int64
	}{
		{1000, 0, 91, 110},   // the VAT the provider would take itself
		{1000, 0, 8, 63},     // half a won of VAT for each refund
		{1000, 0, 992, 63},   // the same of the rest
		{1000, 0, 0, 150},    // zero-rated
		{1000, 400, 57, 100}, // tax-free in part
	} {
		t.Run(fmt.Sprintf("%d with VAT %d", c.total, c.vat), func(t *testing.T) {
			t.Parallel()
			conn, control := onSimulator(t)
			amount := pay.Breakdown{Total: pay.Won(c.total), TaxFree: c.taxFree, VAT: &c.vat}
			ref := approvedWindow(t, conn, control, fmt.Sprintf("imp_%012d", i), amount)
			free := c.taxFree
			for left, n := c.total, 0; left > 0; n++ {
				part := min(c.each, left)
				taxFree := min(free, part/2)
				out, err := conn.(connector.Canceler).Cancel(t.Context(), connector.Call{Key: pay.AttemptID(fmt.Sprintf("atm_%d", n))}, connector.Cancel{
					Ref: ref, Method: pay.MethodCard, Amount: pay.Breakdown{Total: pay.Won(part), TaxFree: taxFree}, Paid: amount, Left: pay.Won(left),
				})
				if err != nil || out.Verdict != connector.Approved {
					t.Fatalf("%d of %d: %s %+v, %v", part, left, connectortest.Verdict(out.Verdict), out.Decline, err)
				}
				ref, left, free = out.Snapshot.Ref, left-part, free-taxFree
			}
			if snap, err := conn.Query(t.Context(), ref); err != nil || snap.Stage != connector.StageCancelled {
				t.Errorf("in the end: %s, %v", connectortest.Stage(snap.Stage), err)
			}
		})
	}
}

// approvedWindow is a payment made by card in the window.
func approvedWindow(t *testing.T, conn connector.Connector, control http.Handler, order string, amount pay.Breakdown) pay.Ref {
	t.Helper()
	launch, err := conn.(connector.WindowPayer).OpenWindow(t.Context(), connector.Window{
		Order: order, Name: "원두 커피", Amount: amount, Method: pay.MethodTossPay,
		SuccessURL: "https://pay.example/r/ok", FailureURL: "https://pay.example/r/no",
	})
	if err != nil {
		t.Fatal(err)
	}
	actOnPage(t, control, launch, "approve", map[string]any{"payMethod": "CARD"})
	out, err := conn.(connector.Confirmer).Confirm(t.Context(), connector.Call{Key: "confirm"}, launch.Ref, amount)
	if err != nil || out.Verdict != connector.Approved {
		t.Fatalf("confirm: %+v, %v", out, err)
	}
	return out.Snapshot.Ref
}

// TestEveryInstrumentBehindABillingKey: what a key is read as, a charge of it is
// recorded as.
func TestEveryInstrumentBehindABillingKey(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]struct {
		method     pay.Method
		card, bank bool
	}{
		"card":  {pay.MethodCard, true, false},
		"bank":  {pay.MethodPoint, false, true},
		"money": {pay.MethodPoint, false, false},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			conn, control := onSimulator(t)
			var made struct {
				BillingKey pay.Secret `json:"billingKey"`
			}
			onControl(t, control, http.MethodPost, "/billing-keys", map[string]any{"userId": "cust-3906", "method": how}, &made)
			key, err := conn.(connector.BillingReader).ReadBillingKey(t.Context(), "cust-3906")
			if err != nil || key.State != connector.KeyActive || key.Key != made.BillingKey || key.Method != want.method || (key.Card != nil) != want.card || (key.Bank != nil) != want.bank {
				t.Fatalf("read %+v, %v", key, err)
			}
			if key.Card != nil && (key.Card.Issuer == "" || key.Card.Number == "") || key.Bank != nil && key.Bank.Code == "" {
				t.Errorf("card %+v, bank %+v", key.Card, key.Bank)
			}
			out, err := conn.(connector.BillingCharger).ChargeBillingKey(t.Context(), connector.Call{Key: "atm_1"}, key.Key, connector.Charge{
				Order: "imps_410277350912", Name: "구독", Amount: pay.Breakdown{Total: pay.Won(60000)}, Options: pay.ChargeOptions{Months: 3},
			})
			if err != nil || out.Verdict != connector.Approved || out.Snapshot.Method != want.method || (out.Snapshot.Details.ReceiptURL != "") != want.card {
				t.Fatalf("charge %+v, %v", out, err)
			}
			asked, err := conn.Query(t.Context(), pay.Ref{Order: "imps_410277350912"})
			if diff := cmp.Diff(asked, *out.Snapshot); err != nil || diff != "" {
				t.Errorf("the answer differs from what a query by order says: %v (-query +answer):\n%s", err, diff)
			}
		})
	}
}
