package model_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// view is what a browser was answered.
type view struct {
	err      error // the connection ended without an answer
	status   int
	location string
	raw      []byte
}

func (p view) String() string {
	if p.err != nil {
		return "lost: " + p.err.Error()
	}
	return fmt.Sprintf("%d %s %s", p.status, p.location, short(string(p.raw)))
}

// browse asks as a buyer's browser does, which follows nothing here.
func (s *story) browse(method, address string, body []byte) view {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.ctx, method, address, bytes.NewReader(body))
	s.must(err)
	req.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14)")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	var p view
	s.promptly(func() { p = s.fetch(req) })
	return p
}

func (s *story) fetch(req *http.Request) view {
	res, err := s.browser.Do(req)
	if err != nil {
		return view{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	p := view{status: res.StatusCode, location: res.Header.Get("Location")}
	p.raw, p.err = io.ReadAll(res.Body)
	return p
}

// bothPages opens pages at once; the seed says how they interleave.
func (s *story) bothPages(addresses ...string) ([]view, bool) {
	s.t.Helper()
	out := make([]view, len(addresses))
	var all []func()
	for i, a := range addresses {
		s.did(s.doing)
		req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, a, nil)
		s.must(err)
		all = append(all, func() { out[i] = s.fetch(req) })
	}
	s.turns.race(all...)
	return out, s.mourn()
}

// shownPage checks an answer to a browser as such: one of the statuses, and no secret
// in it. Without one the gateway must have died.
func (s *story) shownPage(what string, p view, died bool, statuses ...int) {
	s.t.Helper()
	s.looked(noAnswer, 1)
	switch {
	case p.err != nil && !died:
		s.failAs(noAnswer, "%s: no answer although the gateway lives: %v", what, p.err)
	case p.err != nil:
		return
	case !slices.Contains(statuses, p.status):
		s.failAs(noAnswer, "%s: status %d, not one of %v: %s", what, p.status, statuses, p)
	}
	shown := string(p.raw) + p.location
	for _, v := range s.visits { // the browser itself is told which window is its own
		if key := v.inApp(); key != "" {
			shown = strings.ReplaceAll(shown, strings.TrimPrefix(key, "/billing-keys/"), "")
		}
	}
	s.secretless("the answer to "+what, shown)
}
