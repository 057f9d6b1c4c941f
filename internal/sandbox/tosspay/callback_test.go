package tosspay

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// received is a callback as the merchant got it.
type received struct {
	kind, body string
}

// listener is a merchant's resultCallback. It answers what answer says.
type listener struct {
	url string
	got chan received
}

func listen(t *testing.T, answer func(n int) int) *listener {
	t.Helper()
	l := &listener{got: make(chan received, 64)}
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path != "/cb" {
			return // where a redirect leads, which must not count
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(answer(int(n.Add(1))))
		l.got <- received{r.Header.Get("Content-Type"), string(text)}
	}))
	t.Cleanup(srv.Close)
	l.url = srv.URL + "/cb"
	return l
}

func always(status int) func(int) int { return func(int) int { return status } }

// next waits for one message.
func (l *listener) next(t *testing.T) received {
	t.Helper()
	select {
	case m := <-l.got:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no callback came")
		return received{}
	}
}

// callbacks waits until every callback has the number of tries and returns them.
func (b *bench) callbacks(tries ...int) []callbackView {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		views := b.callbackViews()
		same := len(views) == len(tries)
		for i := 0; same && i < len(tries); i++ {
			same = len(views[i].Tries) == tries[i]
		}
		if same {
			return views
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("callbacks %+v, want tries %v", views, tries)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (b *bench) callbackViews() []callbackView {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.Control().ServeHTTP(w, httptest.NewRequest("GET", "/callbacks", nil))
	var out struct{ Callbacks []callbackView }
	if err := json.NewDecoder(w.Body).Decode(&out); err != nil {
		b.t.Fatal(err)
	}
	return out.Callbacks
}

func TestCompletionIsToldInTheVersionAsked(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	for i, version := range []any{"V1", "V2", nil} {
		token := b.create(body{"orderNo": "v@" + string(rune('1'+i)), "autoExecute": true, "resultCallback": l.url, "callbackVersion": version})
		b.approveOK(token, Approval{Discount: 600, Points: 400})
		m := l.next(t)
		if version == "V2" {
			var got body
			d := json.NewDecoder(strings.NewReader(m.body))
			d.UseNumber()
			if err := d.Decode(&got); err != nil || m.kind != "application/json;charset=UTF-8" {
				t.Fatalf("%s %q: %v", m.kind, m.body, err)
			}
			expect(t, got, body{"status": "PAY_COMPLETE", "payToken": token, "orderNo": "v@2", "payMethod": "TOSS_MONEY", "amount": 60000, "discountedAmount": 1000, "paidAmount": 59000, "accountBankCode": "092"})
			expectAbsent(t, got, "mode", "cashReceiptMgtKey", "cardCompanyCode")
			continue
		}
		form, err := url.ParseQuery(m.body)
		if err != nil || m.kind != "application/x-www-form-urlencoded;charset=UTF-8" {
			t.Fatalf("%s %q: %v", m.kind, m.body, err)
		}
		for name, v := range map[string]string{"status": "PAY_SUCCESS", "payToken": token, "amount": "60000", "discountedAmount": "1000", "paidPoint": "0", "paidAmount": "59000", "paidTs": start} {
			if form.Get(name) != v {
				t.Errorf("%v: %s = %q, want %q", version, name, form.Get(name), v)
			}
		}
		if form.Has("accountBankCode") {
			t.Errorf("V1 has account fields: %s", m.body)
		}
	}
}

func TestCancelExpiryAndRefundAreNotTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	told := func(orderNo string) body {
		return body{"orderNo": orderNo, "resultCallback": "http://127.0.0.1:1/cb"}
	}
	b.ctlOK("POST", "/payments/"+b.create(told("left"))+"/cancel", nil)
	lapsed := b.create(told("lapsed"))
	paid := b.paid(told("paid"), Approval{})
	b.refundOK(paid, body{"refundNo": "r1"})
	b.clock.Advance(time.Hour)
	expect(t, b.status(lapsed), body{"payStatus": "PAY_CANCEL"})
	if list := b.callbackViews(); len(list) != 1 || list[0].PayToken != paid {
		t.Errorf("callbacks %+v, want the completion alone", list)
	}
}

func TestExecuteIsToldOnlyIfAURLWasGiven(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	b.paid(body{"orderNo": "silent"}, Approval{})
	token := b.create(body{"orderNo": "told", "resultCallback": l.url, "callbackVersion": "V2"})
	b.approveOK(token, Approval{PayMethod: "CARD", CardCompanyCode: 3})
	if n := len(b.callbackViews()); n != 0 {
		t.Fatalf("%d callbacks before execute", n)
	}
	want(t, b.execute(token, nil))
	m := l.next(t)
	var got body
	if err := json.Unmarshal([]byte(m.body), &got); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.body, `\u0026`) {
		t.Errorf("addresses are escaped: %s", m.body)
	}
	expect(t, got, body{"orderNo": "told", "payMethod": "CARD", "cardCompanyCode": 3, "cardNumber": "537120******412*"})
	expectAbsent(t, got, "cardCompanyName", "accountBankCode")
	if v := b.callbacks(1)[0]; v.State != "delivered" || v.Tries[0].Status != 200 {
		t.Errorf("%+v", v)
	}
}

func TestCallbackIsRetriedFourTimesInTenMinutes(t *testing.T) {
	t.Parallel()
	l := listen(t, always(500))
	b := setup(t)
	b.paid(body{"autoExecute": true, "resultCallback": l.url}, Approval{})
	l.next(t)
	passed := time.Duration(0)
	for i, at := range retryAfter {
		b.callbacks(i + 1)
		b.clock.Advance(at - passed - time.Second)
		b.wakeUp()
		b.clock.Advance(time.Second)
		passed = at
		b.wakeUp()
		l.next(t)
	}
	v := b.callbacks(5)[0]
	if v.State != "given_up" || passed > 10*time.Minute {
		t.Errorf("state %s after %s", v.State, passed)
	}
	for i, want := range []string{"17:44:02", "17:45:02", "17:47:02", "17:50:02", "17:54:02"} {
		if !strings.HasSuffix(v.Tries[i].At, want) || v.Tries[i].Status != 500 {
			t.Errorf("try %d: %+v, want %s", i+1, v.Tries[i], want)
		}
	}
	b.clock.Advance(24 * time.Hour)
	b.wakeUp()
	if len(l.got) != 0 {
		t.Error("a sixth try was made")
	}
}

func TestOnly200CountsAsReceived(t *testing.T) {
	t.Parallel()
	l := listen(t, func(n int) int { return []int{204, 302, 200}[min(n, 3)-1] })
	b := setup(t)
	b.paid(body{"autoExecute": true, "resultCallback": l.url}, Approval{})
	b.callbacks(1)
	b.clock.Advance(retryAfter[0])
	b.wakeUp()
	b.callbacks(2)
	b.clock.Advance(retryAfter[1])
	b.wakeUp()
	if v := b.callbacks(3)[0]; v.State != "delivered" {
		t.Errorf("state %s, want delivered: %+v", v.State, v.Tries)
	}
}

func TestNobodyListensIsATryToo(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	b.paid(body{"autoExecute": true, "resultCallback": "http://127.0.0.1:1/cb"}, Approval{})
	v := b.callbacks(1)[0]
	if v.State != "waiting" || v.Tries[0].Status != 0 || v.Tries[0].Error == "" || v.NextTry != "2026-11-21 17:45:02" {
		t.Errorf("%+v", v)
	}
	if len(l.got) != 0 {
		t.Error("somebody else was told")
	}
}

func TestCallbacksObeyFaultRules(t *testing.T) {
	t.Parallel()
	pay := func(t *testing.T, rule string, l *listener) *bench {
		b := setup(t)
		if _, err := b.Faults().Add(rule); err != nil {
			t.Fatal(err)
		}
		token := b.create(body{"resultCallback": l.url, "callbackVersion": "V2"})
		b.approveOK(token, Approval{})
		want(t, b.execute(token, nil))
		return b
	}
	t.Run("drop", func(t *testing.T) {
		t.Parallel()
		l := listen(t, always(200))
		b := pay(t, "webhook PAY_COMPLETE drop", l)
		b.clock.Advance(time.Hour)
		b.wakeUp()
		if v := b.callbacks(0)[0]; v.State != "dropped" || len(l.got) != 0 {
			t.Errorf("%+v", v)
		}
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		l := listen(t, always(200))
		b := pay(t, "webhook PAY_COMPLETE twice", l)
		if first, second := l.next(t), l.next(t); first != second {
			t.Errorf("%+v and %+v differ", first, second)
		}
		b.callbacks(1, 1)
	})
	t.Run("late", func(t *testing.T) {
		t.Parallel()
		l := listen(t, always(200))
		b := pay(t, "webhook PAY_COMPLETE late=5m", l)
		b.wakeUp()
		if v := b.callbacks(0)[0]; v.NextTry != "2026-11-21 17:49:02" {
			t.Errorf("%+v", v)
		}
		b.clock.Advance(5 * time.Minute)
		b.wakeUp()
		l.next(t)
	})
	t.Run("early", func(t *testing.T) {
		t.Parallel()
		l := listen(t, always(200))
		b := pay(t, "webhook PAY_COMPLETE early", l)
		if len(l.got) != 1 { // execute has been answered
			t.Error("the answer came before the callback")
		}
		b.callbacks(1)
	})
}

func TestCallbackIsResentByHand(t *testing.T) {
	t.Parallel()
	l := listen(t, func(n int) int {
		if n == 1 {
			return 500
		}
		return 200
	})
	b := setup(t)
	b.paid(body{"autoExecute": true, "resultCallback": l.url}, Approval{})
	first := l.next(t)
	b.callbacks(1)
	b.ctlOK("POST", "/callbacks/1/resend", nil)
	if again := l.next(t); again != first {
		t.Errorf("resent %+v, was %+v", again, first)
	}
	if v := b.callbacks(2)[0]; v.State != "delivered" {
		t.Errorf("state %s", v.State)
	}
	b.ctlOK("POST", "/callbacks/1/resend", nil) // what was delivered can be sent again
	l.next(t)
	b.callbacks(3)
	for _, id := range []string{"0", "2", "x"} {
		if status, _ := b.ctl("POST", "/callbacks/"+id+"/resend", nil); status != http.StatusNotFound {
			t.Errorf("resend %s: %d, want 404", id, status)
		}
	}
}

func TestCaptureInDoubtIsToldWhenItEnds(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	token := b.create(body{"autoExecute": true, "resultCallback": l.url, "callbackVersion": "V2"})
	b.approveOK(token, Approval{ExecuteFail: "TRANSACTION_PENDING_ERROR"})
	expect(t, b.status(token), body{"payStatus": "PAY_PROGRESS"})
	b.clock.Advance(progressTime)
	b.wakeUp() // nobody asks: the worker ends it
	if m := l.next(t); !strings.Contains(m.body, `"paidTs":"2026-11-21 17:44:12"`) {
		t.Errorf("body %s", m.body)
	}
}

func TestCloseEndsTheWorkerEvenWhileAMerchantHangs(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	entered := make(chan struct{}, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(hang) })
	b := setup(t)
	b.paid(body{"autoExecute": true, "resultCallback": srv.URL}, Approval{})
	<-entered
	done := make(chan error)
	go func() { done <- b.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Close hangs with the merchant")
	}
}

func TestFaultsAndTranscriptCoverTheAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.Faults().Add("POST /api/v2/payments nth=1 before status=503 code=COMMON_SYSTEM_ERROR"); err != nil {
		t.Fatal(err)
	}
	status, got := b.post("/api/v2/payments", encode(t, order(nil)))
	if status != 503 {
		t.Fatalf("HTTP %d, want 503", status)
	}
	wantCode(t, got, "COMMON_SYSTEM_ERROR", "")
	b.create(nil)
	b.post("/api/v2/status", `{"apiKey": "`+testKey+`", broken`)
	kept := encode(t, b.Transcript().Entries())
	if strings.Contains(kept, testKey) || strings.Contains(kept, testKey[8:]) {
		t.Error("the transcript holds an API key")
	}
	if !strings.Contains(kept, "shop-20261121-000173") || len(b.Transcript().Entries()) != 3 {
		t.Errorf("the transcript lacks exchanges: %s", kept)
	}
}
