package chaos_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"naru/internal/v1wire"
)

// exchange puts a request that must be answered well.
func (s *stage) exchange(req *http.Request, into any) error {
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s %.300s", req.Method, req.URL.Path, res.Status, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// reply is what a call to V1 came to.
type reply struct {
	at       time.Time
	err      error // there was no answer
	status   int
	balancer string // what the balancer said instead of a node
	raw      []byte
	location string

	Code     *int            `json:"code"`
	Message  string          `json:"message"`
	Response json.RawMessage `json:"response"`
}

// verdict is what a reply means to a merchant.
type verdict string

const (
	done    verdict = "done"    // code 0
	refused verdict = "refused" // it was said why, and that nothing was done
	used    verdict = "used"    // the order number was used before
	unknown verdict = "unknown" // the gateway is still finding out
	lost    verdict = "lost"    // nothing was said that means anything: ask again
)

const unknownWords = "아직 알 수 없어"

func (r reply) verdict() verdict {
	switch {
	case r.err != nil, r.status >= 500, r.Code == nil:
		return lost
	case *r.Code == 0:
		return done
	case strings.Contains(r.Message, unknownWords):
		return unknown
	case r.Message == v1wire.TextOrderUsed:
		return used
	}
	return refused
}

// trouble is the kind of an answer that says nothing, "" for one that does.
func (r reply) trouble() string {
	switch {
	case r.balancer != "":
		return fmt.Sprintf("%d from the balancer: %s", r.status, r.balancer)
	case r.err != nil:
		return "no answer: " + kindOf(r.err)
	case r.status >= 500:
		return fmt.Sprintf("%d from a node", r.status)
	case r.status == http.StatusUnauthorized:
		return "401 from a node"
	}
	return ""
}

func kindOf(err error) string {
	switch {
	case os.IsTimeout(err):
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection ended"
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// call makes one call to V1 with the merchant's token.
func (c *caller) call(method, path string, body any) reply {
	if c.token == "" {
		if r := c.logIn(); c.token == "" {
			return r
		}
	}
	r := c.send(method, path, body, c.token)
	if r.status == http.StatusUnauthorized {
		c.token = ""
		c.unauthorized++
	} else if r.trouble() == "" {
		c.unauthorized = 0
	}
	if c.unauthorized > 2 {
		c.load.wrong("%s: a fresh token is refused again and again: %s", c.name, r.raw)
	}
	return r
}

// logIn gets a token, as some clients do before every call.
func (c *caller) logIn() reply {
	r := c.send(http.MethodPost, "/users/getToken", map[string]any{"imp_key": c.load.s.key, "imp_secret": c.load.s.secret}, "")
	var in struct {
		Token string `json:"access_token"`
	}
	if r.verdict() == done && json.Unmarshal(r.Response, &in) == nil {
		c.token = in.Token
	} else if r.trouble() == "" {
		c.load.wrong("%s: getToken: %d %s", c.name, r.status, r.raw)
	}
	return r
}

func (c *caller) send(method, path string, body any, token string) reply {
	raw, err := []byte(nil), error(nil)
	kind := "application/json"
	switch body := body.(type) {
	case nil:
	case string:
		raw, kind = []byte(body), "application/x-www-form-urlencoded"
	default:
		if raw, err = json.Marshal(body); err != nil {
			return reply{at: time.Now(), err: err}
		}
	}
	to := path
	if strings.HasPrefix(path, "/") {
		to = c.load.s.front.URL + path
	}
	req, err := http.NewRequest(method, to, bytes.NewReader(raw))
	if err != nil {
		return reply{at: time.Now(), err: err}
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	} else {
		req.Header.Set("Origin", originOf(to)) // a page's own
	}
	r := c.put(req)
	for range 40 { // asked too often: nothing was done, and it is asked again later
		if r.status != http.StatusTooManyRequests {
			break
		}
		time.Sleep(250 * time.Millisecond)
		if req.Body, err = req.GetBody(); err != nil {
			return reply{at: time.Now(), err: err}
		}
		r = c.put(req)
	}
	c.load.count(method+" "+routeOf(to), r)
	return r
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (c *caller) put(req *http.Request) (r reply) {
	r.at = time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		r.err = err
		return r
	}
	defer func() { _ = res.Body.Close() }()
	r.status, r.balancer, r.location = res.StatusCode, res.Header.Get(ownAnswer), res.Header.Get("Location")
	if r.raw, r.err = io.ReadAll(res.Body); r.err != nil {
		return r
	}
	var in struct {
		Code     *int
		Message  *string
		Response json.RawMessage
	}
	if json.Unmarshal(r.raw, &in) == nil {
		r.Code, r.Response = in.Code, in.Response
		if in.Message != nil {
			r.Message = *in.Message
		}
	}
	return r
}

// routeOf is an address without what differs from call to call.
func routeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i, p := range parts {
		if strings.ContainsAny(p, "0123456789") && len(p) > 3 {
			parts[i] = "*"
		}
	}
	return "/" + strings.Join(parts, "/")
}

// payment is V1's, as much of it as is looked at.
type payment struct {
	ImpUID        string `json:"imp_uid"`
	MerchantUID   string `json:"merchant_uid"`
	Status        string `json:"status"`
	Amount        int64  `json:"amount"`
	CancelAmount  int64  `json:"cancel_amount"`
	CancelHistory []struct {
		Amount         int64  `json:"amount"`
		CancellationID string `json:"cancellation_id"`
	} `json:"cancel_history"`
}

func (r reply) payment() (p payment, ok bool) {
	return p, r.verdict() == done && json.Unmarshal(r.Response, &p) == nil && p.ImpUID != ""
}

// rest is a pause, shorter when the load is to end.
func (c *caller) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.load.stop:
		time.Sleep(min(d, 50*time.Millisecond))
	}
}
