package tosspay

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"naru/internal/sandbox/control"
)

var _ control.Timed = (*Simulator)(nil)

// after is how long from now the simulator will do something; -1 is never.
func (b *bench) after() time.Duration {
	due := b.Due()
	if due.IsZero() {
		return -1
	}
	return due.Sub(b.clock.Now())
}

func (b *bench) settle() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := b.Settle(ctx); err != nil {
		b.t.Fatal(err)
	}
}

func TestDueNamesWhatComesNext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.after(); got != -1 {
		t.Errorf("due in %s, want never", got)
	}
	lapsing := b.create(body{"orderNo": "a"})
	b.clock.Advance(time.Minute)
	key := b.createKey(nil)
	if got := b.after(); got != 14*time.Minute {
		t.Errorf("due in %s, want when the payment expires", got)
	}
	b.clock.Advance(14 * time.Minute)
	if got := b.after(); got != 0 {
		t.Errorf("due in %s, want now", got)
	}
	b.settle()
	if got := b.after(); got != time.Minute {
		t.Errorf("due in %s, want when the links expire", got)
	}
	expect(t, b.status(lapsing), body{"payStatus": "PAY_CANCEL"})
	b.ctlOK("POST", "/billing-keys/"+key+"/agree", Agreement{Instrument: Instrument{Method: "card"}, Slow: true})
	if got := b.after(); got != progressTime {
		t.Errorf("due in %s, want when the key is active", got)
	}
	b.clock.Advance(time.Hour)
	b.settle() // the activation is told, and nobody listens
	if got := b.after(); got != 3*time.Minute {
		t.Errorf("due in %s, want the retry three minutes after the try", got)
	}
}

// TestAClockMovedStepByStep drives everything by Due and Settle alone: each
// callback is tried at its own time, and nothing is left in the end.
func TestAClockMovedStepByStep(t *testing.T) {
	t.Parallel()
	l := listen(t, always(500))
	b := setup(t)
	b.paid(body{"orderNo": "told", "resultCallback": l.url}, Approval{})
	b.activeKey(body{"resultCallback": l.url}, Instrument{Method: "card"})
	token := b.create(body{"orderNo": "doubt", "autoExecute": true, "resultCallback": l.url})
	b.approveOK(token, Approval{ExecuteFail: "COMMON_TIMEOUT"})
	b.create(body{"orderNo": "open"})
	b.settle()
	for step := 0; ; step++ {
		due := b.Due()
		if due.IsZero() {
			break
		}
		if wait := due.Sub(b.clock.Now()); wait <= 0 || step > 50 {
			t.Fatalf("step %d: due %s ago after Settle", step, -wait)
		} else {
			b.clock.Advance(wait)
		}
		b.settle()
	}
	for i, want := range [][]string{
		{"17:44:02", "17:45:02", "17:47:02", "17:50:02", "17:54:02"},
		{"17:44:02", "17:47:02", "17:50:02", "17:53:02"},
		{"17:44:12", "17:45:12", "17:47:12", "17:50:12", "17:54:12"},
	} {
		v := b.callbackViews()[i]
		var at []string
		for _, try := range v.Tries {
			at = append(at, try.At[len(try.At)-8:])
		}
		if len(at) != len(want) || v.State != "given_up" {
			t.Fatalf("callback %d: tried at %v, want %v", i+1, at, want)
		}
		for j := range at {
			if at[j] != want[j] {
				t.Errorf("callback %d: tried at %v, want %v", i+1, at, want)
			}
		}
	}
	if got := b.clock.Now().Format("15:04:05"); got != "17:59:02" { // the open payment expired last
		t.Errorf("the clock stands at %s", got)
	}
}

func TestSettleTriesALateCallbackOnce(t *testing.T) {
	t.Parallel()
	l := listen(t, always(500))
	b := setup(t)
	b.activeKey(body{"resultCallback": l.url}, Instrument{Method: "card"})
	b.settle()
	b.clock.Advance(24 * time.Hour)
	b.settle()
	b.settle()
	if v := b.callbacks(2)[0]; v.State != "waiting" {
		t.Errorf("%+v", v)
	}
	if got := b.after(); got != 3*time.Minute {
		t.Errorf("due in %s, want three minutes", got)
	}
}

func TestSettleWaitsForWhatIsUnderWayAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	entered, hang := make(chan struct{}, 8), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	b := setup(t)
	b.activeKey(body{"resultCallback": srv.URL}, Instrument{Method: "card"})
	<-entered // the worker has it
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- b.Settle(ctx) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Settle returned %v", err)
	}
	if got := b.after(); got != 0 {
		t.Errorf("due in %s while a callback is under way, want now", got)
	}
	go func() { done <- b.Settle(context.Background()) }()
	close(hang)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if v := b.callbackViews()[0]; v.State != "delivered" {
		t.Errorf("%+v", v)
	}
	b.ctlOK("POST", "/callbacks/1/resend", nil)
	b.settle() // what was asked for by hand is waited for too
	if got := b.after(); got != -1 {
		t.Errorf("due in %s, want never", got)
	}
}

func TestSettleOfAClosedSimulator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.Faults().Add("webhook ACTIVATED late=1m"); err != nil {
		t.Fatal(err)
	}
	b.activeKey(nil, Instrument{Method: "card"})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.settle() // nothing is due
	b.clock.Advance(time.Minute)
	if err := b.Settle(context.Background()); !errors.Is(err, errClosed) {
		t.Errorf("Settle returned %v", err)
	}
}

func TestLedgerCountsEveryMovement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.activeKey(nil, Instrument{Method: "card"})
	b.ctlOK("PUT", "/billing-keys/"+key+"/charge-fail", body{"errorCode": "TRANSACTION_PENDING_ERROR"})
	wantCode(t, b.bill(key, body{"orderNo": "doubt", "amount": 7000}), "TRANSACTION_PENDING_ERROR", "")
	b.clock.Advance(5 * time.Second)
	token := b.paid(body{"orderNo": "one-off"}, Approval{Discount: 6000})
	refund := b.refundOK(token, body{"refundNo": "r1", "amount": 20_000, "amountTaxFree": 0})
	b.refundOK(token, body{"refundNo": "r1", "amount": 20_000, "amountTaxFree": 0}) // moves nothing
	b.create(body{"orderNo": "open"})
	b.clock.Advance(time.Minute)
	b.ctlOK("POST", "/payments/"+token+"/refund", nil)

	w := httptest.NewRecorder()
	b.Control().ServeHTTP(w, httptest.NewRequest("GET", "/ledger", nil))
	var list []Movement
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	want := []struct {
		orderNo, kind string
		amount        int64
		at            string
	}{
		{"one-off", "approval", 60_000, "17:44:07"},
		{"one-off", "cancel", 20_000, "17:44:07"},
		{"doubt", "approval", 7_000, "17:44:12"},
		{"one-off", "cancel", 40_000, "17:45:07"},
	}
	if len(list) != len(want) || len(b.Ledger()) != len(want) {
		t.Fatalf("%d movements, want %d: %+v", len(list), len(want), list)
	}
	for i, w := range want {
		m := list[i]
		if m.OrderNo != w.orderNo || m.Kind != w.kind || m.Amount != w.amount || m.At.In(seoul).Format("15:04:05") != w.at || m.PayToken == "" || !m.At.Equal(b.Ledger()[i].At) {
			t.Errorf("movement %d: %+v, want %+v", i, m, w)
		}
	}
	if list[1].TransactionID != refund["transactionId"] || list[0].PayToken != token {
		t.Errorf("%+v is not %v", list[1], refund)
	}
}
