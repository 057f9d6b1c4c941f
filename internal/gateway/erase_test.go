package gateway_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// The planted person: none of this may be found anywhere once it was erased.
var planted = pay.Buyer{Name: "표식이름", Email: "Marker@planted.example", Tel: "010-8642-9753", Address: "표식로 99번길", Postcode: "86429"}

const (
	plantedCustom = `{"memo":"markercustom"}`
	plantedAgent  = "MarkerAgent/1.0"
	plantedCI     = "markerconnectinginformation"
	plantedHolder = "표식예금주"
	plantedNumber = "110864297531"
)

func marks() []string {
	return []string{
		planted.Name, url.QueryEscape(planted.Name), "planted.example", planted.Tel, planted.Address, "markercustom", plantedAgent, plantedCI, plantedHolder, plantedNumber,
		store.Digits(planted.Tel), // as it is searched for
	}
}

// eachFile is each, on a database whose bytes can be read; dump gives them.
func eachFile(t *testing.T, f func(t *testing.T, r *rig, dump func() []byte)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "naru.db")
		f(t, newRig(t, "sqlite:"+file), func() (all []byte) {
			for _, name := range []string{file, file + "-wal"} {
				b, err := os.ReadFile(name)
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				all = append(all, b...)
			}
			return all
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Lent(t)
		f(t, newRig(t, dsn), func() []byte { return dumpPostgres(t, dsn) })
	})
}

// dumpPostgres is every row of every table as text.
func dumpPostgres(t *testing.T, dsn string) (all []byte) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	must2(t, err)
	defer func() { _ = db.Close() }()
	strings := func(query string) (out []string) {
		rows, err := db.QueryContext(t.Context(), query)
		must2(t, err)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s string
			must2(t, rows.Scan(&s))
			out = append(out, s)
		}
		must2(t, rows.Err())
		return out
	}
	for _, table := range strings(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		for _, row := range strings(`SELECT t::TEXT FROM ` + table + ` AS t`) {
			all = append(append(all, row...), '\n')
		}
	}
	return all
}

// found are the marks in bytes, as they are and as PostgreSQL shows bytes.
func found(all []byte) (out []string) {
	for _, m := range marks() {
		if bytes.Contains(all, []byte(m)) || bytes.Contains(all, []byte(hex.EncodeToString([]byte(m)))) {
			out = append(out, m)
		}
	}
	return out
}

// person is a buyer who did everything that can be done.
type person struct {
	window, account, charged, scheduled, registered pay.PaymentID
	customer                                        pay.CustomerUID
}

func (r *rig) plantedCharge(uid string, amount int64) gateway.Charge {
	c := charge(uid, amount)
	c.Buyer, c.Custom = planted, plantedCustom
	c.NoticeURLs = []string{"https://shop.example/hook?buyer=" + url.QueryEscape(planted.Name)}
	return c
}

// live has the person do it all, as the customer of a name.
func (r *rig) live(customer string) person {
	r.t.Helper()
	r.hears.Store(true)
	who := person{customer: pay.CustomerUID(customer)}

	w := r.request(pay.TossPayments, customer+"-window")
	w.Buyer, w.Custom, w.UserAgent = planted, plantedCustom, plantedAgent
	w.NoticeURLs, w.RedirectURL = []string{"https://shop.example/hook?mail=marker@planted.example"}, "https://shop.example/done?tel="+planted.Tel
	w.ConfirmURL = "https://shop.example/confirm?mail=marker@planted.example"
	v := r.open(w).agree("")
	res, err := v.finish()
	must2(r.t, err)
	who.window = res.Payment.ID
	part := int64(1000)
	byHand := pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorOperator, ID: "op_1", Name: "운영자"})
	_, err = r.gw.Cancel(byHand, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: who.window, Amount: &part, Reason: planted.Name + " 고객 변심"})
	must2(r.t, err)

	p, err := r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Bank: "088", Due: r.clock.Now().Add(24 * time.Hour), Charge: r.plantedCharge(customer+"-account", 33000)})
	must2(r.t, err)
	who.account = p.ID
	r.atBank(p, "deposit")
	_, err = r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: r.merchant.ID, Payment: p.ID, Identifier: pay.Secret(planted.Tel), Buyer: planted})
	must2(r.t, err)
	to := &connector.BankAccount{Bank: "088", Number: plantedNumber, Holder: plantedHolder}
	_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Amount: &part, RefundTo: to})
	must2(r.t, err)

	b := r.billingRequest(pay.TossPay, customer+"-register", customer)
	b.Buyer, b.Custom, b.Billing.UserCI = planted, plantedCustom, plantedCI
	bv := r.open(b).register()
	res, err = bv.finish()
	must2(r.t, err)
	who.registered = res.Payment.ID
	must2(r.t, r.runner.RunDue(r.ctx))

	p, err = r.gw.ChargeAgain(r.ctx, gateway.AgainRequest{Merchant: r.merchant.ID, CustomerUID: who.customer, Charge: r.plantedCharge(customer+"-again", 9900)})
	must2(r.t, err)
	who.charged = p.ID
	at := r.clock.Now().Add(48 * time.Hour)
	_, err = r.gw.Schedule(r.ctx, gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: who.customer, Items: []gateway.ScheduleItem{
		{At: at, Charge: r.plantedCharge(customer+"-due", 5000)}, {At: at.AddDate(1, 0, 0), Charge: r.plantedCharge(customer+"-later", 5000)},
	}})
	must2(r.t, err)
	r.records(who)
	r.day(3)
	who.scheduled = r.schedule(customer + "-due").Payment
	return who
}

// records are rows that others write: a webhook that was answered with the buyer's
// name, and a call under a merchant's key.
func (r *rig) records(who person) {
	r.t.Helper()
	must2(r.t, r.store.Write(r.ctx, func(tx *store.Tx) error {
		d := store.Delivery{Merchant: r.merchant.ID, ID: "d-" + string(who.window), Payment: who.window, Event: "paid",
			URL: "https://shop.example/hook?mail=" + planted.Email, Body: []byte(`{}`), Status: store.DeliveryDelivered}
		if err := tx.InsertDelivery(r.ctx, d); err != nil {
			return err
		}
		if err := tx.AddDeliveryTry(r.ctx, d.Merchant, d.ID, store.DeliveryTry{Status: 200, Answer: planted.Name + "님, 감사합니다"}); err != nil {
			return err
		}
		k := store.Keyed{Merchant: r.merchant.ID, Key: string(who.charged), Method: "POST", Route: "/subscribe/payments/again", Expires: tx.Now.AddDate(0, 1, 0), Run: 1}
		if err := tx.InsertKeyed(r.ctx, k); err != nil {
			return err
		}
		if err := tx.BeginKeyed(r.ctx, k, store.Began{Kind: "charge", Payment: who.charged, Detail: json.RawMessage(`{}`)}, tx.Now); err != nil {
			return err
		}
		return tx.EndKeyed(r.ctx, k, store.KeyedDone, 200, []byte("sealed answer of "+planted.Name))
	}))
}

func (w person) payments() []pay.PaymentID {
	return []pay.PaymentID{w.window, w.account, w.charged, w.scheduled, w.registered}
}

// ledger is what no erasure may change.
type ledger struct {
	Status                        pay.Status
	Amount                        pay.Breakdown
	Cancelled                     int64
	Started, Paid, Back, Updated  time.Time
	Ref                           pay.Ref
	Approval, Slip, Issuer, Name_ string
	Movements                     []pay.Movement
	Steps                         []store.StepRow
	Attempts                      []string
}

func (r *rig) ledger(ids []pay.PaymentID) map[pay.PaymentID]ledger {
	r.t.Helper()
	out := map[pay.PaymentID]ledger{}
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			p, err := tx.Payment(r.ctx, r.merchant.ID, id)
			if err != nil {
				return err
			}
			l := ledger{Status: p.Status, Amount: p.Amount, Cancelled: p.Cancelled, Started: p.StartedAt, Paid: p.PaidAt, Back: p.CancelledAt,
				Updated: p.UpdatedAt, Ref: p.Ref, Approval: p.Details.ApprovalNo, Slip: p.Details.ReceiptURL, Name_: p.Name}
			if p.Details.Card != nil {
				l.Issuer = p.Details.Card.Issuer + p.Details.Card.Acquirer + p.Details.Card.Type
			}
			if l.Movements, err = tx.Movements(r.ctx, p.Merchant, id); err != nil {
				return err
			}
			for i := range l.Movements {
				l.Movements[i].Reason = "" // free text of the merchant's
			}
			if l.Steps, err = tx.Steps(r.ctx, p.Merchant, id); err != nil {
				return err
			}
			all, err := tx.ListAttempts(r.ctx, p.Merchant, id)
			if err != nil {
				return err
			}
			for _, a := range all {
				l.Attempts = append(l.Attempts, fmt.Sprint(a.ID, a.Kind, a.Status, a.Amount, a.Started, a.Ended, a.Code))
			}
			out[id] = l
		}
		return nil
	}))
	return out
}

// holds asserts that the books hold, by the gateway's own check.
func (r *rig) holds() {
	r.t.Helper()
	_, err := r.gw.Verify(r.ctx, gateway.VerifyOptions{Provider: true, Rate: 1000, Found: func(f gateway.Finding) {
		raw, _ := json.Marshal(f)
		r.t.Errorf("the books do not hold: %s", raw)
	}})
	must2(r.t, err)
}

// follows brings what is searched and summed up to date.
func (r *rig) follows() (n int) {
	r.t.Helper()
	n, err := r.gw.Follow(r.ctx)
	must2(r.t, err)
	return n
}

func (r *rig) erase(req gateway.EraseRequest) gateway.EraseReport {
	r.t.Helper()
	req.Merchant, req.Actor = r.merchant.ID, "test"
	got, err := r.gw.Erase(r.ctx, req)
	must2(r.t, err)
	return got
}

func TestNothingOfAPersonIsLeft(t *testing.T) {
	eachFile(t, func(t *testing.T, r *rig, dump func() []byte) {
		bystander := r.paid(pay.TossPayments, "bystander")
		who := r.live("c1")
		r.follows()
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			for name, query := range map[string]string{"search": "status=paid&q=" + url.QueryEscape(planted.Name), planted.Name + " 고객": "q=x"} {
				if err := tx.PutView(r.ctx, store.SavedView{Merchant: r.merchant.ID, Operator: "op", Name: name, Query: query}); err != nil {
					return err
				}
			}
			return nil
		}))
		if got := found(dump()); len(got) < 7 || !slices.Contains(got, store.Digits(planted.Tel)) {
			t.Fatalf("the person was not planted: %q", got)
		}
		before := r.ledger(who.payments())
		seen := r.erase(gateway.EraseRequest{CustomerUID: who.customer, RevokeKeys: true, DryRun: true})
		if len(found(dump())) < 6 || seen.Rows["payments"] != 3 || len(seen.Erasures) != 0 || len(seen.Revoked) != 1 {
			t.Errorf("a dry run: %+v", seen)
		}
		if diff := cmp.Diff(before, r.ledger(who.payments())); diff != "" {
			t.Errorf("a dry run changed the books:\n%s", diff)
		}
		got := r.erase(gateway.EraseRequest{CustomerUID: who.customer, RevokeKeys: true})
		if len(got.Payments) != 3 || len(got.BillingKeys) != 1 || len(got.Revoked) != 1 || len(got.Schedules) != 2 || len(got.Open) != 0 || len(got.Erasures) != 1 {
			t.Errorf("by customer_uid: %+v", got)
		}
		must2(t, r.runner.RunDue(r.ctx)) // the key is revoked
		rest := r.erase(gateway.EraseRequest{Tel: "+82 10 8642 9753"})
		if !slices.Contains(rest.Payments, who.window) || !slices.Contains(rest.Payments, who.account) || len(rest.Payments) != 2 || rest.Rows["receipts"] != 1 {
			t.Errorf("by telephone number: %+v", rest)
		}
		again := r.erase(gateway.EraseRequest{CustomerUID: who.customer}) // what had to wait for the revocation
		for range 2 {                                                     // nobody who follows the books brings it back
			must2(t, r.store.Compact(r.ctx))
			if left := found(dump()); len(left) != 0 {
				t.Errorf("left: %q (%+v)", left, again)
			}
			r.follows()
		}
		if diff := cmp.Diff(before, r.ledger(who.payments())); diff != "" {
			t.Errorf("the books changed:\n%s", diff)
		}
		r.holds()
		for _, id := range []pay.PaymentID{who.window, who.account, who.charged, who.scheduled} {
			r.agrees(id)
		}
		if b := r.payment(bystander.ID); b.Buyer.Name != "홍길동" || !b.Erased.IsZero() {
			t.Errorf("a bystander was erased: %+v", b)
		}
		r.recorded(got, rest)
	})
}

// recorded asserts that what was done can be proven, and that the proof names nobody.
func (r *rig) recorded(reports ...gateway.EraseReport) {
	r.t.Helper()
	var all []store.Erasure
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		all, err = tx.ListErasures(r.ctx, r.merchant.ID, 100)
		return err
	}))
	for _, report := range reports {
		i := slices.IndexFunc(all, func(e store.Erasure) bool { return e.ID == report.Erasures[0] })
		if i < 0 || all[i].Actor != "test" || !all[i].At.Equal(r.clock.Now()) || cmp.Diff(all[i].Rows, report.Rows) != "" {
			r.t.Errorf("no record of %+v in %+v", report, all)
		}
	}
	text, _ := json.Marshal(all)
	if !strings.Contains(string(text), r.gw.ErasedDigest(planted.Tel)) || strings.Contains(string(text), planted.Tel) || strings.Contains(string(text), strings.ReplaceAll(planted.Tel, "-", "")) {
		r.t.Errorf("the record of a telephone number: %s", text)
	}
}

// What a provider tells again of an erased payment is not kept again, and the
// merchant may still cancel it.
func TestWhatWasErasedDoesNotComeBack(t *testing.T) {
	eachFile(t, func(t *testing.T, r *rig, dump func() []byte) {
		who := r.live("c1")
		got := r.erase(gateway.EraseRequest{Email: "marker@PLANTED.example"})
		if len(got.Payments) != 5 {
			t.Errorf("by e-mail address: %+v", got)
		}
		number := r.payment(who.window).Details.Card.Number
		if _, err := r.gw.Sync(r.ctx, r.merchant.ID, who.window); err != nil {
			t.Error(err)
		}
		p, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: who.window, Reason: "전체"})
		if err != nil || p.Status != pay.StatusCancelled {
			t.Fatalf("cancelled: %s (%v)", p.Status, err)
		}
		if p = r.payment(who.window); p.Details.Card == nil || p.Details.Card.Number != "" || p.Details.Card.Issuer == "" || number != "" || p.Buyer != (pay.Buyer{}) {
			t.Errorf("the card became %+v, of %+v", p.Details.Card, p.Buyer)
		}
		r.agrees(who.window)
		r.holds()
		if k, err := r.activeKey("c1"); err != nil || len(k.Sealed) == 0 || k.Card == nil {
			t.Errorf("a key that was not to be revoked: %+v (%v)", k, err)
		}
		if _, err := r.again("c1", "still", 1000); err != nil {
			t.Errorf("it is not charged any more: %v", err)
		}
		r.clock.Advance(366 * 24 * time.Hour)
		must2(t, r.runner.RunDue(r.ctx))
		if s := r.schedule("c1-later"); s.Status != pay.ScheduleExecuted || s.Charged == nil || s.Charged.Status != pay.StatusPaid || s.Charged.Buyer != (pay.Buyer{}) {
			t.Errorf("what is booked: %s %+v", s.Status, s.Charged)
		}
	})
}

func TestWhatIsOpenIsNotErased(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		reason := func(id pay.PaymentID) string {
			got := r.erase(gateway.EraseRequest{Payment: id})
			if len(got.Open) != 1 || len(got.Payments) != 0 || len(got.Erasures) != 0 || r.payment(id).Buyer.Name == "" {
				t.Errorf("erased all the same: %+v", got)
				return ""
			}
			return got.Open[0].Why
		}
		has := func(got, want string) {
			t.Helper()
			if !strings.Contains(got, want) {
				t.Errorf("reason %q, want %q", got, want)
			}
		}
		o, err := r.gw.OpenCheckout(r.ctx, r.request(pay.TossPayments, "not-begun"))
		must2(t, err)
		has(reason(o.Payment.ID), "may be opened until")
		v := r.open(r.request(pay.TossPayments, "in-window"))
		has(reason(v.payment), "yet to be asked")
		account := r.account("awaiting", 1000)
		has(reason(account.ID), "waits for a deposit")

		paid := r.paid(pay.TossPayments, "lost-cancel")
		r.faulty(pay.TossPayments, "POST /v1/payments/*/cancel status=500")
		_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Reason: "x"})
		if !errors.Is(err, gateway.ErrOutcomeUnknown) {
			t.Fatalf("the cancel: %v", err)
		}
		has(reason(paid.ID), "is not known yet")
		r.well()
		r.settle(func() bool {
			return !slices.ContainsFunc(r.attempts(paid.ID), func(a pay.Attempt) bool { return a.Status.Open() })
		})
		alarmed := r.paid(pay.TossPayments, "alarmed")
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			return tx.AddAlarm(r.ctx, store.Alarm{ID: "a", Merchant: r.merchant.ID, Payment: alarmed.ID, Kind: "refund_failed"})
		}))
		has(reason(alarmed.ID), "refund_failed")
		if got := r.erase(gateway.EraseRequest{Payment: paid.ID}); len(got.Open) != 0 || len(got.Payments) != 1 {
			t.Errorf("once it is settled: %+v", got)
		}
		r.day(30)
		for _, id := range []pay.PaymentID{o.Payment.ID, v.payment, account.ID} {
			if got := r.erase(gateway.EraseRequest{Payment: id}); len(got.Payments) != 1 {
				t.Errorf("a month later: %+v", got)
			}
		}
	})
}

func TestErasureSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	for want, req := range map[string]gateway.EraseRequest{
		"0 are given":    {Actor: "a"},
		"2 are given":    {Actor: "a", Email: "a@b", Tel: "01012345678"},
		"who erased":     {Email: "a@b"},
		"no e-mail":      {Actor: "a", Email: "ab"},
		"4 digits":       {Actor: "a", Tel: "1234"},
		"no such":        {Actor: "a", Payment: "imp_0"},
		"three are seen": {Actor: "a", Payment: "x", CustomerUID: "y", Email: "z@z"},
	} {
		req.Merchant = r.merchant.ID
		_, err := r.gw.Erase(r.ctx, req)
		if invalid, ok := errors.AsType[*gateway.Invalid](err); ok {
			if !strings.Contains(invalid.Detail, want) && !strings.HasPrefix(want, "three") {
				t.Errorf("%+v: %v, want %q", req, err, want)
			}
		} else if !errors.Is(err, gateway.ErrNoPayment) || want != "no such" {
			t.Errorf("%+v: %v", req, err)
		}
	}
}

func TestErasureThatDiesChangesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "naru.db")
	r := newRig(t, "sqlite:"+file)
	p := r.paid(pay.TossPayments, "o1")
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	if _, err := r.gw.Erase(ctx, gateway.EraseRequest{Merchant: r.merchant.ID, Payment: p.ID, Actor: "test"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if now := r.payment(p.ID); now.Buyer != p.Buyer || !now.Erased.IsZero() {
		t.Errorf("became %+v", now)
	}
}
