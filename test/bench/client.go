package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

func (s *stack) send(ctx context.Context, method, u, auth, kind, body string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, u, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := s.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, raw, err
}

// get reads an answer to its end and wants a status.
func (s *stack) get(ctx context.Context, u, auth string, want int) error {
	status, raw, err := s.send(ctx, http.MethodGet, u, auth, "", "")
	if err == nil && status != want {
		err = fmt.Errorf("%s: status %d, want %d: %.200s", u, status, want, raw)
	}
	return err
}

// post wants 200 and JSON.
func (s *stack) post(ctx context.Context, u, kind, body string, into any) error {
	status, raw, err := s.send(ctx, http.MethodPost, u, "", kind, body)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: status %d: %.200s", u, status, raw)
	}
	return json.Unmarshal(raw, into)
}

// call asks the REST interface; an answer with another code than 0 is an error.
func call[T any](ctx context.Context, s *stack, method, path string, in any) (out T, err error) {
	var body []byte
	kind := ""
	if in != nil {
		kind = "application/json"
		if body, err = json.Marshal(in); err != nil {
			return out, err
		}
	}
	_, raw, err := s.send(ctx, method, s.gateway+path, s.token, kind, string(body))
	if err != nil {
		return out, err
	}
	var answer struct {
		Code     *int
		Message  *string
		Response json.RawMessage
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Code == nil || *answer.Code != 0 {
		return out, fmt.Errorf("%s %s: %.300s", method, path, raw)
	}
	return out, json.Unmarshal(answer.Response, &out)
}

// bareToo is the same body to the bare handler.
func (s *stack) bareToo(ctx context.Context, in any) func(int) error {
	body, err := json.Marshal(in)
	return func(int) error {
		if err != nil {
			return err
		}
		var out struct{ Code int }
		return s.post(ctx, s.bare+"/", "application/json", string(body), &out)
	}
}

// newUID is an order number that nobody has used.
func (s *stack) newUID() string { return fmt.Sprintf("bench-%d-%d", os.Getpid(), s.serial.Add(1)) }

// The identity that `naru dev` prints.
const (
	devMerchant = "m_dev"
	devUserCode = "imp00000000"
	loginForm   = "imp_key=naru_dev_key&imp_secret=naru_dev_secret"
	formKind    = "application/x-www-form-urlencoded"
	billing     = "channel-key-33333333-3333-4333-8333-333333333333"
)

func (s *stack) login(ctx context.Context) error {
	var body struct {
		Response struct {
			AccessToken string `json:"access_token"`
		}
	}
	err := s.post(ctx, s.gateway+"/users/getToken", formKind, cmp.Or(s.form, loginForm), &body)
	s.token = body.Response.AccessToken
	return err
}

// issueKeys issues n billing keys for a card that the simulator approves, and
// gives the names they go by.
func (s *stack) issueKeys(ctx context.Context, n int) ([]string, error) {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("bench-customer-%d", i)
		_, err := call[struct{}](ctx, s, http.MethodPost, "/subscribe/customers/"+url.PathEscape(names[i]), withCard(map[string]any{
			"channel_key": billing, "customer_id": fmt.Sprintf("bench-member-%d", i), "customer_name": "bench",
		}))
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// withCard adds the card that the examples use.
func withCard(in map[string]any) map[string]any {
	in["card_number"], in["expiry"], in["birth"], in["pwd_2digit"] = "5310-4400-1122-3347", "2032-09", "880704", "31"
	return in
}
