package tosspay

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/internal/sandbox/control"
)

func TestControlListsNewestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.create(body{"orderNo": "a"}), b.create(body{"orderNo": "b"})
	list := b.ctlOK("GET", "/payments", nil)["payments"].([]any)
	if len(list) != 2 || list[0].(body)["payToken"] != second || list[1].(body)["payToken"] != first {
		t.Errorf("%v", list)
	}
	if list := b.ctlOK("GET", "/payments?limit=1", nil)["payments"].([]any); len(list) != 1 {
		t.Errorf("limit=1 gave %d", len(list))
	}
	for _, limit := range []string{"0", "-1", "x", "1001"} {
		if status, _ := b.ctl("GET", "/payments?limit="+limit, nil); status != http.StatusBadRequest {
			t.Errorf("limit=%s: %d, want 400", limit, status)
		}
	}
	got := b.ctlOK("GET", "/payments/"+first, nil)
	expect(t, got, body{"payStatus": "PAY_STANDBY", "shop": "나루 문구점", "mid": "narushop", "expiresTs": "2026-11-21 17:59:02"})
	if strings.Contains(encode(t, got), testKey) {
		t.Error("the key is shown")
	}
}

func TestControlPlaysTheBuyer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(body{"orderNo": "a"})
	got := b.approveOK(token, Approval{PayMethod: "CARD", CardCompanyCode: 7, Ending: Ending{LoseReturn: true}})
	expect(t, got, body{"payStatus": "PAY_APPROVED", "payMethod": "CARD"})
	if next, _ := got["next"].(string); !strings.HasSuffix(next, "cardCompany=7") {
		t.Errorf("next %q", next)
	}
	expect(t, b.phase(token), body{"lost": true})
	if status, _ := b.ctl("POST", "/payments/"+token+"/approve", nil); status != http.StatusConflict {
		t.Errorf("approve twice: %d", status)
	}
	expect(t, b.ctlOK("POST", "/payments/"+token+"/expire", nil), body{"payStatus": "PAY_CANCEL", "ended": "expired"})
	expect(t, b.ctlOK("POST", "/payments/"+b.create(body{"orderNo": "b"})+"/cancel", nil), body{"payStatus": "PAY_CANCEL", "ended": "buyer"})
	for path, want := range map[string]int{
		"/payments/" + token + "/cancel": 409, "/payments/" + token + "/expire": 409, "/payments/nothing/approve": 404, "/payments/nothing": 404,
	} {
		method := "POST"
		if path == "/payments/nothing" {
			method = "GET"
		}
		if status, _ := b.ctl(method, path, nil); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	for path, in := range map[string]any{
		"/approve":     body{"paymethod": "CARD", "months": 3},
		"/refund":      body{"sum": 1},
		"/refund-fail": body{"errorCode": "lower case"},
	} {
		method := "POST"
		if path == "/refund-fail" {
			method = "PUT"
		}
		if status, got := b.ctl(method, "/payments/"+token+path, in); status != http.StatusBadRequest {
			t.Errorf("%s: %d %v, want 400", path, status, got)
		}
	}
	w := httptest.NewRecorder()
	b.Control().ServeHTTP(w, httptest.NewRequest("PUT", "/page", strings.NewReader("{")))
	if w.Code != http.StatusBadRequest {
		t.Errorf("broken JSON: %d", w.Code)
	}
}

func TestRefundInThePartnerConsole(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	token := b.paid(body{"autoExecute": true, "resultCallback": l.url}, Approval{})
	l.next(t)
	got := b.ctlOK("POST", "/payments/"+token+"/refund", body{"amount": 10_000, "amountTaxFree": 0})
	expect(t, got, body{"refundedAmount": -10_000, "refundableAmount": 50_000})
	b.ctlOK("POST", "/payments/"+token+"/refund", nil)
	expect(t, b.status(token), body{"payStatus": "REFUND_SUCCESS", "refundableAmount": 0})
	if status, got := b.ctl("POST", "/payments/"+token+"/refund", nil); status != 409 || got["code"] != "REFUND_ALREADY_REFUNDED" {
		t.Errorf("%d %v", status, got)
	}
	b.clock.Advance(time.Hour)
	b.wakeUp()
	b.callbacks(1) // refunds are never told
}

func TestSimulatorIsMountedBesideItsControl(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.create(nil)
	h := control.New(map[string]control.Simulator{"tosspay": b.Simulator})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/control/tosspay/payments/"+token+"/approve", strings.NewReader(`{"payMethod":"CARD"}`)))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "PAY_APPROVED") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
