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
	guarded := s.transcript.Wrap(s.faults.Wrap(control.Detached(api)), s.scrub)

	r := chi.NewRouter()
	r.Handle("/api/*", guarded)
	r.Handle("/pay/api/*", guarded) // settlement details alone have the prefix
	r.Get("/payfront/auth", s.showCheckout)
	r.Get("/payfront/static/{file}", s.assets.ServeHTTP)
	own := r.With(http.NewCrossOriginProtection().Handler) // the pages' own requests
	own.Get("/payfront/sandbox/{payToken}", s.showState)
	own.Post("/payfront/sandbox/{payToken}/{action}", s.act)
	own.Get("/payfront/billing/{billingKey}", s.showKeyState)
	own.Post("/payfront/billing/{billingKey}/{action}", s.actOnKey)
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
	r.Get("/billing-keys", s.listKeys)
	r.Post("/billing-keys", s.makeKey)
	r.Get("/billing-keys/{key}", s.withKey(s.showKey))
	r.Post("/billing-keys/{key}/agree", s.withKey(s.agreeKey))
	r.Post("/billing-keys/{key}/cancel", s.withKey(s.cancelKey))
	r.Post("/billing-keys/{key}/fail", s.withKey(s.breakKey))
	r.Post("/billing-keys/{key}/expire", s.withKey(s.lapseKey))
	r.Put("/billing-keys/{key}/instrument", s.withKey(s.setInstrument))
	r.Post("/billing-keys/{key}/remove", s.withKey(s.unregisterKey))
	r.Put("/billing-keys/{key}/charge-fail", s.withKey(s.failCharges))
	r.Get("/billing-keys/{key}/pushes", s.listKeyPushes)
	r.Get("/pushes", s.listPushes)
	r.Get("/ledger", s.showLedger)
	r.Get("/windows", s.listWindows)
	r.Get("/callbacks", s.listCallbacks)
	r.Post("/callbacks/{id}/resend", s.resendCallback)
	r.Get("/page", s.showPageOptions)
	r.Put("/page", s.setPageOptions)
	r.Get("/auto", s.showAutoOptions)
	r.Put("/auto", s.setAutoOptions)
	r.Get("/next-buyer", s.showNext)
	r.Put("/next-buyer", s.addNext)
	r.Delete("/next-buyer", s.clearNext)
	r.Get("/options", s.showKnobs)
	r.Put("/options", s.setKnobs)
	return r
}
