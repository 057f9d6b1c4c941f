package main

import (
	"net/http"
	"strings"
	"testing"
)

// from asks as a client behind the proxy on this machine.
func (r *running) from(client, method, path string) (int, string) {
	r.t.Helper()
	q, err := http.NewRequest(method, r.at.Gateway+path, strings.NewReader(""))
	if err != nil {
		r.t.Fatal(err)
	}
	if client != "" {
		q.Header.Set("X-Forwarded-For", client)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, res.Header.Get("Retry-After")
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
		if status, after := r.from(greedy, method, path); status != http.StatusTooManyRequests || after == "" {
			t.Errorf("%s: %d, Retry-After %q", address, status, after)
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
