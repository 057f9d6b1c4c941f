package v1_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	v1 "naru/internal/rest/v1"
	"naru/internal/store"
)

// told is what GET /x/idempotency says of a key.
func (r *shopRig) told(key string) (k v1.KeyedCall) {
	r.t.Helper()
	decodeInto(r.t, r.good("", "GET", "/x/idempotency/"+key, ""), &k)
	return k
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestReplay: the same bytes again, marked, and nothing is done again.
func TestReplay(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		first := r.good("k-1", "POST", "/subscribe/payments/again", order("o1", 12000))
		if first.replayed() || first.header.Get("Idempotency-Key") != "k-1" {
			t.Errorf("the first answer: %v", first.header)
		}
		r.good("", "POST", "/payments/cancel", `{"merchant_uid":"o1","amount":2000}`) // what has become of it makes no difference
		for range 3 {
			again := r.call("k-1", "POST", "/subscribe/payments/again", order("o1", 12000))
			if again.raw != first.raw || again.status != first.status || !again.replayed() || again.header.Get("Idempotency-Key") != "k-1" ||
				again.header.Get("Content-Type") != first.header.Get("Content-Type") {
				t.Errorf("replayed: %d %s %v", again.status, again.raw, again.header)
			}
		}
		if got := r.taken("o1"); got != 10000 {
			t.Errorf("%d won are taken", got)
		}
		if bare := r.call("", "POST", "/subscribe/payments/again", order("o1", 12000)); bare.Code != 1 || bare.replayed() || bare.header.Get("Idempotency-Key") != "" {
			t.Errorf("without a key: %s %v", bare.raw, bare.header)
		}
		k := r.told("k-1")
		if k.Method != "POST" || k.Route != "/subscribe/payments/again" || k.State != "done" || *k.HTTPStatus != 200 || text(k.Began) != "charge" ||
			text(k.Status) != "succeeded" || text(k.ImpUID) != first.payment(t).ImpUID || text(k.Merchant) != "o1" || k.CreatedAt != r.clock.Now().Unix() {
			t.Errorf("told: %+v", k)
		}
	})
}

// TestOtherRequestsUnderOneKeyAreRefused, whatever differs: the operation, a
// value, a header that is part of the request; and never what does not.
func TestOtherRequestsUnderOneKeyAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		body := order("o1", 12000)
		r.good("k", "POST", "/subscribe/payments/again", body)
		for what, a := range map[string]reply{
			"amount":    r.call("k", "POST", "/subscribe/payments/again", order("o1", 12001)),
			"number":    r.call("k", "POST", "/subscribe/payments/again", order("o2", 12000)),
			"more":      r.call("k", "POST", "/subscribe/payments/again", strings.Replace(body, "{", `{"tax_free":0,`, 1)),
			"operation": r.call("k", "POST", "/payments/cancel", `{"merchant_uid":"o1"}`),
			"method":    r.call("k", "PUT", "/payments/prepare", `{"merchant_uid":"o1","amount":12000}`),
		} {
			if a.status != 422 || a.Code != -1 || a.replayed() {
				t.Errorf("%s: %d %s", what, a.status, a.raw)
			}
		}
		tested := r.request(r.ctx, "k", "POST", "/subscribe/payments/again", body)
		tested.Header.Set("X-Naru-Test-Code", "INVALID_CARD_NUMBER")
		if a, err := r.send(tested); err != nil || a.status != 422 {
			t.Errorf("a test code: %d %v", a.status, err)
		}
		same := r.request(r.ctx, "k", "POST", "/subscribe/payments/again/?unknown=1", "name=월간+구독&amount=12000&buyer_name=김나루&merchant_uid=o1&customer_uid=member")
		same.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a, err := r.send(same); err != nil || a.status != 200 || !a.replayed() {
			t.Errorf("the same as a form: %d %s %v", a.status, a.raw, err)
		}
		if r.taken("o1") != 12000 || len(r.paymentsOf("o2")) != 0 {
			t.Error("something else was charged")
		}
	})
}

// TestKeysBelongToAStore: merchants and sub-stores do not meet.
func TestKeysBelongToAStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"merchant_uid":"p-1","amount":1000}`
	send := func(token string, headers ...string) answer {
		return w.call("POST", "/payments/prepare", body, append(headers, "Authorization", token, "Content-Type", "application/json", "Idempotency-Key", "k")...)
	}
	hiders, err := w.gateway.IssueToken(context.Background(), "imp_key_hider", "imp_secret_hider")
	must(t, err)
	for who, a := range map[string]answer{"the shop": send(w.token), "its sub-store": send(w.token, "Tier", "ABC"), "another merchant": send(hiders.Value)} {
		if a.Code != 0 || a.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s: %s %v", who, a.body, a.header)
		}
	}
	if a := w.call("GET", "/x/idempotency/k", "", "Authorization", w.token, "Tier", "ABC"); a.Code != 0 {
		t.Errorf("the sub-store's: %s", a.body)
	}
	if a := w.call("GET", "/x/idempotency/other", "", "Authorization", w.token); a.status != 404 {
		t.Errorf("nobody's: %d %s", a.status, a.body)
	}
}

// TestWhichCallsTakeKeys: every write does; look-ups and getToken pass them over.
func TestWhichCallsTakeKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for address, takes := range map[string]bool{
		"GET /payments/imp_000000000002": false, "POST /payments/imp_000000000002": false, "GET /x/idempotency/none": false,
		"POST /users/getToken": false, "POST /cvs": false, "POST /payments/cancel": true, "POST /payments/prepare": true, "PUT /payments/prepare": true,
		"POST /subscribe/payments/onetime": true, "POST /subscribe/payments/again": true, "POST /subscribe/payments/schedule": true,
		"POST /subscribe/payments/unschedule": true, "PUT /subscribe/payments/schedule/x": true, "POST /subscribe/payments/schedule/x/reschedule": true,
		"POST /subscribe/payments/schedule/x/retry": true, "POST /subscribe/customers/x": true, "DELETE /subscribe/customers/x": true,
		"POST /vbanks": true, "DELETE /vbanks/imp_000000000002": true, "POST /receipts/imp_000000000002": true, "DELETE /receipts/imp_000000000002": true,
		"POST /receipts/external/x": true, "DELETE /receipts/external/x": true,
	} {
		method, target, _ := strings.Cut(address, " ")
		plain := w.call(method, target, "{}", "Authorization", w.token, "Content-Type", "application/json")
		with := w.call(method, target, "{}", "Authorization", w.token, "Content-Type", "application/json", "Idempotency-Key", "not a key")
		if took := with.status == 400 && strings.Contains(with.message(), "Idempotency-Key"); took != takes {
			t.Errorf("%s: %s", address, with.body)
		}
		if !takes && with.body != plain.body && !strings.Contains(with.body, "access_token") {
			t.Errorf("%s: %s, without: %s", address, with.body, plain.body)
		}
	}
}

// TestManyAtOnceChargeOnce: of a hundred with one key one is worked, and the
// others are told to come back or told what it did.
func TestManyAtOnceChargeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		var mu sync.Mutex
		var wg sync.WaitGroup
		answers := map[string]int{}
		bodies := map[string]bool{}
		for range 100 {
			wg.Go(func() {
				a, err := r.send(r.request(r.ctx, "k", "POST", "/subscribe/payments/again", order("o1", 12000)))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					answers[err.Error()]++
				case a.status == 409 && a.header.Get("Retry-After") == "1":
					answers["come back"]++
				case a.status == 200 && a.Code == 0:
					answers[fmt.Sprintf("charged, replayed %v", a.replayed())]++
					bodies[a.raw] = true
				default:
					answers[a.raw]++
				}
			})
		}
		wg.Wait()
		if answers["charged, replayed false"] != 1 || answers["charged, replayed true"]+answers["come back"] != 99 || len(bodies) != 1 {
			t.Errorf("%v", answers)
		}
		if got := r.taken("o1"); got != 12000 || len(r.paymentsOf("o1")) != 1 {
			t.Errorf("%d won in %d payments", got, len(r.paymentsOf("o1")))
		}
	})
}

// TestTheClientGoesAway while the provider is asked: the work is finished and its
// answer kept for the next call.
func TestTheClientGoesAway(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		ctx, leave := context.WithCancel(r.ctx)
		arrived, through := r.held.hold("/v1/billing/")
		gone := make(chan error)
		go func() {
			_, err := r.send(r.request(ctx, "k", "POST", "/subscribe/payments/again", order("o1", 12000)))
			gone <- err
		}()
		<-arrived
		if a := r.call("k", "POST", "/subscribe/payments/again", order("o1", 12000)); a.status != 409 || a.Code != -1 {
			t.Errorf("while it is under way: %d %s", a.status, a.raw)
		}
		if k := r.told("k"); k.State != "running" || text(k.Began) != "charge" || text(k.Status) != "started" || k.HTTPStatus != nil || text(k.ImpUID) == "" {
			t.Errorf("told while it is under way: %+v", k)
		}
		leave()
		if err := <-gone; err == nil {
			t.Fatal("the client got an answer")
		}
		close(through)
		r.eventually(func() bool { return r.told("k").State == "done" })
		a := r.good("k", "POST", "/subscribe/payments/again", order("o1", 12000))
		if p := a.payment(t); !a.replayed() || p.Status != "paid" || p.ImpUID != string(r.paymentsOf("o1")[0].ID) || r.taken("o1") != 12000 {
			t.Errorf("afterwards: %s", a.raw)
		}
	})
}

func (r *shopRig) eventually(ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if ok() {
			return
		}
	}
	r.t.Fatalf("it does not come about\n%s", r.log.String())
}

// TestUnknownBecomesKnown: an answer that was lost is told as unknown, and once
// the resolver knows, the key tells what came of it.
func TestUnknownBecomesKnown(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		r.charged("o0")
		for name, c := range map[string]struct{ fault, path, body, uid, want string }{
			"charge":  {"POST /v1/billing/*", "/subscribe/payments/again", order("o1", 12000), "o1", "paid"},
			"cancel":  {"POST /v1/payments/*/cancel", "/payments/cancel", `{"merchant_uid":"o0","amount":20000}`, "o0", "cancelled"},
			"account": {"POST /v1/virtual-accounts", "/vbanks", `{"merchant_uid":"v1","amount":5000,"vbank_code":"088","vbank_due":1796000000,"buyer_name":"김"}`, "v1", "ready"},
		} {
			r.faulty(c.fault + " after drop")
			r.faulty("GET /v1/payments/** before drop")
			first := r.call(name, "POST", c.path, c.body)
			if first.status != 200 || first.Code != -1 || !strings.Contains(*first.Message, "아직 알 수 없어") {
				t.Fatalf("%s: %d %s", name, first.status, first.raw)
			}
			again := r.call(name, "POST", c.path, c.body)
			if again.raw != first.raw || !again.replayed() {
				t.Errorf("%s, still unknown: %s", name, again.raw)
			}
			if k := r.told(name); k.State != "unknown" || text(k.Status) != "unknown" {
				t.Errorf("%s: %+v", name, k)
			}
			r.cards.Faults().Clear()
			r.pass(3*time.Minute, 15*time.Second)
			if k := r.told(name); k.State != "unknown" || text(k.Status) != "succeeded" {
				t.Errorf("%s, settled and not asked for yet: %+v", name, k)
			}
			known := r.good(name, "POST", c.path, c.body)
			if p := known.payment(t); !known.replayed() || p.Status != c.want || p.MerchantUID != c.uid {
				t.Errorf("%s, known: %s", name, known.raw)
			}
			if last := r.call(name, "POST", c.path, c.body); last.raw != known.raw || !last.replayed() || r.told(name).State != "done" {
				t.Errorf("%s, afterwards: %s", name, last.raw)
			}
		}
		if charged, left := r.taken("o1"), r.taken("o0"); charged != 12000 || left != 40000 {
			t.Errorf("%d charged, %d left", charged, left)
		}
	})
}

// TestRefusalsAreKept, and trouble of ours in which nothing began is not.
func TestRefusalsAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		no := r.call("k-1", "POST", "/subscribe/payments/again", strings.Replace(order("o1", 12000), "member", "nobody", 1))
		if no.Code != 1 {
			t.Fatalf("%s", no.raw)
		}
		r.billingKey("nobody")
		if a := r.call("k-1", "POST", "/subscribe/payments/again", strings.Replace(order("o1", 12000), "member", "nobody", 1)); a.raw != no.raw || !a.replayed() {
			t.Errorf("a refusal: %s", a.raw)
		}
		broken := r.call("k-2", "POST", "/subscribe/payments/again", `{"amount":"a lot"}`)
		if a := r.good("k-2", "POST", "/subscribe/payments/again", order("o2", 12000)); broken.Code != 1 || a.replayed() {
			t.Errorf("a request that cannot be read uses its key up: %s", a.raw)
		}
		r.fate.arm(3) // the commit of the intention, after the claim's two points
		trouble := r.call("k-3", "POST", "/subscribe/payments/again", order("o3", 12000))
		r.fate.arm(0)
		if trouble.status != 500 || len(r.paymentsOf("o3")) != 0 {
			t.Fatalf("%d %s", trouble.status, trouble.raw)
		}
		r.clock.Move(time.Minute)
		if a := r.good("k-3", "POST", "/subscribe/payments/again", order("o3", 12000)); a.replayed() || r.taken("o3") != 12000 {
			t.Errorf("after trouble: %s", a.raw)
		}
		receipt := func() reply {
			q := r.request(r.ctx, "k-4", "POST", "/receipts/external/r1", `{"name":"매장 판매","amount":11000,"identifier":"01077889911"}`)
			q.Header.Set("X-Naru-Test-Code", "INVALID_REGISTRATION_NUMBER")
			a, err := r.send(q)
			r.must(err)
			return a
		}
		declined := receipt()
		if a := receipt(); declined.status != 500 || a.raw != declined.raw || !a.replayed() {
			t.Errorf("V1 answers a provider's refusal with 500: %d %s, then %s", declined.status, declined.raw, a.raw)
		}
	})
}

// TestKeysAreForgotten after thirty days, by a job.
func TestKeysAreForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		body := func(i int) string { return fmt.Sprintf(`{"merchant_uid":"p-%d","amount":1000}`, i) }
		for i := range 3 {
			r.good(fmt.Sprint("k-", i), "POST", "/payments/prepare", body(i))
		}
		r.clock.Move(30*24*time.Hour - time.Second)
		r.signIn()
		r.must(r.runner.RunDue(r.ctx))
		if a := r.good("k-0", "POST", "/payments/prepare", body(0)); !a.replayed() {
			t.Errorf("on the last day: %s", a.raw)
		}
		r.clock.Move(time.Second)
		if a := r.call("", "GET", "/x/idempotency/k-0", ""); a.status != 404 {
			t.Errorf("its time is over: %d %s", a.status, a.raw)
		}
		if a := r.good("k-1", "POST", "/payments/prepare", `{"merchant_uid":"p-new","amount":5}`); a.replayed() {
			t.Errorf("a key whose time is over: %s", a.raw)
		}
		r.clock.Move(25 * time.Hour)
		r.must(r.runner.RunDue(r.ctx))
		left := map[string]bool{}
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			for i := range 3 {
				_, err := tx.Keyed(r.ctx, shop, fmt.Sprint("k-", i))
				left[fmt.Sprint(i)] = err == nil
			}
			return nil
		}))
		if left["0"] || !left["1"] || left["2"] {
			t.Errorf("left: %v", left)
		}
	})
}

// TestSomeoneThoughtDeadBeginsNothing: a call that slept so long that another
// took its place finds out in the transaction that would begin.
func TestSomeoneThoughtDeadBeginsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		call := gateway.KeyedCall{Merchant: shop, Key: "k", Method: "POST", Route: "/subscribe/payments/again", Input: []byte("x")}
		slept, _, err := r.gateway.ClaimKey(r.ctx, call)
		r.must(err)
		if _, _, err := r.gateway.ClaimKey(r.ctx, call); !errors.Is(err, gateway.ErrKeyBusy) {
			t.Errorf("while it is believed to live: %v", err)
		}
		r.clock.Move(time.Minute)
		other, _, err := r.gateway.ClaimKey(r.ctx, call)
		r.must(err)
		again := gateway.AgainRequest{Merchant: shop, CustomerUID: "member", Charge: gateway.Charge{MerchantUID: "o1", Name: "n", Amount: pay.Breakdown{Total: pay.Won(12000)}}}
		if _, err := r.gateway.ChargeAgain(gateway.WithIdempotency(r.ctx, slept), again); !errors.Is(err, gateway.ErrKeyBusy) {
			t.Errorf("the sleeper: %v", err)
		}
		if n := len(r.paymentsOf("o1")); n != 0 {
			t.Fatalf("%d payments", n)
		}
		p, err := r.gateway.ChargeAgain(gateway.WithIdempotency(r.ctx, other), again)
		if err != nil || r.taken("o1") != 12000 {
			t.Errorf("%s %v", p.Status, err)
		}
		r.must(r.gateway.EndKey(r.ctx, slept, gateway.KeyedAnswer{Status: 500, Body: []byte("no")}, false))
		r.must(r.gateway.EndKey(r.ctx, other, gateway.KeyedAnswer{Status: 200, Body: []byte("yes")}, true))
		if _, told, err := r.gateway.ClaimKey(r.ctx, call); err != nil || told == nil || string(told.Body) != "yes" {
			t.Errorf("kept: %+v %v", told, err)
		}
	})
}

// TestNothingOfACardIsKept, and nothing of a buyer can be read in the database.
func TestNothingOfACardIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newShopRig(t, "sqlite:"+filepath.Join(dir, "naru.db"))
	body := func(number string) string {
		return `{"merchant_uid":"o1","amount":12000,"name":"머그컵","card_number":"` + number + `","expiry":"` + panExpiry + `","birth":"` + panBirth + `","pwd_2digit":"48","buyer_name":"별난이름","buyer_tel":"01077889911"}`
	}
	first := r.good("k-1", "POST", "/subscribe/payments/onetime", body(pan))
	if a := r.call("k-1", "POST", "/subscribe/payments/onetime", body("9410123456780000")); a.raw != first.raw || !a.replayed() {
		t.Errorf("another card under the key: %s", a.raw)
	}
	r.good("k-2", "POST", "/subscribe/customers/c1", `{"card_number":"`+pan+`","expiry":"`+panExpiry+`","birth":"`+panBirth+`","customer_name":"별난이름"}`)
	if !strings.Contains(first.raw, "별난이름") {
		t.Fatalf("the answer does not hold what is looked for: %s", first.raw)
	}
	var sealed []byte
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		k, err := tx.Keyed(r.ctx, shop, "k-1")
		sealed = k.Answer
		return err
	}))
	if len(sealed) < len(first.raw) || bytes.Contains(sealed, []byte("별난이름")) {
		t.Errorf("the answer is kept as %q", sealed)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	r.must(err)
	var all bytes.Buffer
	for _, f := range files {
		raw, err := os.ReadFile(f)
		r.must(err)
		all.Write(raw)
	}
	for _, marker := range []string{pan, panExpiry, "2031", panBirth, first.raw[:60]} {
		if bytes.Contains(all.Bytes(), []byte(marker)) || marker == pan && strings.Contains(r.log.String(), marker) {
			t.Errorf("%q is kept", marker)
		}
	}
}

// TestALateRetryIsNotRefusedForBeingLate: what lay ahead when the first call came
// is judged from there.
func TestALateRetryIsNotRefusedForBeingLate(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		due := r.clock.Now().Add(10 * time.Minute).Unix()
		r.faulty("POST /v1/virtual-accounts after drop")
		r.faulty("GET /v1/payments/** before drop")
		body := fmt.Sprintf(`{"merchant_uid":"v1","amount":5000,"vbank_code":"088","vbank_due":%d,"buyer_name":"김"}`, due)
		if a := r.call("k", "POST", "/vbanks", body); a.Code != -1 {
			t.Fatalf("%s", a.raw)
		}
		r.cards.Faults().Clear()
		r.pass(20*time.Minute, time.Minute)
		if a := r.good("k", "POST", "/vbanks", body); a.payment(t).MerchantUID != "v1" || !a.replayed() {
			t.Errorf("%s", a.raw)
		}
		if a := r.call("k-2", "POST", "/vbanks", strings.Replace(body, "v1", "v2", 1)); a.Code != 1 {
			t.Errorf("a first call that is late: %s", a.raw)
		}
		r.billingKey("member")
		book := fmt.Sprintf(`{"customer_uid":"member","schedules":[{"merchant_uid":"s1","schedule_at":%d,"amount":7000}]}`, r.clock.Now().Add(time.Minute).Unix())
		r.fate.arm(4) // booked, and nobody was told
		_, _ = r.send(r.request(r.ctx, "k-3", "POST", "/subscribe/payments/schedule", book))
		r.fate.arm(0)
		r.pass(5*time.Minute, time.Minute)
		if a := r.good("k-3", "POST", "/subscribe/payments/schedule", book); !a.replayed() || !strings.Contains(a.raw, `"merchant_uid":"s1"`) || r.taken("s1") != 7000 {
			t.Errorf("a booking that has been charged since: %s", a.raw)
		}
	})
}

// TestKeysInThePath: GET /x/idempotency finds a key whatever its characters.
func TestKeysInThePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, c := range []struct{ key, path string }{
		{"a/b", "a%2Fb"}, {"100%", "100%25"}, {"a?b#c", "a%3Fb%23c"}, {`"quoted"`, "%22quoted%22"}, {"a+b", "a+b"}, {"{key}", "%7Bkey%7D"}, {strings.Repeat("~", 255), strings.Repeat("~", 255)}, {"/", "%2F"},
	} {
		a := w.call("POST", "/payments/prepare", fmt.Sprintf(`{"merchant_uid":"p-%d","amount":1000}`, i), "Authorization", w.token, "Content-Type", "application/json", "Idempotency-Key", c.key)
		if a.Code != 0 || a.header.Get("Idempotency-Key") != c.key {
			t.Errorf("%q: %s", c.key, a.body)
		}
		if k := w.get("/x/idempotency/" + c.path); k.Code != 0 || !strings.Contains(k.body, `"began":"prepare"`) {
			t.Errorf("%q: %s", c.key, k.body)
		}
	}
}

// TestARefusalAtTheDoorEndsNoKey: whoever comes back with a card that is none is
// told so, and the key goes on standing for the charge that was begun.
func TestARefusalAtTheDoorEndsNoKey(t *testing.T) {
	t.Parallel()
	r := newShopRig(t, "sqlite::memory:")
	body := `{"merchant_uid":"o1","amount":12000,"name":"n",` + cardFields + `}`
	r.fate.arm(6) // the provider has answered, nothing of it is written
	_, _ = r.send(r.request(r.ctx, "k", "POST", "/subscribe/payments/onetime", body))
	r.fate.arm(0)
	r.pass(10*time.Minute, time.Minute)
	if a := r.call("k", "POST", "/subscribe/payments/onetime", strings.Replace(body, pan, "1234", 1)); a.Code != -1 || a.status != 200 {
		t.Errorf("a card that is none: %s", a.raw)
	}
	if k := r.told("k"); k.State == "done" || text(k.Status) != "succeeded" {
		t.Errorf("told: %+v", k)
	}
	if a := r.good("k", "POST", "/subscribe/payments/onetime", body); a.payment(t).Status != "paid" || !a.replayed() || r.taken("o1") != 12000 {
		t.Errorf("the charge that was begun: %s", a.raw)
	}
}

// TestAnErasedAnswerIsToldFromTheBooks: a buyer's fields may be erased from what
// is kept under a key, and still nothing is done twice.
func TestAnErasedAnswerIsToldFromTheBooks(t *testing.T) {
	onBoth(t, func(t *testing.T, r *shopRig) {
		r.billingKey("member")
		r.charged("o1")
		body := `{"merchant_uid":"o1","amount":20000}`
		first := r.good("k", "POST", "/payments/cancel", body)
		r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
			k, err := tx.Keyed(r.ctx, shop, "k")
			if err != nil {
				return err
			}
			if k, err = tx.TakeKeyed(r.ctx, k, k.Lease); err != nil {
				return err
			}
			return tx.EndKeyed(r.ctx, k, store.KeyedDone, k.Status, nil)
		}))
		again := r.good("k", "POST", "/payments/cancel", body)
		if !again.replayed() || again.payment(t).CancelAmount != first.payment(t).CancelAmount || r.taken("o1") != 40000 {
			t.Errorf("%s", again.raw)
		}
	})
}
