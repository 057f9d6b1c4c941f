package rest

import (
	"context"
	"log/slog"
	"net/netip"
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
	Remote    string // network the request came from: IPv4 /24, IPv6 /48
	Merchant  string
	Key       string // the first characters of the API key, as lists show it
	Unknown   int    // fields nobody asked for
	Replayed  bool   // the answer tells what an earlier call of an Idempotency-Key did
	Err       error  // what was refused or went wrong
}

// keyShown is how much of an API key is logged: enough to find it in a list.
const keyShown = 8

// Asked says who asks, once it is known.
func (e *Event) Asked(merchant, key string) {
	e.Merchant, e.Key = merchant, key[:min(len(key), keyShown)]
}

type eventKey struct{}

type endKey struct{}

// OnEnd has f told of the event of a request of ctx when it has ended, before it
// is logged.
func OnEnd(ctx context.Context, f func(*Event)) context.Context {
	return context.WithValue(ctx, endKey{}, f)
}

// networkOf is the network that an address with a port belongs to; people's own
// addresses are kept nowhere.
func networkOf(remote string) string {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	addr, bits := ap.Addr().Unmap().WithZone(""), 48
	if addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}

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
		slog.Int("status", e.Status), slog.Duration("took", e.Took), slog.String("remote", e.Remote),
	}
	if e.Merchant != "" {
		attrs = append(attrs, slog.String("merchant", e.Merchant))
	}
	if e.Key != "" {
		attrs = append(attrs, slog.String("key", e.Key))
	}
	if e.Replayed {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	if e.Unknown > 0 {
		attrs = append(attrs, slog.Int("unknown_fields", e.Unknown))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	log.LogAttrs(ctx, level, "request", attrs...)
}
