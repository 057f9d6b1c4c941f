package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// readyTimeout is how long the database may take to answer.
const readyTimeout = 2 * time.Second

// healthy says that the process answers.
func healthy(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK, "ok") }

// isReady says whether payments can be taken: the database answers and its
// schema is ours. Why not is for the log, not for whoever asks.
func (a *app) isReady(log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := a.store.Ready(ctx); err != nil {
			log.WarnContext(r.Context(), "not ready", "error", err)
			health(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		health(w, http.StatusOK, "ok")
	}
}

func health(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"status":"`+word+`"}`+"\n")
}
