package tosspayments

import (
	"io"
	"net/http"
	"regexp"

	"github.com/go-chi/chi/v5"
)

// windowRoutes are the browser's side: the script, what it asks of us, and the
// window. None of it is the provider's documented interface but the script's
// address and what it does.
func (s *Simulator) windowRoutes(r chi.Router) {
	sameOrigin := http.NewCrossOriginProtection()
	r.Get("/js/v1", s.script)
	r.Get("/js/v1/payment", s.script)
	r.Handle("/static/*", s.assets)
	r.Options("/sdk/payments", s.preflight)
	r.Post("/sdk/payments", s.requestPayment)
	r.Get("/window/{token}", s.showWindow)
	r.With(sameOrigin.Handler).Post("/window/{token}/{action}", s.actWindow)
	r.Get("/receipt/redirection", s.showReceipt)
	r.Get("/receipt/mids/{mid}/orders/{orderId}/cash-receipt", s.showCashReceipts)
	r.NotFound(s.unknown("NOT_FOUND"))
	r.MethodNotAllowed(s.unknown("NOT_FOUND_HTTP_METHOD"))
}

// script serves the browser script under one short-lived name, as the provider does.
func (s *Simulator) script(w http.ResponseWriter, _ *http.Request) {
	body, err := files.ReadFile("static/tosspayments.js")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}

// cors lets the script call us from any shop's page. There is no cookie to steal.
func cors(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
}

func (s *Simulator) preflight(w http.ResponseWriter, _ *http.Request) {
	cors(w.Header())
	w.WriteHeader(http.StatusNoContent)
}

var nonceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)

// requestPayment takes the parameters from the script and answers with the
// address of the window, or with the refusal that the promise rejects with.
func (s *Simulator) requestPayment(w http.ResponseWriter, r *http.Request) {
	cors(w.Header())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		writeJSON(w, http.StatusBadRequest, refusef("INVALID_PARAMETER", "the parameters are too large").object(korean))
		return
	}
	out, err := s.launch(body, r.Header.Get("Origin"))
	if err != nil {
		e := asAPIError(err)
		writeJSON(w, e.status(), e.object(korean))
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// launch creates the payment and its window for a page of the origin.
func (s *Simulator) launch(body []byte, origin string) (object, error) {
	envelope, err := parseFields(body, false, "INVALID_PARAMETER")
	if err != nil {
		return nil, err
	}
	clientKey := envelope.text("clientKey", textRule{code: "INVALID_CLIENT_KEY", required: true})
	nonce := envelope.text("nonce", textRule{required: true, form: nonceForm, allowed: "must be 16 to 128 letters, digits, - or _"})
	name := envelope.text("method", textRule{})
	phone := truth(envelope.flag("phone"))
	raw, _ := envelope.take("params")
	if err := envelope.done(); err != nil {
		return nil, err
	}
	f, err := parseFields(raw, s.opts.Strict, "INVALID_PARAMETER")
	if err != nil {
		return nil, refusef("INVALID_PARAMETER", "params: must be an object")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, ok := s.byClient[clientKey]
	if !ok {
		return nil, refuse("INVALID_CLIENT_KEY")
	}
	win, o, err := s.readWindow(shop, f, name, phone)
	if err != nil {
		return nil, err
	}
	win.nonce, win.origin = nonce, origin
	s.openWindow(shop, win, o)
	return object{{"url", s.opts.BaseURL + "/window/" + win.token}, {"framed", win.framed}}, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // the client is gone
}
