package main

import (
	"errors"
	"fmt"
	"net/http"

	"naru/internal/rest"
)

// limits bounds how often clients may ask; nil does not, as in development.
func (a *app) limits(o *rest.LimitOptions) *rest.Limits {
	if o == nil {
		return nil
	}
	counted := *o
	counted.Limited = a.metrics.tooMany
	return rest.NewLimits(counted)
}

// pageLimited answers where a page, the script or a provider's notice is one too
// many. Providers send a notice again that was not answered with 200.
func pageLimited(w http.ResponseWriter, _ *http.Request, err error) {
	if too, ok := errors.AsType[*rest.TooMany](err); ok {
		w.Header().Set("Retry-After", too.RetryAfter())
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = fmt.Fprintln(w, "요청이 너무 많습니다. 잠시 후 다시 시도해주세요. Too many requests: try again later.")
}
