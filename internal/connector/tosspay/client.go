package tosspay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// do makes one call and reads its answer into out. Whether it went well is told
// by the code in the body and nothing else: failures come with HTTP 200 too
// ("응답"). A refusal is an answer and not an error, unless it says that our key
// is wrong or leaves open whether anything was done. The secrets are those of
// this call beside our key.
func (s *shop) do(ctx context.Context, call connector.Call, op, path string, in, out any, secrets ...pay.Secret) (no *refusal, err error) {
	ctx, seen := httpcall.Watch(ctx, s.HTTP, httpcall.Asked{Provider: pay.TossPay, Channel: s.Channel, Op: op})
	defer func() { seen(no != nil, err) }()
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	secrets = append(secrets, s.Credentials[APIKey])
	status, body, err := httpcall.Do(ctx, s.HTTP, httpcall.Request{
		Provider: pay.TossPay, Op: op, Method: http.MethodPost, URL: s.Endpoints.API + path, Body: in,
		Secrets: secrets, Record: call.Record, Now: s.Now,
	})
	if err != nil {
		return nil, err
	}
	var head envelope
	if err := json.Unmarshal(body, &head); err != nil || head.Code == nil {
		return nil, s.fail(connector.Unknown, op, status, errors.New("the answer is not one of the provider's"))
	}
	if *head.Code != 0 {
		return s.refuse(op, status, head, secrets)
	}
	if err := json.Unmarshal(body, out); err != nil {
		text := httpcall.Clean(strings.ToValidUTF8(err.Error(), "?"), secrets...)
		return nil, s.fail(connector.Unknown, op, status, fmt.Errorf("the answer cannot be read: %s", text))
	}
	return nil, nil
}

func (s *shop) refuse(op string, status int, head envelope, secrets []pay.Secret) (*refusal, error) {
	r := &refusal{
		Status: status, Code: httpcall.Clean(string(head.ErrorCode), secrets...),
		Message: httpcall.Clean(string(head.Msg), secrets...), meaning: meaningOf(status, string(head.ErrorCode)),
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
		Kind: kind, Provider: pay.TossPay, Op: op, Status: r.Status, Code: r.Code, Message: r.Message, Err: errors.New(r.Message),
	}
}

func (s *shop) fail(kind connector.Kind, op string, status int, err error) error {
	return &connector.Error{Kind: kind, Provider: pay.TossPay, Op: op, Status: status, Err: err}
}
