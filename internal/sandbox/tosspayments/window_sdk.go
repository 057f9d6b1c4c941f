package tosspayments

import (
	"encoding/json"
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
	r.Options("/sdk/{call}", s.preflight)
	r.Post("/sdk/payments", s.request(s.launchPayment))
	r.Post("/sdk/billing-auths", s.request(s.launchBilling))
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

// envelope is what the script sends: whose window, which, and its parameters.
type envelope struct {
	clientKey, nonce, method string
	phone                    bool
	params                   json.RawMessage
}

func readEnvelope(body []byte) (envelope, error) {
	f, err := parseFields(body, false, "INVALID_PARAMETER")
	if err != nil {
		return envelope{}, err
	}
	e := envelope{
		clientKey: f.text("clientKey", textRule{code: "INVALID_CLIENT_KEY", required: true}),
		nonce:     f.text("nonce", textRule{required: true, form: nonceForm, allowed: "must be 16 to 128 letters, digits, - or _"}),
		method:    f.text("method", textRule{}),
		phone:     truth(f.flag("phone")),
	}
	e.params, _ = f.take("params")
	return e, f.done()
}

// launch opens a window for a page. The caller holds the lock.
type launch func(*shop, *fields, envelope) (*window, error)

// request takes the parameters from the script and answers with the address of
// the window, or with the refusal that the promise rejects with.
func (s *Simulator) request(open launch) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cors(w.Header())
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
		if err != nil {
			writeJSON(w, http.StatusBadRequest, refusef("INVALID_PARAMETER", "the parameters are too large").object(korean))
			return
		}
		e, err := readEnvelope(body)
		var win *window
		if err == nil {
			win, err = s.launch(open, e, r)
		}
		if err != nil {
			refusal := asAPIError(err)
			writeJSON(w, refusal.status(), refusal.object(korean))
			return
		}
		writeJSON(w, http.StatusOK, object{{"url", s.windowURL(win)}, {"framed", win.framed}})
	}
}

// launch opens a window and notes that it was asked for.
func (s *Simulator) launch(open launch, e envelope, r *http.Request) (*window, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	note := &opening{by: "script", call: sdkCalls[r.URL.Path], method: e.method, params: e.params, origin: r.Header.Get("Origin"), phone: e.phone}
	win, err := s.launched(open, e, note)
	if err != nil {
		note.refused = asAPIError(err)
	} else {
		win.nonce, win.origin = e.nonce, note.origin
		note.window = win
	}
	s.noteOpening(note)
	return win, err
}

// sdkCalls are the script's functions by what they ask us at.
var sdkCalls = map[string]string{"/sdk/payments": "requestPayment", "/sdk/billing-auths": "requestBillingAuth"}

func (s *Simulator) launched(open launch, e envelope, note *opening) (*window, error) {
	f, err := parseFields(e.params, s.opts.Strict, "INVALID_PARAMETER")
	if err != nil {
		return nil, refusef("INVALID_PARAMETER", "params: must be an object")
	}
	shop, ok := s.byClient[e.clientKey]
	if !ok {
		return nil, refuse("INVALID_CLIENT_KEY")
	}
	note.mid = shop.MID
	return open(shop, f, e)
}

// launchPayment creates the payment and its window.
func (s *Simulator) launchPayment(shop *shop, f *fields, e envelope) (*window, error) {
	win, o, err := s.readWindow(shop, f, e.method, e.phone)
	if err != nil {
		return nil, err
	}
	s.openWindow(shop, win, o)
	return win, nil
}

func (s *Simulator) launchBilling(shop *shop, f *fields, e envelope) (*window, error) {
	win, err := s.readBilling(shop, f, e.method, e.phone)
	if err != nil {
		return nil, err
	}
	s.openBilling(shop, win)
	return win, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // the client is gone
}
