// Package httpcall makes one HTTP round trip to a provider and says what its
// failure means for the money. It keeps secrets out of everything that is
// recorded or reported, never follows a redirect, and reads no more than it
// was told to.
//
// It also holds what every connector needs around a round trip: lenient readers
// for what providers write now one way and now another (Won, Text, Maybe,
// Time), and checks of the settings a channel is opened with.
package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// DefaultLimit is the longest answer that is read unless a Request says otherwise.
const DefaultLimit = 1 << 20

// IdempotencyKey is the header by which a provider recognises a repeated POST.
// Go's http.Transport repeats a POST that carries it by itself when a kept
// connection breaks, so it may be sent only to a provider that documents it.
const IdempotencyKey = "Idempotency-Key"

// Request is one call to make.
type Request struct {
	Provider pay.Provider
	Op       string // what the call is for, in errors: "confirm"
	Method   string
	URL      string
	Header   http.Header
	Body     any // sent as JSON; nil is no body
	// Secrets are struck out of the exchange and of error texts wherever they
	// stand. What an Authorization header holds is struck out without being
	// named, and so are the fields whose names say that they are secret.
	Secrets []pay.Secret
	Record  func(connector.Exchange) // called once; nil is that of the context (connector.Recording), if it has one
	Limit   int64                    // longest answer in bytes; 0 is DefaultLimit
	Now     func() time.Time         // for Exchange.At; nil is the system's clock
}

// Do makes the call. A nil error means that a whole answer was read, whatever
// its status. Otherwise err is a *connector.Error: NotSent if it is proven that
// nothing left this machine, else Unknown; status is that of the answer if
// there was one. The deadline is ctx's.
//
// NotSent is proven by the transport's own trace: it began to look for a
// connection and never got one (refused, unknown host, failed TLS). From the
// moment it has one the request may be on its way, even if no byte was seen to
// leave, because a cancelled call returns while its writer may still run. A
// RoundTripper that does not trace proves nothing.
func Do(ctx context.Context, client *http.Client, r Request) (status int, body []byte, err error) {
	c := call{Request: r, strike: newStriker(r.Secrets, r.Header), began: time.Now()}
	c.exchange.Method, c.exchange.At = r.Method, c.began
	if r.Now != nil {
		c.exchange.At = r.Now()
	}
	if c.Record == nil {
		c.Record = connector.RecordOf(ctx)
	}
	if c.Record != nil {
		defer func() {
			c.exchange.Took = time.Since(c.began)
			c.Record(c.exchange)
		}()
	}
	return c.do(ctx, client)
}

// call is a Request under way.
type call struct {
	Request
	strike   striker
	began    time.Time
	exchange connector.Exchange
	sought   atomic.Bool // the transport looked for a connection
	got      atomic.Bool // and got one
}

func (c *call) do(ctx context.Context, client *http.Client) (int, []byte, error) {
	req, err := c.build(ctx)
	if err != nil {
		return 0, nil, c.fail(connector.NotSent, 0, err)
	}
	if err := ctx.Err(); err != nil {
		return 0, nil, c.fail(connector.NotSent, 0, err)
	}
	once := *client
	once.Jar = nil
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := once.Do(req)
	if err != nil {
		kind := connector.Unknown
		if c.sought.Load() && !c.got.Load() {
			kind = connector.NotSent
		}
		return 0, nil, c.fail(kind, 0, err)
	}
	defer answer.Body.Close()
	c.exchange.Status = answer.StatusCode
	body, err := c.read(answer.Body)
	c.exchange.Answer = c.scrub(body)
	if err != nil {
		return answer.StatusCode, nil, c.fail(connector.Unknown, answer.StatusCode, err)
	}
	return answer.StatusCode, body, nil
}

// build makes the HTTP request. Its body can be sent a second time only if it
// carries an idempotency key.
func (c *call) build(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	var sent []byte
	if c.Body != nil {
		var err error
		if sent, err = encode(c.Body); err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(sent)
	}
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { c.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), c.Method, c.URL, body)
	if err != nil {
		return nil, errors.New("the address is malformed") // err repeats it, and it may hold a secret
	}
	c.exchange.Path, c.exchange.Request = c.strike.text(req.URL.RequestURI()), c.scrub(sent)
	for name, values := range c.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "naru")
	if sent != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if req.Header.Get(IdempotencyKey) == "" {
		req.GetBody = nil
	}
	return req, nil
}

// encode leaves <, > and & as they are: nothing here is put into HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// read gives what was read even when it fails.
func (c *call) read(from io.Reader) ([]byte, error) {
	limit := c.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	body, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return body, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > limit {
		return body[:limit], fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return body, nil
}

// fail makes the error of the call and notes it in the exchange. Of the cause
// only the text is kept, scrubbed, and whether the time was up.
func (c *call) fail(kind connector.Kind, status int, cause error) error {
	text := cause.Error()
	var in *url.Error
	if errors.As(cause, &in) {
		text = in.Err.Error() // without the address
	}
	text = c.strike.text(strings.ToValidUTF8(text, "?"))
	c.exchange.Err = text
	err := errors.New(text)
	for _, known := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(cause, known) {
			err = known
			c.exchange.Err = known.Error()
			break
		}
	}
	return &connector.Error{Kind: kind, Provider: c.Provider, Op: c.Op, Status: status, Err: err}
}
