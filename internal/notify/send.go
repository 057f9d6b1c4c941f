package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// answerLimit is how much of a merchant's answer is read and kept.
const answerLimit = 4 << 10

// message is one POST to a merchant.
type message struct {
	url, contentType string
	body             []byte
	anywhere         bool          // private addresses too
	timeout          time.Duration // in all
}

// answer is what came of it. Status 0 is no answer, and err says why.
type answer struct {
	status int
	body   string
	took   time.Duration
	err    error
}

func (n *Notifier) post(ctx context.Context, m message) answer {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	client := n.guarded
	if m.anywhere {
		client = n.open
	}
	start := time.Now()
	a := exchange(ctx, client, n.agent, m)
	a.took = time.Since(start) // how long it took in real time, whatever Now is
	return a
}

func exchange(ctx context.Context, client *http.Client, agent string, m message) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return answer{err: fmt.Errorf("the address cannot be used: %s", errText(err))}
	}
	if (req.URL.Scheme != "http" && req.URL.Scheme != "https") || req.URL.Host == "" {
		return answer{err: errors.New("the address cannot be used: want an absolute http or https URL")}
	}
	req.Header.Set("Content-Type", m.contentType)
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "*/*")
	resp, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	a := answer{status: resp.StatusCode, body: printable(body)}
	if err != nil && resp.StatusCode != http.StatusOK { // the status of a 200 says all that is needed
		a.err = err
	}
	return a
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
