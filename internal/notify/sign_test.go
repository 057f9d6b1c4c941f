package notify_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
	"naru/internal/vault"
)

func newVault(t testing.TB) *vault.Vault {
	t.Helper()
	var keyset []byte
	v, err := vault.Open(t.Context(), bytes.Repeat([]byte{7}, 32),
		func(context.Context) ([]byte, error) { return keyset, nil },
		func(_ context.Context, sealed []byte) error { keyset = sealed; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// signing runs a test with a notifier that signs, at times that stamp gives.
func signing(t *testing.T, f func(t *testing.T, r *rig, stamp *clock)) {
	t.Parallel()
	for kind, dsn := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.Lent,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			stamp := &clock{t: time.Now()}
			f(t, newRig(t, dsn(t), func(o *notify.Options) { o.Vault, o.Stamp = newVault(t), stamp.Now }), stamp)
		})
	}
}

// verifies holds a request against the specification's own library.
func verifies(t *testing.T, secret pay.Secret, a arrived) bool {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return w.Verify([]byte(a.body), a.signed.header()) == nil
}

func TestSigned(t *testing.T) {
	signing(t, func(t *testing.T, r *rig, stamp *clock) {
		r.shop.saysStatus(http.StatusInternalServerError)
		r.pays()
		r.paid()
		r.run() // the secret is made when it is first needed
		stamp.Advance(time.Minute)
		r.after(time.Minute)
		secret, err := r.notifier.ShowSecret(t.Context(), r.merchant.ID)
		if err != nil || !strings.HasPrefix(secret.Reveal(), "whsec_") {
			t.Fatalf("secret: %v", err)
		}
		got := r.shop.requests()
		d, _ := r.only()
		if len(got) != 2 || got[0].signed.id != d.ID || got[1].signed.id != d.ID {
			t.Fatalf("requests %+v, want the delivery's id %s on each try", got, d.ID)
		}
		if got[0].signed.timestamp == got[1].signed.timestamp || got[0].signed.signature == got[1].signed.signature {
			t.Errorf("the second try bears the first one's time: %+v", got)
		}
		for i, a := range got {
			if !verifies(t, secret, a) {
				t.Errorf("try %d does not verify: %+v", i, a.signed)
			}
			a.body = strings.Replace(a.body, "paid", "free", 1)
			if verifies(t, secret, a) {
				t.Error("another body verifies")
			}
		}
		if want := `{"imp_uid":"imp_000000000001","merchant_uid":"주문-1","status":"paid"}`; got[0].body != want || got[0].kind != "application/json" {
			t.Errorf("V1's request changed: %+v", got[0])
		}
		if strings.Contains(r.log.String(), strings.TrimPrefix(secret.Reveal(), "whsec_")) {
			t.Error("the log tells the secret")
		}
	})
}

// TestSecretIsShownOnce, whether a delivery made it or the question did.
func TestSecretIsShownOnce(t *testing.T) {
	signing(t, func(t *testing.T, r *rig, _ *clock) {
		first, err := r.notifier.ShowSecret(t.Context(), r.merchant.ID)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := r.notifier.ShowSecret(t.Context(), r.merchant.ID); !errors.Is(err, notify.ErrSecretShown) || again != "" {
			t.Errorf("shown again: %v", err)
		}
		r.pays()
		r.paid()
		r.run()
		if got := r.shop.requests(); len(got) != 1 || !verifies(t, first, got[0]) {
			t.Errorf("the secret that was shown is not the one that signs")
		}
	})
}

// TestRotation: for a day both verify, then the new one alone; a second rotation
// ends the oldest at once.
func TestRotation(t *testing.T) {
	signing(t, func(t *testing.T, r *rig, _ *clock) {
		first, err := r.notifier.ShowSecret(t.Context(), r.merchant.ID)
		if err != nil {
			t.Fatal(err)
		}
		r.pays()
		seq := int64(1)
		sent := func() arrived {
			t.Helper()
			seq++
			r.happens(gateway.Event{Seq: seq, Status: pay.StatusPaid})
			r.run()
			got := r.shop.requests()
			return got[len(got)-1]
		}
		sent() // kept in memory from here on
		second, until, err := r.notifier.RotateSecret(t.Context(), r.merchant.ID)
		if err != nil || !until.Equal(r.clock.Now().Add(notify.Overlap)) {
			t.Fatalf("until %s, %v", until, err)
		}
		want := func(when string, a arrived, verify ...bool) {
			t.Helper()
			got := []bool{verifies(t, first, a), verifies(t, second, a)}
			if !slices.Equal(got, verify) || len(strings.Fields(a.signed.signature)) != len(slices.DeleteFunc(got, func(ok bool) bool { return !ok })) {
				t.Errorf("%s: first and second verify: %v, want %v (%s)", when, got, verify, a.signed.signature)
			}
		}
		want("at once", sent(), true, true)
		r.clock.Advance(notify.Overlap - time.Microsecond)
		want("at the end of the day", sent(), true, true)
		r.clock.Advance(time.Microsecond)
		want("after the day", sent(), false, true)
		third, _, err := r.notifier.RotateSecret(t.Context(), r.merchant.ID)
		if err != nil {
			t.Fatal(err)
		}
		if fourth, _, err := r.notifier.RotateSecret(t.Context(), r.merchant.ID); err != nil {
			t.Fatal(err)
		} else if a := sent(); verifies(t, second, a) || !verifies(t, third, a) || !verifies(t, fourth, a) {
			t.Error("after two rotations the last two verify")
		}
		if _, err := r.notifier.ShowSecret(t.Context(), r.merchant.ID); !errors.Is(err, notify.ErrSecretShown) {
			t.Errorf("rotating showed it: %v", err)
		}
	})
}

// TestEachMerchantHasItsOwn: a sealed secret does not open for another merchant.
func TestEachMerchantHasItsOwn(t *testing.T) {
	signing(t, func(t *testing.T, r *rig, _ *clock) {
		ctx := t.Context()
		if _, err := r.notifier.ShowSecret(ctx, r.merchant.ID); err != nil {
			t.Fatal(err)
		}
		r.write(func(ctx context.Context, tx *store.Tx) error {
			other := pay.Merchant{ID: "m2", UserCode: "imp00000002", Name: "둘", Settings: r.merchant.Settings}
			if err := tx.InsertMerchant(ctx, other); err != nil {
				return err
			}
			rows, err := tx.WebhookSecrets(ctx, r.merchant.ID)
			if err != nil {
				return err
			}
			rows[0].Merchant, rows[0].Shown = "m2", time.Time{}
			return tx.InsertWebhookSecret(ctx, rows[0])
		})
		if got, err := r.notifier.ShowSecret(ctx, "m2"); !errors.Is(err, vault.ErrSealed) || got != "" {
			t.Errorf("another merchant's secret: %v", err)
		}
	})
}
