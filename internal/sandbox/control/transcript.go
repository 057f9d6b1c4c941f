package control

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// keepLimit is the most that is kept of a body; readLimit the most that is
// read ahead of the handler.
const (
	keepLimit = 64 << 10
	readLimit = 4 << 20
)

// Transcript keeps the last exchanges of an API, as the client saw them. It is
// safe for concurrent use.
type Transcript struct {
	// Now stamps the exchanges; nil is time.Now. Set it before the first use.
	Now func() time.Time

	mu     sync.Mutex
	size   int
	lastID int
	ring   []Entry // oldest first, once rotated by next
	next   int     // where the next entry goes when the ring is full
}

// Entry is one exchange.
type Entry struct {
	ID       int           `json:"id"`
	At       time.Time     `json:"at"`
	Took     time.Duration `json:"took_ns"` // by the machine's own clock
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	Query    string        `json:"query,omitempty"`
	Request  Message       `json:"request"`
	Status   int           `json:"status"` // 0 when the connection was closed without an answer
	Response Message       `json:"response"`
	Note     string        `json:"note,omitempty"`
}

// Message is one half of an exchange.
type Message struct {
	Header    http.Header `json:"header"`
	Body      string      `json:"body"`
	Truncated bool        `json:"truncated,omitempty"`
}

// NewTranscript keeps the last size exchanges, at least one.
func NewTranscript(size int) *Transcript { return &Transcript{size: max(size, 1)} }

// Entries lists what is kept, oldest first.
func (t *Transcript) Entries() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append(slices.Clone(t.ring[t.next:]), t.ring[:t.next]...)
}

// Clear forgets every exchange. Ids go on counting.
func (t *Transcript) Clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring, t.next = nil, 0
}

func (t *Transcript) add(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lastID++
	e.ID = t.lastID
	if len(t.ring) < t.size {
		t.ring = append(t.ring, e)
		return
	}
	t.ring[t.next] = e
	t.next = (t.next + 1) % t.size
}

// Wrap records the exchanges of next. Scrub is given the path and a body (of
// either half) and returns what may be kept of it; it may be nil. Whatever it
// leaves, credentials in headers and digit groups that look like a card number
// are never kept.
func (t *Transcript) Wrap(next http.Handler, scrub func(path string, body []byte) []byte) http.Handler {
	if scrub == nil {
		scrub = func(_ string, body []byte) []byte { return body }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := t.Now
		if now == nil {
			now = time.Now
		}
		e := Entry{At: now(), Method: r.Method, Path: r.URL.Path, Query: string(maskCards([]byte(r.URL.RawQuery)))}
		began := time.Now()
		body, err := io.ReadAll(io.LimitReader(r.Body, readLimit))
		if err != nil {
			e.Note = "the request broke off"
		}
		rest := r.Body
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body), rest), rest}
		e.Request = keep(r.Header, scrub(e.Path, body))
		rec := &tap{ResponseWriter: w}
		defer func() {
			e.Took, e.Status = time.Since(began), rec.status
			e.Response = keep(w.Header(), scrub(e.Path, rec.body.Bytes()))
			e.Response.Truncated = e.Response.Truncated || rec.over
			if rec.taken {
				e.Status, e.Note = 0, "the connection was taken over: no whole answer went out"
			}
			t.add(e)
		}()
		next.ServeHTTP(rec, r)
	})
}

func keep(h http.Header, body []byte) Message {
	m := Message{Header: http.Header{}}
	for name, values := range h {
		if !secretHeader(name) {
			m.Header[name] = slices.Clone(values)
		}
	}
	body = maskCards(body)
	if len(body) > keepLimit {
		body, m.Truncated = body[:keepLimit], true
	}
	m.Body = strings.ToValidUTF8(string(body), "")
	return m
}

// tap copies an answer as it goes by.
type tap struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	over   bool
	taken  bool
}

func (t *tap) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tap) Write(p []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	// A card number that is cut in two would no longer be recognised: what is
	// collected is larger than what is kept.
	room := readLimit - t.body.Len()
	t.over = t.over || len(p) > room
	t.body.Write(p[:min(len(p), max(room, 0))])
	return t.ResponseWriter.Write(p)
}

// Hijack notes that the answer is not HTTP any more.
func (t *tap) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	t.taken = t.taken || err == nil
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (t *tap) Unwrap() http.ResponseWriter { return t.ResponseWriter }
