package tosspayments_test

import (
	"strings"
	"testing"
	"time"
)

func TestTheFirstAnswerOfAKeyIsRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	// A refusal is repeated, whatever the body is by then.
	wrong := b.call("POST", "/v1/payments/confirm", confirmation(key, fields{"amount": 1}), "Idempotency-Key", "k-1")
	b.want(wrong, 400, "INVALID_REQUEST")
	again := b.call("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k-1")
	if string(again.raw) != string(wrong.raw) || again.status != wrong.status {
		t.Errorf("repeated %s, first %s", again, wrong)
	}
	if got := b.get(key)["status"]; got != "IN_PROGRESS" {
		t.Errorf("a repeated refusal acted: %v", got)
	}
	trace := again.header.Get("X-Tosspayments-Trace-Id")
	if own, first, _ := strings.Cut(trace, ","); first != wrong.header.Get("X-Tosspayments-Trace-Id") || own == first {
		t.Errorf("trace %q, first %q", trace, wrong.header.Get("X-Tosspayments-Trace-Id"))
	}
	// So is a success, though the payment has changed since.
	done := b.call("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k-2")
	b.want(done, 200, "")
	b.want(b.call("POST", "/v1/payments/"+key+"/cancel", fields{"cancelReason": "변심"}, "Idempotency-Key", "k-2"), 200, "") // another URL
	if again = b.call("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k-2"); string(again.raw) != string(done.raw) {
		t.Errorf("repeated %s, first %s", again, done)
	}
}

func TestKeysBelongToOneShop(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.call("POST", "/v1/payments/confirm", fields{}, "Idempotency-Key", "k"), 400, "INVALID_REQUEST")
	r := b.call("POST", "/v1/payments/confirm", confirmation("nothing", nil), "Idempotency-Key", "k", "Authorization", basic(liveKey))
	b.want(r, 404, "NOT_FOUND_PAYMENT")
}

func TestKeysAreIgnoredOnGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	first := b.call("GET", "/v1/payments/"+key, nil, "Idempotency-Key", "k")
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 200, "")
	if second := b.call("GET", "/v1/payments/"+key, nil, "Idempotency-Key", "k"); second.body["status"] != "DONE" {
		t.Errorf("second %s, first %s", second, first)
	}
}

func TestKeysLiveFor15Days(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cancel := func() reply {
		return b.call("POST", "/v1/payments/nothing/cancel", fields{"cancelReason": "변심"}, "Idempotency-Key", strings.Repeat("k", 300))
	}
	first := cancel().header.Get("X-Tosspayments-Trace-Id")
	b.clock.set(began.Add(15*24*time.Hour - time.Second))
	if trace := cancel().header.Get("X-Tosspayments-Trace-Id"); !strings.HasSuffix(trace, ","+first) {
		t.Errorf("on the last second: trace %q, want a repeat of %q", trace, first)
	}
	b.clock.set(began.Add(15 * 24 * time.Hour))
	if trace := cancel().header.Get("X-Tosspayments-Trace-Id"); strings.Contains(trace, ",") {
		t.Errorf("after 15 days: trace %q, want no repeat", trace)
	}
}

// While an answer is on its way, the key is taken; when its client has gone,
// the answer is there for the next.
func TestARunningKeyIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	held, release := make(chan struct{}), make(chan struct{})
	b.rule("webhook * early")
	b.reply = func(int) int { close(held); <-release; return 200 }
	first := make(chan reply, 1)
	go func() {
		r, _ := b.send("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k")
		first <- r
	}()
	<-held
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k"), 409, "IDEMPOTENT_REQUEST_PROCESSING")
	close(release)
	done := <-first
	b.want(done, 200, "")
	if again := b.call("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k"); string(again.raw) != string(done.raw) {
		t.Errorf("repeated %s, first %s", again, done)
	}
}

// again confirms once more under the key "k", as soon as the call whose answer was
// lost has ended: its connection breaks a moment before.
func (b *bench) again(payment string) reply {
	b.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		r := b.call("POST", "/v1/payments/confirm", confirmation(payment, nil), "Idempotency-Key", "k")
		if r.status != 409 || time.Now().After(end) {
			return r
		}
	}
}

func TestALostAnswerActedAndIsThereForTheSameKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	b.rule("POST /v1/payments/confirm nth=1 after drop")
	if r, err := b.send("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k"); err == nil {
		t.Fatalf("answer %s, want none", r)
	}
	if got := b.get(key)["status"]; got != "DONE" {
		t.Errorf("after the lost answer: %v, want DONE", got)
	}
	b.want(b.again(key), 200, "")
	b.want(b.call("POST", "/v1/payments/confirm", confirmation(key, nil)), 400, "ALREADY_PROCESSED_PAYMENT")
}

func TestALostRequestDidNothingAndLeavesTheKeyFree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.authenticated(nil)
	b.rule("POST /v1/payments/confirm nth=1 before drop")
	b.rule("POST /v1/payments/confirm nth=2 before status=503")
	if r, err := b.send("POST", "/v1/payments/confirm", confirmation(key, nil), "Idempotency-Key", "k"); err == nil {
		t.Fatalf("answer %s, want none", r)
	}
	b.want(b.again(key), 503, "")
	if got := b.get(key)["status"]; got != "IN_PROGRESS" {
		t.Errorf("after the lost requests: %v, want IN_PROGRESS", got)
	}
	b.want(b.again(key), 200, "")
}

func TestFaultsWordRefusalsAsTheProviderDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rule("GET /v1/payments/* nth=1 before status=403 code=FORBIDDEN_CONSECUTIVE_REQUEST")
	r := b.call("GET", "/v1/payments/nothing", nil)
	b.want(r, 403, "FORBIDDEN_CONSECUTIVE_REQUEST")
	if r.body["message"] != "같은 요청이 너무 잦습니다." {
		t.Errorf("message %v", r.body["message"])
	}
}

func TestTranscriptHoldsTheExchangeWithoutKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.approved(nil)
	b.call("POST", "/v1/payments/key-in", `{"cardNumber":"4330 1212 3456 7890","cardPassword":"12","customerIdentityNumber":"900101"}`, "Idempotency-Key", "k-9")
	raw := string(b.call("GET", b.root+"/control/tosspayments/transcript", nil).raw)
	for _, secret := range []string{secretKey, strings.TrimPrefix(basic(secretKey), "Basic "), "4330 1212", `\"12\"`, "900101", b.get(key)["secret"].(string)} {
		if strings.Contains(raw, secret) {
			t.Errorf("the transcript holds %q", secret)
		}
	}
	for _, want := range []string{"/v1/payments/confirm", key, "k-9", `"status": 200`} {
		if !strings.Contains(raw, want) {
			t.Errorf("the transcript lacks %q: %s", want, raw)
		}
	}
}
