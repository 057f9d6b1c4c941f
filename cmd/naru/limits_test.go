package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// from asks as a client behind the proxy on this machine.
func (r *running) from(client, method, path string) (int, string) {
	q, err := http.NewRequest(method, r.at.Gateway+path, strings.NewReader(""))
	if err != nil {
		r.t.Error(err)
		return 0, ""
	}
	if client != "" {
		q.Header.Set("X-Forwarded-For", client)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Error(err)
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, res.Header.Get("Retry-After")
}

// refused tells whether one of twenty requests at once is, and when the client
// may come again. It is twenty since a slow machine lets the bucket fill between
// one request and the next.
func (r *running) refused(client, method, path string) (after string, refused bool) {
	r.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if status, retry := r.from(client, method, path); status == http.StatusTooManyRequests {
				mu.Lock()
				defer mu.Unlock()
				after, refused = retry, true
			}
		})
	}
	all.Wait()
	return after, refused
}

// TestAllFacesShareAnAddressLimit: what a client asks for makes no difference, and
// others are not touched by it. The probes of a load balancer always pass.
func TestAllFacesShareAnAddressLimit(t *testing.T) {
	t.Parallel()
	env, args := serveArgs(t, "--trusted-proxies", "127.0.0.1", "--address-limit", "1/4")
	r := start(t, env, args...)
	greedy := "203.0.113.5"
	for _, path := range []string{"/v1/iamport.js", "/checkout/none", "/banks", "/notices/tosspayments/none"} {
		if status, _ := r.from(greedy, "GET", path); status == http.StatusTooManyRequests {
			t.Fatalf("%s within the burst: %d", path, status)
		}
	}
	for _, address := range []string{"GET /v1/iamport.js", "GET /checkout/none", "POST /sdk/checkouts", "GET /banks", "POST /users/getToken", "POST /notices/tosspayments/none"} {
		method, path, _ := strings.Cut(address, " ")
		if after, refused := r.refused(greedy, method, path); !refused || after == "" {
			t.Errorf("%s: refused %t, Retry-After %q", address, refused, after)
		}
		if status, _ := r.from("203.0.113.6", method, path); path == "/banks" && status != http.StatusUnauthorized {
			t.Errorf("%s of another client: %d", address, status)
		}
		if status, _ := r.from("", method, path); status == http.StatusTooManyRequests {
			t.Errorf("%s of this machine: %d", address, status)
		}
	}
	if status, _ := r.from(greedy, "GET", "/readyz"); status != http.StatusOK {
		t.Errorf("readiness: %d", status)
	}
}
