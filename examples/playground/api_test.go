package playground_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"naru/examples/playground"
)

func TestLookUpsShowWhatTheGatewaySays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.run("주문 1", "")
	b.gateway.say("GET /payments/find/%EC%A3%BC%EB%AC%B8%201", `{"code":0,"message":null,"response":{"status":"ready"}}`)
	b.gateway.say("GET /payments/imp_1", paid)
	if out := b.want(200, "GET", run+"/payment", ""); out["path"] != "/payments/find/%EC%A3%BC%EB%AC%B8%201" || out["status"] != 200.0 {
		t.Errorf("before imp_uid is known: %v, want a look-up by order number", out)
	}
	b.want(204, "POST", run+"/callback", `{"imp_uid":"imp_1","merchant_uid":"주문 1"}`)
	out := b.want(200, "GET", run+"/payment", "")
	if got, _ := json.Marshal(out["answer"]); out["path"] != "/payments/imp_1" || !strings.Contains(string(got), `"amount":1000`) {
		t.Errorf("payment: %v, want the gateway's answer", out)
	}
	if out := b.want(200, "GET", run+"/window", ""); out["path"] != "/x/payments/imp_1/window" || out["status"] != 404.0 {
		t.Errorf("window of a gateway that has none: %v, want its 404 told", out)
	}
	b.want(404, "GET", "/playground/api/"+tab+"/runs/99/payment", "")
	b.want(404, "GET", "/playground/api/BBBBBBBBBBBBBBBBBBBBBB/runs/1/payment", "")
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.run("order-1", "")
	b.gateway.say("GET /payments/find/order-1", paid)
	b.want(200, "GET", run+"/payment", "")
	b.gateway.mu.Lock()
	b.gateway.refuse = true
	b.gateway.mu.Unlock()
	if out := b.want(200, "GET", run+"/payment", ""); out["status"] != 200.0 {
		t.Errorf("after a refused token: %v, want a new one tried", out)
	}
	if b.gateway.tokens != 2 {
		t.Errorf("%d tokens asked for, want 2", b.gateway.tokens)
	}
}

func TestWrongKeysAreToldWithoutTheSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *playground.Options) { o.Secret = "wrong-secret" })
	run := b.run("order-1", "")
	w := b.do("GET", run+"/payment", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "인증에 실패하였습니다") || strings.Contains(w.Body.String(), "wrong-secret") {
		t.Errorf("%d %s, want the gateway's refusal without what was sent", w.Code, w.Body)
	}
}

func TestCancelIsSentAndKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.run("order-1", "")
	if w := b.do("POST", run+"/cancel", `{"amount":300}`); w.Code != 400 {
		t.Errorf("cancel of what has no imp_uid: %d %s, want 400", w.Code, w.Body)
	}
	b.want(204, "POST", run+"/callback", `{"imp_uid":"imp_1"}`)
	b.gateway.say("POST /payments/cancel", `{"code":1,"message":"이미 전액취소된 주문입니다.","response":null}`)
	b.want(200, "POST", run+"/cancel", `{"amount":300,"checksum":1000,"imp_uid":"imp_other"}`)
	if got := b.gateway.asked(t, "POST /payments/cancel").Body; got != `{"amount":300,"checksum":1000,"imp_uid":"imp_1"}` {
		t.Errorf("cancel sent %s, want the run's own imp_uid", got)
	}
	events := b.seen().Runs[0].Events
	if last := events[len(events)-1]; last.Kind != "call" || !strings.Contains(string(last.Data), "이미 전액취소된") {
		t.Errorf("event %s %s, want the exchange", last.Kind, last.Data)
	}
}

func TestChargeOfAKeyIsARunOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.run("order-1", "card-1")
	b.gateway.say("POST /subscribe/payments/again", `{"code":0,"message":null,"response":{"imp_uid":"imps_2","status":"paid"}}`)
	b.gateway.say("GET /subscribe/customers/card-1", `{"code":0,"message":null,"response":{"customer_uid":"card-1"}}`)
	b.gateway.say("DELETE /subscribe/customers/card-1", `{"code":0,"message":null,"response":{"customer_uid":"card-1"}}`)
	b.want(200, "POST", run+"/again", `{"merchant_uid":"month-2","amount":4900,"name":"구독"}`)
	if got := b.gateway.asked(t, "POST /subscribe/payments/again").Body; got != `{"amount":4900,"customer_uid":"card-1","merchant_uid":"month-2","name":"구독"}` {
		t.Errorf("charged with %s", got)
	}
	got := b.seen().Runs
	if len(got) != 2 || got[1].Kind != "again" || got[1].ImpUID != "imps_2" || got[1].CustomerUID != "card-1" || len(got[1].Events) != 1 {
		t.Fatalf("runs %+v, want a second one of the charge", got)
	}
	if out := b.want(200, "GET", run+"/key", ""); out["status"] != 200.0 {
		t.Errorf("key: %v", out)
	}
	b.want(200, "DELETE", run+"/key", "")
	b.want(400, "POST", b.run("order-3", "")+"/again", `{"merchant_uid":"x","amount":1}`)
	b.want(400, "POST", run+"/again", `{"amount":1}`)
}

func TestUnreachableGatewayIsNotAFailedPayment(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *playground.Options) { o.GatewayAPI = "http://127.0.0.1:1" })
	run := b.run("order-1", "")
	out := b.want(http.StatusBadGateway, "GET", run+"/payment", "")
	if !strings.Contains(fmt.Sprint(out["message"]), "not known") {
		t.Errorf("message %v, want it to say that nothing is known", out["message"])
	}
}

func TestSandboxIsReachedThroughTheControlPort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.run("order-1", "")
	b.want(204, "POST", run+"/callback", `{"imp_uid":"imp_1"}`)
	b.control.say("POST /control/tosspayments/payments/imp_1/deposit", `{"status":"DONE"}`)
	b.control.say("PUT /control/tosspay/next-buyer", `{"orders":[{"action":"hang"}]}`)
	b.control.say("POST /control/clock", `409 {"code":"CLOCK_BUSY","message":"busy"}`)
	b.want(200, "POST", run+"/deposit", "")
	if out := b.want(200, "PUT", "/playground/sandbox/next-buyer/tosspay_v2", `{"action":"hang"}`); out["orders"] == nil {
		t.Errorf("next buyer: %v, want the control port's answer", out)
	}
	if got := b.control.asked(t, "PUT /control/tosspay/next-buyer").Body; got != `{"action":"hang"}` {
		t.Errorf("next buyer sent %s", got)
	}
	b.want(409, "POST", "/playground/sandbox/clock", `{"advance":"1d"}`)
	b.want(404, "PUT", "/playground/sandbox/next-buyer/kakao", `{}`)
	b.want(400, "PUT", "/playground/sandbox/next-buyer/tosspay_v2", `{`)
	without := setup(t, func(o *playground.Options) { o.Control = "" })
	without.want(404, "GET", "/playground/sandbox/clock", "")
	if page := without.do("GET", "/playground", "").Body.String(); strings.Contains(page, "next-buyer") {
		t.Error("the page offers a sandbox that is not there")
	}
}
