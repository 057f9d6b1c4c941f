package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

// Development and production never open each other's books.
func TestBooksBelongToOneSide(t *testing.T) {
	t.Parallel()
	open := func(name string) *store.Store {
		s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), name), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	dev, shop := open("dev.db"), open("shop.db")
	for range 2 {
		if err := claimBooks(t.Context(), dev, true); err != nil {
			t.Fatalf("naru dev and its own books: %v", err)
		}
	}
	if err := claimBooks(t.Context(), dev, false); err == nil {
		t.Error("naru serve opened the books of naru dev")
	}
	if err := claimBooks(t.Context(), shop, false); err != nil {
		t.Fatalf("naru serve and new books: %v", err)
	}
	if err := shop.Write(t.Context(), func(tx *store.Tx) error {
		return tx.InsertMerchant(context.Background(), pay.Merchant{ID: "m1", UserCode: "imp12345678", Name: "상점", Created: tx.Now})
	}); err != nil {
		t.Fatal(err)
	}
	if err := claimBooks(t.Context(), shop, true); err == nil {
		t.Error("naru dev opened a shop's books")
	}
}

// Whoever looks a link over with HEAD does not use it up.
func TestHeadLeavesLinksAlone(t *testing.T) {
	t.Parallel()
	used := 0
	h := headOfFiles(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { used++ }))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, "/checkout/abc", nil))
	if rec.Code != http.StatusMethodNotAllowed || used != 0 {
		t.Errorf("%d, used %d times", rec.Code, used)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/checkout/abc", nil))
	if used != 1 {
		t.Errorf("GET was served %d times", used)
	}
}
