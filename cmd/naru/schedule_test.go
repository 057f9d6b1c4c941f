package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// What operators do with schedules and billing keys on the command line, as JSON and
// as text; what cannot be is told with its flag.
func TestScheduleAndBillingKeyCommands(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	c := commands{t, "sqlite:" + filepath.Join(t.TempDir(), "naru.db"), func() time.Time { return now }}
	c.run(0, "migrate")
	c.run(0, "merchant", "add", "--user-code", "imp12345678", "Shop")
	c.seedKeys("anna", "bea")

	var booked scheduleJSON
	c.json(&booked, "schedule", "add", "imp12345678", "order-1", "--customer-uid", "anna", "--amount", "9900", "--at", "2026-12-01T09:00:00+09:00", "--name", "12월 구독", "--json")
	if booked.Order != "order-1" || booked.State != "booked" || booked.Amount != 9900 || !booked.At.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("booked %+v", booked)
	}
	c.run(0, "schedule", "add", "imp12345678", "order-2", "--customer-uid", "anna", "--amount", "100", "--at", "2026-12-02T09:00:00+09:00", "--name", "구독")
	c.run(1, "schedule", "add", "imp12345678", "order-2", "--customer-uid", "anna", "--amount", "100", "--at", "2026-12-02T09:00:00+09:00", "--name", "구독")
	c.run(1, "schedule", "add", "imp12345678", "order-3", "--customer-uid", "nobody", "--amount", "100", "--at", "2026-12-02T09:00:00+09:00", "--name", "구독")
	c.run(1, "schedule", "move", "imp12345678", "order-1", "--at", "2020-01-01T00:00:00Z")
	c.run(1, "schedule", "move", "imp12345678", "order-1", "--at", "soon")
	c.json(&booked, "schedule", "move", "imp12345678", "order-1", "--at", "2026-12-05T09:00:00+09:00", "--json")
	if booked.At.Day() != 5 {
		t.Errorf("moved to %s", booked.At)
	}
	var page schedulePage
	c.json(&page, "schedule", "list", "imp12345678", "--limit", "1", "--json")
	if len(page.Schedules) != 1 || page.Schedules[0].Order != "order-1" || page.After == "" {
		t.Errorf("listed %+v", page)
	}
	c.json(&page, "schedule", "list", "imp12345678", "--limit", "1", "--after", page.After, "--json")
	if len(page.Schedules) != 1 || page.Schedules[0].Order != "order-2" {
		t.Errorf("then %+v", page)
	}
	if out := c.run(0, "schedule", "list", "imp12345678", "--search", "12월", "--field", "name"); !strings.Contains(out, "order-1") || strings.Contains(out, "order-2") {
		t.Errorf("found %s", out)
	}
	for _, bad := range [][]string{{"--state", "executed"}, {"--field", "x"}, {"--limit", "0"}, {"--after", "x"}, {"--from", "x"}} {
		c.run(1, append([]string{"schedule", "list", "imp12345678"}, bad...)...)
	}
	c.run(1, "schedule", "retry", "imp12345678", "order-1")
	if out := c.run(0, "schedule", "revoke", "imp12345678", "order-1", "order-2"); !strings.Contains(out, "order-2 is revoked") {
		t.Errorf("revoked %s", out)
	}
	c.run(1, "schedule", "revoke", "imp12345678", "order-1")
	c.run(0, "schedule", "rebook", "imp12345678", "order-1", "--at", "2026-12-06T09:00:00+09:00")
	var whole scheduleWhole
	c.json(&whole, "schedule", "show", "imp12345678", "order-1", "--json")
	if whole.State != "booked" || len(whole.Changes) != 4 || whole.Changes[0].Action != "schedule.rebook" || whole.Changes[3].Action != "schedule.book" {
		t.Errorf("shown %+v", whole)
	}
	c.run(0, "schedule", "show", "imp12345678", "order-1")
	c.run(1, "schedule", "show", "imp12345678", "nothing")
	c.checkRecovery(t)
	c.checkKeys(t)
}

func (c commands) checkRecovery(t *testing.T) {
	t.Helper()
	var r recoveryJSON
	c.json(&r, "schedule", "recovery", "imp12345678", "--hour", "9", "--json")
	if r.Hour != 9 || len(r.Runs) != 0 {
		t.Errorf("recovery %+v", r)
	}
	c.run(1, "schedule", "recovery", "imp12345678", "--hour", "24")
	c.run(1, "merchant", "set", "imp12345678", "--recovery-hour", "24")
	c.run(0, "merchant", "set", "imp12345678", "--recovery-hour", "0")
	if out := c.run(0, "schedule", "recovery", "imp12345678"); !strings.Contains(out, "off") {
		t.Errorf("it is %s", out)
	}
}

func (c commands) checkKeys(t *testing.T) {
	t.Helper()
	var keys billingKeyPage
	c.json(&keys, "billing-key", "list", "imp12345678", "--search", "ann", "--json")
	if len(keys.Keys) != 1 || keys.Keys[0].CustomerUID != "anna" || keys.Keys[0].CardNumber != "43301234****123*" {
		t.Errorf("keys %+v", keys)
	}
	var key billingKeyWhole
	c.json(&key, "billing-key", "show", "imp12345678", "anna", "--json")
	if key.Booked != 1 || key.Status != "active" {
		t.Errorf("key %+v", key)
	}
	c.run(0, "billing-key", "delete", "imp12345678", "anna")
	c.run(1, "billing-key", "delete", "imp12345678", "anna")
	c.run(1, "billing-key", "show", "imp12345678", "nobody")
	if out := c.run(0, "billing-key", "list", "imp12345678", "--status", "deleted"); !strings.Contains(out, "anna") || strings.Contains(out, "bea") {
		t.Errorf("deleted %s", out)
	}
}

// json runs a command and reads what it printed.
func (c commands) json(into any, args ...string) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.run(0, args...)), into); err != nil {
		c.t.Fatalf("naru %s: %v", strings.Join(args, " "), err)
	}
}

// seedKeys gives the one merchant active billing keys.
func (c commands) seedKeys(uids ...pay.CustomerUID) {
	c.t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, c.db, store.Options{Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Write(ctx, func(tx *store.Tx) error {
		all, err := tx.ListMerchants(ctx)
		if err != nil {
			return err
		}
		for _, uid := range uids {
			k := pay.BillingKey{Merchant: all[0].ID, ID: pay.KeyID("k-" + uid), CustomerUID: uid, CustomerID: "member", Channel: "c", Provider: pay.TossPayments, MID: "mid",
				Mode: pay.ModeTest, Status: pay.KeyActive, Sealed: []byte("sealed"), MAC: []byte(uid), Method: pay.MethodCard, Card: &pay.Card{Number: "43301234****123*"}}
			if err := tx.InsertBillingKey(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}
