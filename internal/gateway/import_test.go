package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"naru/internal/connector"
	tossconn "naru/internal/connector/tosspay"
	paymentsconn "naru/internal/connector/tosspayments"
	"naru/internal/gateway"
	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
	"naru/internal/vault"
)

// moved runs a test on both databases with two installations before the same
// providers: from, which the merchant leaves, and to.
func moved(t *testing.T, f func(t *testing.T, from, to *rig)) {
	t.Parallel()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			dsn := func() string {
				if db == "postgres" {
					return pgtest.Lent(t)
				}
				return "sqlite::memory:"
			}
			from := newRig(t, dsn())
			f(t, from, from.installation(dsn()))
		})
	}
}

// installation is another gateway with books of its own before the same providers.
func (r *rig) installation(dsn string) *rig {
	r.t.Helper()
	to := &rig{t: r.t, ctx: context.Background(), clock: r.clock, log: &safeLog{}, line: &line{}, told: &told{}, payments: r.payments, toss: r.toss, sandbox: r.sandbox,
		channels: map[pay.Provider]pay.ChannelKey{}, billing: map[pay.Provider]pay.ChannelKey{}}
	var err error
	to.store, err = store.Open(to.ctx, dsn, store.Options{Now: to.clock.Now, Begin: pgtest.Migrated(r.t)})
	must2(r.t, err)
	r.t.Cleanup(func() { _ = to.store.Close() })
	must2(r.t, to.store.Migrate(to.ctx))
	v, err := vault.Open(to.ctx, bytes.Repeat([]byte{8}, 32), to.loadKeys, to.saveKeys)
	must2(r.t, err)
	to.gw = gateway.New(gateway.Options{
		Store: to.store, Vault: v, Drivers: []connector.Driver{paymentsconn.Driver(), tossconn.Driver()}, Tell: tell, PublicURL: "http://127.0.0.1:1",
		HTTP: &http.Client{Transport: to.line}, Now: to.clock.Now,
	})
	to.runner = jobs.New(jobs.Options{Store: to.store, Now: to.clock.Now, Workers: to.workers()})
	to.seed()
	return to
}

// v1Row is a payment in V1's words, as its former gateway shows it: under another
// imp_uid than the order id that the provider knows, and with names of its own for
// the cancels.
func (r *rig) v1Row(id pay.PaymentID, as string) map[string]any {
	r.t.Helper()
	p, err := r.get(id)
	must2(r.t, err)
	row := map[string]any{
		"imp_uid": as, "merchant_uid": string(p.MerchantUID), "pay_method": string(p.Method), "channel": "pc", "pg_provider": string(p.Provider), "pg_tid": p.Ref.Key,
		"pg_id": p.MID, "sandbox": true, "apply_num": p.Details.ApprovalNo, "name": p.Name, "amount": p.Amount.Total.Minor, "cancel_amount": p.Cancelled,
		"currency": "KRW", "buyer_name": p.Buyer.Name, "buyer_email": nil, "status": "paid", "started_at": p.StartedAt.Unix(), "paid_at": p.PaidAt.Unix(),
		"failed_at": 0, "cancelled_at": 0, "cancel_reason": nil, "cancel_history": []any{}, "customer_uid": nil, "card_quota": p.Details.Months, "escrow": false,
	}
	var cancels []any
	for _, m := range r.movements(id) {
		if m.Kind == pay.MovementCancel {
			cancels = append(cancels, map[string]any{"pg_tid": p.Ref.Key, "amount": m.Amount, "cancelled_at": m.At.Unix(), "reason": m.Reason, "cancellation_id": m.CancelID, "receipt_url": nil})
		}
	}
	if len(cancels) > 0 {
		row["status"], row["cancelled_at"], row["cancel_history"], row["cancel_reason"] = "cancelled", p.CancelledAt.Unix(), cancels, p.CancelReason
	}
	return row
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	must2(t, err)
	return string(text)
}

// bring imports payments.
func (r *rig) bring(file string, change ...func(*gateway.ImportOptions)) gateway.ImportReport {
	r.t.Helper()
	o := gateway.ImportOptions{Merchant: r.merchant.ID}
	for _, c := range change {
		c(&o)
	}
	report, err := r.gw.ImportPayments(r.ctx, strings.NewReader(file), o)
	must2(r.t, err)
	return report
}

func dry(o *gateway.ImportOptions)    { o.DryRun = true }
func asking(o *gateway.ImportOptions) { o.Ask = true }

// came is what an import came to.
func came(r gateway.ImportReport) string {
	return fmt.Sprintf("%d rows: %d new, %d same, %d differ, %d refused", r.Rows, r.New, r.Same, r.Differ, r.Refused)
}

func wants(t testing.TB, r gateway.ImportReport, want string) {
	t.Helper()
	if got := came(r); got != want {
		t.Errorf("%s, and not %s: %v", got, want, r.Problems)
	}
}

// history is payments at both providers, whole, given back in part and given back.
func (r *rig) history() []pay.PaymentID {
	r.t.Helper()
	var ids []pay.PaymentID
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		for i, back := range [][]int64{nil, {10000, 5000}, {0}} {
			one := r.paid(p, fmt.Sprintf("order-%s-%d", p, i))
			for _, n := range back {
				r.clock.Advance(1e9)
				_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: one.ID, Amount: ptr(n), Reason: "변심"})
				must2(r.t, err)
			}
			ids = append(ids, one.ID)
		}
	}
	return ids
}

func (r *rig) v1File(ids []pay.PaymentID) (string, []pay.PaymentID) {
	r.t.Helper()
	var rows []any
	var as []pay.PaymentID
	for i, id := range ids {
		as = append(as, pay.PaymentID(fmt.Sprintf("imp_99000000%04d", i)))
		rows = append(rows, r.v1Row(id, string(as[i])))
	}
	return asJSON(r.t, map[string]any{"code": 0, "message": nil, "response": map[string]any{"total": len(rows), "list": rows}}), as
}

// Payments made through somebody else are on the books as if they had been made here:
// they can be shown, given back and asked about, and no won is counted twice.
func TestImportedPaymentsAreReal(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		ids := from.history()
		file, as := from.v1File(ids)
		wants(t, to.bring(file, dry), "6 rows: 6 new, 0 same, 0 differ, 0 refused")
		if _, err := to.get(as[0]); err == nil {
			t.Error("a dry run wrote")
		}
		report := to.bring(file)
		wants(t, report, "6 rows: 6 new, 0 same, 0 differ, 0 refused")
		if len(report.Sums) != 3 || report.Sums[0].Cancelled != 120000 || report.Sums[2].Amount != 120000 || report.Sums[2].Payments != 2 {
			t.Errorf("sums: %+v", report.Sums)
		}
		wants(t, to.bring(file), "6 rows: 0 new, 6 same, 0 differ, 0 refused")
		to.sound(gateway.VerifyOptions{Provider: true})
		must2(t, to.runner.RunDue(to.ctx))
		for i, id := range as {
			was, err := from.get(ids[i])
			must2(t, err)
			p, err := to.get(id)
			must2(t, err)
			if p.Status != was.Status || p.Cancelled != was.Cancelled || p.PaidAt.Unix() != was.PaidAt.Unix() || p.StartedAt.Unix() != was.StartedAt.Unix() || len(to.told.of(id)) != 0 {
				t.Errorf("%s: %s %d %s, told %v", id, p.Status, p.Cancelled, p.PaidAt, to.told.of(id))
			}
			if was.Status == pay.StatusCancelled {
				continue
			}
			if p, err = to.gw.Cancel(to.ctx, gateway.CancelRequest{Merchant: to.merchant.ID, PaymentID: id, Amount: ptr(5000), Reason: "변심"}); err != nil || p.Cancelled != was.Cancelled+5000 {
				t.Errorf("cancel of %s: %d, %v", id, p.Cancelled, err)
			}
			if p, err = to.gw.Sync(to.ctx, to.merchant.ID, id); err != nil || p.Cancelled != was.Cancelled+5000 {
				t.Errorf("sync of %s: %d, %v", id, p.Cancelled, err)
			}
		}
		for _, id := range as {
			if _, err := to.gw.Sync(to.ctx, to.merchant.ID, id); err != nil {
				t.Error(err)
			}
			if slices.ContainsFunc(to.movements(id), pay.Movement.Unnamed) {
				t.Errorf("%s has movements without a name after it was asked about: %+v", id, to.movements(id))
			}
		}
		to.sound(gateway.VerifyOptions{Provider: true})
		if _, err := to.gw.OpenCheckout(to.ctx, to.request(pay.TossPayments, "order-tosspayments-2")); err == nil {
			t.Error("an order number that is used up can be paid again")
		}
	})
}

// A spreadsheet tells only the sum of the cancels. It is theirs that come first.
func TestImportOfASpreadsheet(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		ids := from.history()
		var b strings.Builder
		b.WriteString("\ufeff포트원 거래번호,주문번호,상태,결제금액,취소금액,PG사,PG 상점아이디,PG 거래번호,결제수단,결제요청시각,결제일시,취소일시,구매자명\n")
		at := func(n any) string {
			if n.(int64) == 0 {
				return ""
			}
			return fmt.Sprint(n)
		}
		for i, id := range ids {
			row := from.v1Row(id, fmt.Sprintf("imp_98000000%04d", i))
			status, cancelled := "결제완료", ""
			if row["status"] == "cancelled" {
				status, cancelled = "부분취소", at(row["cancelled_at"])
			}
			fmt.Fprintf(&b, "%s,%s,%s,\"%d,000\",%d,%s,%s,%s,카드,%d,%d,%s,홍길동\n", row["imp_uid"], row["merchant_uid"], status, row["amount"].(int64)/1000, row["cancel_amount"],
				row["pg_provider"], row["pg_id"], row["pg_tid"], row["started_at"], row["paid_at"], cancelled)
		}
		wants(t, to.bring(b.String(), dry, asking), "6 rows: 6 new, 0 same, 0 differ, 0 refused")
		wants(t, to.bring(b.String()), "6 rows: 6 new, 0 same, 0 differ, 0 refused")
		wants(t, to.bring(b.String()), "6 rows: 0 new, 6 same, 0 differ, 0 refused")
		for _, i := range []int{1, 4} { // 10000 and 5000 went back, and are one movement here
			id := pay.PaymentID(fmt.Sprintf("imp_98000000%04d", i))
			if _, err := to.gw.Cancel(to.ctx, gateway.CancelRequest{Merchant: to.merchant.ID, PaymentID: id, Amount: ptr(7000), Reason: "변심"}); err != nil {
				t.Error(err)
			}
			p, err := to.gw.Sync(to.ctx, to.merchant.ID, id)
			if must2(t, err); p.Cancelled != 22000 || len(to.movements(id)) != 4 {
				t.Errorf("%s: %d given back by %d movements", id, p.Cancelled, len(to.movements(id)))
			}
		}
		to.sound(gateway.VerifyOptions{Provider: true})
	})
}

// What the provider has otherwise than the file is neither learned nor forgotten: a
// person is told. With Ask it is refused.
func TestImportThatTheProviderContradicts(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		file, as := from.v1File(from.history()[1:2])
		wrong := strings.ReplaceAll(strings.ReplaceAll(file, `"amount":5000`, `"amount":4000`), `"cancel_amount":15000`, `"cancel_amount":14000`)
		report := to.bring(wrong, asking)
		wants(t, report, "1 rows: 0 new, 0 same, 0 differ, 1 refused")
		if report.Problems[0].Field != "cancel_amount" {
			t.Errorf("%+v", report.Problems)
		}
		to.bring(wrong)
		for range 2 {
			p, err := to.gw.Sync(to.ctx, to.merchant.ID, as[0])
			if must2(t, err); p.Cancelled != 14000 {
				t.Errorf("%d given back: what the provider has was added", p.Cancelled)
			}
		}
		var alarms []store.Alarm
		must2(t, to.store.Read(to.ctx, func(tx *store.Tx) (err error) {
			alarms, err = tx.ListAlarms(to.ctx, true)
			return err
		}))
		if len(alarms) != 1 || alarms[0].Kind != "import_differs" {
			t.Errorf("alarms: %+v", alarms)
		}
		wants(t, to.bring(file), "1 rows: 0 new, 0 same, 1 differ, 0 refused")
	})
}

func (r *rig) get(id pay.PaymentID) (p pay.Payment, err error) {
	err = r.store.Read(r.ctx, func(tx *store.Tx) error {
		p, err = tx.Payment(r.ctx, r.merchant.ID, id)
		return err
	})
	return p, err
}
