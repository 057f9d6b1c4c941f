package parameters_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// call is one request: a GET unless there is a body, which is sent as JSON, or as
// a form when it is a string.
type call struct {
	to     string
	body   any
	bearer string
	origin string // the page that asks
}

type answer struct {
	status   int
	location string
	body     []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %.300s", a.status, a.body) }

func (c call) request() (*http.Request, error) {
	method, kind := http.MethodPost, "application/json"
	var raw []byte
	var err error
	switch body := c.body.(type) {
	case nil:
		method, kind = http.MethodGet, ""
	case string:
		kind, raw = "application/x-www-form-urlencoded", []byte(body)
	default:
		raw, err = json.Marshal(body)
	}
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, c.to, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Content-Type": kind, "Origin": c.origin} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	return req, nil
}

// call asks, and reads the answer's JSON into into unless nil. Redirects are not
// followed.
func (s *stage) call(c call, into any) (answer, error) {
	req, err := c.request()
	if err != nil {
		return answer{}, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, location: res.Header.Get("Location")}
	if a.body, err = io.ReadAll(res.Body); err != nil || into == nil {
		return a, err
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return a, fmt.Errorf("%s: %w in %s", strings.TrimPrefix(c.to, s.Gateway), err, a)
	}
	return a, nil
}
