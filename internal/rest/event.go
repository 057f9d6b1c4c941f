package rest

import (
	"context"
	"log/slog"
	"time"
)

// Event is one request as the log has it. Handlers fill in what only they
// know; none of it may be a secret, a body or a path with its values.
type Event struct {
	RequestID string
	Method    string
	Route     string // the route's pattern; "" when no route fits
	Status    int
	Took      time.Duration
	Merchant  string
	Unknown   int   // fields nobody asked for
	Err       error // what was refused or went wrong
}

type eventKey struct{}

// EventOf is the event of the request ctx belongs to. Outside a request it is
// one that nobody will read.
func EventOf(ctx context.Context) *Event {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		return e
	}
	return &Event{}
}

// write logs the event: server errors as errors, all else as information.
func (e *Event) write(ctx context.Context, log *slog.Logger) {
	level := slog.LevelInfo
	if e.Status >= 500 && e.Status != 501 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request", e.RequestID), slog.String("method", e.Method), slog.String("route", e.Route),
		slog.Int("status", e.Status), slog.Duration("took", e.Took),
	}
	if e.Merchant != "" {
		attrs = append(attrs, slog.String("merchant", e.Merchant))
	}
	if e.Unknown > 0 {
		attrs = append(attrs, slog.Int("unknown_fields", e.Unknown))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	log.LogAttrs(ctx, level, "request", attrs...)
}
