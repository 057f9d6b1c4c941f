package tosspay

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// routes is the public face: the API, and the pages for browsers.
func (s *Simulator) routes() http.Handler {
	api := chi.NewRouter()
	for path, op := range operations {
		api.Post(path, s.serve(op))
	}
	guarded := s.transcript.Wrap(s.faults.Wrap(control.Detached(api)), scrub)

	r := chi.NewRouter()
	r.Handle("/api/*", guarded)
	r.Get("/payfront/auth", s.showCheckout)
	r.Get("/payfront/static/{file}", s.assets.ServeHTTP)
	own := r.With(http.NewCrossOriginProtection().Handler) // the pages' own requests
	own.Get("/payfront/sandbox/{payToken}", s.showState)
	own.Post("/payfront/sandbox/{payToken}/{action}", s.act)
	own.Get(slipPath, s.showSlip)
	own.Post(slipPath, s.showSlip)
	return control.Detached(r)
}

// controlRoutes is the management face.
func (s *Simulator) controlRoutes() http.Handler {
	r := chi.NewRouter()
	r.Get("/payments", s.listPayments)
	r.Get("/payments/{payToken}", s.withPayment(s.showPayment))
	r.Post("/payments/{payToken}/approve", s.withPayment(s.approvePayment))
	r.Post("/payments/{payToken}/cancel", s.withPayment(s.cancelPayment))
	r.Post("/payments/{payToken}/expire", s.withPayment(s.expirePayment))
	r.Post("/payments/{payToken}/refund", s.withPayment(s.refundPayment))
	r.Put("/payments/{payToken}/refund-fail", s.withPayment(s.failRefunds))
	r.Get("/callbacks", s.listCallbacks)
	r.Post("/callbacks/{id}/resend", s.resendCallback)
	r.Get("/page", s.showPageOptions)
	r.Put("/page", s.setPageOptions)
	r.Get("/auto", s.showAutoOptions)
	r.Put("/auto", s.setAutoOptions)
	return r
}
