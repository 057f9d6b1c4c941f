package tosspayments

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// maxKey is the longest idempotency key ("멱등키").
const maxKey = 300

var testCode = regexp.MustCompile(`^[A-Z0-9_]{1,100}$`)

// do makes one call and reads its answer into out. A refusal is an answer and
// not an error, unless it says that our credentials or our headers are wrong or
// leaves open whether anything was done.
func (s *shop) do(ctx context.Context, call connector.Call, op, method, path string, in, out any) (*refusal, error) {
	header := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(s.Credentials[SecretKey].Reveal()+":"))}}
	if method == http.MethodPost {
		if call.Key == "" || len(call.Key) > maxKey {
			return nil, s.notSent(op, fmt.Errorf("the idempotency key has %d characters: it must have 1 to %d", len(call.Key), maxKey))
		}
		header.Set(httpcall.IdempotencyKey, string(call.Key))
	}
	if call.TestCode != "" && s.Mode != pay.ModeLive {
		if !testCode.MatchString(call.TestCode) {
			return nil, s.notSent(op, errors.New("the test code must be capital letters, digits and _, at most 100"))
		}
		header.Set("TossPayments-Test-Code", call.TestCode)
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	status, body, err := httpcall.Do(ctx, s.HTTP, httpcall.Request{
		Provider: pay.TossPayments, Op: op, Method: method, URL: s.Endpoints.API + path, Header: header, Body: in,
		Secrets: []pay.Secret{s.Credentials[SecretKey]}, Record: call.Record, Now: s.Now,
	})
	if err != nil {
		return nil, err
	}
	if status == http.StatusOK {
		if err := json.Unmarshal(body, out); err != nil {
			return nil, s.unknown(op, status, fmt.Errorf("the answer cannot be read: %w", cleaned(err, s)))
		}
		return nil, nil
	}
	return s.refuse(op, status, body)
}

// refuse reads an answer that is not 200.
func (s *shop) refuse(op string, status int, body []byte) (*refusal, error) {
	var in envelope
	if err := json.Unmarshal(body, &in); err != nil || in.Code == "" {
		return nil, s.unknown(op, status, errors.New("the answer is not one of the provider's"))
	}
	r := &refusal{
		Status: status, Code: httpcall.Clean(in.Code, s.Credentials[SecretKey]),
		Message: httpcall.Clean(in.Message, s.Credentials[SecretKey]), meaning: meaningOf(status, in.Code),
	}
	switch r.class {
	case misconfigured:
		return nil, s.because(op, connector.Misconfigured, r)
	case unclear:
		return nil, s.because(op, connector.Unknown, r)
	}
	return r, nil
}

// refusal is a "no" that says nothing was done, or that it was done before.
type refusal struct {
	Status        int
	Code, Message string
	meaning
}

func (r *refusal) decline() *connector.Decline {
	return &connector.Decline{Code: r.meaning.decline, ProviderCode: r.Code, ProviderMessage: r.Message}
}

func (r *refusal) declined() connector.Outcome {
	return connector.Outcome{Verdict: connector.Declined, Decline: r.decline()}
}

func (s *shop) because(op string, kind connector.Kind, r *refusal) error {
	return &connector.Error{
		Kind: kind, Provider: pay.TossPayments, Op: op, Status: r.Status, Code: r.Code, Message: r.Message,
		Err: errors.New(r.Message),
	}
}

func (s *shop) unknown(op string, status int, err error) error {
	return &connector.Error{Kind: connector.Unknown, Provider: pay.TossPayments, Op: op, Status: status, Err: err}
}

func (s *shop) notSent(op string, err error) error {
	return &connector.Error{Kind: connector.NotSent, Provider: pay.TossPayments, Op: op, Err: err}
}

func (s *shop) misconfigured(op string, err error) error {
	return &connector.Error{Kind: connector.Misconfigured, Provider: pay.TossPayments, Op: op, Err: err}
}

// cleaned is an error about an answer's text, which it may quote.
func cleaned(err error, s *shop) error {
	return errors.New(httpcall.Clean(strings.ToValidUTF8(err.Error(), "?"), s.Credentials[SecretKey]))
}
