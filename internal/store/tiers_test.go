package store_test

import (
	"context"
	"errors"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

func TestTiers(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		tier := func(id pay.MerchantID, code string, parent pay.MerchantID, minute int) pay.Merchant {
			return pay.Merchant{ID: id, UserCode: "imp:" + string(id), Name: "지점", Parent: parent, Tier: code, Created: at(minute)}
		}
		other := pay.Merchant{ID: "other", UserCode: "imp2", Created: noon}
		zed, abc, alien := tier("t1", "ZZ9", shop, 1), tier("t2", "ABC", shop, 2), tier("t3", "ABC", "other", 3)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := all(tx.InsertMerchant(ctx, other), tx.InsertMerchant(ctx, zed), tx.InsertMerchant(ctx, abc), tx.InsertMerchant(ctx, alien)); err != nil {
				return err
			}
			if err := tx.InsertMerchant(ctx, tier("t4", "ABC", shop, 4)); !errors.Is(err, store.ErrExists) {
				t.Errorf("a code twice: %v", err)
			}
			if err := tx.InsertMerchant(ctx, tier("t4", "ABD", "none", 4)); !isNotFound(err) {
				t.Errorf("of no merchant: %v", err)
			}
			if m, err := tx.MerchantByTier(ctx, shop, "XXX"); !isNotFound(err) {
				t.Errorf("no such tier: %+v (%v)", m, err)
			}
			if m, err := tx.MerchantByTier(ctx, "", ""); !isNotFound(err) {
				t.Errorf("the tier of nobody: %+v (%v)", m, err)
			}
			return all(equal(t, abc)(tx.MerchantByTier(ctx, shop, "ABC")), equal(t, []pay.Merchant{zed, abc})(tx.ListTiers(ctx, shop)),
				equal(t, []pay.Merchant(nil))(tx.ListTiers(ctx, "")), equal(t, abc)(tx.Merchant(ctx, "t2")))
		})
		abc.Tier, abc.Name = "NEW", "새 지점"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return all(tx.UpdateMerchant(ctx, abc), equal(t, abc)(tx.MerchantByTier(ctx, shop, "NEW")))
		})
		abc.Tier = "ZZ9"
		ctx := t.Context()
		if err := f.Write(ctx, func(tx *store.Tx) error { return tx.UpdateMerchant(ctx, abc) }); !errors.Is(err, store.ErrExists) {
			t.Errorf("another's code: %v", err)
		}
		refuses(t, f, `merchants`, `id = 't1'`, map[string]error{
			`tier = ''`:              store.ErrRule,
			`parent = ''`:            store.ErrRule,
			`parent = '', tier = ''`: nil,
		})
	})
}
