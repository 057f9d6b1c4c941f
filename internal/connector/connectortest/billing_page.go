package connectortest

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// BillingPage is what the suite needs for billing keys that are issued in the
// provider's window.
type BillingPage struct {
	// Agree does the customer's part in the window that launch opens; Leave is the
	// customer leaving it. They return where the browser is sent.
	Agree, Leave func(t *testing.T, launch connector.Launch) (to string)
	// IssueCall is the method and path of IssueFromWindow's call, for rules.
	IssueCall string
}

// billingTests are the tests of billing windows. A connector without them skips
// them.
func billingTests() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"a billing window is agreed to and its key charged": testBillingAgreed,
		"the customer leaves a billing window":              testBillingLeft,
		"a billing window that was not agreed to":           testBillingWaiting,
		"lost answers of a billing window's key":            testLostWindowKeys,
		"a proof gives one billing key":                     testProofUsedTwice,
	}
}

// userCI is a customer's CI. It is looked for in all that is said.
const userCI pay.Secret = "c3VpdGVFbmNyeXB0ZWRDSTk0NzM"

// billingWindow opens a billing window.
func (b *bench) billingWindow() (connector.BillingWindow, connector.Launch) {
	b.Helper()
	w := connector.BillingWindow{
		Customer: customer, Name: "정기 배송", Amount: pay.Won(price), Buyer: pay.Buyer{Name: "김나루", Email: "naru@example.com"},
		SuccessURL: "https://pay.example/checkout/1/return", FailureURL: "https://pay.example/checkout/1/leave?why=left",
		NoticeURL: b.notice, Language: "ko", UserCI: userCI.Reveal(),
	}
	b.secret("the customer's CI", userCI)
	launch, err := able[connector.BillingWindower](b).OpenBillingWindow(b.Context(), w)
	b.secret("the proof", launch.Proof)
	if b.heard(err) != nil {
		b.Fatalf("open billing window: %v", err)
	}
	if (launch.Redirect == "") == (launch.Script == nil) {
		b.Fatal("exactly one of Redirect and Script must be set")
	}
	return w, launch
}

// billingReturned is what the connector reads from where the browser was sent.
func (b *bench) billingReturned(w connector.BillingWindow, to string) connector.BillingReturned {
	b.Helper()
	u, err := url.Parse(to)
	if err != nil {
		b.Fatal(err)
	}
	failed := strings.HasPrefix(to, w.FailureURL)
	if !failed && !strings.HasPrefix(to, w.SuccessURL) {
		b.Fatalf("the browser was sent to %s, which is neither address of the window", u.Host+u.Path)
	}
	r, err := ability[connector.BillingWindower](b).ReadBillingReturn(b.Context(), connector.Return{Failed: failed, Form: u.Query()})
	b.secret("the proof", r.Proof)
	if b.heard(err) != nil {
		b.Fatalf("read billing return: %v", err)
	}
	return r
}

// agreed is a billing window that was agreed to, and the proof of it.
func (b *bench) agreed() (connector.BillingWindow, pay.Secret) {
	b.Helper()
	w, launch := b.billingWindow()
	r := b.billingReturned(w, b.Billing.Agree(b.T, launch))
	switch {
	case r.Decline != nil || r.Customer != w.Customer:
		b.Fatalf("returned %+v, want customer %s", r, w.Customer)
	case (launch.Proof == "") == (r.Proof == ""):
		b.Fatalf("a proof with the window: %v, with the return: %v; one of them must bring it", launch.Proof != "", r.Proof != "")
	case r.Proof == "":
		return w, launch.Proof
	}
	return w, r.Proof
}

func (b *bench) windowKey(ctx context.Context, key string, w connector.BillingWindow, proof pay.Secret) (connector.KeyOutcome, error) {
	out, err := ability[connector.BillingWindower](b).IssueFromWindow(ctx, b.call(key), w.Customer, proof)
	b.secret("the billing key", out.Key.Key)
	return out, b.heard(err)
}

func testBillingAgreed(t *testing.T, h Harness) {
	b := setup(t, h)
	charger := able[connector.BillingCharger](b)
	w, proof := b.agreed()
	out, err := b.windowKey(t.Context(), "key_1", w, proof)
	if err != nil || out.Verdict != connector.Approved || out.Key.Key == "" || out.Key.State != connector.KeyActive {
		t.Fatalf("issue: %s %+v, %v, key of %s", Verdict(out.Verdict), out.Decline, err, KeyState(out.Key.State))
	}
	if (out.Key.Method == pay.MethodCard) != (out.Key.Card != nil) || out.Key.Method == "" {
		t.Errorf("a key of %q with card %v", out.Key.Method, out.Key.Card)
	}
	c := b.charge()
	ref := b.charged(func(ctx context.Context, call connector.Call, c connector.Charge) (connector.Outcome, error) {
		return charger.ChargeBillingKey(ctx, call, out.Key.Key, c)
	}, "charge_1", c)
	b.givenBack(c.Amount, ref)
	if reader, err := connector.As[connector.BillingReader](b.conn); err == nil {
		if read, err := reader.ReadBillingKey(t.Context(), w.Customer); b.heard(err) != nil || read.Key != out.Key.Key {
			t.Errorf("read: %s, %v, another key: %v", KeyState(read.State), err, read.Key != out.Key.Key)
		}
	}
}

func testBillingLeft(t *testing.T, h Harness) {
	b := setup(t, h)
	w, launch := b.billingWindow()
	r := b.billingReturned(w, b.Billing.Leave(t, launch))
	if r.Decline == nil || r.Decline.Code != connector.DeclineByCustomer || r.Decline.ProviderCode == "" || r.Decline.ProviderMessage == "" || r.Proof != "" {
		t.Errorf("returned %+v with decline %+v", r, r.Decline)
	}
	if launch.Proof == "" {
		return
	}
	out, err := b.windowKey(t.Context(), "key_1", w, launch.Proof)
	if err != nil || out.Verdict != connector.Declined || out.Decline == nil || out.Decline.Code != connector.DeclineByCustomer || out.Key.Key != "" {
		t.Errorf("the key of a window that was left: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
}

func testBillingWaiting(t *testing.T, h Harness) {
	b := setup(t, h)
	w, launch := b.billingWindow()
	if launch.Proof == "" { // the browser alone brings it: without it there is no key
		if out, err := b.windowKey(t.Context(), "key_1", w, ""); err == nil && out.Verdict != connector.Declined || out.Key.Key != "" {
			t.Errorf("the key of a window that is open, asked for without a proof: %s, %v", Verdict(out.Verdict), err)
		}
		return
	}
	for range 2 {
		out, err := b.windowKey(t.Context(), "key_1", w, launch.Proof)
		if err != nil || out.Verdict != connector.Pending || out.Key.Key != "" {
			t.Errorf("the key of a window that is open: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
		}
	}
	b.Billing.Agree(t, launch)
	if out, err := b.windowKey(t.Context(), "key_1", w, launch.Proof); err != nil || out.Verdict != connector.Approved {
		t.Errorf("asked again although the browser never came back: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
}

// testLostWindowKeys: the proof may be used up when the answer is lost.
func testLostWindowKeys(t *testing.T, h Harness) {
	able[connector.BillingWindower](setup(t, h))
	for _, l := range losses() {
		t.Run(l.rule, func(t *testing.T) {
			t.Parallel()
			b := setup(t, h)
			w, proof := b.agreed()
			if b.Billing.IssueCall == "" {
				t.Fatal("the connector issues billing keys in windows: Simulator.Billing.IssueCall must name the call")
			}
			b.Fault(t, b.Billing.IssueCall+" nth=1 "+l.rule)
			ctx, stop := context.WithTimeout(t.Context(), hasty)
			defer stop()
			out, err := b.windowKey(ctx, "key_1", w, proof)
			if err == nil || connector.KindOf(err) != connector.Unknown {
				t.Fatalf("issue: %s, %v, want an unknown outcome", Verdict(out.Verdict), err)
			}
			var keys []pay.Secret
			for range 2 {
				b.poll(func() bool {
					out, err = b.windowKey(t.Context(), "key_1", w, proof)
					return err == nil || connector.KindOf(err) != connector.Unknown
				})
				if err != nil || out.Verdict != connector.Approved || out.Key.Key == "" {
					t.Fatalf("asked again: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
				}
				keys = append(keys, out.Key.Key)
			}
			if keys[0] != keys[1] {
				t.Error("the same issue twice gives two keys")
			}
		})
	}
}

// testProofUsedTwice: under another key of ours a proof may be refused, and never
// gives a second billing key.
func testProofUsedTwice(t *testing.T, h Harness) {
	b := setup(t, h)
	able[connector.BillingWindower](b)
	w, proof := b.agreed()
	first, err := b.windowKey(t.Context(), "key_1", w, proof)
	if err != nil || first.Verdict != connector.Approved {
		t.Fatalf("issue: %s %+v, %v", Verdict(first.Verdict), first.Decline, err)
	}
	again, err := b.windowKey(t.Context(), "key_2", w, proof)
	switch {
	case err != nil || again.Verdict == connector.Pending:
		t.Errorf("the same proof as another issue: %s, %v", Verdict(again.Verdict), err)
	case again.Verdict == connector.Approved && again.Key.Key != first.Key.Key:
		t.Error("the same proof gives two billing keys")
	case again.Verdict == connector.Declined && (again.Decline == nil || again.Decline.ProviderCode == ""):
		t.Errorf("declined with %+v", again.Decline)
	}
}
