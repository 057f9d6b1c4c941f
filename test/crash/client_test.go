package crash_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"naru/internal/v1wire"
)

// fields are a request's parameters.
type fields map[string]any

// answer is what a call came to.
type answer struct {
	err      error // the connection ended without an answer
	status   int
	location string
	raw      []byte

	Code     *int            `json:"code"`
	Message  *string         `json:"message"`
	Response json.RawMessage `json:"response"`
}

func (a answer) text() string {
	if a.Message == nil {
		return ""
	}
	return *a.Message
}

func (a answer) String() string {
	if a.err != nil {
		return "no answer: " + a.err.Error()
	}
	return fmt.Sprintf("%d %.300s", a.status, a.raw)
}

// verdict is what an answer means to a merchant.
type verdict string

const (
	done     verdict = "done"     // it is so
	refused  verdict = "refused"  // by the gateway's own rules: nothing was asked
	declined verdict = "declined" // nothing was done
	unknown  verdict = "unknown"  // nobody knows yet
	lost     verdict = "lost"     // no answer
)

// told is what the outside was told, and in which words.
type told struct {
	v    verdict
	text string
}

func (t told) String() string { return fmt.Sprintf("%s (%s)", t.v, t.text) }

const unknownWords = "아직 알 수 없어"

// says reads an answer of V1.
func (a answer) says() told {
	switch {
	case a.err != nil:
		return told{lost, a.String()}
	case a.Code == nil:
		return told{"malformed", a.String()}
	case *a.Code == 0:
		return told{done, string(a.Response)}
	case strings.Contains(a.text(), unknownWords):
		return told{unknown, a.text()}
	case *a.Code == 1 && !strings.HasPrefix(a.text(), v1wire.TextCheckFailed), a.status == 400, a.status == 404, a.status == 501:
		return told{refused, a.text()}
	case a.status/100 == 5 && !strings.Contains(a.text(), "현금영수증"):
		return told{"malformed", a.String()} // an error inside
	}
	return told{declined, a.text()}
}

// send puts a request and reads its answer.
func (w *world) send(req *http.Request) (a answer) {
	res, err := w.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	a.status, a.location = res.StatusCode, res.Header.Get("Location")
	if a.raw, err = io.ReadAll(res.Body); err != nil {
		return answer{err: err}
	}
	if json.Unmarshal(a.raw, &a) != nil {
		a.Code = nil
	}
	return a
}

// call makes a call of V1.
func (w *world) call(method, path string, body fields) answer {
	w.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		raw, err = json.Marshal(body)
		w.must(err)
	}
	req, err := http.NewRequestWithContext(w.ctx, method, w.front.URL+path, bytes.NewReader(raw))
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+w.token())
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return w.send(req)
}

// token is a live one.
func (w *world) token() string {
	w.t.Helper()
	if w.tokenEnds.Sub(w.clock.Now()) > time.Minute {
		return w.bearer
	}
	raw, err := json.Marshal(fields{"imp_key": restKey, "imp_secret": restSecret})
	w.must(err)
	res, err := w.client.Post(w.front.URL+"/users/getToken", "application/json", bytes.NewReader(raw))
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	var in struct {
		Response struct {
			AccessToken string `json:"access_token"`
			ExpiredAt   int64  `json:"expired_at"`
		}
	}
	w.must(json.NewDecoder(res.Body).Decode(&in))
	w.bearer, w.tokenEnds = in.Response.AccessToken, time.Unix(in.Response.ExpiredAt, 0)
	return w.bearer
}

// succeeds is a call that must be done, for what leads up to an operation.
func (w *world) succeeds(method, path string, body fields) json.RawMessage {
	w.t.Helper()
	a := w.call(method, path, body)
	if t := a.says(); t.v != done {
		w.t.Fatalf("%s %s: %s", method, path, a)
	}
	return a.Response
}
