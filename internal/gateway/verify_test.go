package gateway_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// verified is what a check of the books finds, by kind and row.
func (r *rig) verified(o gateway.VerifyOptions) ([]string, gateway.VerifyReport) {
	r.t.Helper()
	var mu sync.Mutex
	var found []string
	o.Rate = 1e6
	o.Found = func(f gateway.Finding) {
		mu.Lock()
		defer mu.Unlock()
		if f.Kind.Words().What == "" || f.Expected == "" || f.Found == "" || f.Row == "" || f.ID == "" {
			r.t.Errorf("finding %+v says nothing", f)
		}
		line := string(f.Kind) + " " + f.Row
		if f.Mended {
			line += " mended"
		}
		found = append(found, line)
	}
	report, err := r.gw.Verify(r.ctx, o)
	must2(r.t, err)
	slices.Sort(found)
	return found, report
}

// sound asserts that nothing is wrong with the books, also by the providers' own.
func (r *rig) sound(o gateway.VerifyOptions) gateway.VerifyReport {
	r.t.Helper()
	found, report := r.verified(o)
	if len(found) > 0 || report.Unasked > 0 {
		r.t.Errorf("the books are sound, and this was found: %v, %+v\n%s", found, report, r.log)
	}
	return report
}

// busy does some of everything.
func (r *rig) busy() {
	r.t.Helper()
	r.hears.Store(true)
	for i, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		n := func(what string) string { return fmt.Sprintf("%s%d", what, i) }
		whole := r.paid(p, n("whole"))
		_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: whole.ID, Reason: "변심"})
		must2(r.t, err)
		parted := r.paid(p, n("parted"))
		for range 2 {
			_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: parted.ID, Amount: ptr(10000), Reason: "부분"})
			must2(r.t, err)
		}
		_, _ = r.open(r.request(p, n("refused"))).agree(map[pay.Provider]string{pay.TossPayments: "REJECT_CARD_PAYMENT", pay.TossPay: "CARD_EXCEED_LIMIT"}[p]).finish()
		r.open(r.request(p, n("left")))
		r.key(p, n("member"))
		_, err = r.again(n("member"), n("charge"), 9900)
		must2(r.t, err)
		r.book(n("member"), map[string]int{n("soon"): 1, n("late"): 40, n("never"): 41})
		_, err = r.gw.Unschedule(r.ctx, r.merchant.ID, "", []pay.MerchantUID{pay.MerchantUID(n("never"))})
		must2(r.t, err)
		v := r.open(r.billingRequest(p, n("register"), n("window"))).register()
		_, err = v.finish()
		must2(r.t, err)
	}
	r.accounts()
	r.day(1)
	r.payments.Faults().Clear()
}

// accounts are deposited, taken back, deposited twice and left.
func (r *rig) accounts() {
	r.t.Helper()
	first, second := r.account("acc1", 33000), r.account("acc1", 33000)
	r.atBank(first, "deposit")
	r.atBank(second, "deposit") // twice: a person sees to it
	back := r.account("acc2", 22000)
	r.atBank(back, "deposit")
	r.atBank(back, "deposit-error")
	r.clock.Advance(time.Minute)
	r.atBank(back, "deposit")
	_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: back.ID, Amount: ptr(2000), Reason: "부분",
		RefundTo: &connector.BankAccount{Bank: "088", Number: "110482973316", Holder: "홍길동"}})
	must2(r.t, err)
	revoked := r.account("acc3", 11000)
	_, err = r.gw.RevokeAccount(r.ctx, r.merchant.ID, revoked.ID, "")
	must2(r.t, err)
	r.account("acc4", 11000)
	_, err = r.receipt(first.ID)
	must2(r.t, err)
	waits := r.account("acc5", 5000)
	r.atBank(waits, "deposit")
	r.atBank(waits, "deposit-error")
}

func ptr(n int64) *int64 { return &n }

// A busy history has no findings, whether the books are looked at alone or the
// providers are asked, too.
func TestVerifyABusyHistory(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.busy()
		got := r.sound(gateway.VerifyOptions{Provider: true})
		if got.Merchants != 1 || got.Payments < 20 || got.Orders < 10 || got.Schedules != 6 || got.Keys != 4 || got.Receipts != 1 || got.Channels != 4 || got.Asked < 18 {
			t.Errorf("looked at %+v", got)
		}
		day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))
		if got := r.sound(gateway.VerifyOptions{From: day, Merchant: r.merchant.ID}); got.Payments != 2 || got.Orders != 0 {
			t.Errorf("of the second day: %+v", got)
		}
		if got := r.sound(gateway.VerifyOptions{To: day}); got.Payments < 18 {
			t.Errorf("of the first day: %+v", got)
		}
	})
}

// It runs beside the gateway: each page is of one moment.
func TestVerifyWhileTheGatewayWorks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		done := make(chan struct{})
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 10 {
					p, err := r.again("c1", fmt.Sprintf("o%d-%d", worker, i), 1000)
					if err == nil {
						_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Amount: ptr(400)})
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() { wg.Wait(); close(done) }()
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			r.sound(gateway.VerifyOptions{})
		}
		if got := r.sound(gateway.VerifyOptions{Provider: true}); got.Payments != 40 || got.Asked != 40 {
			t.Errorf("in the end %+v", got)
		}
	})
}

// vandal changes the database behind the gateway's back.
type vandal struct {
	*rig
	db *sql.DB
}

// eachVandal runs a test on both databases with a way in that no rule guards.
func eachVandal(t *testing.T, f func(t *testing.T, v *vandal)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "naru.db")
		r := newRig(t, "sqlite:"+file)
		f(t, &vandal{r, openRaw(t, "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=ignore_check_constraints(1)&_pragma=foreign_keys(0)")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Lent(t)
		r := newRig(t, dsn)
		v := &vandal{r, openRaw(t, "pgx", dsn)}
		v.db.SetMaxOpenConns(1)
		v.do(`SET session_replication_role = replica`)
		for table, rules := range map[string]string{
			"payments": "payments_paid_at payments_status payments_cancelled", "attempts": "attempts_ended", "billing_keys": "billing_keys_sealed",
			"schedules": "schedules_executed_at schedules_revoked_at",
		} {
			for _, rule := range strings.Fields(rules) {
				v.do(`ALTER TABLE ` + table + ` DROP CONSTRAINT ` + rule)
			}
		}
		f(t, v)
	})
}

func openRaw(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	must2(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (v *vandal) do(text string, args ...any) {
	v.t.Helper()
	if _, err := v.db.ExecContext(v.ctx, text, args...); err != nil {
		v.t.Fatalf("%s: %v", text, err)
	}
}

// history is the rows that the vandal breaks.
type history struct {
	paid, parted, failed, waiting, charged, twice pay.Payment
	attempt, open                                 pay.AttemptID
	cancel                                        string // key of the cancel of parted
	key                                           pay.BillingKey
	receipt                                       pay.Receipt
}

func (v *vandal) history() history {
	v.t.Helper()
	r := v.rig
	r.hears.Store(true)
	h := history{paid: r.paid(pay.TossPayments, "paid"), parted: r.paid(pay.TossPayments, "parted")}
	var err error
	h.parted, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: h.parted.ID, Amount: ptr(20000), Reason: "부분"})
	must2(v.t, err)
	h.cancel = r.movements(h.parted.ID)[1].Key
	h.attempt = r.attempts(h.paid.ID)[0].ID
	res, err := r.open(r.request(pay.TossPayments, "failed")).agree("REJECT_CARD_PAYMENT").finish()
	must2(v.t, err)
	h.failed = res.Payment
	h.waiting = r.account("waiting", 11000)
	h.key = r.key(pay.TossPayments, "c1")
	r.book("c1", map[string]int{"soon": 1, "late": 40})
	r.day(1)
	h.charged = *r.schedule("soon").Charged
	h.twice = r.paid(pay.TossPay, "twice")
	h.receipt, err = r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: r.merchant.ID, MerchantUID: "offline", Name: "매장", Amount: 1000, Identifier: "01077889911"})
	must2(v.t, err)
	r.faulty(pay.TossPayments, "POST /v1/payments/*/cancel after drop") // its outcome stays unknown
	r.faulty(pay.TossPayments, "GET /v1/** after status=500")
	_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: h.paid.ID, Amount: ptr(1000)})
	if err == nil {
		v.t.Fatal("a cancel whose answer is lost is known")
	}
	r.well()
	for _, a := range r.attempts(h.paid.ID) {
		if a.Status.Open() {
			h.open = a.ID
		}
	}
	return h
}

// Each way to break the books is found and named, alone, and is gone once it is mended.
func TestVerifyFindsWhatIsBroken(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		h := v.history()
		v.sound(gateway.VerifyOptions{})
		m := string(v.merchant.ID)
		for _, c := range breakages(h, m) {
			v.do(c.breaks, c.args...)
			found, _ := v.verified(gateway.VerifyOptions{})
			if !slices.Equal(found, c.want) {
				t.Errorf("%s\nfound %v\nwant  %v", c.breaks, found, c.want)
			}
			v.do(c.mends, c.args...)
			if found, _ := v.verified(gateway.VerifyOptions{}); len(found) > 0 {
				t.Fatalf("%s\nmended, and still found %v", c.mends, found)
			}
		}
	})
}

// breakage is one change of the books and its undoing. Both are given args.
type breakage struct {
	breaks, mends string
	args          []any
	want          []string
}

func breakages(h history, m string) []breakage {
	at := func(p pay.Payment) []any { return []any{m, string(p.ID)} }
	finds := func(kind gateway.FindingKind, row any) []string { return []string{fmt.Sprintf("%s %v", kind, row)} }
	sorted := func(all ...string) []string { slices.Sort(all); return all }
	const payment, movement, step, attempt = `UPDATE payments SET `, `UPDATE movements SET `, `UPDATE payment_steps SET `, `UPDATE attempts SET `
	const ofID, ofPayment = ` WHERE merchant = $1 AND id = $2`, ` WHERE merchant = $1 AND payment = $2`
	paidAt, updated := h.paid.PaidAt.UnixMicro(), h.paid.UpdatedAt.UnixMicro()
	return []breakage{
		// sums
		{payment + `cancelled = 19999` + ofID, payment + `cancelled = 20000` + ofID, at(h.parted), finds(gateway.FindCancelledSum, h.parted.ID)},
		{movement + `amount = amount + 1` + ofPayment + ` AND kind = 'approval'`, movement + `amount = amount - 1` + ofPayment + ` AND kind = 'approval'`, at(h.paid), finds(gateway.FindStatusMoney, h.paid.ID)},
		{movement + `amount = 60000` + ofPayment + ` AND kind = 'cancel'`, movement + `amount = 20000` + ofPayment + ` AND kind = 'cancel'`, at(h.parted),
			sorted("cancelled_sum "+string(h.parted.ID), "status_money "+string(h.parted.ID), "movement_amount "+string(h.parted.ID))},
		{payment + `amount = amount + 1` + ofID, payment + `amount = amount - 1` + ofID, at(h.paid), finds(gateway.FindStatusMoney, h.paid.ID)},
		{`INSERT INTO movements (merchant, payment, key, kind, amount, tax_free, at, attempt, reason, receipt_url, cancel_id, ordinal)
			VALUES ($1, $2, 'made up', 'deposit', 11000, 0, 1, '', '', '', '', 0)`, `DELETE FROM movements` + ofPayment, at(h.waiting), finds(gateway.FindStatusMoney, h.waiting.ID)},
		{`INSERT INTO movements (merchant, payment, key, kind, amount, tax_free, at, attempt, reason, receipt_url, cancel_id, ordinal)
			VALUES ($1, $2, 'made up', 'approval', 60000, 0, 1, '', '', '', '', 0)`, `DELETE FROM movements` + ofPayment, at(h.failed), finds(gateway.FindMoneyForgotten, h.failed.ID)},
		{`INSERT INTO movements (merchant, payment, key, kind, amount, tax_free, at, attempt, reason, receipt_url, cancel_id, ordinal)
			VALUES ($1, $2, 'made up:reversed', 'deposit_reversal', 0, 0, 1, '', '', '', '', 9)`, `DELETE FROM movements` + ofPayment + ` AND ordinal = 9`, at(h.paid), finds(gateway.FindReversal, h.paid.ID)},
		// history
		{step + `event = 'declined'` + ofPayment + ` AND seq = 2`, step + `event = 'approved'` + ofPayment + ` AND seq = 2`, at(h.paid), finds(gateway.FindSteps, h.paid.ID)},
		{step + `to_status = 'cancelled'` + ofPayment + ` AND seq = 2`, step + `to_status = 'paid'` + ofPayment + ` AND seq = 2`, at(h.paid), finds(gateway.FindSteps, h.paid.ID)},
		{step + `from_status = 'created'` + ofPayment + ` AND seq = 2`, step + `from_status = 'confirming'` + ofPayment + ` AND seq = 2`, at(h.paid), finds(gateway.FindSteps, h.paid.ID)},
		{step + `seq = 7` + ofPayment + ` AND seq = 2`, step + `seq = 2` + ofPayment + ` AND seq = 7`, at(h.paid), finds(gateway.FindSteps, h.paid.ID)},
		{payment + `status = 'confirming'` + ofID, payment + `status = 'paid'` + ofID, at(h.twice),
			sorted("steps_broken "+string(h.twice.ID), "status_money "+string(h.twice.ID), "confirming_alone "+string(h.twice.ID))},
		{payment + `status = 'created'` + ofID, payment + `status = 'awaiting_deposit'` + ofID, at(h.waiting),
			sorted("steps_broken "+string(h.waiting.ID), "attempt_without_result "+string(h.waiting.ID))},
		{payment + `version = 1` + ofID, payment + fmt.Sprintf(`version = %d`, h.paid.Version) + ofID, at(h.paid), finds(gateway.FindVersion, h.paid.ID)},
		// times
		{payment + `paid_at = 0` + ofID, payment + fmt.Sprintf(`paid_at = %d`, paidAt) + ofID, at(h.paid), finds(gateway.FindTime, h.paid.ID)},
		{payment + `updated_at = 0` + ofID, payment + fmt.Sprintf(`updated_at = %d`, updated) + ofID, at(h.paid), finds(gateway.FindTime, h.paid.ID)},
		{payment + `failed_at = 0` + ofID, payment + `failed_at = 1` + ofID, at(h.failed), finds(gateway.FindTime, h.failed.ID)},
		{movement + `at = 0` + ofPayment + ` AND kind = 'cancel'`, movement + `at = 1` + ofPayment + ` AND kind = 'cancel'`, at(h.parted), finds(gateway.FindTime, h.parted.ID)},
		// orders
		{`UPDATE orders SET held_by = ''` + ` WHERE merchant = $1 AND merchant_uid = 'paid' AND held_by = $2`, `UPDATE orders SET held_by = $2 WHERE merchant = $1 AND merchant_uid = 'paid'`, at(h.paid), finds(gateway.FindOrderFree, h.paid.ID)},
		{`UPDATE orders SET held_by = $2 WHERE merchant = $1 AND merchant_uid = 'failed'`, `UPDATE orders SET held_by = '' WHERE merchant = $1 AND merchant_uid = 'failed' AND held_by = $2`, at(h.failed), finds(gateway.FindOrderHeld, h.failed.ID)},
		{`UPDATE orders SET held_by = 'imp_nobody' WHERE merchant = $1 AND merchant_uid = 'failed' AND $2 <> ''`, `UPDATE orders SET held_by = '' WHERE merchant = $1 AND merchant_uid = 'failed' AND $2 <> ''`, at(h.failed), finds(gateway.FindPaymentUnknown, "failed")},
		{`UPDATE orders SET held_by = $2 WHERE merchant = $1 AND merchant_uid = 'failed'`, `UPDATE orders SET held_by = '' WHERE merchant = $1 AND merchant_uid = 'failed' AND held_by = $2`, at(h.paid), finds(gateway.FindOrderHeld, "failed")},
		// calls
		{attempt + `ended = 0` + ofID, attempt + `ended = 1` + ofID, []any{m, string(h.attempt)}, finds(gateway.FindAttemptEnded, h.paid.ID)},
		{`UPDATE jobs SET kind = 'gone' WHERE merchant = $1 AND kind = 'resolve_attempt' AND key = $2`, `UPDATE jobs SET kind = 'resolve_attempt' WHERE merchant = $1 AND kind = 'gone' AND key = $2`, []any{m, string(h.open)}, finds(gateway.FindAttemptForgotten, h.paid.ID)},
		{movement + `kind = 'cancel'` + ofPayment + ` AND kind = 'approval'`, movement + `kind = 'approval'` + ofPayment + ` AND kind = 'cancel'`, at(h.twice),
			sorted("attempt_without_result "+string(h.twice.ID), "cancelled_sum "+string(h.twice.ID), "status_money "+string(h.twice.ID))},
		{attempt + `status = 'succeeded', ended = 1` + ofID, attempt + `status = 'unknown', ended = 0` + ofID, []any{m, string(h.open)}, finds(gateway.FindAttemptResult, h.paid.ID)},
		{movement + `attempt = 'nothing'` + ofPayment + ` AND kind = 'cancel' AND attempt <> 'nothing'`, movement + `attempt = (SELECT a.id FROM attempts AS a WHERE a.merchant = $1 AND a.payment = $2 AND a.kind = 'cancel')` + ofPayment + ` AND kind = 'cancel'`,
			at(h.parted), finds(gateway.FindMovementAttempt, h.parted.ID)},
		{attempt + `status = 'declined'` + ofPayment + ` AND kind = 'cancel'`, attempt + `status = 'succeeded'` + ofPayment + ` AND kind = 'cancel'`, at(h.parted), finds(gateway.FindMovementAttempt, h.parted.ID)},
		{attempt + `amount = 19000` + ofPayment + ` AND kind = 'cancel'`, attempt + `amount = 20000` + ofPayment + ` AND kind = 'cancel'`, at(h.parted), finds(gateway.FindMovementAmount, h.parted.ID)},
		// relations
		{payment + `ref_key = ''` + ofID, payment + fmt.Sprintf(`ref_key = '%s'`, h.paid.Ref.Key) + ofID, at(h.paid), finds(gateway.FindNoProviderKey, h.paid.ID)},
		{payment + `channel = 'channel-key-of-nobody'` + ofID, payment + fmt.Sprintf(`channel = '%s'`, h.paid.Channel) + ofID, at(h.paid), finds(gateway.FindChannel, h.paid.ID)},
		{`INSERT INTO deliveries (merchant, id, payment, event, url, content_type, body, status, seq, tries, created, next_at, done)
			VALUES ($1, 'd_1', $2, 'paid', 'http://127.0.0.1:9/', 'text/plain', '', 'waiting', 1, 0, 1, 1, 0)`, `DELETE FROM deliveries` + ofPayment, at(h.paid), finds(gateway.FindDelivery, h.paid.ID)},
		// schedules
		{`UPDATE schedules SET payment = '' WHERE merchant = $1 AND payment = $2`, `UPDATE schedules SET payment = $2 WHERE merchant = $1 AND merchant_uid = 'soon'`, at(h.charged), finds(gateway.FindSchedulePayment, "soon")},
		{`UPDATE schedules SET payment = 'imps_nobody' WHERE merchant = $1 AND payment = $2`, `UPDATE schedules SET payment = $2 WHERE merchant = $1 AND merchant_uid = 'soon'`, at(h.charged), finds(gateway.FindSchedulePayment, "soon")},
		{`UPDATE schedules SET status = 'running', executed_at = 0 WHERE merchant = $1 AND payment = $2`, `UPDATE schedules SET status = 'executed', executed_at = 1 WHERE merchant = $1 AND payment = $2`, at(h.charged), finds(gateway.FindSchedulePayment, "soon")},
		{`UPDATE jobs SET kind = 'gone' WHERE merchant = $1 AND kind = 'run_schedule' AND key LIKE '%' || $2`, `UPDATE jobs SET kind = 'run_schedule' WHERE merchant = $1 AND kind = 'gone' AND key LIKE '%' || $2`, []any{m, "/late"}, finds(gateway.FindScheduleForgotten, "late")},
		{`UPDATE schedules SET merchant_uid = 'elsewhere' WHERE merchant = $1 AND payment = $2`, `UPDATE schedules SET merchant_uid = 'soon' WHERE merchant = $1 AND payment = $2`, at(h.charged),
			sorted("schedule_payment elsewhere", "schedule_payment "+string(h.charged.ID))},
		// keys and receipts
		{`UPDATE receipts SET key = '' WHERE merchant = $1 AND id = $2`, fmt.Sprintf(`UPDATE receipts SET key = '%s' WHERE merchant = $1 AND id = $2`, h.receipt.Key), []any{m, string(h.receipt.ID)}, finds(gateway.FindReceipt, h.receipt.ID)},
		{`UPDATE receipts SET status = 'cancelling' WHERE merchant = $1 AND id = $2`, `UPDATE receipts SET status = 'issued' WHERE merchant = $1 AND id = $2`, []any{m, string(h.receipt.ID)}, finds(gateway.FindReceiptForgotten, h.receipt.ID)},
		{`UPDATE receipts SET payment = 'imp_nobody' WHERE merchant = $1 AND id = $2`, `UPDATE receipts SET payment = '' WHERE merchant = $1 AND id = $2`, []any{m, string(h.receipt.ID)}, finds(gateway.FindPaymentUnknown, h.receipt.ID)},
		{`UPDATE billing_keys SET payment = 'imp_nobody' WHERE merchant = $1 AND id = $2`, `UPDATE billing_keys SET payment = '' WHERE merchant = $1 AND id = $2`, []any{m, string(h.key.ID)}, finds(gateway.FindPaymentUnknown, h.key.ID)},
		{`UPDATE billing_keys SET status = 'issuing' WHERE merchant = $1 AND id = $2`, `UPDATE billing_keys SET status = 'active' WHERE merchant = $1 AND id = $2`, []any{m, string(h.key.ID)}, finds(gateway.FindKeyForgotten, h.key.ID)},
	}
}

// What takes more than a statement to break, or to mend.
func TestVerifyFindsWhatCannotBeRead(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		h := v.history()
		id := string(h.key.ID)
		for _, c := range []struct {
			column, table, by string
			name              string
			want              gateway.FindingKind
		}{
			{"sealed", "billing_keys", "id", id, gateway.FindKeyUnreadable},
			{"mac", "billing_keys", "id", id, gateway.FindKeyUnreadable},
			{"sealed", "channels", "key", string(v.channels[pay.TossPay]), gateway.FindChannelUnreadable},
		} {
			var was []byte
			must2(t, v.db.QueryRowContext(v.ctx, `SELECT `+c.column+` FROM `+c.table+` WHERE `+c.by+` = $1`, c.name).Scan(&was))
			set := `UPDATE ` + c.table + ` SET ` + c.column + ` = $2 WHERE ` + c.by + ` = $1`
			broken := [][]byte{{}}
			if c.column == "sealed" {
				broken = append(broken, append([]byte("x"), was...), was[:len(was)-1])
			}
			for _, b := range broken {
				v.do(set, c.name, b)
				if found, _ := v.verified(gateway.VerifyOptions{}); !slices.Equal(found, []string{string(c.want) + " " + c.name}) {
					t.Errorf("%s of %s as %d bytes: found %v", c.column, c.table, len(b), found)
				}
			}
			v.do(set, c.name, was)
			v.sound(gateway.VerifyOptions{})
		}
	})
}

// Indices guard against two of one; without them two are found.
func TestVerifyFindsTwoOfOne(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		v.hears.Store(true)
		one, two := v.paid(pay.TossPayments, "one"), v.paid(pay.TossPay, "two")
		first, second := v.key(pay.TossPayments, "c1"), v.key(pay.TossPayments, "c2")
		v.do(`DROP INDEX payments_paid_once`)
		v.do(`DROP INDEX billing_keys_active`)
		v.do(`UPDATE payments SET merchant_uid = 'one' WHERE id = $1`, string(two.ID))
		v.do(`UPDATE billing_keys SET customer_uid = 'c1' WHERE id = $1`, string(second.ID))
		v.do(`INSERT INTO orders (merchant, merchant_uid, prepared, currency, held_by, created, updated) VALUES ('m_gone', 'o', NULL, '', '', 1, 1)`)
		found, _ := v.verified(gateway.VerifyOptions{})
		want := []string{
			"order_paid_twice " + string(one.ID), "order_paid_twice " + string(two.ID), "order_wrongly_reserved two",
			"billing_key_twice " + string(first.ID), "billing_key_twice " + string(second.ID), "merchant_unknown m_gone",
		}
		slices.Sort(want)
		if !slices.Equal(found, want) {
			t.Errorf("found %v\nwant  %v", found, want)
		}
	})
}

// A provider that says otherwise is heard; with Sync what it says is learned.
func TestVerifyAgainstTheProvider(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
			lost, more, other, gone := v.paid(p, "lost"+string(p)), v.paid(p, "more"+string(p)), v.paid(p, "other"+string(p)), v.paid(p, "gone"+string(p))
			behind := map[pay.Provider]string{pay.TossPayments: "cancel", pay.TossPay: "refund"}[p]
			v.control(v.simulator(p), "POST", "/payments/"+lost.Ref.Key+"/"+behind, map[string]any{"amount": 5000}, nil)
			v.do(`INSERT INTO movements (merchant, payment, key, kind, amount, tax_free, at, attempt, reason, receipt_url, cancel_id, ordinal)
				VALUES ($1, $2, 'made up', 'cancel', 1, 0, 1, '', '', '', '', 9)`, string(v.merchant.ID), string(more.ID))
			v.do(`UPDATE movements SET amount = 1 WHERE payment = $1`, string(other.ID))
			v.do(`UPDATE payments SET ref_key = '', ref_order = 'imp_000000000000' WHERE id = $1`, string(gone.ID))
			asked := func(o gateway.VerifyOptions) []string {
				o.Provider = true
				found, report := v.verified(o)
				if report.Unasked > 0 {
					t.Errorf("%d were not asked about", report.Unasked)
				}
				return slices.DeleteFunc(found, func(f string) bool { // what the books say by themselves is tested above
					return !strings.HasPrefix(f, "provider_") && !strings.HasPrefix(f, "books_lack") || strings.HasPrefix(f, "provider_key")
				})
			}
			still := []string{"provider_lacks_movement " + string(more.ID), "provider_amount " + string(other.ID), "provider_knows_nothing " + string(gone.ID)}
			want := append([]string{"books_lack_movement " + string(lost.ID)}, still...)
			slices.Sort(want)
			if found := asked(gateway.VerifyOptions{}); !slices.Equal(found, want) {
				t.Errorf("%s: found %v\nwant  %v", p, found, want)
			}
			want = append([]string{"books_lack_movement " + string(lost.ID) + " mended"}, still...)
			slices.Sort(want)
			if found := asked(gateway.VerifyOptions{Sync: true}); !slices.Equal(found, want) {
				t.Errorf("%s: learning, found %v\nwant  %v", p, found, want)
			}
			if got := v.payment(lost.ID); got.Status != pay.StatusPartiallyCancelled || got.Cancelled != 5000 {
				t.Errorf("%s: learned %s %d", p, got.Status, got.Cancelled)
			}
			v.do(`DELETE FROM movements WHERE payment IN ($1, $2, $3)`, string(more.ID), string(other.ID), string(gone.ID))
			v.do(`DELETE FROM payment_steps WHERE payment IN ($1, $2, $3)`, string(more.ID), string(other.ID), string(gone.ID))
			v.do(`DELETE FROM attempts WHERE payment IN ($1, $2, $3)`, string(more.ID), string(other.ID), string(gone.ID))
			v.do(`DELETE FROM checkouts WHERE payment IN ($1, $2, $3)`, string(more.ID), string(other.ID), string(gone.ID))
			v.do(`DELETE FROM payments WHERE id IN ($1, $2, $3)`, string(more.ID), string(other.ID), string(gone.ID))
		}
		v.line.unplugged.Store(true)
		if found, report := v.verified(gateway.VerifyOptions{Provider: true}); report.Asked != 0 || report.Unasked != 2 || len(found) == 0 {
			t.Errorf("without a line: %v %+v", found, report)
		}
	})
}

func TestVerifyOfNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	if _, err := r.gw.Verify(r.ctx, gateway.VerifyOptions{Merchant: "nobody"}); err == nil || !strings.Contains(err.Error(), store.ErrNotFound.Error()) {
		t.Errorf("a merchant that is not there: %v", err)
	}
}

// The page that explains the findings has each of them.
func TestEachFindingIsExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/verify.md")
	must2(t, err)
	seen := map[gateway.FindingKind]bool{}
	for _, w := range gateway.FindingKinds() {
		if seen[w.Kind] || w.What == "" || w.Do == "" {
			t.Errorf("kind %q is there twice or says nothing", w.Kind)
		}
		if seen[w.Kind] = true; !strings.Contains(string(page), "`"+string(w.Kind)+"`") {
			t.Errorf("docs/verify.md does not explain %s", w.Kind)
		}
	}
}

func (r *rig) simulator(p pay.Provider) http.Handler {
	if p == pay.TossPayments {
		return r.payments.Control()
	}
	return r.toss.Control()
}
