package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/store"
)

// Beside a node of an earlier release, which would count the money of imported
// payments twice, nothing is imported; a dry run tells what would be. One that has
// been silent for some minutes is gone.
func TestNothingIsImportedBesideAnEarlierRelease(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		file, _ := from.v1File(from.history())
		known, err := store.NewestStep()
		must2(t, err)
		serves := func(name string, step int64) {
			must2(t, to.store.Write(to.ctx, func(tx *store.Tx) error {
				return tx.PutNode(to.ctx, store.Node{ID: name, Name: name, Version: "v0.5.0", State: store.NodeState{Schema: step}})
			}))
		}
		serves("shop-1", known)
		serves("shop-2", 0)
		if old, err := to.gw.NodesBeforeImports(to.ctx); err != nil || len(old) != 1 || old[0].Name != "shop-2" {
			t.Errorf("%+v (%v)", old, err)
		}
		wants(t, to.bring(file, dry), "6 rows: 6 new, 0 same, 0 differ, 0 refused")
		for what, bring := range map[string]func(context.Context) error{
			"payments": func(ctx context.Context) error {
				_, err := to.gw.ImportPayments(ctx, strings.NewReader(file), gateway.ImportOptions{Merchant: to.merchant.ID})
				return err
			},
			"billing keys": func(ctx context.Context) error {
				_, err := to.gw.ImportBillingKeys(ctx, strings.NewReader(file), gateway.ImportOptions{Merchant: to.merchant.ID})
				return err
			},
		} {
			if err := bring(to.ctx); err == nil || !strings.Contains(err.Error(), "shop-2 runs version v0.5.0") {
				t.Errorf("%s: %v", what, err)
			}
		}
		to.clock.Advance(4 * time.Minute)
		wants(t, to.bring(file), "6 rows: 6 new, 0 same, 0 differ, 0 refused")
	})
}
