package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// logger writes to standard error, as text or JSON.
func (m *Main) logger(format string, least slog.Level) *slog.Logger {
	return newLogger(m.Stderr, format, least)
}

func newLogger(to io.Writer, format string, least slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: least}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

// level is one of the four names that the command line allows.
func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// tracedLog adds to each line the trace it belongs to, if there is one.
type tracedLog struct{ slog.Handler }

func (h tracedLog) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace", span.TraceID().String()), slog.String("span", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h tracedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracedLog{h.Handler.WithAttrs(attrs)}
}

func (h tracedLog) WithGroup(name string) slog.Handler { return tracedLog{h.Handler.WithGroup(name)} }

// ready tells whoever waits that requests are answered.
func (m *Main) ready(at Addresses) {
	if m.Ready != nil {
		m.Ready(at)
	}
}

// libraryLog is where libraries write that use the standard logger. What they
// quote came from outside (net/http quotes the head of an answer that nobody asked
// for, which may hold a billing key), so a line ends at its first quotation mark.
type libraryLog struct{ to io.Writer }

func (l libraryLog) Write(line []byte) (int, error) {
	said, _, quoted := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte{'"'})
	if quoted {
		said = append(bytes.TrimRight(said, " "), " (what came is not shown)"...)
	}
	_, err := fmt.Fprintf(l.to, "%s naru: %s\n", time.Now().UTC().Format(time.RFC3339), said)
	return len(line), err
}
