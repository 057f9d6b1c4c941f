package model_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// answer is what a V1 call came to.
type answer struct {
	err    error // the connection ended without an answer
	status int
	kind   string // content type
	head   http.Header
	raw    []byte

	Code     *int            `json:"code"`
	Message  *string         `json:"message"`
	Response json.RawMessage `json:"response"`
}

func (a answer) lost() bool { return a.err != nil }
func (a answer) ok() bool   { return !a.lost() && *a.Code == 0 }

func (a answer) text() string {
	if a.lost() || a.Message == nil {
		return ""
	}
	return *a.Message
}

func (a answer) String() string {
	if a.lost() {
		return "lost: " + a.err.Error()
	}
	return fmt.Sprintf("%d %s", a.status, short(string(a.raw)))
}

func short(s string) string {
	if len(s) > 300 {
		return strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t testing.TB, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v in %s", err, short(string(raw)))
	}
}

// fields are a request's parameters.
type fields map[string]any

// request makes a call with a live token. Flat bodies go as a form every now and
// then, as some clients send them.
func (s *story) request(method, path string, body fields) *http.Request {
	s.t.Helper()
	raw, kind := []byte(nil), ""
	if body != nil {
		raw, kind = encode(s.t, body), "application/json"
		if form, flat := formOf(body); flat && s.rng.IntN(4) == 0 {
			raw, kind = []byte(form), "application/x-www-form-urlencoded"
		}
	}
	req, err := http.NewRequestWithContext(s.ctx, method, s.front.URL+path, bytes.NewReader(raw))
	s.must(err)
	req.Header.Set("Authorization", "Bearer "+s.token())
	if s.tier != "" {
		req.Header.Set("Tier", s.tier)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req
}

func formOf(body fields) (string, bool) {
	form := url.Values{}
	for name, v := range body {
		switch v := v.(type) {
		case string:
			form.Set(name, v)
		case int64, int, bool:
			form.Set(name, fmt.Sprint(v))
		default:
			return "", false
		}
	}
	return form.Encode(), true
}

// token is a live one; like most clients the model asks for a new one when the
// old one is about to end.
func (s *story) token() string {
	s.t.Helper()
	if s.tokenEnds.Sub(s.clock.Now()) > time.Minute {
		return s.bearer
	}
	ask := func() (*http.Response, error) {
		return s.client.Post(s.front.URL+"/users/getToken", "application/json", bytes.NewReader(encode(s.t, fields{"imp_key": restKey, "imp_secret": restSecret})))
	}
	res, err := ask()
	if s.mourn() {
		res, err = ask()
	}
	s.must(err)
	defer func() { _ = res.Body.Close() }()
	var in struct {
		Response struct {
			AccessToken string `json:"access_token"`
			ExpiredAt   int64  `json:"expired_at"`
		}
	}
	s.must(json.NewDecoder(res.Body).Decode(&in))
	s.bearer, s.tokenEnds = in.Response.AccessToken, time.Unix(in.Response.ExpiredAt, 0)
	return s.bearer
}

// send puts a call and waits for its answer; it may run beside others.
func (s *story) send(req *http.Request) answer {
	res, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, kind: res.Header.Get("Content-Type"), head: res.Header}
	if a.raw, a.err = io.ReadAll(res.Body); a.err == nil {
		if err := json.Unmarshal(a.raw, &a); err != nil {
			a.Code = nil // enveloped says so
		}
	}
	return a
}

// call makes one call while no notice comes in, and holds its answer against
// what V1 documents: statuses are those it may have, 200 when none is given.
func (s *story) call(method, path string, body fields, statuses ...int) answer {
	s.t.Helper()
	req := s.request(method, path, body)
	s.did(s.doing)
	var a answer
	s.promptly(func() { a = s.send(req) })
	s.answered(method+" "+path, a, s.mourn(), statuses...)
	return a
}

// promptly does something; if it was said so, what the providers tell of it comes
// in before they answer.
func (s *story) promptly(do func()) {
	s.t.Helper()
	if !s.early || s.doing == "" {
		do()
		return
	}
	s.early = false
	rules := map[*side]int{}
	for _, d := range s.sides {
		rule, err := d.faults.Add("webhook * early")
		s.must(err)
		rules[d] = rule.ID
		d.gate.open()
	}
	do()
	for _, d := range s.sides {
		d.gate.shut()
		all := d.faults.Rules()
		s.counted(all[len(all)-1:])
		d.faults.Remove(rules[d])
	}
}

// answered checks an answer as such. Without one the gateway must have died.
func (s *story) answered(what string, a answer, died bool, statuses ...int) {
	s.t.Helper()
	s.looked(noAnswer, 1)
	switch {
	case a.lost() && !died:
		s.failAs(noAnswer, "%s: no answer although the gateway lives: %v", what, a.err)
	case a.lost():
		return
	}
	s.enveloped(what, a, statuses)
	s.secretless("the answer to "+what, string(a.raw))
}

// enveloped: V1, "응답 형식": code, message and response, always all three, and
// either a message or a response.
func (s *story) enveloped(what string, a answer, statuses []int) {
	s.t.Helper()
	if len(statuses) == 0 {
		statuses = []int{http.StatusOK}
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(a.raw, &keys); err != nil || len(keys) != 3 || a.Code == nil || a.kind != "application/json; charset=UTF-8" {
		s.failAs(noAnswer, "%s: the answer is no envelope of V1: %s %s", what, a.kind, a)
	}
	null := string(keys["response"]) == "null"
	switch {
	case !slices.Contains(statuses, a.status):
		s.failAs(noAnswer, "%s: status %d, V1 documents %v: %s", what, a.status, statuses, a)
	case strings.Contains(a.text(), "서버에서 오류가"):
		s.failAs(noAnswer, "%s: an error inside: %s", what, a)
	case *a.Code == 0 && (a.Message != nil || null || a.status/100 != 2):
		s.failAs(noAnswer, "%s: code 0 with a message, without a response or with status %d: %s", what, a.status, a)
	case *a.Code != 0 && (a.text() == "" || !null):
		s.failAs(noAnswer, "%s: code %d without a message or with a response: %s", what, *a.Code, a)
	}
}
