package shop_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestCancelSendsWhatTheShopBelievesIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.paidOrder("imp_000000000001", 3)
	for i, c := range []struct {
		form, stands   string
		amount         any // in the call; nil is absent
		checksum, left float64
	}{
		{"amount=5000&reason=" + "broken", "partly-cancelled", 5000.0, 36000, 31000},
		{"amount=1000", "partly-cancelled", 1000.0, 31000, 30000},
		{"amount=", "cancelled", nil, 30000, 0},
	} {
		w := b.send("POST", "/orders/"+id+"/cancel?lang=en", c.form, asForm, "Sec-Fetch-Site: same-origin")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/orders/"+id+"?lang=en" {
			t.Fatalf("cancel %d: %d %s", i, w.Code, w.Body)
		}
		sent := b.g.cancels[i]
		if sent["imp_uid"] != "imp_000000000001" || sent["checksum"] != c.checksum || sent["amount"] != c.amount {
			t.Errorf("cancel %d sent %v, want amount %v and checksum %v", i, sent, c.amount, c.checksum)
		}
		if got := b.status(id); got != c.stands {
			t.Errorf("after cancel %d the order is %q, want %q", i, got, c.stands)
		}
	}
	if b.g.cancels[0]["reason"] != "broken" {
		t.Errorf("reason %v, want the customer's", b.g.cancels[0]["reason"])
	}
	if status, _ := b.do("POST", "/orders/"+id+"/cancel", "", asForm); status != http.StatusUnprocessableEntity || len(b.g.cancels) != 3 {
		t.Errorf("nothing left: %d after %d calls, want 422 without a fourth call", status, len(b.g.cancels))
	}
}

func TestCancelThatCannotBeIsNotSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, unpaid := b.paidOrder("imp_000000000001", 1), b.order("mist", 1)
	for _, c := range []struct {
		name, id, form string
		headers        []string
		want           int
	}{
		{"more than was paid", id, "amount=12001", nil, 422},
		{"nothing", id, "amount=0", nil, 422},
		{"no number", id, "amount=1,000", nil, 422},
		{"unpaid order", unpaid, "", nil, 422},
		{"unknown order", "mug-x", "", nil, 404},
		{"another site's form", id, "", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"another origin's form", id, "", []string{"Origin: http://evil.test"}, 403},
	} {
		if status, body := b.do("POST", "/orders/"+c.id+"/cancel", c.form, append(c.headers, asForm)...); status != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.want)
		}
	}
	if len(b.g.cancels) != 0 || b.status(id) != "paid" {
		t.Errorf("%d cancels sent, order is %q, want none and paid", len(b.g.cancels), b.status(id))
	}
}

func TestRefusedCancelShowsTheReason(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.paidOrder("imp_000000000001", 1)
	b.g.cancel = func(map[string]any) (int, string) {
		return -1, "결제취소에 실패하였습니다. 취소 기한이 지났습니다."
	}
	status, page := b.do("POST", "/orders/"+id+"/cancel", "", asForm)
	if status != http.StatusBadGateway || !strings.Contains(part(t, page, "problem", "</div>"), "취소 기한이 지났습니다.") {
		t.Errorf("%d %s, want 502 with the gateway's words", status, page)
	}
	if got := b.status(id); got != "paid" {
		t.Errorf("order is %q, want paid", got)
	}
}

func TestLostAnswerToACancelIsAskedAbout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		down   bool
		stands string
	}{
		"and learned at once":         {false, "cancelled"},
		"and stays open while it may": {true, "paid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := b.paidOrder("imp_000000000001", 1)
			b.g.set(func() { b.g.lost, b.g.down = true, c.down })
			if status, page := b.do("POST", "/orders/"+id+"/cancel", "", asForm); status != http.StatusBadGateway || !strings.Contains(page, "확인하지 못했습니다") {
				t.Errorf("%d %s, want 502 that says the result is not known", status, page)
			}
			if got := b.status(id); got != c.stands {
				t.Errorf("order is %q, want %q", got, c.stands)
			}
			b.g.set(func() { b.g.down = false })
			b.do("POST", "/webhook", `{"imp_uid":"imp_000000000001","merchant_uid":"`+id+`","status":"cancelled"}`, asJSON)
			if got := b.status(id); got != "cancelled" {
				t.Errorf("after a webhook the order is %q, want cancelled", got)
			}
		})
	}
}
