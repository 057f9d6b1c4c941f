package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// client speaks PortOne V1's REST API. It keeps one token until shortly before
// its end, and renews it once when the gateway refuses it earlier.
type client struct {
	base, key, secret string
	http              *http.Client
	now               func() time.Time

	mu    sync.Mutex // held while a token is fetched, so that callers share it
	token string
	until time.Time
}

// exchange is a REST call as it was made and answered, without its token.
type exchange struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body,omitempty"`
	Status int             `json:"status"`
	Answer json.RawMessage `json:"answer"`
}

// ok reports a success in V1's sense: HTTP 200 and code 0, both.
func (e exchange) ok() bool {
	var envelope struct {
		Code *int `json:"code"`
	}
	return e.Status == http.StatusOK && json.Unmarshal(e.Answer, &envelope) == nil && envelope.Code != nil && *envelope.Code == 0
}

// response is the string of a name in the answer's response, "" when there is none.
func (e exchange) response(name string) string {
	var envelope struct {
		Response map[string]json.RawMessage `json:"response"`
	}
	var text string
	if json.Unmarshal(e.Answer, &envelope) == nil {
		_ = json.Unmarshal(envelope.Response[name], &text)
	}
	return text
}

// call makes a call and returns whatever is answered. An error means that there
// was no answer: nothing is known about what the gateway did.
func (c *client) call(ctx context.Context, method, path string, body json.RawMessage) (exchange, error) {
	token, refused, err := c.accessToken(ctx, "")
	if err != nil || refused != nil {
		return orEmpty(refused), err
	}
	e, err := c.send(ctx, method, path, token, body)
	if err != nil || e.Status != http.StatusUnauthorized {
		return e, err
	}
	if token, refused, err = c.accessToken(ctx, token); err != nil || refused != nil {
		return orEmpty(refused), err
	}
	return c.send(ctx, method, path, token, body)
}

func orEmpty(e *exchange) exchange {
	if e == nil {
		return exchange{}
	}
	return *e
}

// tokenMargin is how long before its end a token is renewed.
const tokenMargin = 30 * time.Second

// accessToken returns the kept token unless it is about to end or is the one
// the gateway has just refused. When there is none to be had it returns the
// gateway's refusal, without the keys that were sent.
func (c *client) accessToken(ctx context.Context, old string) (string, *exchange, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.token != old && c.now().Before(c.until) {
		return c.token, nil, nil
	}
	keys, err := json.Marshal(map[string]string{"imp_key": c.key, "imp_secret": c.secret})
	if err != nil {
		return "", nil, err
	}
	asked := c.now()
	e, err := c.send(ctx, http.MethodPost, "/users/getToken", "", keys)
	if err != nil {
		return "", nil, err
	}
	e.Body = nil
	var t struct {
		Response struct {
			AccessToken string `json:"access_token"`
			Now         int64  `json:"now"`
			ExpiredAt   int64  `json:"expired_at"`
		} `json:"response"`
	}
	if err := json.Unmarshal(e.Answer, &t); !e.ok() || err != nil || t.Response.AccessToken == "" {
		return "", &e, nil
	}
	c.token, c.until = t.Response.AccessToken, asked.Add(time.Duration(t.Response.ExpiredAt-t.Response.Now)*time.Second-tokenMargin)
	return c.token, nil, nil
}

func (c *client) send(ctx context.Context, method, path, token string, body json.RawMessage) (exchange, error) {
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	return roundTrip(ctx, c.http, method, c.base, path, header, body)
}

// maxAnswer is the most that is read of an answer, in bytes.
const maxAnswer = 1 << 20

// roundTrip sends JSON and takes the answer as it is; what is no JSON becomes a
// JSON string.
func roundTrip(ctx context.Context, with *http.Client, method, base, path string, header http.Header, body json.RawMessage) (exchange, error) {
	var payload io.Reader
	if body != nil {
		payload = bytes.NewReader(body)
		header.Set("Content-Type", "application/json")
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, payload)
	if err != nil {
		return exchange{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header = header
	res, err := with.Do(req)
	if err != nil {
		return exchange{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return exchange{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if !json.Valid(raw) {
		raw, _ = json.Marshal(string(raw)) // a string always can be
	}
	return exchange{Method: method, Path: path, Body: body, Status: res.StatusCode, Answer: raw}, nil
}
