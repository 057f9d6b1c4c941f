package httpcall_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

// What a context has recorded is recorded once, scrubbed, unless the call has its own
// recorder.
func TestContextHasCallsRecorded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"said":"plantedsecret"}`)) }))
	defer server.Close()
	var heard, own []connector.Exchange
	ctx := connector.Recording(t.Context(), func(e connector.Exchange) { heard = append(heard, e) })
	call := httpcall.Request{Provider: pay.TossPay, Op: "query", Method: http.MethodPost, URL: server.URL + "/x", Body: map[string]string{"a": "plantedsecret"}, Secrets: []pay.Secret{"plantedsecret"}}
	if _, _, err := httpcall.Do(ctx, server.Client(), call); err != nil {
		t.Fatal(err)
	}
	if len(heard) != 1 || heard[0].Status != 200 || heard[0].Path != "/x" || strings.Contains(string(heard[0].Request)+string(heard[0].Answer), "planted") {
		t.Errorf("recorded %+v", heard)
	}
	call.Record = func(e connector.Exchange) { own = append(own, e) }
	if _, _, err := httpcall.Do(ctx, server.Client(), call); err != nil {
		t.Fatal(err)
	}
	if len(heard) != 1 || len(own) != 1 {
		t.Errorf("%d by the context, %d by the call", len(heard), len(own))
	}
	if _, _, err := httpcall.Do(t.Context(), server.Client(), httpcall.Request{Method: http.MethodGet, URL: server.URL}); err != nil || len(heard) != 1 {
		t.Errorf("%v, %d recorded without being asked to", err, len(heard))
	}
}
