package tosspayments

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// bodyLimit is the most that is read of a request.
const bodyLimit = 1 << 20

// call is one API request, past authentication.
type call struct {
	r     *http.Request
	shop  *shop
	lang  string
	body  []byte
	early []*delivery // webhooks that go out before the answer
}

// answer is what goes back.
type answer struct {
	status int
	body   []byte
}

// handler does one API call. It runs with the lock held and returns the object
// to answer with, nil for an empty answer, or an *apiError.
type handler func(s *Simulator, c *call) (any, error)

func (s *Simulator) routes() http.Handler {
	api := chi.NewRouter()
	api.NotFound(s.unknown("NOT_FOUND"))
	api.MethodNotAllowed(s.unknown("NOT_FOUND_HTTP_METHOD"))
	api.Get("/v1/payments/{paymentKey}/checkout", s.checkout)
	for _, route := range []struct {
		method, path string
		do           handler
	}{
		{http.MethodPost, "/v1/payments", createPayment},
		{http.MethodPost, "/v1/payments/confirm", confirm},
		{http.MethodPost, "/v1/payments/{paymentKey}", confirmInPath},
		{http.MethodGet, "/v1/payments/{paymentKey}", getPayment},
		{http.MethodGet, "/v1/payments/orders/{orderId}", getOrder},
		{http.MethodPost, "/v1/payments/{paymentKey}/cancel", cancelPayment},
		{http.MethodPost, "/v1/payments/key-in", keyIn},
		{http.MethodPost, "/v1/virtual-accounts", issueAccount},
		{http.MethodPost, "/v1/billing/authorizations/card", issueByCard},
		{http.MethodPost, "/v1/billing/authorizations/issue", issueByAuth},
		{http.MethodPost, "/v1/billing/authorizations/{authKey}", issueByAuthInPath},
		{http.MethodPost, "/v1/billing/{billingKey}", chargeBilling},
		{http.MethodDelete, "/v1/billing/{billingKey}", removeBilling},
		{http.MethodPost, "/v1/cash-receipts", issueCashReceipt},
		{http.MethodPost, "/v1/cash-receipts/{receiptKey}/cancel", cancelCashReceipt},
		{http.MethodGet, "/v1/cash-receipts", listCashReceipts},
		{http.MethodGet, "/v1/transactions", listTransactions},
		{http.MethodGet, "/v1/settlements", listSettlements},
		{http.MethodGet, "/v1/promotions/card", listPromotions},
	} {
		api.Method(route.method, route.path, s.api(route.do))
	}
	whole := chi.NewRouter()
	// The transcript sees what the client sees; a call counts as running until
	// the faults are through with it.
	whole.Handle("/v1/*", s.transcribe(s.release(s.faults.Wrap(control.Detached(api)))))
	whole.Handle("/v1", control.Detached(api))
	s.windowRoutes(whole)
	return control.Detached(whole)
}

func (s *Simulator) unknown(code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e := refusef(code, "%s %s", r.Method, r.URL.Path)
		s.write(w, r, s.trace(), failed(e, language(r)))
	}
}

func failed(e *apiError, lang string) answer { return answer{e.status(), encode(e.object(lang))} }

func (s *Simulator) trace() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random(32, lowerHex)
}

func (s *Simulator) write(w http.ResponseWriter, r *http.Request, trace string, a answer) {
	h := w.Header()
	h.Set("X-Tosspayments-Trace-Id", trace)
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		h.Set("Idempotency-Key", key)
	}
	if len(a.body) > 0 {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client is gone
}

// api makes a handler of do. The order of checks: authentication, idempotency
// key, test code, body, and then whatever do finds.
func (s *Simulator) api(do handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{r: r, lang: language(r)}
		trace := s.trace()
		shop, err := s.authorize(r)
		if err != nil {
			s.write(w, r, trace, failed(asAPIError(err), c.lang))
			return
		}
		c.shop = shop
		if r.Method != http.MethodPost || r.Header.Get("Idempotency-Key") == "" {
			s.write(w, r, trace, s.perform(c, do))
			return
		}
		first, repeated, err := s.begin(r, shop, trace)
		switch {
		case err != nil:
			s.write(w, r, trace, failed(asAPIError(err), c.lang))
		case repeated:
			s.write(w, r, trace+","+first.trace, first.answer)
		default:
			a := s.perform(c, do)
			s.remember(first, a)
			s.write(w, r, trace, a)
		}
	})
}

// perform runs the rest of the checks and the call itself, and sends the
// webhooks that are to come before the answer.
func (s *Simulator) perform(c *call, do handler) answer {
	if err := c.prepare(); err != nil {
		return failed(asAPIError(err), c.lang)
	}
	a := s.locked(c, do)
	s.sendNow(c.early)
	return a
}

func (s *Simulator) locked(c *call, do handler) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	out, err := do(s, c)
	if err != nil {
		e := asAPIError(err)
		if e.status() >= http.StatusInternalServerError {
			s.opts.Log.Warn("sandbox tosspayments call failed", "path", hidePath(c.r.URL.Path), "error", err)
		}
		return failed(e, c.lang)
	}
	if out == nil {
		return answer{status: http.StatusOK}
	}
	return answer{http.StatusOK, encode(out)}
}

// prepare obeys the test code and reads the body.
func (c *call) prepare() error {
	if c.r.Method != http.MethodPost {
		return nil
	}
	if code := c.r.Header.Get("TossPayments-Test-Code"); code != "" && c.shop.test() {
		if p, ok := problems[code]; !ok || p.status == 0 {
			return refusef("INVALID_TEST_CODE", "%.60q", code)
		}
		return refuse(code)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, bodyLimit))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return refusef("INVALID_REQUEST", "the body may have %d bytes at most", bodyLimit)
		}
		return refusef("INVALID_REQUEST", "the body broke off")
	}
	if c.body = body; len(body) == 0 {
		return nil // some calls need none
	}
	kind := c.r.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
		return refusef("INVALID_REQUEST", "Content-Type %.60q: must be application/json", kind)
	}
	return nil
}

// param is a part of the path, unescaped.
func (c *call) param(name string) string {
	raw := chi.URLParam(c.r, name)
	if plain, err := url.PathUnescape(raw); err == nil {
		return plain
	}
	return raw
}
