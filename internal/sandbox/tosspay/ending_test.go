package tosspay

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

func TestCallbackVersionIsForced(t *testing.T) {
	t.Parallel()
	l := listen(t, always(200))
	b := setup(t)
	told := func(asked any, buyer body) string {
		t.Helper()
		token := b.create(body{"orderNo": fmt.Sprint("o", len(b.callbackViews())), "autoExecute": true, "resultCallback": l.url, "callbackVersion": asked})
		b.press(token, "pay", buyer)
		if m := l.next(t); strings.HasPrefix(m.body, "{") {
			return "V2"
		}
		return "V1"
	}
	for _, c := range []struct {
		asked     any
		all, mine string
		want      string
	}{
		{nil, "", "", "V1"}, {"V2", "", "", "V2"}, {nil, "V2", "", "V2"}, {"V2", "V1", "", "V1"},
		{"V1", "", "V2", "V2"}, {nil, "V2", "V1", "V1"},
	} {
		b.ctlOK("PUT", "/options", body{"callbackVersion": c.all})
		if got := told(c.asked, body{"callbackVersion": c.mine}); got != c.want {
			t.Errorf("asked %v, all %q, this buyer %q: %s, want %s", c.asked, c.all, c.mine, got, c.want)
		}
	}
	token := b.create(body{"orderNo": "bad"})
	if status, _ := b.press(token, "pay", body{"callbackVersion": "V3"}); status != http.StatusBadRequest {
		t.Errorf("V3: %d, want 400", status)
	}
}

// endingCase is what becomes of the browser's return and of the callback.
type endingCase struct {
	name              string
	in                body
	lost, dead, heard bool
}

func TestMessagesAfterTheBuyersPartGoMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []endingCase{
		{"both come", body{}, false, false, true},
		{"the way back is lost", body{"loseReturn": true}, true, false, true},
		{"the browser dies", body{"browserDies": true}, false, true, true},
		{"no callback", body{"dropCallback": true}, false, false, false},
		{"neither", body{"browserDies": true, "dropCallback": true}, false, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, setup(t), c.in) // as this buyer is told
			b := setup(t)
			b.ctlOK("PUT", "/options", c.in) // as all are
			c.check(t, b, nil)
		})
	}
}

func (c endingCase) check(t *testing.T, b *bench, in body) {
	t.Helper()
	with := func(more body) body {
		out := body{}
		maps.Copy(out, in)
		maps.Copy(out, more)
		return out
	}
	token := b.create(body{"resultCallback": "http://127.0.0.1:1/cb"})
	_, st := b.press(token, "pay", with(nil))
	c.compare(t, "payment", st)
	want(t, b.execute(token, nil))
	key := b.createKey(nil)
	_, st = b.pressKey(key, "pay", with(body{"method": "card"}))
	c.compare(t, "registration", st)
	expect(t, want(t, b.keyStatus("cust-8841", "")), body{"status": "ACTIVE"})

	b.settle()
	views := b.callbackViews()
	if len(views) != 2 {
		t.Fatalf("%d callbacks, want one each", len(views))
	}
	for _, cb := range views {
		if (len(cb.Tries) > 0) != c.heard || (cb.State == callbackDropped) == c.heard {
			t.Errorf("%s: callback %s with %d tries", cb.Kind, cb.State, len(cb.Tries))
		}
	}
	// It was about the agreement: what the buyer does later is told.
	b.ctlOK("PUT", "/billing-keys/"+key+"/instrument", body{"method": "money"})
	b.settle()
	if views = b.callbackViews(); len(views) != 3 || len(views[2].Tries) == 0 {
		t.Errorf("the change of instrument is not told: %+v", views)
	}
}

func (c endingCase) compare(t *testing.T, what string, st body) {
	t.Helper()
	if st["phase"] != "done" || (st["lost"] == true) != c.lost || (st["dead"] == true) != c.dead || (st["next"] == nil) != c.dead {
		t.Errorf("%s: page %v", what, st)
	}
}

func TestOptionsChangeOneByOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.ctlOK("PUT", "/options", body{"loseReturn": true, "callbackVersion": "V2"})
	b.ctlOK("PUT", "/options", body{"loseReturn": false, "reuseInstruments": true})
	expect(t, b.ctlOK("GET", "/options", nil), body{
		"loseReturn": false, "browserDies": false, "dropCallback": false, "callbackVersion": "V2", "ciMismatch": false, "reuseInstruments": true,
	})
	for _, bad := range []body{{"callbackVersion": "V3"}, {"lostReturn": true}, {"loseReturn": "yes"}} {
		if status, got := b.ctl("PUT", "/options", bad); status != http.StatusBadRequest || got["message"] == "" {
			t.Errorf("%v: %d %v, want 400", bad, status, got)
		}
	}
	expect(t, b.ctlOK("GET", "/options", nil), body{"callbackVersion": "V2", "loseReturn": false})
	if _, text := b.open("/payfront/auth?payToken=" + b.create(nil)); !strings.Contains(text, `value="V2" selected`) {
		t.Error("the page does not show what holds for all")
	}
}

func TestSomebodyElsesCIEndsTheRegistration(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{true, false} {
		b := setup(t)
		b.ctlOK("PUT", "/options", body{"ciMismatch": all})
		key := b.createKey(body{"encryptedUserCi": "QUJD"})
		status, st := b.pressKey(key, "pay", body{"method": "card", "ciMismatch": !all})
		if next, _ := st["next"].(string); status != 200 || st["phase"] != "failed" || !strings.HasPrefix(next, keyNG+"&status=FAIL") || !strings.HasSuffix(next, "&errorCode=BILLING_KEY_USER_CI_ERROR") {
			t.Errorf("%d %v", status, st)
		}
		expect(t, want(t, b.keyStatus("cust-8841", "")), body{"status": "FAIL"})
		if n := len(b.callbackViews()); n != 0 {
			t.Errorf("%d callbacks about a registration that failed", n)
		}
		b.activeKey(body{"userId": "no-ci"}, Instrument{Method: "card"}) // there is nothing to compare
		plain := b.createKey(body{"userId": "plain"})
		if status, _ := b.pressKey(plain, "pay", body{"method": "card", "ciMismatch": true}); status != http.StatusBadRequest {
			t.Errorf("a mismatch without a CI: %d, want 400", status)
		}
	}
}

func TestInstrumentThatOnceHadAKeyCannotHaveAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	again := func(method string, card int) (int, body) {
		t.Helper()
		key := b.createKey(nil)
		status, got := b.ctl("POST", "/billing-keys/"+key+"/agree", Instrument{Method: method, CardCompanyCode: card})
		want := map[int]string{200: "/remove", 409: "/cancel"}[status]
		b.ctlOK("POST", "/billing-keys/"+key+want, nil)
		return status, got
	}
	const refused = "EXIST_ACTIVATED_BILLING_KEY_USING_THIS_METHOD"
	if status, got := again("card", 1); status != 200 || got["cardCompanyNo"] != json.Number("1") {
		t.Fatalf("first: %d %v", status, got)
	}
	if status, got := again("card", 1); status != 409 || got["code"] != refused {
		t.Errorf("the card of a removed key: %d %v", status, got)
	}
	if status, got := again("card", 0); status != 200 || got["cardCompanyNo"] != json.Number("2") {
		t.Errorf("a card left to the app: %d %v, want the first that had none", status, got)
	}
	_, text := b.open("/payfront/auth?billingKey=" + b.createKey(nil))
	if strings.Count(text, "data-used") != 2 || !strings.Contains(text, `<option value="2" data-used>`) {
		t.Error("the page does not tell which were used")
	}
	b.ctlOK("POST", "/billing-keys/cust-8841/agree", Instrument{Method: "card", CardCompanyCode: 3})
	b.ctlOK("PUT", "/billing-keys/cust-8841/instrument", Instrument{Method: "card", CardCompanyCode: 1}) // no new key
	b.ctlOK("POST", "/billing-keys/cust-8841/remove", nil)
	if status, _ := again("card", 3); status != 409 {
		t.Errorf("what the key charged before the buyer changed it: %d, want 409", status)
	}
	b.activeKey(body{"userId": "another"}, Instrument{Method: "card", CardCompanyCode: 1}) // is another person
	b.ctlOK("PUT", "/options", body{"reuseInstruments": true})
	if status, got := again("card", 1); status != 200 {
		t.Errorf("with reuse: %d %v", status, got)
	}
}
