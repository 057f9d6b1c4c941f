package v1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"naru/internal/gateway"
	"naru/internal/rest"
)

// envelope is every answer of V1: code 0 and a response, or another code and
// a message.
type envelope struct {
	Code     int     `json:"code"`
	Message  *string `json:"message"`
	Response any     `json:"response"`
}

// codec is V1 on the wire. soft operations (cancel, charges, key issue …) tell
// what they refuse with HTTP 200, because V1 documents only 200 and 401 for them
// and clients do not read other answers; body says whether a body is read at
// all; words are those of an operation that asks a provider.
type codec struct {
	body, soft bool
	words      *words
}

// says gives the codec an operation's words.
func (c codec) says(w *words) codec {
	c.words = w
	return c
}

func (c codec) Decode(r *http.Request, in any) error {
	if err := rest.Decode(r, in, c.body); err != nil {
		return err
	}
	if h, ok := in.(interface{ readHeader(http.Header) error }); ok {
		return h.readHeader(r.Header)
	}
	return nil
}

func (c codec) Encode(w http.ResponseWriter, r *http.Request, out any) {
	if p, ok := out.(Payment); ok && p.answer != nil {
		send(w, r, http.StatusOK, p.answer)
		return
	}
	status, e := success(out)
	write(w, r, status, e)
}

// success is the answer that holds out.
func success(out any) (int, envelope) {
	status := http.StatusOK
	if f, ok := out.(interface{ found() (any, int) }); ok {
		list, missing := f.found()
		if out = list; missing > 0 {
			status = http.StatusMultiStatus
		}
	}
	return status, envelope{Response: out}
}

func (c codec) Fail(w http.ResponseWriter, r *http.Request, err error) {
	comeBack(w, err)
	status, e := c.refusal(r, err)
	write(w, r, status, e)
}

// comeBack says when a request may come again that is one too many, or meets its
// like at work.
func comeBack(w http.ResponseWriter, err error) {
	if too, ok := errors.AsType[*rest.TooMany](err); ok {
		w.Header().Set("Retry-After", too.RetryAfter())
	} else if errors.Is(err, gateway.ErrKeyBusy) {
		w.Header().Set("Retry-After", "1")
	}
}

// refusal is the answer that says no because of err.
func (c codec) refusal(r *http.Request, err error) (int, envelope) {
	rest.EventOf(r.Context()).Err = err
	f := c.failureOf(err)
	if f == *errInternal || f == *errGone {
		f.text += fmt.Sprintf(" (요청번호: %s)", rest.EventOf(r.Context()).RequestID)
	}
	return f.status, envelope{Code: f.code, Message: &f.text}
}

func write(w http.ResponseWriter, r *http.Request, status int, e envelope) {
	body, err := e.bytes()
	if err != nil {
		rest.EventOf(r.Context()).Err = err
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	send(w, r, status, body)
}

func (e envelope) bytes() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// send sends the answer in one piece: an official client of V1 parses only
// the first chunk of a token's answer.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		rest.EventOf(r.Context()).Err = fmt.Errorf("write the answer: %w", err)
	}
}
