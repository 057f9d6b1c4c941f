package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// place makes an order and registers its amount at the gateway. The browser
// says what it wants; what that costs is decided here.
func (s *Shop) place(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Item     string `json:"item"`
		Quantity int    `json:"quantity"`
		Lang     string `json:"lang"`
	}
	if err := json.NewDecoder(r.Body).Decode(&want); err != nil {
		writeJSON(w, http.StatusBadRequest, "message", "body: want JSON with item and quantity: "+err.Error())
		return
	}
	items := catalogue()
	i := slices.IndexFunc(items, func(it item) bool { return it.Code == want.Item })
	if i < 0 {
		writeJSON(w, http.StatusUnprocessableEntity, "message", fmt.Sprintf("item %.40q: want mist, dusk or soldout", want.Item))
		return
	}
	if want.Quantity < 1 || want.Quantity > maxQuantity {
		writeJSON(w, http.StatusUnprocessableEntity, "message", fmt.Sprintf("quantity %d: want 1 to %d", want.Quantity, maxQuantity))
		return
	}
	now, it, lang := s.opt.Now(), items[i], language(want.Lang)
	o := order{ID: newOrderID(now), Item: it, Quantity: want.Quantity, Amount: price * int64(want.Quantity), Lang: lang, Placed: now}
	o.Name = pick(lang, fmt.Sprintf("나루 머그컵 (%s) %d개", it.Ko, o.Quantity), fmt.Sprintf("Naru mug (%s) x %d", it.En, o.Quantity))
	if err := s.api.prepare(r.Context(), o.ID, o.Amount); err != nil {
		s.opt.Log.Error("prepare", "merchant_uid", o.ID, "err", err)
		writeJSON(w, http.StatusBadGateway, "message", pick(lang,
			"결제를 준비하지 못했습니다. 잠시 뒤 다시 시도해 주세요.", "The payment could not be prepared. Please try again in a moment."))
		return
	}
	o.note(now, "placed", fmt.Sprintf("POST /payments/prepare amount=%d", o.Amount))
	s.book.add(o)
	writeJSON(w, http.StatusCreated, "merchant_uid", o.ID, "name", o.Name, "amount", o.Amount)
}

// complete is where the browser returns: from the page's callback, or by
// m_redirect_url on phones. Its query only says which payment to look up.
func (s *Shop) complete(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	said, _ := url.QueryUnescape(q.Encode())
	o, err := s.book.note(q.Get("merchant_uid"), s.opt.Now(), "callback", said)
	if err != nil {
		s.showMissing(w, r)
		return
	}
	if uid := q.Get("imp_uid"); uid != "" { // absent when the gateway refused beforehand
		o, err = s.settle(r.Context(), o.ID, uid)
	}
	page := orderPage{order: o, Result: o.Status(), Why: o.Payment.FailReason}
	status, no := http.StatusOK, refused(err)
	switch {
	case errors.Is(err, errMismatch):
		status, page.Result, page.Why = http.StatusConflict, "mismatch", ""
	case no != nil && no.Status == http.StatusNotFound:
		status, page.Result, page.Why = http.StatusNotFound, "no-payment", no.Message
	case err != nil:
		status, page.Result, page.Why = http.StatusBadGateway, "unknown", ""
	case page.Result == "unpaid":
		page.Why = fmt.Sprintf("%.300s", q.Get("error_msg"))
	}
	s.render(w, r, status, "order", page)
}

// settle looks a payment up and takes what the gateway says into the order. It
// returns the order as it stands after, beside an error too: errNoOrder,
// errMismatch, a *refusal such as "no such payment", or one that means that
// nothing could be learned now.
func (s *Shop) settle(ctx context.Context, id, impUID string) (order, error) {
	turn, err := s.book.take(id)
	if err != nil {
		return order{}, err
	}
	defer turn.Unlock()
	return s.settleInTurn(ctx, id, impUID)
}

func (s *Shop) settleInTurn(ctx context.Context, id, impUID string) (order, error) {
	p, asked := s.api.payment(ctx, impUID)
	o, err := s.book.change(id, func(o *order) error {
		if asked != nil {
			o.note(s.opt.Now(), "unverified", asked.Error())
			return asked
		}
		return o.learn(p, s.opt.Now())
	})
	if err != nil {
		s.opt.Log.Warn("payment not taken", "merchant_uid", id, "imp_uid", fmt.Sprintf("%.40s", impUID), "err", err)
	}
	return o, err
}

// cancel gives money back: the amount in the form, or everything that is left.
// The checksum says what this shop believes is left: the gateway refuses when
// that is no longer so, which makes a repeated request harmless.
func (s *Shop) cancel(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("merchant_uid")
	turn, err := s.book.take(id)
	if err != nil {
		s.showMissing(w, r)
		return
	}
	defer turn.Unlock()
	o, _ := s.book.change(id, nil)
	lang := language(r.FormValue("lang"))
	body, err := cancelBody(lang, o.Payment, r)
	if err != nil {
		s.render(w, r, http.StatusUnprocessableEntity, "order", orderPage{order: o, Problem: err.Error()})
		return
	}
	// A customer who closes the tab must not cut off a call that moves money.
	o, err = s.cancelInTurn(context.WithoutCancel(r.Context()), o, body)
	if err != nil {
		s.opt.Log.Error("cancel", "merchant_uid", id, "err", err)
		problem := pick(lang, "취소 결과를 확인하지 못했습니다. 아래 상태를 먼저 확인해 주세요.", "The result is not known. Please look at the status below first.")
		if no := refused(err); no != nil {
			problem = no.Message
		}
		s.render(w, r, http.StatusBadGateway, "order", orderPage{order: o, Problem: problem})
		return
	}
	http.Redirect(w, r, "/orders/"+id+langQuery(lang), http.StatusSeeOther)
}

func (s *Shop) cancelInTurn(ctx context.Context, o order, body map[string]any) (order, error) {
	p, err := s.api.cancel(ctx, body)
	if err != nil {
		after, _ := s.book.note(o.ID, s.opt.Now(), "cancel-failed", err.Error())
		if refused(err) == nil { // lost on the way: it may have worked, so ask
			after, _ = s.settleInTurn(ctx, o.ID, o.Payment.ImpUID)
		}
		return after, err
	}
	return s.book.change(o.ID, func(o *order) error {
		o.note(s.opt.Now(), "cancel", fmt.Sprintf("POST /payments/cancel checksum=%v", body["checksum"]))
		return o.learn(p, s.opt.Now())
	})
}

func cancelBody(lang string, p payment, r *http.Request) (map[string]any, error) {
	if !p.took() || p.Left() <= 0 {
		return nil, errors.New(pick(lang, "취소할 결제가 없습니다.", "There is nothing to cancel."))
	}
	body := map[string]any{"imp_uid": p.ImpUID, "checksum": p.Left(), "reason": "고객 요청"}
	if text := r.PostFormValue("amount"); text != "" {
		amount, err := strconv.ParseInt(text, 10, 64)
		if err != nil || amount < 1 || amount > p.Left() {
			format := pick(lang, "취소 금액 %.20q: 1부터 %d까지의 숫자로 적어 주세요.", "Amount %.20q: want a whole number from 1 to %d.")
			return nil, fmt.Errorf(format, text, p.Left())
		}
		body["amount"] = amount
	}
	for _, name := range []string{"reason", "refund_holder", "refund_bank", "refund_account"} { // refund_*: virtual accounts
		if v := r.PostFormValue(name); v != "" {
			body[name] = v
		}
	}
	return body, nil
}
