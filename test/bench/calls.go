package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// callers are how many ask at once.
func callers() []int { return []int{1, 8, 64} }

// calls is what one payment costs, on books that are nearly empty.
func (b *bench) calls(ctx context.Context) error {
	return b.opened(ctx, func(s *stack) error {
		keys, err := s.issueKeys(ctx, 64)
		if err != nil {
			return err
		}
		fmt.Println(heading)
		for _, load := range []func(n int) error{
			func(n int) error { return s.reads(ctx, n, b.rounds) },
			func(n int) error { return s.confirms(ctx, n, b.rounds) },
			func(n int) error { return s.again(ctx, n, b.rounds, keys) },
			func(n int) error { return s.onetime(ctx, n, b.rounds) },
		} {
			for _, n := range callers() {
				if err := load(n); err != nil {
					return err
				}
			}
		}
		fmt.Println()
		return nil
	})
}

func (s *stack) reads(ctx context.Context, n, rounds int) error {
	id, back, err := s.authenticated(ctx)
	if err != nil {
		return err
	}
	if err := s.get(ctx, back, "", http.StatusFound); err != nil {
		return err
	}
	return s.measure(ctx, rounds, row{what: "`GET /payments/{imp_uid}`", callers: n, total: 2000 + n*100, call: func(int) error {
		return s.get(ctx, s.gateway+"/payments/"+id, s.token, http.StatusOK)
	}})
}

// authenticated opens a Toss Pay checkout and has the buyer agree in the
// sandbox; it gives the address the browser would return to.
func (s *stack) authenticated(ctx context.Context) (impUID, back string, err error) {
	var opened struct {
		URL    string
		ImpUID string `json:"imp_uid"`
	}
	params := fmt.Sprintf(`{"user_code":%q,"mobile":true,"params":{"pg":"tosspay_v2","pay_method":"tosspay","merchant_uid":%q,"name":"bench","amount":12000,"m_redirect_url":"http://localhost/done"}}`, devUserCode, s.newUID())
	if err := s.post(ctx, s.gateway+"/sdk/checkouts", "text/plain", params, &opened); err != nil {
		return "", "", err
	}
	res, err := s.http.Get(opened.URL)
	if err != nil {
		return "", "", err
	}
	res.Body.Close()
	window, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusSeeOther {
		return "", "", fmt.Errorf("%s: %s", opened.URL, res.Status)
	}
	var seen struct{ Next string }
	err = s.post(ctx, s.sandbox+"/control/tosspay/payments/"+window.Query().Get("payToken")+"/approve", "application/json", `{"payMethod":"CARD","cardCompanyCode":1}`, &seen)
	return opened.ImpUID, seen.Next, err
}

// confirms measures the buyer's return: checked, confirmed at the simulator over
// HTTP, and recorded.
func (s *stack) confirms(ctx context.Context, n, rounds int) error {
	total := 100 + n*4
	var returns []string
	return s.measure(ctx, rounds, row{what: "confirm, end to end", callers: n, total: total, writes: true, prepare: func() error {
		returns = returns[:0]
		for range total {
			_, back, err := s.authenticated(ctx)
			if err != nil {
				return err
			}
			returns = append(returns, back)
		}
		return nil
	}, call: func(i int) error { return s.get(ctx, returns[i], "", http.StatusFound) }})
}

// again charges billing keys, from the merchant's request to the answer that the
// payment is paid.
func (s *stack) again(ctx context.Context, n, rounds int, keys []string) error {
	return s.charges(ctx, n, rounds, "/subscribe/payments/again", func(i int) map[string]any {
		return map[string]any{"customer_uid": keys[i%len(keys)]}
	})
}

// onetime charges card numbers.
func (s *stack) onetime(ctx context.Context, n, rounds int) error {
	return s.charges(ctx, n, rounds, "/subscribe/payments/onetime", func(int) map[string]any {
		return withCard(map[string]any{"channel_key": billing})
	})
}

func (s *stack) charges(ctx context.Context, n, rounds int, path string, who func(i int) map[string]any) error {
	body := func(i int) map[string]any {
		in := who(i)
		in["merchant_uid"], in["amount"], in["name"] = s.newUID(), 12000, "bench"
		return in
	}
	return s.measure(ctx, rounds, row{
		what: "`POST " + path + "`", callers: n, total: 200 + n*8, writes: true, bare: s.bareToo(ctx, body(0)),
		call: func(i int) error {
			p, err := call[struct{ Status string }](ctx, s, http.MethodPost, path, body(i))
			if err == nil && p.Status != "paid" {
				err = fmt.Errorf("the payment is %q", p.Status)
			}
			return err
		},
	})
}
