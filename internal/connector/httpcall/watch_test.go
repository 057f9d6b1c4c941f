package httpcall_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

type watcher struct {
	http.RoundTripper
	asked    []httpcall.Asked
	outcomes []httpcall.Outcome
}

type watchMark struct{}

func (w *watcher) Watch(ctx context.Context, a httpcall.Asked) (context.Context, func(httpcall.Outcome)) {
	w.asked = append(w.asked, a)
	return context.WithValue(ctx, watchMark{}, "seen"), func(o httpcall.Outcome) { w.outcomes = append(w.outcomes, o) }
}

func TestATransportMayWatchCalls(t *testing.T) {
	t.Parallel()
	w := &watcher{RoundTripper: http.DefaultTransport}
	client := &http.Client{Transport: w}
	asked := httpcall.Asked{Provider: pay.TossPayments, Channel: "channel-key-1", Op: "confirm"}
	for _, c := range []struct {
		declined bool
		err      error
		want     httpcall.Outcome
	}{
		{false, nil, httpcall.OutcomeAnswered},
		{true, nil, httpcall.OutcomeDeclined},
		{false, &connector.Error{Kind: connector.NotSent}, httpcall.OutcomeNotSent},
		{false, &connector.Error{Kind: connector.Misconfigured}, httpcall.OutcomeMisconfigured},
		{false, &connector.Error{Kind: connector.Unknown}, httpcall.OutcomeUnknown},
		{true, errors.New("any other"), httpcall.OutcomeUnknown}, // unknown is never failed
	} {
		ctx, end := httpcall.Watch(t.Context(), client, asked)
		if ctx.Value(watchMark{}) != "seen" {
			t.Error("the call goes on without the watcher's context")
		}
		end(c.declined, c.err)
		if got := w.outcomes[len(w.outcomes)-1]; got != c.want || w.asked[len(w.asked)-1] != asked {
			t.Errorf("declined %v, error %v: %s of %+v", c.declined, c.err, got, w.asked)
		}
	}
	ctx, end := httpcall.Watch(t.Context(), &http.Client{}, asked)
	end(false, nil)
	if ctx != t.Context() {
		t.Error("a call that nobody watches has another context")
	}
}
