package v1_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// setting changes the shop's settings, also to what the gateway would refuse; a
// token is believed for a second.
func (w *world) setting(change func(*pay.Settings)) {
	w.t.Helper()
	ctx := context.Background()
	must(w.t, w.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, shop)
		if err != nil {
			return err
		}
		change(&m.Settings)
		return tx.UpdateMerchant(ctx, m)
	}))
	w.clock = w.clock.Add(2 * time.Second)
}

func (w *world) from(addr, method, target, body string, headers ...string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = addr
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

// TestAllowList: a network or an address of the merchant's list may call, also
// for a token; the list of a store holds for its sub-stores.
func TestAllowList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list []string
		addr string
		ok   bool
	}{
		"no list":                        {nil, "203.0.113.9:1", true},
		"network":                        {[]string{"198.51.100.0/24", " 203.0.113.0/24 "}, "203.0.113.9:1", true},
		"outside":                        {[]string{"198.51.100.0/24"}, "203.0.113.9:1", false},
		"address":                        {[]string{"203.0.113.9"}, "203.0.113.9:1", true},
		"another address":                {[]string{"203.0.113.8"}, "203.0.113.9:1", false},
		"IPv4 in IPv6":                   {[]string{"203.0.113.0/24"}, "[::ffff:203.0.113.9]:1", true},
		"IPv6":                           {[]string{"2001:db8::/32"}, "[2001:db8::1]:1", true},
		"a line that means nothing":      {[]string{"office"}, "203.0.113.9:1", false},
		"an address that cannot be read": {[]string{"203.0.113.0/24"}, "@", false},
		"an empty line":                  {[]string{""}, "203.0.113.9:1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.setting(func(s *pay.Settings) { s.AllowedIPs = c.list })
			want := 403
			if c.ok {
				want = 200
			}
			for what, call := range map[string]func() (int, string){
				"a read": func() (int, string) { return w.from(c.addr, "GET", "/users/pg", "", "Authorization", w.token) },
				"a tier": func() (int, string) {
					return w.from(c.addr, "GET", "/users/pg", "", "Authorization", w.token, "Tier", "ABC")
				},
				"a token": func() (int, string) {
					return w.from(c.addr, "POST", "/users/getToken", "imp_key="+key+"&imp_secret="+secret)
				},
				"a charge": func() (int, string) {
					return w.from(c.addr, "POST", "/subscribe/payments/again", "", "Authorization", w.token)
				},
			} {
				status, body := call()
				if status != want || !c.ok && !strings.Contains(body, `"code":-1`) {
					t.Errorf("%s: %d %s", what, status, body)
				}
			}
			if status, _ := w.from(c.addr, "POST", "/users/getToken", "imp_key="+key+"&imp_secret=wrong"); status != 401 {
				t.Errorf("a wrong secret: %d", status)
			}
			if len(w.charges) != 0 {
				t.Error("a charge was made")
			}
		})
	}
}

// TestATierSellsByItself: writes, too, are the sub-store's alone.
func TestATierSellsByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tier := func(method, target, body string) answer {
		return w.call(method, target, body, "Authorization", w.token, "Tier", "ABC", "Content-Type", "application/json")
	}
	if a := tier("POST", "/payments/cancel", `{"imp_uid":"imp_000000000002"}`); a.Code != 1 || len(w.asks) != 0 {
		t.Errorf("the store's payment: %s", a.body)
	}
	if a := tier("POST", "/subscribe/payments/again", `{"customer_uid":"member1-card","merchant_uid":"x","amount":100}`); a.Code != 1 || len(w.charges) != 0 {
		t.Errorf("the store's billing key: %s", a.body)
	}
	if a := tier("POST", "/payments/prepare", `{"merchant_uid":"p","amount":100}`); a.Code != 0 {
		t.Error(a.body)
	}
	if a := w.get("/payments/prepare/p"); a.status != 404 {
		t.Errorf("the sub-store's order shows in the store: %s", a.body)
	}
	if a := tier("GET", "/tiers/ABC", ""); a.Code != 0 {
		t.Errorf("a sub-store is read by its store's token: %s", a.body)
	}
}

// TestUnknownCustomersAsTheyOnceWere: 200 in place of 404 by the merchant's
// setting (decision D29), but for several at once.
func TestUnknownCustomersAsTheyOnceWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.setting(func(s *pay.Settings) { s.UnknownKeyOK = true })
	const text = "요청하신 customer_uid(nobody)로 등록된 정보를 찾을 수 없습니다."
	for method, target := range map[string]string{"GET": "/subscribe/customers/nobody", "DELETE": "/subscribe/customers/nobody"} {
		if a := w.call(method, target, "", "Authorization", w.token); a.status != 200 || a.Code != 1 || a.message() != text || string(a.Response) != "null" {
			t.Errorf("%s: %d %s", method, a.status, a.body)
		}
	}
	if a := w.get("/subscribe/customers?customer_uid[]=nobody"); a.status != 404 || a.Code != 1 {
		t.Errorf("several: %d %s", a.status, a.body)
	}
}
