package tosspayments

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// maxKey is the longest idempotency key ("멱등키").
const maxKey = 300

var testCode = regexp.MustCompile(`^[A-Z0-9_]{1,100}$`)

// request is one call to make.
type request struct {
	op, method, path string
	body             any           // nil is none
	secrets          []pay.Secret  // of the buyer, in the path or the body
	deadline         time.Duration // 0 is the least a client should wait
	limit            int64         // longest answer in bytes; 0 is that of httpcall
}

// do makes one call and reads its answer into out; see readAnswer. A refusal is an answer and
// not an error, unless it says that our credentials or our headers are wrong or
// leaves open whether anything was done.
func (s *shop) do(ctx context.Context, call connector.Call, r request, out any) (no *refusal, err error) {
	ctx, seen := httpcall.Watch(ctx, s.HTTP, httpcall.Asked{Provider: pay.TossPayments, Channel: s.Channel, Op: r.op})
	defer func() { seen(no != nil, err) }()
	header, err := s.header(call, r.method)
	if err != nil {
		return nil, s.notSent(r.op, err)
	}
	if r.deadline == 0 {
		r.deadline = deadline
	}
	ctx, cancel := context.WithTimeout(ctx, r.deadline)
	defer cancel()
	secrets := append(slices.Clone(r.secrets), s.Credentials[SecretKey])
	status, body, err := httpcall.Do(ctx, s.HTTP, httpcall.Request{
		Provider: pay.TossPayments, Op: r.op, Method: r.method, URL: s.Endpoints.API + r.path, Header: header, Body: r.body,
		Secrets: secrets, Record: call.Record, Now: s.Now, Limit: r.limit,
	})
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return s.refuse(r.op, status, body, secrets)
	}
	err = readAnswer(body, out)
	switch {
	case err == nil:
		return nil, nil
	case len(r.secrets) > 0: // err may quote a part of one, which would not be found
		return nil, s.unknown(r.op, status, errors.New("the answer cannot be read"))
	}
	return nil, s.unknown(r.op, status, fmt.Errorf("the answer cannot be read: %w", cleaned(err, secrets...)))
}

// readAnswer reads an answer into out. A nil out wants none: it may then be
// empty, and is otherwise JSON of any kind.
func readAnswer(body []byte, out any) error {
	if out != nil {
		return json.Unmarshal(body, out)
	}
	if len(bytes.TrimSpace(body)) > 0 && !json.Valid(body) {
		return errors.New("it is not JSON")
	}
	return nil
}

// header is what goes with every call. The idempotency key belongs to every
// POST; the provider ignores it elsewhere ("멱등키").
func (s *shop) header(call connector.Call, method string) (http.Header, error) {
	header := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(s.Credentials[SecretKey].Reveal()+":"))}}
	if method == http.MethodPost {
		if call.Key == "" || len(call.Key) > maxKey {
			return nil, fmt.Errorf("the idempotency key has %d characters: it must have 1 to %d", len(call.Key), maxKey)
		}
		header.Set(httpcall.IdempotencyKey, string(call.Key))
	}
	if call.TestCode != "" && s.Mode != pay.ModeLive {
		if !testCode.MatchString(call.TestCode) {
			return nil, errors.New("the test code must be capital letters, digits and _, at most 100")
		}
		header.Set("TossPayments-Test-Code", call.TestCode)
	}
	return header, nil
}

// refuse reads an answer that is not 200.
func (s *shop) refuse(op string, status int, body []byte, secrets []pay.Secret) (*refusal, error) {
	var in envelope
	if err := json.Unmarshal(body, &in); err != nil || in.Code == "" {
		return nil, s.unknown(op, status, errors.New("the answer is not one of the provider's"))
	}
	r := &refusal{
		Status: status, Code: httpcall.Clean(in.Code, secrets...),
		Message: httpcall.Clean(in.Message, secrets...), meaning: meaningOf(status, in.Code),
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
func cleaned(err error, secrets ...pay.Secret) error {
	return errors.New(httpcall.Clean(strings.ToValidUTF8(err.Error(), "?"), secrets...))
}
