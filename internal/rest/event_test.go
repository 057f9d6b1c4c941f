package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"naru/internal/rest"
)

func TestTheEventSaysWhoAskedAndNoMore(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Get("/pay/{id}", func(w http.ResponseWriter, r *http.Request) {
		rest.EventOf(r.Context()).Asked("m_shop", "0123456789abcdef")
		w.Header().Set(rest.ReplayedHeader, "true")
		w.WriteHeader(http.StatusNoContent)
	})
	for remote, want := range map[string]string{
		"203.0.113.77:4711": "203.0.113.0/24", "[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1::/48", "[::ffff:198.51.100.9]:1": "198.51.100.0/24", "nonsense": "",
	} {
		s.log.Reset()
		r := httptest.NewRequest(http.MethodGet, "/pay/imp_1?card=9410123412341234", nil)
		r.RemoteAddr = remote
		var ended *rest.Event
		r = r.WithContext(rest.OnEnd(r.Context(), func(e *rest.Event) { ended = e }))
		s.ServeHTTP(httptest.NewRecorder(), r)
		e := s.events[len(s.events)-1]
		if e.Remote != want || e.Merchant != "m_shop" || e.Key != "01234567" || !e.Replayed || e.Route != "/pay/{id}" {
			t.Errorf("%s: %+v", remote, e)
		}
		if ended == nil || ended.Status != http.StatusNoContent || ended.Route != "/pay/{id}" {
			t.Errorf("told at the end: %+v", ended)
		}
		log := s.log.String()
		for _, planted := range []string{"9410123412341234", "89abcdef", "imp_1", "113.77", "100.9", "2:3:4"} {
			if strings.Contains(log, planted) {
				t.Errorf("the log holds %s: %s", planted, log)
			}
		}
		if !strings.Contains(log, `"replayed":true`) || !strings.Contains(log, `"key":"01234567"`) || want != "" && !strings.Contains(log, want) {
			t.Errorf("the log lacks something: %s", log)
		}
	}
}
