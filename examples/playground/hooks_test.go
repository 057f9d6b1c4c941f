package playground_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWebhooksGoToTheRunTheyAreAbout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run("order-1", "")
	b.run("order-2", "")
	b.run("order-1", "") // tried again with the same number
	for _, body := range []string{hook("imp_1", "order-1", "ready"), hook("imp_2", "order-2", "paid"), hook("imp_1", "order-1", "paid")} {
		b.want(http.StatusOK, "POST", "/playground/hooks/"+tab, body, asJSON)
	}
	b.want(http.StatusOK, "POST", "/playground/hooks/"+tab, "imp_uid=imp_2&merchant_uid=order-2&status=cancelled", "Content-Type: application/x-www-form-urlencoded")
	got := b.seen()
	for i, want := range []struct {
		impUID string
		events int
	}{{"", 0}, {"imp_2", 2}, {"imp_1", 2}} {
		if r := got.Runs[i]; r.ImpUID != want.impUID || len(r.Events) != want.events {
			t.Errorf("run %d: %q with %d events, want %q with %d", i+1, r.ImpUID, len(r.Events), want.impUID, want.events)
		}
	}
	last := got.Runs[1].Events[1]
	if last.Kind != "webhook" || last.Status != 200 || !strings.Contains(string(last.Data), `"status":"cancelled"`) || !strings.Contains(string(last.Data), "x-www-form-urlencoded") {
		t.Errorf("event %s %d %s, want the form as it came", last.Kind, last.Status, last.Data)
	}
}

func TestWebhookBeforeItsRunIsTakenOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seen() // the tab is open
	b.want(http.StatusOK, "POST", "/playground/hooks/"+tab, hook("imp_1", "order-1", "paid"), asJSON)
	if got := b.seen(); len(got.Runs) != 1 || got.Runs[0].Kind != "other" {
		t.Fatalf("runs %+v, want one of kind other", got.Runs)
	}
	b.run("order-1", "")
	if got := b.seen(); len(got.Runs) != 1 || got.Runs[0].Kind != "window" || len(got.Runs[0].Events) != 1 {
		t.Errorf("runs %+v, want the same one with its webhook", got.Runs)
	}
}

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seen()
	b.want(http.StatusInternalServerError, "POST", "/playground/hooks/"+tab+"?answer=500", hook("imp_1", "order-1", "paid"), asJSON)
	if e := b.seen().Runs[0].Events[0]; e.Status != 500 {
		t.Errorf("event says %d was answered, want 500", e.Status)
	}
	for name, c := range map[string]struct {
		id, body, kind string
		want           int
	}{
		"no such tab":        {"BBBBBBBBBBBBBBBBBBBBBB", hook("a", "b", "paid"), asJSON, 404},
		"no id":              {"../x", hook("a", "b", "paid"), asJSON, 404},
		"not JSON":           {tab, "status=paid", asJSON, 400},
		"neither of the two": {tab, "<xml/>", "Content-Type: text/xml", 400},
	} {
		if w := b.do("POST", "/playground/hooks/"+strings.ReplaceAll(c.id, "/", "%2F"), c.body, c.kind); w.Code != c.want {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.want)
		}
	}
}

func TestConfirmAnswersAsItsAddressSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run("order-1", "")
	ask := `{"imp_uid":"imp_1","merchant_uid":"order-1","amount":1000}`
	if out := b.want(http.StatusOK, "POST", "/playground/confirm/"+tab, ask, asJSON); out["reason"] != nil {
		t.Errorf("approved with a reason: %v", out)
	}
	out := b.want(http.StatusConflict, "POST", "/playground/confirm/"+tab+"?answer=refuse&reason=%EC%9E%AC%EA%B3%A0", ask, asJSON)
	if out["reason"] != "재고" {
		t.Errorf("refused with %v, want the reason of the address", out)
	}
	got := b.seen().Runs[0]
	if got.ImpUID != "imp_1" || len(got.Events) != 2 || got.Events[0].Status != 200 || got.Events[1].Status != 409 || !strings.Contains(string(got.Events[1].Data), `"amount":1000`) {
		t.Errorf("run %+v, want both questions and what was answered", got)
	}
	b.want(http.StatusNotFound, "POST", "/playground/confirm/BBBBBBBBBBBBBBBBBBBBBB", ask, asJSON)
	b.want(http.StatusBadRequest, "POST", "/playground/confirm/"+tab, "amount=1", asJSON)
}

func TestSilentConfirmOutlastsTheGateway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run("order-1", "")
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		w := b.do("POST", "/playground/confirm/"+tab+"?answer=silent", `{"imp_uid":"imp_1","merchant_uid":"order-1","amount":1000}`, asJSON)
		if took := time.Since(begin); took <= 10*time.Second || w.Code == http.StatusOK {
			t.Errorf("answered %d after %s, want no approval within the 10 s a gateway waits", w.Code, took)
		}
	})
	if e := b.seen().Runs[0].Events[0]; e.Kind != "confirm" || e.Status != 0 {
		t.Errorf("event %+v, want a confirm without an answer", e)
	}
}

func TestReturnIsKeptAndLeadsBackToTheTab(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run("order-1", "")
	w := b.do("GET", "/playground/return/"+tab+"?lang=en&imp_uid=imp_1&merchant_uid=order-1&error_code=X&error_msg=%EC%B7%A8%EC%86%8C", "")
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != self+"?lang=en#tab="+tab {
		t.Errorf("%d to %q, want 303 to the page in its language with the tab", w.Code, to)
	}
	got := b.seen().Runs[0]
	if got.ImpUID != "imp_1" || len(got.Events) != 1 || string(got.Events[0].Data) != `{"error_code":"X","error_msg":"취소","imp_uid":"imp_1","merchant_uid":"order-1"}` {
		t.Errorf("run %+v, want the query without what is the playground's own", got)
	}
	if w := b.do("GET", "/playground/return/<script>?imp_uid=imp_1", ""); w.Code != http.StatusNotFound {
		t.Errorf("a made-up tab: %d, want 404", w.Code)
	}
}
