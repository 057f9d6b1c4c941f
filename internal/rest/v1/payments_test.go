package v1_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/pay"
)

type page struct {
	Total, Previous, Next int
	List                  []struct {
		ImpUID string `json:"imp_uid"`
		Status string `json:"status"`
	}
}

func (a answer) page(t *testing.T) page {
	t.Helper()
	if a.status != 200 || a.Code != 0 {
		t.Fatalf("answer %d: %s", a.status, a.body)
	}
	var p page
	must(t, json.Unmarshal(a.Response, &p))
	return p
}

func TestAllIsTheSumOfTheStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sum := 0
	for _, s := range []string{"ready", "paid", "failed", "cancelled"} {
		p := w.get("/payments/status/" + s + "?limit=1000").page(t)
		if p.Total == 0 || p.Total != len(p.List) {
			t.Errorf("%s: total %d, listed %d", s, p.Total, len(p.List))
		}
		for _, row := range p.List {
			if row.Status != s {
				t.Errorf("%s lists %s, which is %s", s, row.ImpUID, row.Status)
			}
		}
		sum += p.Total
	}
	if all := w.get("/payments/status/all").page(t); all.Total != sum {
		t.Errorf("all: %d, the states: %d", all.Total, sum)
	}
}

func TestPagesReachEveryPaymentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, sorting := range []string{"", "started", "-started", "paid", "-paid", "updated", "-updated"} {
		seen, number, total := map[string]bool{}, 1, 0
		for next := 1; next != 0; number++ {
			p := w.get(fmt.Sprintf("/payments/status/all?limit=4&page=%d&sorting=%s", next, sorting)).page(t)
			if p.Previous != next-1 {
				t.Errorf("page %d: previous = %d", next, p.Previous)
			}
			for _, row := range p.List {
				if seen[row.ImpUID] {
					t.Errorf("sorted by %q: %s is listed twice", sorting, row.ImpUID)
				}
				seen[row.ImpUID] = true
			}
			next, total = p.Next, p.Total
		}
		if len(seen) != total || number != 6 {
			t.Errorf("sorted by %q: %d of %d payments on %d pages", sorting, len(seen), total, number-1)
		}
	}
}

// TestPagesTurnWhilePaymentsArrive: each payment that was there is listed once,
// although newer ones push the others back; and each page can be had by itself.
func TestPagesTurnWhilePaymentsArrive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen, next := map[string]int{}, 1
	for next != 0 {
		p := w.get(fmt.Sprintf("/payments/status/all?limit=4&page=%d", next)).page(t)
		for _, row := range p.List {
			seen[row.ImpUID]++
		}
		if next = p.Next; next < 4 && next > 0 {
			w.insert(pay.Payment{ID: pay.PaymentID(fmt.Sprintf("imp_new%09d", next)), MerchantUID: "new", Status: pay.StatusCreated, StartedAt: w.clock})
			w.clock = w.clock.Add(time.Second)
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is listed %d times", id, n)
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d payments listed, 18 were there", len(seen))
	}
	second := func() string { return w.get("/payments/status/all?limit=4&page=2").page(t).List[0].ImpUID }
	if turned := second(); turned != second() {
		t.Errorf("the same page begins with %s and then with %s", turned, second())
	}
	w.clock = w.clock.Add(2 * time.Minute) // the ends of pages are forgotten
	first := w.get("/payments/status/all?limit=8").page(t)
	if got := second(); got != first.List[4].ImpUID {
		t.Errorf("page 2 begins with %s, want %s", got, first.List[4].ImpUID)
	}
}

// TestTimesOfAStateBelongToIt: each state is looked for at its own time, and
// both ends of the time count, to the whole second.
func TestTimesOfAStateBelongToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		status, id string
		at         time.Time
	}{
		{"ready", "imp_000000000001", start},
		{"paid", "imp_000000000002", start.Add(90 * time.Second)},
		{"failed", "imp_000000000003", start.Add(150 * time.Second)},
		{"cancelled", "imp_000000000005", start.Add(12 * time.Hour)},
	} {
		for _, from := range []int64{-1, 0, 1} {
			for _, to := range []int64{-1, 0, 1} {
				if from > to {
					continue
				}
				p := w.get(fmt.Sprintf("/payments/status/%s?from=%d&to=%d", c.status, c.at.Unix()+from, c.at.Unix()+to)).page(t)
				found := false
				for _, row := range p.List {
					found = found || row.ImpUID == c.id
				}
				if want := from <= 0 && to >= 0; found != want {
					t.Errorf("%s from %+d to %+d: found %s = %v, want %v", c.status, from, to, c.id, found, want)
				}
			}
		}
	}
}

func TestNinetyDaysAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const day = 24 * 60 * 60
	to := w.clock.Unix()
	for query, want := range map[string]int{
		fmt.Sprintf("from=%d&to=%d", to-90*day, to):   200,
		fmt.Sprintf("from=%d&to=%d", to-90*day-1, to): 400,
		fmt.Sprintf("from=%d", to-90*day):             200, // to is now
		fmt.Sprintf("from=%d", to+1):                  400,
		fmt.Sprintf("to=%d", to-1000*day):             200, // from is 90 days before
		"from=0&to=0":                                 200,
		"from=yesterday":                              400,
		"from=1e9999":                                 400,
	} {
		if a := w.get("/payments/status/all?" + query); a.status != want {
			t.Errorf("%s: %d, want %d: %s", query, a.status, want, a.body)
		}
	}
}

func TestAHundredIDsAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	query := "imp_uid[]=imp_000000000001" + strings.Repeat("&imp_uid[]=", 5)
	for i := range 98 {
		query += fmt.Sprintf("&imp_uid[]=missing-%d", i)
	}
	if a := w.get("/payments?" + query + "&merchant_uid[]=paid-card"); a.status != 207 {
		t.Errorf("100 ids: %d %s", a.status, a.message())
	}
	if a := w.get("/payments?" + query + "&merchant_uid[]=paid-card&merchant_uid[]=transfer"); a.status != 400 || a.Code == 0 {
		t.Errorf("101 ids: %d %s", a.status, a.message())
	}
}

func TestTestPaymentsCanBeHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok, err := w.gateway.IssueToken(context.Background(), "imp_key_hider", "imp_secret_hider")
	must(t, err)
	for query, want := range map[string]int{"": 404, "?include_sandbox=false": 404, "?include_sandbox=true": 200, "?include_sandbox=1": 200, "?extension=true": 404} {
		if a := w.call("GET", "/payments/imp_000000000014"+query, "", "Authorization", tok.Value); a.status != want {
			t.Errorf("%s: %d, want %d", query, a.status, want)
		}
	}
	if a := w.get("/payments/imps_00000000011"); a.status != 200 {
		t.Errorf("a merchant that hides nothing: %d", a.status)
	}
}

func TestHEADIsGETWithoutABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := httptest.NewServer(w)
	defer srv.Close()
	r, err := http.NewRequest("HEAD", srv.URL+"/payments/imp_000000000002/", nil)
	must(t, err)
	r.Header.Set("Authorization", w.token)
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != 200 || res.ContentLength <= 0 {
		t.Errorf("status %d, length %d", res.StatusCode, res.ContentLength)
	}
}

// TestNothingLeaksFromTheInside: an error nobody foresaw is an envelope with
// the request's number and none of its words.
func TestNothingLeaksFromTheInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.store.Close())
	a := w.call("GET", "/payments/imp_000000000002", "", "Authorization", w.token, "X-Request-Id", "call-1")
	if a.status != 500 || a.Code != -1 || string(a.Response) != "null" || !strings.Contains(a.message(), "call-1") {
		t.Errorf("answer %d: %s", a.status, a.body)
	}
	if strings.Contains(a.body, "store") || strings.Contains(a.body, "closed") {
		t.Errorf("the answer tells of the inside: %s", a.body)
	}
	if !strings.Contains(w.log.String(), `"error":"store: closed"`) {
		t.Errorf("the log does not say what went wrong: %s", w.log)
	}
}

func TestNewStandsInsideAnotherRouter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outer := chi.NewRouter()
	outer.Handle("/*", w)
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "PUT": 405} {
		r := httptest.NewRequest(method, "/payments/imp_000000000002/", nil)
		r.Header.Set("Authorization", w.token)
		rec := httptest.NewRecorder()
		outer.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", method, rec.Code, want)
		}
	}
}
