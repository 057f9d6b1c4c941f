package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// bodyLimit is the most of a request body that is read ahead of the handler.
const bodyLimit = 4 << 20

// Wrap applies the rules for calls to next. The path it matches is the
// request's own, so strip a mount prefix before it.
func (i *Injector) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before, after := i.call(r.Method, r.URL.Path)
		if before == nil && after == nil {
			next.ServeHTTP(w, r)
			return
		}
		// With the body read, the server notices when the client goes away.
		body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if before != nil && i.before(before, w, r) {
			return
		}
		if after == nil {
			next.ServeHTTP(w, r)
			return
		}
		rec := &recorder{header: http.Header{}}
		next.ServeHTTP(rec, r.WithContext(context.WithoutCancel(r.Context())))
		i.after(after, rec, w, r)
	})
}

// before says whether the call ends here.
func (i *Injector) before(a *action, w http.ResponseWriter, r *http.Request) bool {
	if !wait(r.Context(), a.slow) {
		return true
	}
	switch a.verb {
	case "drop":
		drop(w)
	case "status":
		i.refuse(a, w)
	default:
		return false
	}
	return true
}

func (i *Injector) after(a *action, rec *recorder, w http.ResponseWriter, r *http.Request) {
	if !wait(r.Context(), a.slow) {
		return
	}
	switch a.verb {
	case "drop":
		drop(w)
	case "status":
		i.refuse(a, w)
	case "garble":
		body := rec.body.Bytes()[:rec.body.Len()/2]
		if json.Valid(body) || len(body) == 0 {
			body = append(body, `{"`...)
		}
		rec.writeTo(w, body)
	case "cut":
		rec.cut(w)
	default:
		rec.writeTo(w, rec.body.Bytes())
	}
}

// wait is false if the client went away first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 and recorders: the server gives up the answer
	}
	_ = conn.Close()
}

// refuse answers with the rule's status. Without a code the body is that of a
// load balancer that never reached the provider.
func (i *Injector) refuse(a *action, w http.ResponseWriter) {
	i.mu.Lock()
	envelope := i.envelope
	i.mu.Unlock()
	kind, body := "text/html; charset=utf-8", fmt.Appendf(nil, "<html><body><h1>%d %s</h1></body></html>\n", a.status, http.StatusText(a.status))
	if a.code != "" {
		kind, body = "application/json;charset=UTF-8", envelope(a.status, a.code)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

func defaultEnvelope(status int, code string) []byte {
	body, _ := json.Marshal(map[string]string{ // strings always marshal
		"code":    code,
		"message": fmt.Sprintf("%d %s (fault rule)", status, http.StatusText(status)),
	})
	return body
}

// recorder keeps an answer until it is known what becomes of it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) writeTo(w http.ResponseWriter, body []byte) {
	r.WriteHeader(http.StatusOK)
	r.header.Del("Content-Length")
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	_, _ = w.Write(body)
}

// cut sends the headers, which promise the whole body, and half of it, and
// resets the connection.
func (r *recorder) cut(w http.ResponseWriter) {
	r.WriteHeader(http.StatusOK)
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	r.header.Set("Content-Length", strconv.Itoa(max(r.body.Len(), 1)))
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\n", r.status, http.StatusText(r.status))
	_ = r.header.Write(out)
	_, _ = out.WriteString("\r\n")
	_, _ = out.Write(r.body.Bytes()[:r.body.Len()/2])
	_ = out.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
