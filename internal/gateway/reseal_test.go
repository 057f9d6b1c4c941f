package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
	"naru/internal/vault"
)

// vault opens the rig's vault once more, as another process would.
func (r *rig) vault() *vault.Vault {
	r.t.Helper()
	v, err := vault.Open(r.ctx, bytes.Repeat([]byte{7}, 32), r.loadKeys, r.saveKeys)
	must2(r.t, err)
	return v
}

func (r *rig) swapKeys(ctx context.Context, sealed, before []byte) error {
	return r.store.Write(ctx, func(tx *store.Tx) error { return tx.SwapKeyset(ctx, sealed, before) })
}

// operator is a gateway in another process, with the newest keyset.
func (r *rig) operator() *gateway.Gateway {
	r.t.Helper()
	return gateway.New(gateway.Options{Store: r.store, Vault: r.vault(), Now: r.clock.Now, Faults: func(point string) error {
		if r.fault != nil {
			return r.fault(point)
		}
		return nil
	}})
}

// elsewhere are the columns of packages notify and people.
func elsewhere() map[string]gateway.SealedAs {
	return map[string]gateway.SealedAs{
		"webhook_secrets.sealed": func(s store.Sealed) string { return "webhook_secret:" + string(s.Merchant) + ":" + s.Key },
		"operators.totp":         func(s store.Sealed) string { return "operator:" + s.Key + ":totp" },
	}
}

// everything has a value in every sealed column, and says which those are.
func (r *rig) everything() []string {
	r.t.Helper()
	r.live("c1")
	r.key(pay.TossPayments, "c2")
	r.open(r.billingRequest(pay.TossPay, "still-open", "c3")) // a proof
	c4 := r.billingRequest(pay.TossPay, "not-begun", "c4")
	c4.Billing.UserCI = plantedCI
	_, err := r.gw.OpenCheckout(r.ctx, c4)
	must2(r.t, err)
	r.account("receipt-of", 1000)
	r.faulty(pay.TossPayments, "POST /v1/cash-receipts before status=500")
	if _, err := r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: r.merchant.ID, MerchantUID: "elsewhere", Name: "현장", Amount: 1000, Identifier: "01012345678"}); !errors.Is(err, gateway.ErrOutcomeUnknown) {
		r.t.Fatalf("a receipt whose answer is lost: %v", err)
	}
	r.well()
	r.sealedRows(r.vault())
	var out []string
	for _, c := range store.SealedColumns() {
		out = append(out, c.String())
	}
	return out
}

// sealedRows are values that others than the gateway write.
func (r *rig) sealedRows(v *vault.Vault) {
	r.t.Helper()
	answer, err := v.Seal([]byte("answer"), "idempotency:"+string(r.merchant.ID)+":k1")
	must2(r.t, err)
	secret, err := v.Seal([]byte("secret"), "webhook_secret:"+string(r.merchant.ID)+":1")
	must2(r.t, err)
	totp, err := v.Seal([]byte("totp"), "operator:op_1:totp")
	must2(r.t, err)
	must2(r.t, r.store.Write(r.ctx, func(tx *store.Tx) error {
		if err := tx.InsertOperator(r.ctx, store.Operator{Operator: pay.Operator{ID: "op_1", Email: "a@naru.test"}, TOTP: totp}); err != nil {
			return err
		}
		k := store.Keyed{Merchant: r.merchant.ID, Key: "k1", Method: "POST", Route: "/x", Expires: tx.Now.Add(time.Hour), Run: 1}
		if err := tx.InsertKeyed(r.ctx, k); err != nil {
			return err
		}
		if err := tx.EndKeyed(r.ctx, k, store.KeyedDone, 200, answer); err != nil {
			return err
		}
		return tx.InsertWebhookSecret(r.ctx, store.WebhookSecret{Merchant: r.merchant.ID, Seq: 1, Sealed: secret})
	}))
}

func counts(all []gateway.Resealed) (seen, resealed, old, unreadable int) {
	for _, a := range all {
		seen, resealed, old, unreadable = seen+a.Seen, resealed+a.Resealed, old+a.Old, unreadable+a.Unreadable
	}
	return seen, resealed, old, unreadable
}

func TestEverythingIsSealedAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		columns := r.everything()
		must2(t, r.vault().Rotate(r.ctx, r.swapKeys))
		looked, err := r.operator().Reseal(r.ctx, elsewhere(), true)
		must2(t, err)
		for i, c := range looked {
			if c.Seen == 0 || c.Column != columns[i] {
				t.Errorf("%s holds %d values: nothing is tested", c.Column, c.Seen)
			}
		}
		seen, resealed, old, unreadable := counts(looked)
		// The idempotency answer of live is no sealed value: it counts as unreadable and is left.
		if resealed != 0 || old != seen-unreadable || unreadable != 1 {
			t.Fatalf("before: %+v", looked)
		}
		done, err := r.operator().Reseal(r.ctx, elsewhere(), false)
		must2(t, err)
		if _, n, left, _ := counts(done); n != old || left != 0 {
			t.Errorf("sealed anew %d of %d, left %d", n, old, left)
		}
		again, err := r.operator().Reseal(r.ctx, elsewhere(), false)
		must2(t, err)
		if _, n, left, _ := counts(again); n != 0 || left != 0 {
			t.Errorf("a second time: %d, left %d", n, left)
		}
		// The gateway that ran all the while goes on, and learns the new key.
		if _, err := r.again("c2", "after", 1000); err != nil {
			t.Errorf("a charge: %v", err)
		}
		p := r.paid(pay.TossPayments, "after-window")
		if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID}); err != nil {
			t.Errorf("a cancel: %v", err)
		}
		r.settle(func() bool {
			c, err := r.gw.ReceiptOfOrder(r.ctx, r.merchant.ID, "elsewhere")
			return err == nil && c.Status == pay.ReceiptIssued
		})
		v := r.vault()
		sealed, err := v.Open(r.keyedAnswer("k1"), "idempotency:"+string(r.merchant.ID)+":k1")
		if err != nil || string(sealed) != "answer" {
			t.Errorf("the answer became %q (%v)", sealed, err)
		}
		if strings.Contains(r.log.String(), plantedCI) {
			t.Error("the log holds a secret")
		}
	})
}

func (r *rig) keyedAnswer(key string) (answer []byte) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		k, err := tx.Keyed(r.ctx, r.merchant.ID, key)
		answer = k.Answer
		return err
	}))
	return answer
}

// A resealing that dies in the middle is gone on with, and nothing is lost.
func TestResealingThatDiesGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i := range 150 { // more than one batch
			_, err := r.gw.AddChannel(r.ctx, gateway.NewChannel{
				Merchant: r.merchant.ID, Provider: pay.TossPay, MID: "m" + strconv.Itoa(i), Mode: pay.ModeSandbox, API: r.sandbox.URL + "/tosspay",
				Credentials: map[string]pay.Secret{"api_key": apiKey},
			})
			must2(t, err)
		}
		r.key(pay.TossPayments, "c2")
		must2(t, r.vault().Rotate(r.ctx, r.swapKeys))
		r.fault = deathAt("reseal:channels.sealed")
		if done, err := r.operator().Reseal(r.ctx, elsewhere(), false); !errors.Is(err, errDied) || done[0].Resealed != 100 {
			t.Fatalf("it should have died: %+v (%v)", done, err)
		}
		r.fault = nil
		if _, err := r.again("c2", "meanwhile", 1000); err != nil {
			t.Errorf("a charge meanwhile: %v", err)
		}
		done, err := r.operator().Reseal(r.ctx, elsewhere(), false)
		must2(t, err)
		if seen, n, left, bad := counts(done); n != seen-100 || left != 0 || bad != 0 {
			t.Errorf("gone on: %+v", done)
		}
		if _, err := r.again("c2", "after", 1000); err != nil {
			t.Errorf("a charge afterwards: %v", err)
		}
		r.paid(pay.TossPay, "after-window")
	})
}

// While everything is sealed anew, a running gateway issues keys, charges them and
// cancels; none of it fails, and all of it is readable afterwards.
func TestResealingDisturbsNobody(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "busy")
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					uid := strconv.Itoa(w) + "-" + strconv.Itoa(i)
					k, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(uid), CustomerID: "member-" + uid, Card: card})
					if err != nil {
						t.Errorf("issue %s: %v", uid, err)
						return
					}
					p, err := r.again(string(k.CustomerUID), "o"+uid, 1000)
					if err != nil {
						t.Errorf("charge %s: %v", uid, err)
						return
					}
					if _, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, RefundTo: &connector.BankAccount{}}); err != nil {
						t.Errorf("cancel %s: %v", uid, err)
						return
					}
				}
			})
		}
		for range 3 {
			must2(t, r.vault().Rotate(r.ctx, r.swapKeys))
			_, err := r.operator().Reseal(r.ctx, elsewhere(), false)
			must2(t, err)
		}
		close(stop)
		wg.Wait()
		done, err := r.operator().Reseal(r.ctx, elsewhere(), false)
		must2(t, err)
		if seen, _, left, bad := counts(done); left != 0 || bad != 0 || seen == 0 {
			t.Errorf("at the end: %+v", done)
		}
		if _, err := r.again("busy", "end", 1000); err != nil {
			t.Error(err)
		}
	})
}

func TestUnknownColumnIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	if _, err := r.gw.Reseal(r.ctx, nil, false); err == nil || !strings.Contains(err.Error(), "webhook_secrets.sealed") {
		t.Errorf("got %v", err)
	}
}
