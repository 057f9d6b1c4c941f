package control

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// Answer writes v as JSON.
func Answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // the client is gone
}

// Fail writes an error in the control port's own form.
func Fail(w http.ResponseWriter, status int, code, message string) {
	Answer(w, status, map[string]string{"code": code, "message": message})
}

// Detached makes a chi router go by the request's own path, whatever router it
// was mounted in before; otherwise chi would go on in the outer router's context.
func Detached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), chi.RouteCtxKey, (*chi.Context)(nil))
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}
