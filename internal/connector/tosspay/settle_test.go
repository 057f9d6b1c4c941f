package tosspay_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"naru/internal/connector"
)

// FuzzLists: whatever a provider says, a list ends, and its lines can be relied on.
func FuzzLists(f *testing.F) {
	files, err := filepath.Glob("testdata/wire/settlement*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no exchanges: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range txtar.Parse(data).Files {
			if _, body, ok := strings.Cut(string(section.Data), "\n\n"); ok && strings.HasPrefix(section.Name, "answer") {
				f.Add([]byte(body))
			}
		}
	}
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := settings("http://127.0.0.1:9")
		s.HTTP = &http.Client{Transport: answering{200, body}}
		c := open(t, s)
		for l, err := range c.(connector.TransactionLister).Transactions(t.Context(), day, day.AddDate(0, 0, 1)) {
			if err == nil && (l.Key == "" || l.Kind == "" || l.Ref.Order == "" || l.Amount < 0 || l.At.Before(day) || !l.At.Before(day.AddDate(0, 0, 1))) {
				t.Errorf("line %+v", l)
			}
		}
		for l, err := range c.(connector.Settler).Settlements(t.Context(), day) {
			if err == nil && (l.Key == "" || l.Kind == "" || l.Ref.Order == "" || l.SoldOn == "" || l.Gross-l.Fee-l.VAT != l.Net || l.Gross > 0 && l.Kind == "cancel") {
				t.Errorf("settlement %+v", l)
			}
		}
	})
}
