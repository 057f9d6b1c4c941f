package main

import (
	"encoding/json"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// The JSON of these commands. Amounts are in the smallest unit of the currency; times
// are RFC 3339 in UTC, null before they come.
type (
	paymentPage struct {
		Payments []paymentRowJSON `json:"payments"`
		After    string           `json:"after,omitempty"` // for --after; none on the last page
	}
	paymentRowJSON struct {
		ID          string     `json:"imp_uid"`
		MerchantUID string     `json:"merchant_uid"`
		Name        string     `json:"name"`
		Status      string     `json:"status"`
		Mode        string     `json:"mode"`
		Method      string     `json:"method"`
		Provider    string     `json:"provider"`
		Channel     string     `json:"channel_key"`
		Currency    string     `json:"currency"`
		Amount      int64      `json:"amount"`
		Cancelled   int64      `json:"cancelled"`
		FailReason  string     `json:"fail_reason,omitempty"`
		Since       time.Time  `json:"status_at"`
		Started     time.Time  `json:"started_at"`
		Paid        *time.Time `json:"paid_at"`
		Failed      *time.Time `json:"failed_at"`
		CancelledAt *time.Time `json:"cancelled_at"`
	}
	paymentJSON struct {
		paymentRowJSON
		Merchant string `json:"merchant"`
		MID      string `json:"mid"`
		PgTid    string `json:"pg_tid,omitempty"`
		TaxFree  int64  `json:"tax_free"`
		Left     int64  `json:"left"` // of what was paid
		FailCode string `json:"fail_code,omitempty"`
		Reason   string `json:"cancel_reason,omitempty"`
	}
	paymentWhole struct {
		paymentJSON
		Timeline []happeningJSON `json:"timeline"`
	}
	happeningJSON struct {
		At     time.Time       `json:"at"`
		What   string          `json:"what"`
		Detail string          `json:"detail,omitempty"`
		Calls  []callJSON      `json:"calls,omitempty"`
		By     string          `json:"by,omitempty"`
		Given  json.RawMessage `json:"given,omitempty"` // by hand: with what
	}
	callJSON struct {
		At     time.Time `json:"at"`
		Method string    `json:"method"`
		Path   string    `json:"path"`
		Status int       `json:"http_status"` // 0: no answer
		TookMS int64     `json:"took_ms"`
		Error  string    `json:"error,omitempty"`
		// Scrubbed of secrets and card numbers.
		Request string `json:"request,omitempty"`
		Answer  string `json:"answer,omitempty"`
	}
)

func rowsJSON(rows []store.PaymentRow) []paymentRowJSON {
	out := make([]paymentRowJSON, len(rows))
	for i, p := range rows {
		out[i] = paymentRowJSON{
			string(p.ID), string(p.MerchantUID), p.Name, string(p.Status), string(p.Mode), string(p.Method), string(p.Provider), string(p.Channel),
			string(p.Amount.Currency), p.Amount.Minor, p.Cancelled, p.FailReason, p.StatusAt, p.StartedAt, ifSet(p.PaidAt), ifSet(p.FailedAt), ifSet(p.CancelledAt),
		}
	}
	return out
}

func paymentJSONOf(p pay.Payment) paymentJSON {
	out := paymentJSON{
		paymentRowJSON: paymentRowJSON{
			string(p.ID), string(p.MerchantUID), p.Name, string(p.Status), string(p.Mode), string(p.Method), string(p.Provider), string(p.Channel),
			string(p.Amount.Total.Currency), p.Amount.Total.Minor, p.Cancelled, p.FailReason, statusAt(p), p.StartedAt, ifSet(p.PaidAt), ifSet(p.FailedAt), ifSet(p.CancelledAt),
		},
		Merchant: string(p.Merchant), MID: p.MID, PgTid: p.Ref.Key, TaxFree: p.Amount.TaxFree, FailCode: p.FailCode, Reason: p.CancelReason,
	}
	switch p.Status {
	case pay.StatusPaid, pay.StatusPartiallyCancelled:
		out.Left = p.Left()
	}
	return out
}

// statusAt is when a payment got its status, as V1 shows it.
func statusAt(p pay.Payment) time.Time {
	switch p.Status {
	case pay.StatusPaid:
		return p.PaidAt
	case pay.StatusFailed:
		return p.FailedAt
	case pay.StatusCancelled, pay.StatusPartiallyCancelled:
		return p.CancelledAt
	default:
		return p.StartedAt
	}
}

func timelineJSON(told []store.Happening) []happeningJSON {
	out := make([]happeningJSON, len(told))
	for i, h := range told {
		what, detail := happened(h)
		out[i] = happeningJSON{At: h.At, What: what, Detail: detail}
		if h.Audit != nil {
			out[i].By, out[i].Given = string(h.Audit.Actor.Kind)+" "+h.Audit.Actor.Name, h.Audit.After
		}
		for _, e := range h.Exchanges {
			out[i].Calls = append(out[i].Calls, callJSON{e.At, e.Method, e.Path, e.Status, e.Took.Milliseconds(), e.Error, string(e.Request), string(e.Answer)})
		}
	}
	return out
}
