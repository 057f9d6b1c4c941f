package gateway_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// openAlarmsNow is the merchant's.
func (r *rig) openAlarmsNow() (out []store.Alarm) {
	r.t.Helper()
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		out, err = tx.FindOpenAlarms(r.ctx, r.merchant.ID, store.AlarmPlace{}, 10)
		return err
	}))
	return out
}

// unplug cuts the line to the providers, until the function it gives is called.
func (r *rig) unplug() (back func()) {
	r.line.unplugged.Store(true)
	return func() { r.line.unplugged.Store(false) }
}

// A person has the provider asked again, days after the resolver stopped: how
// things stand is learned, nothing is sent that could move money, and the alarm is
// closed once it is known.
func TestAskAgainAboutALostConfirm(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		r.faulty(p, confirmPath(p)+" nth=1 after status=500") // done, and the answer lost
		v := r.open(r.request(p, "o1")).agree("")
		back := func() {}
		r.fault = func(point string) error {
			if strings.HasSuffix(point, ":answered") {
				back = r.unplug()
			}
			return nil
		}
		_, err := v.finish()
		must2(t, err)
		r.fault = nil
		r.unplug()
		r.run(4*time.Hour, time.Minute)
		r.clock.Advance(30 * 24 * time.Hour)
		alarms := r.openAlarmsNow()
		if len(alarms) != 1 || alarms[0].Kind != gateway.AlarmUnknown {
			t.Fatalf("alarms %+v", alarms)
		}
		if known, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID); known || len(r.openAlarmsNow()) != 1 {
			t.Fatalf("nobody answers, and it is known: %v", err)
		}
		back()
		before := r.sent(strings.TrimPrefix(confirmPath(p), "POST "))
		known, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID)
		if err != nil || !known || len(r.openAlarmsNow()) != 0 {
			t.Fatalf("known %v, %v; open %+v", known, err, r.openAlarmsNow())
		}
		if got := r.payment(v.payment).Status; got != pay.StatusPaid {
			t.Errorf("the payment is %s", got)
		}
		if n := r.sent(strings.TrimPrefix(confirmPath(p), "POST ")); n != before {
			t.Errorf("the call was sent again %d times", n-before)
		}
		if _, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID); !errors.Is(err, gateway.ErrNotAskable) {
			t.Errorf("a closed one: %v", err)
		}
		if _, err := r.gw.AskAgain(r.ctx, "m_other", alarms[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another merchant: %v", err)
		}
	})
}

// The same for a cash receipt; its question is the call itself under its key, so it
// is not put once the provider may have forgotten that.
func TestAskAgainAboutALostReceipt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPayments, "POST /v1/cash-receipts nth=1 after garble")
		r.fault = func(p string) error {
			if p == "receipt:answered" {
				r.unplug()
			}
			return nil
		}
		in := external
		in.Merchant = r.merchant.ID
		_, err := r.gw.IssueReceipt(r.ctx, in)
		if err == nil {
			t.Fatal("the answer was not lost")
		}
		r.fault = nil
		r.run(4*24*time.Hour, time.Hour)
		alarms := r.openAlarmsNow()
		if len(alarms) != 1 || alarms[0].Kind != gateway.AlarmUnknown {
			t.Fatalf("alarms %+v", alarms)
		}
		r.line.unplugged.Store(false)
		r.clock.Advance(11 * 24 * time.Hour)
		if _, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID); !errors.Is(err, gateway.ErrNotAskable) {
			t.Errorf("too late: %v", err)
		}
		r.clock.Advance(-10 * 24 * time.Hour)
		if known, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID); err != nil || !known || len(r.openAlarmsNow()) != 0 {
			t.Errorf("known %v, %v", known, err)
		}
	})
}

// A billing key by card is asked about by its issue as well, and so no later either:
// the provider would take it for a new one without a card, and refuse that.
func TestAskAgainAboutALostKey(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.faulty(pay.TossPayments, "POST /v1/billing/authorizations/card times=2 after drop")
		_, err := r.gw.IssueKey(r.ctx, gateway.IssueKeyRequest{Merchant: r.merchant.ID, CustomerUID: "c1", Card: card, Channel: gateway.ChannelChoice{Key: r.billing[pay.TossPayments]}})
		if err == nil {
			t.Fatal("the answer was not lost")
		}
		r.unplug()
		r.run(4*24*time.Hour, time.Hour)
		alarms := r.openAlarmsNow()
		if len(alarms) != 1 || alarms[0].Kind != gateway.AlarmUnknown {
			t.Fatalf("alarms %+v", alarms)
		}
		r.line.unplugged.Store(false)
		r.clock.Advance(11 * 24 * time.Hour)
		if _, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID); !errors.Is(err, gateway.ErrNotAskable) {
			t.Errorf("too late: %v", err)
		}
		r.clock.Advance(-10 * 24 * time.Hour)
		if known, err := r.gw.AskAgain(r.ctx, r.merchant.ID, alarms[0].ID); err != nil || !known || len(r.openAlarmsNow()) != 0 {
			t.Errorf("known %v, %v", known, err)
		}
		if _, err := r.gw.BillingKey(r.ctx, r.merchant.ID, "c1"); !errors.Is(err, gateway.ErrNoBillingKey) {
			t.Errorf("a key that nobody waits for is in use: %v", err)
		}
	})
}

func TestAlarmIsClosedByAPerson(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			return tx.AddAlarm(r.ctx, store.Alarm{ID: "a", Merchant: r.merchant.ID, Kind: "amount", Text: "x"})
		}))
		for _, note := range []string{"", "  ", strings.Repeat("가", 501)} {
			_, err := r.gw.CloseAlarm(r.ctx, r.merchant.ID, "a", "Kim", note)
			if e, ok := errors.AsType[*gateway.Invalid](err); !ok || e.Field != "note" {
				t.Errorf("note of %d: %v", len(note), err)
			}
		}
		ctx := pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorOperator, ID: "op_1", Name: "Kim"})
		if a, err := r.gw.CloseAlarm(ctx, r.merchant.ID, "a", "Kim", "돌려줌"); err != nil || a.Note != "돌려줌" || a.Closed.IsZero() {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := r.gw.CloseAlarm(ctx, r.merchant.ID, "a", "Kim", "again"); !errors.Is(err, store.ErrConflict) {
			t.Errorf("closed twice: %v", err)
		}
		if _, err := r.gw.CloseAlarm(ctx, "m_other", "a", "Kim", "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another's: %v", err)
		}
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			log, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{Target: "a"})
			if len(log) != 1 || log[0].Action != "alarm.close" || log[0].Actor.ID != "op_1" || strings.Contains(string(log[0].After), "돌려줌") {
				t.Errorf("audited %+v", log)
			}
			return err
		}))
	})
}

func TestWebhookSettingsAreChecked(t *testing.T) {
	t.Parallel()
	long := make([]int, 31)
	for i := range long {
		long[i] = 1
	}
	for field, w := range map[string]gateway.Webhooks{
		"url": {URL: "shop.example/hook"}, "test_url": {TestURL: "https://a:b@shop.example"}, "test_type": {TestType: "xml"}, "retries": {Retries: long},
	} {
		if e, ok := errors.AsType[*gateway.Invalid](w.Check()); !ok || e.Field != field || !strings.Contains(e.Detail, " ") {
			t.Errorf("%s: %v", field, w.Check())
		}
	}
	if err := (gateway.Webhooks{URL: "http://10.0.0.1:80/x?y=1", Retries: []int{1, 604800}, TestType: "form"}).Check(); err != nil {
		t.Error(err)
	}
}

// A shop that wants to hear first: the result of a checkout is told once it did, and
// nobody else's waits.
func TestWebhookFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	var waited []pay.Payment
	r.await = func(p pay.Payment) { waited = append(waited, p) }
	r.paid(pay.TossPayments, "o1")
	if len(waited) != 0 {
		t.Errorf("waited for %+v", waited)
	}
	_, _, err := r.gw.SetWebhooks(r.ctx, r.merchant.ID, gateway.Webhooks{URL: "https://shop.example/hook", First: true}, false)
	must2(t, err)
	p := r.paid(pay.TossPayments, "o2")
	if len(waited) == 0 || waited[0].ID != p.ID || waited[0].Status != pay.StatusPaid {
		t.Errorf("waited for %+v", waited)
	}
}
