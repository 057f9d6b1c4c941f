package tosspayments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

func (s *Simulator) controlRoutes() http.Handler {
	r := chi.NewRouter()
	r.Get("/shops", s.controlShops)
	r.Get("/shops/{mid}/next-decline", s.controlNextDecline)
	r.Put("/shops/{mid}/next-decline", s.controlNextDecline)
	r.Delete("/shops/{mid}/next-decline", s.controlNextDecline)
	r.Get("/shops/{mid}/methods", s.controlMethods)
	r.Put("/shops/{mid}/methods", s.controlMethods)
	r.Get("/shops/{mid}/promotions", s.controlPromotions)
	r.Put("/shops/{mid}/promotions", s.controlPromotions)
	r.Get("/payments", s.controlPayments)
	r.Get("/payments/{paymentKey}", s.controlPayment(func(*payment, *http.Request) error { return nil }))
	r.Post("/payments/{paymentKey}/expire", s.controlPayment(s.controlExpire))
	r.Post("/payments/{paymentKey}/cancel", s.controlPayment(s.controlCancel))
	r.Post("/payments/{paymentKey}/deposit", s.controlDeposit)
	r.Post("/payments/{paymentKey}/deposit-error", s.controlPayment(s.controlReverse))
	r.Post("/payments/{paymentKey}/refund", s.controlPayment(s.controlRefund))
	r.Get("/accounts", s.controlAccounts)
	r.Get("/messages", s.controlMessages)
	r.Get("/ledger", s.controlLedger)
	r.Get("/cards", s.controlCards)
	r.Get("/cash-receipts", s.controlCashReceipts)
	r.Post("/cash-receipts/{receiptKey}/complete", s.controlCashReceipt)
	r.Post("/cash-receipts/{receiptKey}/fail", s.controlCashReceipt)
	r.Post("/billing-auths", s.controlBillingAuth)
	r.Get("/webhooks", s.controlWebhooks)
	r.Post("/webhooks/{id}/resend", s.controlResend)
	r.Get("/auto", s.controlAuto)
	r.Put("/auto", s.controlAuto)
	r.Get("/next-buyer", s.controlNextBuyer)
	r.Put("/next-buyer", s.controlNextBuyer)
	r.Delete("/next-buyer", s.controlNextBuyer)
	r.Get("/windows", s.controlWindows)
	r.Get("/static/{file}", s.deskAssets.ServeHTTP)
	return r
}

// controlShops lists the shops without their secret keys.
func (s *Simulator) controlShops(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []object{}
	for _, shop := range s.shops {
		out = append(out, object{{"mid", shop.MID}, {"name", shop.Name}, {"clientKey", shop.ClientKey}, {"webhookUrl", shop.WebhookURL},
			{"depositUrl", shop.DepositURL}, {"taxFree", shop.TaxFree}, {"billing", shop.Billing}, {"keyIn", shop.cardNumbers()},
			{"fixedAccounts", shop.FixedAccounts}, {"nextDecline", orNull(shop.nextDecline)}})
	}
	slices.SortFunc(out, func(a, b object) int { return strings.Compare(a[0].value.(string), b[0].value.(string)) })
	control.Answer(w, http.StatusOK, object{{"shops", out}})
}

// readBody reads an optional JSON object of known members.
func readBody(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
	if err != nil || len(body) == 0 {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func badBody(w http.ResponseWriter, err error) {
	control.Fail(w, http.StatusBadRequest, "BAD_BODY", err.Error())
}

func (s *Simulator) controlNextDecline(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"code"`
	}
	if r.Method == http.MethodPut {
		if err := readBody(r, &in); err != nil {
			badBody(w, err)
			return
		}
		if p, ok := problems[in.Code]; in.Code != "" && (!ok || !p.declines) {
			badBody(w, fmt.Errorf("code %q: not a code that a confirm or a charge is declined with; for example %s", in.Code, strings.Join(declineCodes, ", ")))
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, ok := s.shops[chi.URLParam(r, "mid")]
	if !ok {
		control.Fail(w, http.StatusNotFound, "NO_SUCH_SHOP", fmt.Sprintf("no shop %q", chi.URLParam(r, "mid")))
		return
	}
	if r.Method != http.MethodGet {
		shop.nextDecline = in.Code
	}
	control.Answer(w, http.StatusOK, object{{"code", orNull(shop.nextDecline)}})
}

// controlPayments lists the payments, newest first; ?orderId= and ?mid= narrow it.
func (s *Simulator) controlPayments(w http.ResponseWriter, r *http.Request) {
	orderID, mid := r.URL.Query().Get("orderId"), r.URL.Query().Get("mid")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	out := []object{}
	for _, p := range slices.Backward(s.newest) {
		if (orderID == "" || p.orderID == orderID) && (mid == "" || p.shop.MID == mid) {
			out = append(out, s.paymentObject(p, korean))
		}
	}
	control.Answer(w, http.StatusOK, object{{"payments", out}})
}

// controlPayment does something to a payment and answers with it.
func (s *Simulator) controlPayment(do func(*payment, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p, err := s.named(r)
		if err == nil {
			err = do(p, r)
		}
		if err != nil {
			controlFail(w, err)
			return
		}
		control.Answer(w, http.StatusOK, s.paymentObject(p, korean))
	}
}

// named is the payment that the path names by its key or its order id, of which
// the newest is meant; ?mid= says whose. The caller holds the lock.
func (s *Simulator) named(r *http.Request) (*payment, error) {
	s.catchUp()
	name, mid := chi.URLParam(r, "paymentKey"), r.URL.Query().Get("mid")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if p, ok := s.payments[name]; ok && (mid == "" || p.shop.MID == mid) {
		return p, nil
	}
	for _, p := range slices.Backward(s.newest) {
		if p.orderID == name && (mid == "" || p.shop.MID == mid) {
			return p, nil
		}
	}
	return nil, refusef("NOT_FOUND_PAYMENT", "no payment or order %.200q", name)
}

// controlError is a refusal of the control port's own.
type controlError struct {
	status        int
	code, message string
}

func (e *controlError) Error() string { return e.code + ": " + e.message }

func controlFail(w http.ResponseWriter, err error) {
	var own *controlError
	if errors.As(err, &own) {
		control.Fail(w, own.status, own.code, own.message)
		return
	}
	e := asAPIError(err)
	control.Answer(w, e.status(), e.object(korean))
}

// controlExpire ends the time of a payment, or of an account that waits.
func (s *Simulator) controlExpire(p *payment, _ *http.Request) error {
	switch {
	case p.state == ready || p.state == inProgress:
		s.expire(p)
	case p.state == waiting && !p.account.expired:
		p.alarm.off()
		p.account.due = s.opts.Now()
		s.expireAccount(p)
	default:
		return refusef("FORBIDDEN_REQUEST", "status is %s: only READY, IN_PROGRESS and WAITING_FOR_DEPOSIT before the due date expire", p.state)
	}
	return nil
}

// controlCancel is a cancel made in the provider's own back office: the shop
// hears of it by webhook only.
func (s *Simulator) controlCancel(p *payment, r *http.Request) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
	if err != nil || len(body) == 0 {
		body = []byte("{}")
	}
	f, err := parseFields(body, true, "INVALID_REQUEST")
	if err != nil {
		return err
	}
	why := refund{reason: f.text("reason", textRule{max: 200}), amount: f.amount("amount", p.currency, 1), taxFree: f.amount("taxFreeAmount", p.currency, 0)}
	why.office = true
	if err := f.done(); err != nil {
		return err
	}
	if why.reason == "" {
		why.reason = "상점관리자 취소"
	}
	early, err := s.cancel(p, why)
	s.enqueueAll(early) // there is no API answer to be earlier than
	return err
}

type webhookView struct {
	ID           int             `json:"id"`
	MID          string          `json:"mid"`
	Kind         string          `json:"kind"`
	PaymentKey   string          `json:"paymentKey"`
	URL          string          `json:"url"`
	Transmission string          `json:"transmissionId"`
	State        deliveryState   `json:"state"`
	Created      time.Time       `json:"createdAt"`
	Due          *time.Time      `json:"dueAt,omitempty"` // of the next try
	Tries        []try           `json:"tries"`
	Body         json.RawMessage `json:"body"`
}

func (d *delivery) view() webhookView {
	v := webhookView{
		ID: d.id, MID: d.shop.MID, Kind: d.kind, PaymentKey: d.payment.key, URL: d.url, Transmission: d.transmission,
		State: d.state, Created: d.created, Tries: append([]try{}, d.tries...), Body: d.body,
	}
	if d.state == pending {
		due := d.due
		v.Due = &due
	}
	return v
}

// controlWebhooks lists webhooks with their tries, oldest first.
func (s *Simulator) controlWebhooks(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []webhookView{}
	for _, d := range s.deliveries {
		out = append(out, d.view())
	}
	control.Answer(w, http.StatusOK, object{{"webhooks", out}})
}

// controlResend tries a webhook once more, at once. One whose tries were over
// gets no new ones after it.
func (s *Simulator) controlResend(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(chi.URLParam(r, "id"))
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.deliveries, func(d *delivery) bool { return d.id == id })
	if i < 0 {
		control.Fail(w, http.StatusNotFound, "NO_SUCH_WEBHOOK", fmt.Sprintf("no webhook %q", chi.URLParam(r, "id")))
		return
	}
	d := s.deliveries[i]
	if d.state != pending {
		d.failures = len(retryGaps)
	}
	d.state, d.due = pending, s.opts.Now()
	if url := d.payment.destination(d.kind); url != "" {
		d.url = url
	}
	s.enqueue(d)
	control.Answer(w, http.StatusAccepted, d.view())
}

// controlAuto is what windows do by themselves when they are shown: a word of
// autoActions, decline with its code as decline:CODE, or off.
func (s *Simulator) controlAuto(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Action string `json:"action"`
	}
	var a auto
	if r.Method == http.MethodPut {
		err := readBody(r, &in)
		if err == nil && in.Action == "" {
			err = errors.New("action: required; off for nothing")
		}
		if err == nil {
			a, err = parseAuto(in.Action)
		}
		if err != nil {
			badBody(w, err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPut {
		s.auto = a
	}
	control.Answer(w, http.StatusOK, object{{"action", s.auto.String()}})
}
