package tosspayments_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"naru/internal/connector"
	"naru/internal/connector/tosspayments"
	"naru/internal/pay"
)

// In the provider's own test environment nothing is settled, and nobody is asked.
func TestTestShopsHaveNoSettlements(t *testing.T) {
	t.Parallel()
	s := settings("https://api.tosspayments.example")
	s.Mode = pay.ModeTest
	s.Endpoints.Script = "https://js.tosspayments.example/v1"
	s.Credentials = map[string]pay.Secret{
		tosspayments.ClientKey: "test_ck_Hb4Nc8VxQ2RmTz6WpKd1Lf7J0000", tosspayments.SecretKey: "test_sk_Wq8Zt5LmRx2VbN7kPc3Hd9Gf0000",
	}
	s.HTTP = &http.Client{Transport: refusing{t}}
	n := 0
	for _, err := range open(t, s).(connector.Settler).Settlements(t.Context(), time.Now()) {
		if n++; !errors.Is(err, connector.ErrNotOffered) {
			t.Errorf("settlements of a test shop: %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d lines", n)
	}
}

type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.t.Errorf("asked %s", req.URL.Path)
	return nil, errors.New("not to be asked")
}

// FuzzLists: whatever a provider says, a list ends, and its lines can be relied on.
func FuzzLists(f *testing.F) {
	for _, pattern := range []string{"testdata/wire/transactions*.txtar", "testdata/wire/settlements*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no exchanges: %v", err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			for _, section := range txtar.Parse(data).Files {
				if status, body, ok := strings.Cut(string(section.Data), "\n\n"); ok && strings.HasPrefix(section.Name, "answer") {
					f.Add(status == "200", []byte(body))
				}
			}
		}
	}
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	f.Fuzz(func(t *testing.T, ok bool, body []byte) {
		s := settings("http://127.0.0.1:9")
		s.HTTP = &http.Client{Transport: answering{map[bool]int{true: 200, false: 400}[ok], body}}
		c := open(t, s)
		for l, err := range c.(connector.TransactionLister).Transactions(t.Context(), day, day.AddDate(0, 0, 1)) {
			if err == nil && (l.Key == "" || l.Movement == "" || l.Ref.Order == "" || l.Amount <= 0 || l.At.Before(day) || !l.At.Before(day.AddDate(0, 0, 1))) {
				t.Errorf("line %+v", l)
			}
		}
		for l, err := range c.(connector.Settler).Settlements(t.Context(), day) {
			if err == nil && (l.Key == "" || l.Movement == "" || l.Ref.Order == "" || l.SoldOn != "2026-11-20" || l.Gross-l.Fee-l.VAT != l.Net) {
				t.Errorf("settlement %+v", l)
			}
		}
	})
}
