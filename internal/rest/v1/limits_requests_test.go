package v1_test

import (
	"strings"
	"testing"
	"time"

	"naru/internal/rest"
	v1 "naru/internal/rest/v1"
)

// limit gives the world limits, on a clock that stands still unless it is moved.
func (w *world) limit(o rest.LimitOptions) (now *time.Time, kinds map[string]int) {
	at := time.Unix(1_800_000_000, 0)
	kinds = map[string]int{}
	o.Now = func() time.Time { return at }
	o.Limited = func(kind string) { kinds[kind]++ }
	w.Handler = v1.New(v1.Options{Gateway: w.gateway, Store: w.store, Now: func() time.Time { return w.clock }, Limits: rest.NewLimits(o)})
	return &at, kinds
}

// tooMany holds an answer against V1's envelope.
func (a answer) tooMany() bool {
	return a.status == 429 && a.Code == -1 && strings.Contains(a.message(), "요청이 너무 많습니다") && string(a.Response) == "null" && a.header.Get("Retry-After") == "1"
}

// TestAnAPIKeyIsLimited for itself: another merchant's goes on, and getToken does.
func TestAnAPIKeyIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now, kinds := w.limit(rest.LimitOptions{Key: rest.Limit{PerSecond: 10, Burst: 3}})
	for range 3 {
		if a := w.get("/payments/imp_000000000002"); a.Code != 0 {
			t.Fatalf("%s", a.body)
		}
	}
	if a := w.get("/payments/imp_000000000002"); !a.tooMany() {
		t.Errorf("one too many: %d %s %v", a.status, a.body, a.header)
	}
	if a := w.call("GET", "/payments/imp_000000000099", "", "Authorization", w.token, "Tier", "ABC"); !a.tooMany() {
		t.Errorf("its sub-store: %d %s", a.status, a.body)
	}
	others := w.call("POST", "/users/getToken", `{"imp_key":"imp_key_hider","imp_secret":"imp_secret_hider"}`)
	token := strings.SplitN(strings.SplitN(others.body, `"access_token":"`, 2)[1], `"`, 2)[0]
	if a := w.call("GET", "/payments/imp_000000000014", "", "Authorization", token); a.status == 429 {
		t.Errorf("another merchant: %s", a.body)
	}
	for range 20 {
		if a := w.call("POST", "/users/getToken", `{"imp_key":"`+key+`","imp_secret":"`+secret+`"}`); a.Code != 0 {
			t.Fatalf("getToken: %s", a.body)
		}
	}
	*now = now.Add(100 * time.Millisecond)
	if a := w.get("/payments/imp_000000000002"); a.Code != 0 {
		t.Errorf("a tenth of a second later: %s", a.body)
	}
	if kinds[rest.LimitedKey] != 2 || len(kinds) != 1 {
		t.Errorf("counted: %v", kinds)
	}
}

// TestUnknownTokensAreNoKeys: what is no token is refused as such, however often.
func TestUnknownTokensAreNoKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit(rest.LimitOptions{Key: rest.Limit{PerSecond: 1, Burst: 1}})
	for range 10 {
		if a := w.call("GET", "/payments/imp_000000000002", "", "Authorization", "made up"); a.status != 401 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
}

// TestAnAddressIsLimited whatever it asks for, also where there is nothing.
func TestAnAddressIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, kinds := w.limit(rest.LimitOptions{Address: rest.Limit{PerSecond: 1, Burst: 4}})
	w.get("/banks/088")
	w.call("GET", "/no/such/thing", "")
	w.call("POST", "/users/getToken", "{}")
	w.call("GET", "/banks/088", "")
	for _, a := range []answer{w.get("/banks/088"), w.call("GET", "/x/openapi.json", ""), w.call("POST", "/users/getToken", "{}")} {
		if !a.tooMany() {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if kinds[rest.LimitedAddress] != 3 {
		t.Errorf("counted: %v", kinds)
	}
}

// TestSecretsAreGuessedSlowly: thirty wrong ones, then one a second; the right
// one must wait as well, or guessing would pay.
func TestSecretsAreGuessedSlowly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now, kinds := w.limit(rest.LimitOptions{})
	try := func(secret string) answer {
		return w.call("POST", "/users/getToken", `{"imp_key":"`+key+`","imp_secret":"`+secret+`"}`)
	}
	for i := range 30 {
		if a := try("wrong"); a.status != 401 {
			t.Fatalf("%d: %d %s", i, a.status, a.body)
		}
	}
	if a := try("wrong"); !a.tooMany() {
		t.Errorf("one too many: %d %s", a.status, a.body)
	}
	if a := try(secret); !a.tooMany() {
		t.Errorf("the right one: %d %s", a.status, a.body)
	}
	if a := w.get("/payments/imp_000000000002"); a.Code != 0 {
		t.Errorf("with a token: %s", a.body)
	}
	*now = now.Add(time.Second)
	if a := try(secret); a.Code != 0 {
		t.Errorf("a second later: %s", a.body)
	}
	if kinds[rest.LimitedSecret] != 2 {
		t.Errorf("counted: %v", kinds)
	}
}
