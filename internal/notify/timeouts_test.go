package notify

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"naru/internal/pay"
)

// limits is a RoundTripper that notes how long a request might take.
type limits struct{ got []time.Duration }

func (l *limits) RoundTrip(r *http.Request) (*http.Response, error) {
	deadline, _ := r.Context().Deadline()
	l.got = append(l.got, time.Until(deadline))
	return nil, errors.New("not sent")
}

// TestTimeouts pins the limits of "웹훅 연동하기" and "컨펌 프로세스".
func TestTimeouts(t *testing.T) {
	t.Parallel()
	n := New(Options{})
	transport, ok := n.guarded.Transport.(*http.Transport)
	if !ok || transport.ResponseHeaderTimeout != 30*time.Second || transport.TLSHandshakeTimeout != 10*time.Second || transport.Proxy != nil {
		t.Errorf("transport %+v", n.guarded.Transport)
	}
	l := &limits{}
	n.guarded = &http.Client{Transport: l}
	n.post(t.Context(), message{url: "http://example.com/", timeout: timeoutOf(0)})
	n.post(t.Context(), message{url: "http://example.com/", timeout: timeoutOf(1)})
	n.Preapprove(context.Background(), pay.Merchant{}, pay.Payment{Notify: pay.Notify{ConfirmURL: "http://example.com/"}})
	for i, want := range []time.Duration{40 * time.Second, 15 * time.Second, 10 * time.Second} {
		if d := want - l.got[i]; d < 0 || d > time.Second {
			t.Errorf("request %d may take %s, want %s", i, l.got[i], want)
		}
	}
}
