package gateway_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// mixedUp is the file's row of one payment with the provider's key of another.
func (r *rig) mixedUp(p pay.Provider, apart time.Duration) (file string, as, other pay.PaymentID) {
	r.t.Helper()
	one := r.paid(p, "mixed-a-"+string(p))
	r.clock.Advance(apart)
	two := r.paid(p, "mixed-b-"+string(p))
	as = "imp_970000000001"
	row := r.v1Row(one.ID, string(as))
	row["pg_tid"] = two.Ref.Key
	if apart == 0 { // of one second: the card tells them apart
		row["card_number"] = "5570-42**-****-1111"
	}
	return asJSON(r.t, row), as, two.ID
}

// A row whose provider's key is another payment's gives nobody's money back, however
// often it is tried and whatever was asked of the provider in between.
func TestCancelOfARowWithAnotherPaymentsKey(t *testing.T) {
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		for field, apart := range map[string]time.Duration{"paid_at": 3 * time.Minute, "card_number": 0} {
			if p == pay.TossPay && apart == 0 { // its own money has no card
				continue
			}
			t.Run(string(p)+"/"+field, func(t *testing.T) {
				moved(t, func(t *testing.T, from, to *rig) {
					file, as, other := from.mixedUp(p, apart)
					report := to.bring(file, dry, asking)
					wants(t, report, "1 rows: 0 new, 0 same, 0 differ, 1 refused")
					if report.Problems[0].Field != field {
						t.Errorf("refused for %+v", report.Problems)
					}
					wants(t, to.bring(file), "1 rows: 1 new, 0 same, 0 differ, 0 refused")
					for range 2 {
						_, err := to.gw.Cancel(to.ctx, gateway.CancelRequest{Merchant: to.merchant.ID, PaymentID: as, Reason: "변심"})
						if why, ok := errors.AsType[*gateway.NotAsImported](err); !ok || why.Field != field || !errors.Is(err, gateway.ErrNotAsImported) {
							t.Fatalf("cancel: %v", err)
						}
						synced, err := to.gw.Sync(to.ctx, to.merchant.ID, as)
						if must2(t, err); synced.Status != pay.StatusPaid {
							t.Errorf("a sync left it %s", synced.Status)
						}
						to.clock.Advance(time.Hour)
						must2(t, to.runner.RunDue(to.ctx))
					}
					theirs, err := from.gw.Sync(from.ctx, from.merchant.ID, other)
					if must2(t, err); theirs.Cancelled != 0 || theirs.Status != pay.StatusPaid {
						t.Errorf("the other buyer got %d back", theirs.Cancelled)
					}
					if found, _ := to.verified(gateway.VerifyOptions{Provider: true}); len(found) == 0 {
						t.Error("a check against the provider finds nothing wrong with it")
					}
				})
			})
		}
	}
}

// An imported payment is not given back while the provider cannot be asked which it is.
func TestFirstCancelOfAnImportedPaymentAsks(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		was := from.paid(pay.TossPayments, "asked")
		to.bring(asJSON(t, from.v1Row(was.ID, "imp_970000000009")))
		cancel := func() (pay.Payment, error) {
			return to.gw.Cancel(to.ctx, gateway.CancelRequest{Merchant: to.merchant.ID, PaymentID: "imp_970000000009", Amount: ptr(1000), Reason: "변심"})
		}
		to.line.unplugged.Store(true)
		if _, err := cancel(); !errors.Is(err, gateway.ErrProviderDown) {
			t.Errorf("unplugged: %v", err)
		}
		to.line.unplugged.Store(false)
		for n := int64(1); n <= 2; n++ {
			if p, err := cancel(); err != nil || p.Cancelled != n*1000 {
				t.Errorf("cancel %d: %d %v", n, p.Cancelled, err)
			}
		}
		to.sound(gateway.VerifyOptions{Provider: true})
	})
}

// Sandbox money leaves as test money, and does not come back as real money.
func TestSandboxMoneyStaysTestMoney(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		from.paid(pay.TossPayments, "played")
		file := from.exported(gateway.ExportOptions{})["imp00000000/payments.csv"]
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
		must2(t, err)
		if i := slices.Index(rows[0], "sandbox"); rows[1][i] != "true" {
			t.Errorf("sandbox %q", rows[1][i])
		}
		wants(t, to.bring(file), "1 rows: 1 new, 0 same, 0 differ, 0 refused")
	})
}
