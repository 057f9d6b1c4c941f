package shop_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/examples/shop"
)

func TestOrderCountsAsPaidOnlyWhenTheLookUpFitsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts          map[string]any
		id             string // merchant_uid the gateway holds, if not the order's
		status         int
		result, stands string
	}{
		"paid":                       {nil, "", 200, "paid", "paid"},
		"amount smaller":             {map[string]any{"amount": 100}, "", 409, "mismatch", "unpaid"},
		"amount larger":              {map[string]any{"amount": 12001}, "", 409, "mismatch", "unpaid"},
		"other currency":             {map[string]any{"currency": "USD"}, "", 409, "mismatch", "unpaid"},
		"payment of another order":   {nil, "mug-20260806-somebody-elses", 409, "mismatch", "unpaid"},
		"declined":                   {map[string]any{"status": "failed", "fail_reason": "한도초과"}, "", 200, "failed", "failed"},
		"window closed":              {map[string]any{"status": "ready"}, "", 200, "unpaid", "unpaid"},
		"virtual account issued":     {map[string]any{"status": "ready", "vbank_num": "X1234", "vbank_name": "신한"}, "", 200, "waiting", "waiting"},
		"cancelled in the meantime":  {map[string]any{"status": "cancelled", "cancel_amount": 12000}, "", 200, "cancelled", "cancelled"},
		"partly cancelled meanwhile": {map[string]any{"status": "cancelled", "cancel_amount": 500}, "", 200, "partly-cancelled", "partly-cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := b.order("mist", 1)
			holder := c.id
			if holder == "" {
				holder = id
			}
			b.g.hold("imp_000000000001", holder, c.facts)
			status, page := b.complete(id, "imp_000000000001")
			if got := attr(t, page, "result", "data-result"); status != c.status || got != c.result {
				t.Errorf("GET /complete: %d %q, want %d %q", status, got, c.status, c.result)
			}
			if got := b.status(id); got != c.stands {
				t.Errorf("order is %q, want %q", got, c.stands)
			}
			if reason, ok := c.facts["fail_reason"].(string); ok && !strings.Contains(part(t, page, "why", "</p>"), reason) {
				t.Errorf("page does not say why: want %q", reason)
			}
		})
	}
}

func TestReturnWithoutKnowledgeIsNotCalledFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.order("mist", 1)
	b.g.hold("imp_000000000001", id, nil)
	b.g.set(func() { b.g.down = true })
	status, page := b.complete(id, "imp_000000000001", "error_msg", "결제 실패")
	if got := attr(t, page, "result", "data-result"); status != http.StatusBadGateway || got != "unknown" {
		t.Errorf("while the gateway is down: %d %q, want 502 unknown", status, got)
	}
	b.g.set(func() { b.g.down = false })
	if status, page = b.complete(id, "imp_000000000001"); attr(t, page, "result", "data-result") != "paid" {
		t.Errorf("after a reload: %d %s", status, page)
	}
}

func TestReturnWithForgedOrMissingPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.order("mist", 1)
	b.complete(id, "imp_999999999998") // has the token fetched
	before := b.g.requests
	for _, uid := range []string{"imp_999999999999", "..", "../users/getToken", "prepare/" + id, strings.Repeat("i", 33)} {
		status, page := b.complete(id, uid)
		if got := attr(t, page, "result", "data-result"); status != http.StatusNotFound || got != "no-payment" {
			t.Errorf("imp_uid %q: %d %q, want 404 no-payment", uid, status, got)
		}
	}
	if got := b.g.requests - before; got != 1 {
		t.Errorf("%d look-ups, want one: what cannot be an imp_uid is not asked about", got)
	}
	status, page := b.complete(id, "", "error_code", "F1002", "error_msg", `<script>alert(1)</script>`)
	if got := attr(t, page, "result", "data-result"); status != http.StatusOK || got != "unpaid" {
		t.Errorf("refused beforehand: %d %q, want 200 unpaid", status, got)
	}
	if strings.Contains(page, "<script>alert") || !strings.Contains(part(t, page, "why", "</p>"), "&lt;script&gt;alert(1)") {
		t.Error("error_msg must be shown, escaped")
	}
	if status, _ := b.complete("mug-20260806-unknown", "imp_000000000001"); status != http.StatusNotFound {
		t.Errorf("unknown order: %d, want 404", status)
	}
	if got := b.status(id); got != "unpaid" {
		t.Errorf("order is %q, want unpaid", got)
	}
}

func TestWebhookIsStoredBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(b *bench, id string) (int, string){
		"JSON": func(b *bench, id string) (int, string) {
			return b.do("POST", "/webhook", `{"imp_uid":"imp_000000000001","merchant_uid":"`+id+`","status":"paid"}`, asJSON+"; charset=UTF-8")
		},
		"form": func(b *bench, id string) (int, string) {
			return b.do("POST", "/webhook", url.Values{"imp_uid": {"imp_000000000001"}, "merchant_uid": {id}, "status": {"paid"}}.Encode(), asForm)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := b.order("mist", 1)
			b.g.hold("imp_000000000001", id, nil)
			b.g.set(func() { b.g.down = true })
			if status, body := send(b, id); status != http.StatusBadGateway || b.status(id) != "unpaid" {
				t.Errorf("gateway down: %d %s, want 502 so that it is sent again", status, body)
			}
			b.g.set(func() { b.g.down = false })
			for range 2 { // webhooks may come twice
				if status, body := send(b, id); status != http.StatusOK || b.status(id) != "paid" {
					t.Errorf("%d %s, order is %q, want 200 and paid", status, body, b.status(id))
				}
			}
			_, page := b.do("GET", "/orders/"+id, "")
			if got := strings.Count(part(t, page, "webhook-log", "</ol>"), "imp_000000000001"); got != 3 {
				t.Errorf("webhook log shows %d arrivals, want 3", got)
			}
		})
	}
}

func TestForgedWebhookDoesNotMarkAnOrderPaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, other := b.order("mist", 1), b.paidOrder("imp_000000000002", 1)
	b.g.hold("imp_000000000003", id, map[string]any{"status": "failed"})
	for _, c := range []struct {
		name, body, kind string
		want             int
	}{
		{"payment that does not exist", `{"imp_uid":"imp_000000000009","merchant_uid":"` + id + `","status":"paid"}`, asJSON, 422},
		{"payment of another order", `{"imp_uid":"imp_000000000002","merchant_uid":"` + id + `","status":"paid"}`, asJSON, 422},
		{"payment that failed", `{"imp_uid":"imp_000000000003","merchant_uid":"` + id + `","status":"paid"}`, asJSON, 200},
		{"unknown order", `{"imp_uid":"imp_000000000002","merchant_uid":"mug-x","status":"paid"}`, asJSON, 200},
		{"no imp_uid", `{"merchant_uid":"` + id + `","status":"paid"}`, asJSON, 400},
		{"not JSON", `status=paid`, asJSON, 400},
		{"other content type", `{}`, "Content-Type: text/plain", 400},
		{"too long", strings.Repeat("x", 65<<10), asJSON, 413},
	} {
		if status, body := b.do("POST", "/webhook", c.body, c.kind); status != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.want)
		}
	}
	if a, o := b.status(id), b.status(other); a == "paid" || o != "paid" {
		t.Errorf("orders are %q and %q, want the first not paid, the second paid", a, o)
	}
}

func TestNewsOfAnotherAttemptDoesNotUndoAPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.paidOrder("imp_000000000001", 1)
	b.g.hold("imp_000000000002", id, map[string]any{"status": "failed", "started_at": 9000})
	b.complete(id, "imp_000000000002")
	b.g.hold("imp_000000000003", id, map[string]any{"started_at": 9100})
	b.complete(id, "imp_000000000003")
	_, page := b.do("GET", "/orders/"+id, "")
	if got := attr(t, page, "order-status", "data-status"); got != "paid" {
		t.Errorf("order is %q, want paid", got)
	}
	if !strings.Contains(part(t, page, "facts", "</table>"), "imp_000000000001") {
		t.Error("the order must stay with the payment that paid it")
	}
	if !strings.Contains(part(t, page, "timeline", "</ol>"), `data-kind="duplicate"`) {
		t.Error("a second payment of one order must show in the timeline")
	}
}

func TestConfirmProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good, soldOut, paid := b.order("dusk", 1), b.order("soldout", 1), b.paidOrder("imp_000000000001", 1)
	for _, c := range []struct {
		name, id, amount, reason string
		want                     int
	}{
		{"in stock", good, "12000", "", 200},
		{"sold out", soldOut, "12000", "품절된 상품입니다.", 409},
		{"another amount", good, "11999", "주문 금액과 다릅니다.", 409},
		{"paid already", paid, "12000", "이미 결제한 주문입니다.", 409},
		{"unknown order", "mug-x", "12000", "주문을 찾을 수 없습니다.", 404},
	} {
		status, body := b.do("POST", "/confirm", `{"imp_uid":"imp_000000000007","merchant_uid":"`+c.id+`","amount":`+c.amount+`}`, asJSON)
		if status != c.want || !strings.Contains(body, `"reason":"`+c.reason+`"`) {
			t.Errorf("%s: %d %s, want %d %q", c.name, status, body, c.want, c.reason)
		}
	}
}

func TestServerDecidesAndRegistersTheAmount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.order("mist", 3) // its body says "amount":1
	b.g.set(func() {
		if b.g.prepared[id] != 36000 {
			t.Errorf("prepared %d, want 36000", b.g.prepared[id])
		}
	})
	if len(id) > 40 || !strings.HasPrefix(id, "mug-20260806-") {
		t.Errorf("merchant_uid %q: want at most 40 characters, with Korea's day", id)
	}
	for _, body := range []string{`{"item":"mist","quantity":0}`, `{"item":"mist","quantity":11}`, `{"item":"gold","quantity":1}`} {
		if status, answer := b.do("POST", "/orders", body, asJSON); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s, want 422", body, status, answer)
		}
	}
	b.g.set(func() { b.g.down = true })
	if status, body := b.do("POST", "/orders", `{"item":"mist","quantity":1}`, asJSON); status != http.StatusBadGateway {
		t.Errorf("prepare refused: %d %s, want 502", status, body)
	}
	_, page := b.do("GET", "/orders", "")
	if got := strings.Count(page, `href="/orders/mug-`); got != 1 {
		t.Errorf("%d orders listed, want the one that was registered", got)
	}
}

func TestTokenIsSharedAndRenewed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tokens := func() (n int) {
		b.g.set(func() { n = b.g.tokens })
		return n
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { b.do("POST", "/orders", `{"item":"mist","quantity":1}`, asJSON) })
	}
	all.Wait()
	if got := tokens(); got != 1 {
		t.Errorf("%d tokens for 8 orders at once, want 1", got)
	}
	b.pass(1769 * time.Second)
	b.order("mist", 1)
	if got := tokens(); got != 1 {
		t.Errorf("%d tokens while the first still lives, want 1", got)
	}
	b.pass(2 * time.Second)
	b.order("mist", 1)
	if got := tokens(); got != 2 {
		t.Errorf("%d tokens less than 30 s before the end, want 2", got)
	}
	b.g.set(func() { b.g.token = "revoked" })
	b.order("mist", 1)
	if got := tokens(); got != 3 {
		t.Errorf("%d tokens after a 401, want 3", got)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := shop.New(shop.Options{Gateway: "127.0.0.1:8787", Secret: "hush-hush", Channels: []shop.Channel{{Label: "Toss"}}})
	for _, want := range []string{`Gateway "127.0.0.1:8787"`, `Public ""`, "UserCode", "Key is empty", `Channels[0] "Toss"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "hush") {
		t.Error("error tells the secret")
	}
}
