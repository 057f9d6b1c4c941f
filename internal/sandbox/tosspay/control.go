package tosspay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// paymentView is a payment as the control face shows it.
type paymentView struct {
	statusAnswer
	Shop         string `json:"shop"`
	MID          string `json:"mid"`
	ProductDesc  string `json:"productDesc"`
	CheckoutPage string `json:"checkoutPage,omitempty"` // a charge has none
	ExpiresTs    string `json:"expiresTs,omitempty"`    // a charge does not wait
	AutoExecute  bool   `json:"autoExecute"`
	Next         string `json:"next,omitempty"` // where the browser is to go
	Ended        string `json:"ended,omitempty"`
	Installments bool   `json:"installments"` // months may be chosen
	CallbackVer  string `json:"callbackVersion,omitempty"`
	ReceiptKey   string `json:"cashReceiptMgtKey,omitempty"` // of a receipt that was issued
	ExecuteFail  string `json:"executeFail,omitempty"`
	RefundFail   string `json:"refundFail,omitempty"`
	Declined     string `json:"declined,omitempty"` // errorCode last shown to the buyer

	CashReceipt            bool   `json:"cashReceipt"`
	CashReceiptTradeOption string `json:"cashReceiptTradeOption"`
	BillingKey             string `json:"billingKey,omitempty"`   // of a charge
	SendFailPush           *bool  `json:"sendFailPush,omitempty"` // of a charge
}

// view shows p. The caller holds the lock.
func (s *Simulator) view(p *payment) paymentView {
	v := paymentView{
		statusAnswer: s.statusAnswer(p), Shop: p.shop.Name, MID: p.shop.MID, ProductDesc: p.desc,
		AutoExecute: p.auto, Next: p.next(), Ended: p.ended, Installments: p.installments, CallbackVer: p.callbackVersion, ReceiptKey: p.receiptKey, ExecuteFail: p.executeFail, RefundFail: p.refundFail,
		CashReceipt: p.cashReceipt, CashReceiptTradeOption: p.tradeOption,
	}
	if p.billed != nil {
		v.BillingKey, v.SendFailPush = p.billed.key, &p.sendFailPush
	} else {
		v.CheckoutPage, v.ExpiresTs = s.checkoutPage(p), stamp(p.expires)
	}
	if p.decline != nil {
		v.Declined = p.decline.code
	}
	return v
}

const listMost = 1000

// listLimit is ?limit=, or 100. It answers 400 and is false for a bad one.
func listLimit(w http.ResponseWriter, r *http.Request) (int, bool) {
	l := r.URL.Query().Get("limit")
	if l == "" {
		return 100, true
	}
	n, err := strconv.Atoi(l)
	if err != nil || n < 1 || n > listMost {
		control.Fail(w, http.StatusBadRequest, "BAD_LIMIT", fmt.Sprintf("limit %q: must be 1 to %d", short(l), listMost))
		return 0, false
	}
	return n, true
}

// listPayments shows the newest payments first, ?limit= of them (100).
func (s *Simulator) listPayments(w http.ResponseWriter, r *http.Request) {
	limit, ok := listLimit(w, r)
	if !ok {
		return
	}
	list := []paymentView{}
	s.mu.Lock()
	now := s.clock()
	for _, p := range slices.Backward(s.newest) {
		if len(list) == limit {
			break
		}
		s.refresh(p, now)
		list = append(list, s.view(p))
	}
	s.mu.Unlock()
	s.wakeUp()
	control.Answer(w, http.StatusOK, map[string]any{"payments": list})
}

// change does something to a payment, with the lock held, and says what to
// answer; nil is the payment.
type change func(p *payment, body []byte, now time.Time) (any, error)

var errNoPayment = errors.New("no payment")

// withPayment runs do on the payment of the path. Callbacks that it causes are sent.
func (s *Simulator) withPayment(do change) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := readControl(w, r)
		if !ok {
			return
		}
		answer, sent, err := s.change(chi.URLParam(r, "payToken"), body, do)
		s.answerControl(w, r, http.StatusOK, answer, sent, err)
	}
}

// answerControl lets the callbacks leave and answers what a change came to.
func (s *Simulator) answerControl(w http.ResponseWriter, r *http.Request, status int, answer any, sent []*callback, err error) {
	early, _ := splitEarly(sent)
	s.awaitFirstTry(r.Context(), early)
	s.wakeUp()
	var f *failure
	switch {
	case err == nil:
		control.Answer(w, status, answer)
	case errors.Is(err, errNoPayment):
		control.Fail(w, http.StatusNotFound, "NO_SUCH_PAYMENT", err.Error())
	case errors.Is(err, errUnknownKey):
		control.Fail(w, http.StatusNotFound, "NO_SUCH_BILLING_KEY", err.Error())
	case errors.Is(err, errAmbiguous):
		control.Fail(w, http.StatusConflict, "AMBIGUOUS", err.Error())
	case errors.As(err, &f):
		control.Fail(w, http.StatusConflict, f.code, f.msg)
	case errors.Is(err, errNotNow):
		control.Fail(w, http.StatusConflict, "WRONG_STATE", err.Error())
	default:
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
	}
}

func (s *Simulator) change(token string, body []byte, do change) (any, []*callback, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	p := s.find(token, now)
	if p == nil {
		return nil, nil, fmt.Errorf("%w %q", errNoPayment, short(token))
	}
	known := len(s.callbacks)
	answer, err := do(p, body, now)
	if answer == nil {
		answer = s.view(p)
	}
	return answer, s.callbacks[known:], err
}

// decode reads a body into v and refuses unknown fields; an empty body leaves
// v as it is.
func decode(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if _, err := parseObject(body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func (s *Simulator) showPayment(*payment, []byte, time.Time) (any, error) { return nil, nil }

// approvePayment is the buyer authenticating without a browser. A decline is
// answered with 409 and its errorCode.
func (s *Simulator) approvePayment(p *payment, body []byte, now time.Time) (any, error) {
	var a Approval
	if err := decode(body, &a); err != nil {
		return nil, err
	}
	f, err := s.approve(p, a, now)
	if err == nil && f != nil {
		err = f
	}
	return nil, err
}

func (s *Simulator) cancelPayment(p *payment, _ []byte, _ time.Time) (any, error) {
	return nil, s.leave(p)
}

func (s *Simulator) expirePayment(p *payment, _ []byte, now time.Time) (any, error) {
	return nil, s.expire(p, now)
}

// refundPayment is a refund made by hand in the partner console: of the
// amount, or of all that is left. Nothing tells the merchant's server of it.
func (s *Simulator) refundPayment(p *payment, body []byte, now time.Time) (any, error) {
	var in struct {
		Amount           *int64 `json:"amount"`
		AmountTaxFree    *int64 `json:"amountTaxFree"`
		AmountTaxable    *int64 `json:"amountTaxable"`
		AmountVAT        *int64 `json:"amountVat"`
		AmountServiceFee *int64 `json:"amountServiceFee"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	req := refundRequest{amount: in.Amount, given: given{in.AmountTaxable, in.AmountTaxFree, in.AmountVAT, in.AmountServiceFee}}
	if f := req.check(); f != nil {
		return nil, f
	}
	answer, f := s.giveBack(p, req, now)
	if f != nil {
		return nil, f
	}
	return answer, nil
}

// failRefunds makes refunds of a payment fail with an errorCode; an empty one
// lets them work again.
func (s *Simulator) failRefunds(p *payment, body []byte, _ time.Time) (any, error) {
	var in struct {
		ErrorCode string `json:"errorCode"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if in.ErrorCode != "" && !codeForm.MatchString(in.ErrorCode) {
		return nil, fmt.Errorf("errorCode %q: must be an errorCode such as INACTIVE_USER, or empty", short(in.ErrorCode))
	}
	p.refundFail = in.ErrorCode
	return nil, nil
}
