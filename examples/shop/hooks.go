package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// webhook hears that something happened to a payment. V1 signs nothing, so
// the body only says which payment to look up: who forges one gains a look-up.
// It answers 200 once what was learned is stored, 4xx when sending it again
// would not help, and 502 when the gateway should.
func (s *Shop) webhook(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		writeJSON(w, http.StatusRequestEntityTooLarge, "message", err.Error())
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	id, impUID, err := readHook(kind, raw)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, "message", err.Error())
		return
	}
	if _, err = s.book.note(id, s.opt.Now(), "webhook", kind+" "+string(raw)); err == nil {
		_, err = s.settle(r.Context(), id, impUID)
	}
	no := refused(err)
	switch {
	case err == nil:
		writeJSON(w, http.StatusOK, "message", "stored")
	case errors.Is(err, errNoOrder): // the merchant sells elsewhere, too: sending it again would not help
		writeJSON(w, http.StatusOK, "message", "not an order of this shop")
	case errors.Is(err, errMismatch), no != nil && no.Status == http.StatusNotFound:
		writeJSON(w, http.StatusUnprocessableEntity, "message", "no such order, or no such payment of it")
	default:
		writeJSON(w, http.StatusBadGateway, "message", "the payment could not be looked up")
	}
}

// readHook takes merchant_uid and imp_uid out of a body in either of V1's two
// content types. The status in it is not read: the look-up tells.
func readHook(kind string, raw []byte) (id, impUID string, err error) {
	switch kind {
	case "application/json":
		var body struct {
			ImpUID      string `json:"imp_uid"`
			MerchantUID string `json:"merchant_uid"`
		}
		err = json.Unmarshal(raw, &body)
		id, impUID = body.MerchantUID, body.ImpUID
	case "application/x-www-form-urlencoded":
		var form url.Values
		form, err = url.ParseQuery(string(raw))
		id, impUID = form.Get("merchant_uid"), form.Get("imp_uid")
	default:
		err = fmt.Errorf("Content-Type %.60q: want application/json or application/x-www-form-urlencoded", kind)
	}
	if err == nil && (id == "" || impUID == "") {
		err = errors.New("imp_uid and merchant_uid must both be given")
	}
	return id, impUID, err
}

// confirm is asked after the customer agreed and before money is taken: the
// last look at the stock. Only 200 lets the payment go on; the reason in any
// other answer is shown to the customer.
func (s *Shop) confirm(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		ImpUID      string `json:"imp_uid"`
		MerchantUID string `json:"merchant_uid"`
		Amount      int64  `json:"amount"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		writeJSON(w, http.StatusBadRequest, "reason", "body: want JSON with imp_uid, merchant_uid and amount")
		return
	}
	status, reason := http.StatusOK, ""
	_, err := s.book.change(ask.MerchantUID, func(o *order) error {
		switch {
		case ask.Amount != o.Amount:
			status, reason = http.StatusConflict, pick(o.Lang, "주문 금액과 다릅니다.", "The amount differs from the order.")
		case o.Payment.took():
			status, reason = http.StatusConflict, pick(o.Lang, "이미 결제한 주문입니다.", "The order is already paid.")
		case o.Quantity > o.Item.Stock:
			status, reason = http.StatusConflict, pick(o.Lang, "품절된 상품입니다.", "The item is sold out.")
		}
		o.note(s.opt.Now(), "confirm", fmt.Sprintf("%.32s amount=%d HTTP %d %s", ask.ImpUID, ask.Amount, status, reason))
		return nil
	})
	if err != nil {
		status, reason = http.StatusNotFound, "주문을 찾을 수 없습니다."
	}
	writeJSON(w, status, "reason", reason)
}
