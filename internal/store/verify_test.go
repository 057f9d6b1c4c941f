package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

// spanned reads a span page by page.
func (f fixture) spanned(t *testing.T, s store.PaymentSpan, page int) []pay.PaymentID {
	t.Helper()
	var out []pay.PaymentID
	for after := (store.PaymentCursor{}); ; {
		var got []pay.Payment
		f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.PaymentsIn(ctx, shop, s, after, page)
			return err
		})
		if len(got) == 0 {
			return out
		}
		for _, p := range got {
			out = append(out, p.ID)
		}
		after = s.Cursor(got[len(got)-1])
	}
}

func TestPaymentsAreReadPageByPage(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var all []pay.PaymentID
		for i := range 7 {
			id := numbered[pay.PaymentID]("imp_", i)
			all = append(all, id)
			f.insert(t, payment(id, numbered[pay.MerchantUID]("order", i)))
			if i%2 == 1 { // two of one instant
				f.clock.Add(time.Hour)
			}
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error { // another merchant's are never read
			if err := tx.InsertMerchant(ctx, pay.Merchant{ID: "other", UserCode: "imp00000002", Name: "n"}); err != nil {
				return err
			}
			p := payment("imp_other", "order000")
			p.Merchant = "other"
			return tx.InsertPayment(ctx, p)
		})
		f.step(t, "imp_000", pay.EvConfirmStarted, pay.EvApproved)
		f.step(t, "imp_005", pay.EvDeclined)
		for _, page := range []int{1, 2, 3, 100} {
			if got := f.spanned(t, store.PaymentSpan{}, page); !slices.Equal(got, all) {
				t.Errorf("all, %d a page: %v", page, got)
			}
			started := store.PaymentSpan{By: store.SpanStarted, From: noon.Add(time.Hour), To: noon.Add(2 * time.Hour)}
			if got := f.spanned(t, started, page); !slices.Equal(got, all[2:4]) {
				t.Errorf("begun within an hour, %d a page: %v", page, got)
			}
			changed := store.PaymentSpan{By: store.SpanUpdated, From: noon.Add(3 * time.Hour)}
			if got := f.spanned(t, changed, page); !slices.Equal(got, []pay.PaymentID{"imp_000", "imp_005", "imp_006"}) {
				t.Errorf("changed since, %d a page: %v", page, got)
			}
		}
		if err := f.Read(t.Context(), func(tx *store.Tx) error {
			_, err := tx.PaymentsIn(t.Context(), shop, store.PaymentSpan{By: "id; DROP TABLE payments"}, store.PaymentCursor{}, 1)
			return err
		}); err == nil {
			t.Error("a span by anything is read")
		}
	})
}

// Spans are read by an index whatever the number of payments.
func TestSpansAreReadByIndex(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	for by, index := range map[string]string{store.SpanStarted: "payments_by_started", store.SpanUpdated: "payments_by_updated"} {
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			plan, err := tx.ExplainPaymentsIn(ctx, shop, by)
			if strings.Count(plan, index) != 7 || strings.Contains(plan, "SCAN payments") {
				t.Errorf("by %s: %s", by, plan)
			}
			return err
		})
	}
}

func TestDossiers(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order1"), payment("imp_2", "order1"), payment("imp_3", "order3"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Reserve(ctx, shop, "order1", "imp_1"); err != nil {
				return err
			}
			for _, a := range []pay.Attempt{
				{Merchant: shop, ID: "a1", Payment: "imp_1", Kind: pay.AttemptConfirm, Amount: 1000, Detail: json.RawMessage(`{}`), Started: noon},
				{Merchant: shop, ID: "a2", Payment: "imp_3", Kind: pay.AttemptConfirm, Amount: 1000, Detail: json.RawMessage(`{}`), Started: noon},
			} {
				if err := tx.InsertAttempt(ctx, a); err != nil {
					return err
				}
			}
			if err := tx.MarkStuck(ctx, pay.Attempt{Merchant: shop, ID: "a2", Payment: "imp_3"}); err != nil {
				return err
			}
			for _, id := range []string{"d1", "d2"} {
				d := store.Delivery{Merchant: shop, ID: id, Payment: "imp_1", Event: "paid", URL: "http://127.0.0.1:9/" + id}
				if err := tx.InsertDelivery(ctx, d); err != nil {
					return err
				}
			}
			d, err := tx.Delivery(ctx, shop, "d1")
			if err != nil {
				return err
			}
			d.Status, d.Done = store.DeliveryDelivered, noon
			if err := tx.UpdateDelivery(ctx, d, 0); err != nil {
				return err
			}
			_, err = tx.AddMovement(ctx, pay.Movement{Merchant: shop, Payment: "imp_1", Key: "m1", Kind: pay.MovementApproval, Amount: 1000, At: noon})
			return err
		})
		f.step(t, "imp_1", pay.EvConfirmStarted, pay.EvApproved)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertSchedules(ctx, []pay.Schedule{{Merchant: shop, MerchantUID: "order3", CustomerUID: "c", At: noon, Amount: pay.Breakdown{Total: pay.Won(1)}}})
		})
		var got []store.Dossier
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			ps, err := tx.PaymentsByIDs(ctx, shop, []pay.PaymentID{"imp_2", "imp_1", "imp_3"})
			if err != nil {
				return err
			}
			got, err = tx.Dossiers(ctx, shop, ps)
			return err
		})
		var lines []string
		for _, d := range got {
			held := ""
			if d.Order != nil {
				held = string(d.Order.HeldBy)
			}
			lines = append(lines, fmt.Sprintf("%s %s steps %d moved %d attempts %d stuck %d held %q paid %d schedule %v waiting %v", d.Payment.ID, d.Payment.Status,
				len(d.Steps), len(d.Movements), len(d.Attempts), len(d.Stuck), held, d.Paid, d.Schedule != nil, d.Waiting))
		}
		want := []string{
			`imp_2 created steps 0 moved 0 attempts 0 stuck 0 held "imp_1" paid 1 schedule false waiting []`,
			`imp_1 paid steps 2 moved 1 attempts 1 stuck 0 held "imp_1" paid 1 schedule false waiting [d2]`,
			`imp_3 created steps 0 moved 0 attempts 1 stuck 1 held "" paid 0 schedule true waiting []`,
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMovementsOfAContract(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		other := payment("imp_2", "order2")
		other.MID = "another"
		f.insert(t, payment("imp_1", "order1"), other, payment("imp_3", "order3"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, id := range []pay.PaymentID{"imp_1", "imp_2", "imp_3", "imp_1", "imp_3"} {
				m := pay.Movement{Merchant: shop, Payment: id, Key: fmt.Sprint("m", i), Kind: pay.MovementDeposit, Amount: 1, At: noon.Add(time.Duration(i/2) * time.Hour)}
				if _, err := tx.AddMovement(ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
		contract := store.Contract{Provider: pay.TossPayments, MID: "mid", Mode: pay.ModeSandbox}
		for _, page := range []int{1, 2, 10} {
			var got []string
			for after := (pay.Movement{}); ; {
				var ms []pay.Movement
				f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
					ms, err = tx.MovementsBetween(ctx, shop, contract, noon, noon.Add(2*time.Hour), after, page)
					return err
				})
				if len(ms) == 0 {
					break
				}
				for _, m := range ms {
					got = append(got, m.Key)
				}
				after = ms[len(ms)-1]
			}
			if want := []string{"m0", "m3", "m2"}; !slices.Equal(got, want) { // by time, then payment
				t.Errorf("%d a page: %v, want %v", page, got, want)
			}
		}
	})
}

func TestStrayMerchants(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order1"))
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			p := payment("imp_2", "order1")
			p.Merchant = "nobody"
			if err := tx.InsertPayment(ctx, p); err != nil {
				return err
			}
			return tx.Reserve(ctx, "aaa", "order1", "imp_9")
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.StrayMerchants(ctx)
			if diff := cmp.Diff(map[string][]pay.MerchantID{"payments": {"nobody"}, "orders": {"aaa"}}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}
