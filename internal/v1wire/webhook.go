package v1wire

import (
	"bytes"
	"encoding/json"
	"net/url"

	"naru/internal/pay"
)

// Content types of the bodies below.
const (
	ContentJSON = "application/json"
	ContentForm = "application/x-www-form-urlencoded"
)

// WebhookBody is what V1 posts to a merchant's webhook address: imp_uid,
// merchant_uid and status, and cancellation_id for a cancel only. status is the
// state the payment had when it happened.
func WebhookBody(id pay.PaymentID, uid pay.MerchantUID, status pay.Status, cancelID string, form bool) (contentType string, body []byte) {
	if form {
		v := url.Values{"imp_uid": {string(id)}, "merchant_uid": {string(uid)}, "status": {Status(status)}}
		if cancelID != "" {
			v.Set("cancellation_id", cancelID)
		}
		return ContentForm, []byte(v.Encode())
	}
	return ContentJSON, encode(struct {
		ImpUID         string `json:"imp_uid"`
		MerchantUID    string `json:"merchant_uid"`
		Status         string `json:"status"`
		CancellationID string `json:"cancellation_id,omitempty"`
	}{string(id), string(uid), Status(status), cancelID})
}

// ConfirmBody is what V1 posts, as JSON, to a merchant's confirm_url before
// the payment is approved.
func ConfirmBody(p pay.Payment) []byte {
	return encode(struct {
		ImpUID      string `json:"imp_uid"`
		MerchantUID string `json:"merchant_uid"`
		Amount      int64  `json:"amount"`
	}{string(p.ID), string(p.MerchantUID), p.Amount.Total.Minor})
}

// StopReason is the fail_reason of a payment the merchant stopped at its
// confirm_url, or did not answer for. An empty reason is "알 수 없음".
func StopReason(reason string) string {
	if reason == "" {
		reason = "알 수 없음"
	}
	return "고객사 요청에 의해 결제를 중단합니다. (상세사유 : " + reason + ")"
}

// encode writes v, made of strings and numbers, without escaping HTML signs.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("v1wire: " + err.Error()) // strings and numbers always encode
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
