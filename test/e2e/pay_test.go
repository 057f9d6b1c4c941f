package e2e

import (
	"testing"
)

// The keys of a result, exactly as PortOne V1 documents them for each provider
// ("결제응답 파라미터"; see "In the browser" in docs/v1-implementation-details.md).
const (
	tpPaid       = "imp_uid merchant_uid"
	tpFailed     = "error_code error_msg imp_uid merchant_uid"
	tvPaidPhone  = "imp_success imp_uid merchant_uid"
	tvFailPhone  = "error_code error_msg imp_success imp_uid merchant_uid"
	tvPaidClosed = "apply_num bank_name buyer_addr buyer_email buyer_name buyer_postcode buyer_tel card_name card_number card_quota currency custom_data imp_success imp_uid merchant_uid name paid_amount paid_at pay_method pg_provider pg_tid pg_type receipt_url status success"
	tvFailClosed = "error_code error_msg imp_success imp_uid merchant_uid pay_method pg_provider pg_type success"
)

func (w way) keys(paid bool) string {
	switch {
	case w.provider == "tosspayments" && paid:
		return tpPaid
	case w.provider == "tosspayments":
		return tpFailed
	case w.device.Mobile && paid:
		return tvPaidPhone
	case w.device.Mobile:
		return tvFailPhone
	case paid:
		return tvPaidClosed
	default:
		return tvFailClosed
	}
}

// each runs a test for both providers on both devices.
func each(t *testing.T, f func(t *testing.T, w way)) {
	t.Parallel()
	for _, w := range ways {
		t.Run(w.name(), func(t *testing.T) { t.Parallel(); f(t, w) })
	}
}

func TestApprove(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		b := visit(t, w, "")
		b.pay().approve()
		got := b.outcome()
		if got.keys() != w.keys(true) {
			t.Errorf("keys: %s\nwant: %s", got.keys(), w.keys(true))
		}
		b.once()
		p := stack.payment(t, got.str("imp_uid"))
		if p["status"] != "paid" || p["merchant_uid"] != got["merchant_uid"] || p["pg_provider"] != w.provider {
			t.Errorf("payment: status %v, merchant_uid %v, pg_provider %v", p["status"], p["merchant_uid"], p["pg_provider"])
		}
		channel := "pc"
		if w.device.Mobile {
			channel = "mobile"
		}
		if p["channel"] != channel {
			t.Errorf("channel %v, want %s", p["channel"], channel)
		}
		webhookArrives(t, b, got.str("merchant_uid"), "paid")
		b.quiet()
	})
}

func TestDecline(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		b := visit(t, w, "")
		b.pay().decline()
		got := b.outcome()
		if got.keys() != w.keys(false) {
			t.Errorf("keys: %s\nwant: %s", got.keys(), w.keys(false))
		}
		b.once()
		code := map[string]string{"tosspayments": "REJECT_CARD_PAYMENT", "tosspay_v2": "CARD_EXCEED_LIMIT"}[w.provider]
		if got["error_code"] != code {
			t.Errorf("error_code %v, want %s", got["error_code"], code)
		}
		p := stack.payment(t, got.str("imp_uid"))
		if p["status"] != "failed" || p["fail_reason"] == nil || p["paid_at"] != float64(0) {
			t.Errorf("payment: status %v, fail_reason %v, paid_at %v", p["status"], p["fail_reason"], p["paid_at"])
		}
		b.quiet()
	})
}

func TestClose(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		b := visit(t, w, "")
		b.pay().leave()
		got := b.outcome()
		if got.keys() != w.keys(false) {
			t.Errorf("keys: %s\nwant: %s", got.keys(), w.keys(false))
		}
		b.once()
		if p := stack.payment(t, got.str("imp_uid")); p["status"] != "failed" {
			t.Errorf("status %v, want failed", p["status"])
		}
		if w.provider == "tosspayments" && got["error_code"] != "PAY_PROCESS_CANCELED" {
			t.Errorf("error_code %v", got["error_code"])
		}
		b.quiet()
	})
}
