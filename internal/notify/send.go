package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// PortOne V1, "웹훅 연동하기": 10 s to connect and 30 s to answer the first
// time, 15 s in all for a re-send. "컨펌 프로세스": 10 s in all.
const (
	connectTimeout = 10 * time.Second
	readTimeout    = 30 * time.Second
	resendTimeout  = 15 * time.Second
	confirmTimeout = 10 * time.Second
)

const (
	// answerLimit is how much of a merchant's answer is read and kept, in bytes,
	// and answerTimeout how long is waited for it once its status is known.
	answerLimit   = 4 << 10
	answerTimeout = 5 * time.Second
	// longestRetryAfter bounds what an answer may ask for: a merchant that errs by
	// a day still hears of its payment today.
	longestRetryAfter = time.Hour
)

// message is one POST to a merchant.
type message struct {
	url, contentType string
	body             []byte
	private          bool          // private addresses too
	timeout          time.Duration // in all
	id               string        // of what is signed
	sign             func(id string, at time.Time, body []byte) string
}

// answer is what came of it. Status 0 is no answer, and err says why.
type answer struct {
	status     int
	kind       string // its Content-Type
	body       string
	took       time.Duration
	retryAfter time.Duration // asked for, within bounds; or 0
	err        error
}

func (n *Notifier) post(ctx context.Context, m message) answer {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	client := n.guarded
	if m.private {
		client = n.private
	}
	start := time.Now()
	a := n.exchange(ctx, cancel, client, m)
	a.took = time.Since(start) // how long it took in real time, whatever Now is
	return a
}

func (n *Notifier) exchange(ctx context.Context, cancel context.CancelFunc, client *http.Client, m message) answer {
	req, err := n.request(ctx, m)
	if err != nil {
		return answer{err: err}
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	defer time.AfterFunc(n.answerTime, cancel).Stop()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, answerLimit)) // the status says all that is needed
	return answer{status: resp.StatusCode, kind: printable([]byte(resp.Header.Get("Content-Type"))), body: printable(body), retryAfter: retryAfter(resp.Header)}
}

func (n *Notifier) request(ctx context.Context, m message) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return nil, fmt.Errorf("the address cannot be used: %s", errText(err))
	}
	if (req.URL.Scheme != "http" && req.URL.Scheme != "https") || req.URL.Host == "" {
		return nil, errors.New("the address cannot be used: want an absolute http or https URL")
	}
	req.Header.Set("Content-Type", m.contentType)
	req.Header.Set("User-Agent", n.agent)
	req.Header.Set("Accept", "*/*")
	if m.sign != nil {
		at := n.stamp()
		req.Header.Set("webhook-id", m.id)
		req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		req.Header.Set("webhook-signature", m.sign(m.id, at, m.body))
	}
	return req, nil
}

// retryAfter is how long an answer asks to be left alone (RFC 9110, 10.2.3): in
// seconds, or until a time by the answer's own clock.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if until, err := http.ParseTime(text); err == nil {
		if now, err := http.ParseTime(h.Get("Date")); err == nil {
			wait = until.Sub(now)
		}
	}
	return min(max(wait, 0), longestRetryAfter)
}

// printable is b as text that any database takes: valid UTF-8 without NUL. A
// character cut off at the end is dropped.
func printable(b []byte) string {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if last := b[len(b)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				b = b[:len(b)-i]
			}
			break
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\ufffd"), "\x00", "\ufffd")
}
