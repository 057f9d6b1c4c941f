package gateway_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

var korea = time.FixedZone("KST", 9*60*60)

// today is the Korean day of the rig's clock, and others around it.
func (r *rig) today(days int) time.Time {
	y, m, d := r.clock.Now().In(korea).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, korea)
}

// till moves the clock to a time.
func (r *rig) till(at time.Time) { r.clock.Advance(at.Sub(r.clock.Now())) }

// reconciled is what comes of a day, and its findings by kind and payment.
func (r *rig) reconciled(ch pay.ChannelKey, day time.Time) (gateway.Reconciliation, []string) {
	r.t.Helper()
	got, err := r.gw.Reconcile(r.ctx, ch, day)
	must2(r.t, err)
	var found []string
	for _, f := range got.Findings {
		if f.Channel != ch || f.Kind.Words().What == "" || f.Expected == "" || f.Found == "" {
			r.t.Errorf("finding %+v says nothing", f)
		}
		line := strings.TrimSpace(string(f.Kind) + " " + string(f.Payment))
		if f.Mended {
			line += " mended"
		}
		found = append(found, line)
	}
	slices.Sort(found)
	return got, found
}

// findings are those on the books, and the alarms that belong to them.
func (r *rig) findings() (open, closed []string, alarms int) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListFindings(r.ctx, r.merchant.ID, false, 0, 0)
		if err != nil {
			return err
		}
		for _, f := range all {
			line := strings.TrimSpace(f.Kind + " " + string(f.Payment))
			if f.Closed.IsZero() {
				open = append(open, line)
			} else {
				closed = append(closed, line)
			}
		}
		told, err := tx.ListAlarms(r.ctx, true)
		for _, a := range told {
			if a.Kind == gateway.AlarmReconcile || a.Kind == gateway.AlarmBooks {
				alarms++
			}
		}
		return err
	}))
	slices.Sort(open)
	slices.Sort(closed)
	return open, closed, alarms
}

func (r *rig) cancelPart(p pay.Payment, amount int64) {
	r.t.Helper()
	_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Amount: &amount, Reason: "부분"})
	must2(r.t, err)
}

// A day that agrees: sums are the same on both sides, also of movements at
// midnight, and the payments of other days are left alone.
func TestReconcileADayThatAgrees(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		day := r.today(1)
		early := r.paid(p, "the day before")
		r.till(day.Add(-time.Second))
		r.cancelPart(early, 1000) // a second before it begins
		r.till(day)
		r.cancelPart(early, 2000)
		r.till(day.Add(15 * time.Hour))
		one := r.paid(p, "one")
		r.cancelPart(one, 3000)
		r.cancelPart(one, 3000) // the same once more
		r.till(day.Add(24*time.Hour - time.Second))
		r.paid(p, "last")
		r.till(day.Add(24 * time.Hour))
		r.paid(p, "the day after")
		r.clock.Advance(time.Hour)
		got, found := r.reconciled(r.channels[p], day)
		want := gateway.Sum{Lines: 5, In: 120000, Back: 8000}
		if len(found) > 0 || got.Books != want || got.Provider != want || got.Foreign != (gateway.Sum{}) || got.Day != "2026-11-22" {
			t.Errorf("found %v, books %+v, provider %+v, want %+v", found, got.Books, got.Provider, want)
		}
		if _, found := r.reconciled(r.billing[p], day); len(found) > 0 {
			t.Errorf("another contract: %v", found)
		}
		if _, err := r.gw.Reconcile(r.ctx, r.channels[p], r.today(1)); !isInvalid(err, "day") {
			t.Errorf("a day to come: %v", err)
		}
	})
}

// Accounts: an issue moves nothing, a deposit that was taken back is not missed,
// and a deposit is found though its key may be written otherwise.
func TestReconcileDeposits(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		day := r.today(0)
		paid, back, again := r.account("o1", 33000), r.account("o2", 22000), r.account("o3", 11000)
		r.account("o4", 5000)
		for _, p := range []pay.Payment{paid, back, again} {
			r.atBank(p, "deposit")
		}
		r.atBank(back, "deposit-error")
		r.atBank(again, "deposit-error")
		r.clock.Advance(time.Hour)
		r.atBank(again, "deposit")
		withdrawn := r.account("o5", 5000)
		_, err := r.gw.RevokeAccount(r.ctx, r.merchant.ID, withdrawn.ID, "")
		must2(t, err)
		got, found := r.reconciled(r.channels[pay.TossPayments], day)
		if len(found) > 0 || got.Books.In != 44000 || got.Provider.In != 33000+22000+2*11000 {
			t.Errorf("found %v, books %+v, provider %+v", found, got.Books, got.Provider)
		}
	})
}

// What was done at the provider behind our back is asked about and learned.
func TestReconcileMends(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		day := r.today(0)
		one := r.paid(p, "one")
		behind := map[pay.Provider]string{pay.TossPayments: "cancel", pay.TossPay: "refund"}[p]
		r.control(r.simulator(p), "POST", "/payments/"+one.Ref.Key+"/"+behind, map[string]any{"amount": 5000}, nil)
		r.clock.Advance(24 * time.Hour)
		_, found := r.reconciled(r.channels[p], day)
		if !slices.Equal(found, []string{"list_has_unexpected " + string(one.ID) + " mended"}) {
			t.Errorf("found %v", found)
		}
		if got := r.payment(one.ID); got.Cancelled != 5000 || got.Status != pay.StatusPartiallyCancelled {
			t.Errorf("learned %s %d", got.Status, got.Cancelled)
		}
		r.agrees(one.ID)
		if told := r.told.of(one.ID); len(told) != 0 { // it is on its way
			t.Errorf("told %v already", told)
		}
		must2(t, r.runner.RunDue(r.ctx))
		if told := r.told.of(one.ID); !slices.Contains(told, pay.StatusPartiallyCancelled) {
			t.Errorf("told %v", told)
		}
		if open, closed, alarms := r.findings(); len(open) > 0 || len(closed) != 1 || alarms > 0 {
			t.Errorf("on the books: open %v, closed %v, %d alarms", open, closed, alarms)
		}
		if _, found := r.reconciled(r.channels[p], day); len(found) > 0 {
			t.Errorf("again: %v", found)
		}
	})
}

// Each way in which the books and a list can part is found, once however often it
// is looked for, told, and closed when it is gone.
func TestReconcileFindsWhatDiffers(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		m := string(v.merchant.ID)
		for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
			day, ch := v.today(0), v.channels[p]
			short, made, gone := v.paid(p, "short"+string(p)), v.paid(p, "made"+string(p)), v.paid(p, "gone"+string(p))
			v.strange(p)
			must2(t, v.runner.RunDue(v.ctx))
			v.clock.Advance(24 * time.Hour)
			at := v.movements(made.ID)[0].At.UnixMicro()
			v.do(`UPDATE movements SET amount = 59000 WHERE payment = $1`, string(short.ID))
			v.do(`INSERT INTO movements (merchant, payment, key, kind, amount, tax_free, at, attempt, reason, receipt_url, cancel_id, ordinal)
				VALUES ($1, $2, 'made up', 'cancel', 60000, 0, $3, '', '', '', '', 9)`, m, string(made.ID), at)
			v.do(`UPDATE movements SET payment = $1 WHERE payment = $2`, "imp_elsewhere", string(gone.ID))
			v.do(`UPDATE payments SET id = 'imp_elsewhere' WHERE id = $1`, string(gone.ID))
			want := []string{"list_amount " + string(short.ID), "list_has_foreign_orders", "list_has_unknown_payment", "list_lacks_movement " + string(made.ID), "list_lacks_movement imp_elsewhere",
				"settlement_amount " + string(short.ID)}
			for range 2 {
				got, found := v.reconciled(ch, day)
				if !slices.Equal(found, want) || got.Foreign.Lines != 1 || got.Foreign.In != 4000 {
					t.Errorf("%s: found %v\nwant  %v, foreign %+v", p, found, want, got.Foreign)
				}
				if open, _, alarms := v.findings(); !slices.Equal(open, want) || alarms != 5 {
					t.Errorf("%s: on the books %v, %d alarms", p, open, alarms)
				}
			}
			v.do(`UPDATE movements SET amount = 60000 WHERE payment = $1`, string(short.ID))
			v.do(`DELETE FROM movements WHERE key = 'made up'`)
			v.do(`UPDATE movements SET payment = $2 WHERE payment = $1`, "imp_elsewhere", string(gone.ID))
			v.do(`UPDATE payments SET id = $1 WHERE id = 'imp_elsewhere'`, string(gone.ID))
			if _, found := v.reconciled(ch, day); !slices.Equal(found, []string{"list_has_foreign_orders"}) {
				t.Errorf("%s: mended, and still found %v", p, found)
			}
			if open, _, alarms := v.findings(); len(open) != 1 || alarms != 0 {
				t.Errorf("%s: mended, on the books %v, %d alarms", p, open, alarms)
			}
			v.do(`DELETE FROM findings`)
			v.do(`DELETE FROM alarms`)
		}
	})
}

// strange has an order of somebody else's paid on our contract.
func (r *rig) strange(p pay.Provider) {
	r.t.Helper()
	if p == pay.TossPay {
		var made struct{ PayToken string }
		r.post(r.sandbox.URL+"/tosspay/api/v2/payments", map[string]any{
			"apiKey": apiKey, "orderNo": "offline-1", "amount": 4000, "amountTaxFree": 0, "productDesc": "매장", "retUrl": "https://shop.example/ok",
			"retCancelUrl": "https://shop.example/no", "autoExecute": true, "resultCallback": r.sandbox.URL + "/callback",
		}, &made)
		r.control(r.toss.Control(), "POST", "/payments/"+made.PayToken+"/approve", map[string]any{"payMethod": "TOSS_MONEY"}, nil)
		return
	}
	var made struct{ PaymentKey string }
	r.shopCall("/v1/virtual-accounts", map[string]any{"amount": 4000, "orderId": "offline-1", "orderName": "매장", "customerName": "김", "bank": "88"}, &made)
	r.control(r.payments.Control(), "POST", "/payments/"+made.PaymentKey+"/deposit", map[string]any{}, nil)
}

// shopCall calls the API of Toss Payments as the shop's own server does.
func (r *rig) shopCall(path string, body, into any) {
	r.t.Helper()
	raw, err := json.Marshal(body)
	must2(r.t, err)
	req, err := http.NewRequest("POST", r.sandbox.URL+"/tosspayments"+path, bytes.NewReader(raw))
	must2(r.t, err)
	req.SetBasicAuth(secretKey, "")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must2(r.t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: %s", path, res.Status)
	}
	must2(r.t, json.NewDecoder(res.Body).Decode(into))
}

// settledRows are the settlements of a merchant.
func (r *rig) settledRows() (out []store.Settlement) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		out, err = tx.ListSettlements(r.ctx, r.merchant.ID, store.SettlementFilter{})
		return err
	}))
	return out
}

// What is settled is recorded with the movement it is for, once.
func TestSettlementsAreRecorded(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		day := r.today(0)
		one := r.paid(p, "one")
		r.cancelPart(one, 20000)
		r.clock.Advance(36 * time.Hour) // the second day of sale has come
		for range 2 {
			got, found := r.reconciled(r.channels[p], day)
			if len(found) > 0 || !got.SettlementsOffered || got.Settled != 2 {
				t.Errorf("found %v, %+v", found, got)
			}
		}
		rows, moved := r.settledRows(), r.movements(one.ID)
		if len(rows) != 2 {
			t.Fatalf("settled %+v", rows)
		}
		for _, m := range moved {
			i := slices.IndexFunc(rows, func(s store.Settlement) bool { return s.Movement == m.Key })
			gross := m.Amount
			if m.Kind == pay.MovementCancel {
				gross = -gross
			}
			if i < 0 || rows[i].Payment != one.ID || rows[i].Kind != m.Kind || rows[i].Gross != gross || rows[i].Channel != r.channels[p] {
				t.Errorf("movement %+v in %+v", m, rows)
			}
		}
		if s := rows[0]; p == pay.TossPayments && (s.SoldOn != "2026-11-22" || s.PaidOn != "2026-11-27" || s.Fee == 0 || s.VAT == 0) || p == pay.TossPay && (s.SoldOn != "2026-11-21" || s.PaidOn != "" || s.Fee != 0) {
			t.Errorf("settled as %+v", s)
		}
	})
}

// A settlement of another amount is found; so is, a week later, what is not
// settled of a day of which the rest is.
func TestSettlementsThatDiffer(t *testing.T) {
	eachVandal(t, func(t *testing.T, v *vandal) {
		const p = pay.TossPayments
		day, ch := v.today(0), v.channels[p]
		one, two := v.paid(p, "one"), v.paid(p, "two")
		v.clock.Advance(36 * time.Hour)
		v.reconciled(ch, day)
		v.do(`UPDATE movements SET amount = 61000 WHERE payment = $1`, string(one.ID))
		_, found := v.reconciled(ch, day)
		if !slices.Equal(found, []string{"list_amount " + string(one.ID), "settlement_amount " + string(one.ID)}) {
			t.Errorf("found %v", found)
		}
		v.do(`UPDATE movements SET amount = 60000 WHERE payment = $1`, string(one.ID))
		v.clock.Advance(8 * 24 * time.Hour)
		if _, found := v.reconciled(ch, day); len(found) > 0 {
			t.Errorf("a week later all is settled, and found is %v", found)
		}
		// The provider settles only one of them: the other's line is taken for another's.
		v.do(`UPDATE movements SET key = 'unsettled' WHERE payment = $1`, string(two.ID))
		v.do(`UPDATE settlements SET payment = '', movement = '' WHERE payment = $1`, string(two.ID))
		v.faulty(p, "GET /v1/settlements status=503")
		if _, err := v.gw.Reconcile(v.ctx, ch, day); err == nil {
			t.Error("settlements that could not be had are none")
		}
		v.well()
		_, found = v.reconciled(ch, day)
		if want := []string{"settlement_missing " + string(two.ID)}; !slices.Equal(found, want) {
			t.Errorf("found %v, want %v", found, want)
		}
	})
}

// Trouble on the way finds nothing and closes nothing.
func TestReconcileInTrouble(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ch, day := r.channels[pay.TossPayments], r.today(0)
		r.strange(pay.TossPayments)
		if _, found := r.reconciled(ch, day); len(found) != 1 {
			t.Fatalf("found %v", found)
		}
		for _, rule := range []string{"GET /v1/transactions status=500", "GET /v1/transactions garble", "GET /v1/settlements before drop"} {
			r.faulty(pay.TossPayments, rule)
			if _, err := r.gw.Reconcile(r.ctx, ch, day); err == nil {
				t.Errorf("%s: no error", rule)
			}
			r.well()
			if open, _, _ := r.findings(); len(open) != 1 {
				t.Errorf("%s: open %v", rule, open)
			}
		}
		if _, err := r.gw.Reconcile(r.ctx, "channel-key-of-nobody", day); err == nil || !strings.Contains(err.Error(), gateway.ErrChannelMissing.Error()) {
			t.Errorf("a channel that is not there: %v", err)
		}
	})
}
