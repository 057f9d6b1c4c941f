package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

// Found twice is found once; found again after it was closed is a new time.
func TestFindingsAreOneForEachFault(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		put := func(body string) (got store.Finding, fresh bool) {
			f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
				got, fresh, err = tx.PutFinding(ctx, store.Finding{Merchant: shop, ID: "sum:imp_1", Kind: "sum", Payment: "imp_1", Body: json.RawMessage(body)})
				return err
			})
			return got, fresh
		}
		if got, fresh := put(`{"n":1}`); !fresh || !got.At.Equal(noon) {
			t.Errorf("first: %+v %v", got, fresh)
		}
		f.clock.Add(time.Hour)
		if got, fresh := put(`{"n":2}`); fresh || !got.At.Equal(noon) || string(got.Body) != `{"n":2}` {
			t.Errorf("again: %+v %v", got, fresh)
		}
		closed := func() error {
			return f.Write(t.Context(), func(tx *store.Tx) error { return tx.CloseFinding(t.Context(), shop, "sum:imp_1") })
		}
		if err := closed(); err != nil {
			t.Fatal(err)
		}
		if err := closed(); !errors.Is(err, store.ErrConflict) {
			t.Errorf("closed twice: %v", err)
		}
		later := f.clock.Add(time.Hour)
		if got, fresh := put(`{"n":3}`); !fresh || !got.At.Equal(later) || !got.Closed.IsZero() {
			t.Errorf("after it was closed: %+v %v", got, fresh)
		}
	})
}

func TestFindingsAreListedAndCounted(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, g := range []store.Finding{
				{ID: "a", Kind: "sum"}, {ID: "b", Kind: "sum"}, {ID: "c", Kind: "steps"},
				{ID: "d", Kind: "missing", Channel: "ch", Day: "2026-11-20"}, {ID: "e", Kind: "missing", Channel: "ch", Day: "2026-11-21"},
				{ID: "f", Kind: "sum"},
			} {
				g.Merchant, g.Body = shop, json.RawMessage(`{}`)
				if _, _, err := tx.PutFinding(ctx, g); err != nil {
					return err
				}
			}
			return tx.CloseFinding(ctx, shop, "f")
		})
		ids := func(fs []store.Finding) (out []string) {
			for _, g := range fs {
				out = append(out, g.ID)
			}
			return out
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			counts, err := tx.CountFindings(ctx)
			if diff := cmp.Diff(map[string]int{"sum": 2, "steps": 1, "missing": 2}, counts); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
			own, err := tx.OpenFindings(ctx, shop, "", "", "a", 5)
			if diff := cmp.Diff([]string{"b", "c"}, ids(own)); err != nil || diff != "" {
				t.Errorf("of the books, after a: %v %s", err, diff)
			}
			day, err := tx.OpenFindings(ctx, shop, "ch", "2026-11-21", "", 5)
			if diff := cmp.Diff([]string{"e"}, ids(day)); err != nil || diff != "" {
				t.Errorf("of a day: %v %s", err, diff)
			}
			days, err := tx.OpenFindingDays(ctx, shop, "ch", 5)
			if diff := cmp.Diff([]string{"2026-11-21", "2026-11-20"}, days); err != nil || diff != "" {
				t.Errorf("days: %v %s", err, diff)
			}
			all, err := tx.ListFindings(ctx, shop, false, 2, 1)
			if diff := cmp.Diff([]string{"b", "c"}, ids(all)); err != nil || diff != "" {
				t.Errorf("a page: %v %s", err, diff)
			}
			return err
		})
		err := f.Write(t.Context(), func(tx *store.Tx) error {
			_, _, err := tx.PutFinding(t.Context(), store.Finding{Merchant: shop, ID: "x", Kind: "k", Channel: "ch", Body: json.RawMessage(`{}`)})
			return err
		})
		if !errors.Is(err, store.ErrRule) {
			t.Errorf("a channel without a day: %v", err)
		}
	})
}

func TestSettlements(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		line := store.Settlement{Merchant: shop, Channel: "ch", Key: "t1", Payment: "imp_1", Movement: "m1", Kind: pay.MovementApproval, Order: "imp_1",
			Gross: 58000, Fee: 1740, VAT: 174, Net: 56086, SoldOn: "2026-11-21"}
		back := line
		back.Key, back.Movement, back.Kind, back.Gross, back.Fee, back.VAT, back.Net, back.SoldOn, back.PaidOn = "t2", "m2", pay.MovementCancel, -100, -3, 0, -97, "2026-11-22", "2026-11-25"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for _, s := range []store.Settlement{line, back, line} {
				if err := tx.PutSettlement(ctx, s); err != nil {
					return err
				}
			}
			line.PaidOn = "2026-11-26"
			return tx.PutSettlement(ctx, line)
		})
		line.Updated, back.Updated = noon, noon
		for name, c := range map[string]struct {
			f    store.SettlementFilter
			want []store.Settlement
		}{
			"all":         {store.SettlementFilter{}, []store.Settlement{line, back}},
			"a day":       {store.SettlementFilter{From: "2026-11-22", To: "2026-11-22"}, []store.Settlement{back}},
			"by payout":   {store.SettlementFilter{ByPayout: true}, []store.Settlement{back, line}},
			"second page": {store.SettlementFilter{After: &line, Limit: 1}, []store.Settlement{back}},
			"next payout": {store.SettlementFilter{ByPayout: true, After: &back}, []store.Settlement{line}},
			"elsewhere":   {store.SettlementFilter{Channel: "other"}, nil},
		} {
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.ListSettlements(ctx, shop, c.f)
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
				return err
			})
		}
		line.Net++
		if err := f.Write(t.Context(), func(tx *store.Tx) error { return tx.PutSettlement(t.Context(), line) }); !errors.Is(err, store.ErrRule) {
			t.Errorf("a line that does not add up: %v", err)
		}
	})
}
