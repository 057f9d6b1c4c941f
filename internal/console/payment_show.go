package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// paymentShown is a payment's page.
type paymentShown struct {
	Payment    pay.Payment
	Agent      string // browser and system in words
	Custom     string // custom_data, indented
	Channel    pay.Channel
	Lines      []line
	Others     []pay.Payment // the order's other tries
	Receipts   []pay.Receipt
	Deliveries []store.Delivery
	Settled    []store.Settlement
	Open       []pay.Attempt // whose answer is not known
	Alarms     []store.Alarm // open ones

	MayCancel, MayReceipt, MayRevoke bool
	Deposit                          gateway.DepositWay
	DepositAt                        string // of DepositAtSandbox: where to post to
}

// showPayment answers what exactly happened to a payment.
func (c *Console) showPayment(v *visit) error {
	id := pay.PaymentID(v.param("imp_uid"))
	var s paymentShown
	var told []store.Happening
	err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		if told, err = tx.Timeline(v.r.Context(), v.Store.ID, id); err != nil {
			return err
		}
		s, err = readPayment(v.r.Context(), tx, v.Store.ID, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, h := range told {
		if h.Alarm != nil && h.Kind == store.HappenedAlarm && h.Alarm.Closed.IsZero() {
			s.Alarms = append(s.Alarms, *h.Alarm)
		}
		s.Lines = append(s.Lines, v.line(s.Payment, h))
	}
	s.Agent, s.Custom = agentWords(s.Payment.UserAgent), indented(s.Payment.Custom)
	if err := c.paymentActions(v, &s); err != nil {
		return err
	}
	return v.render("payment_show", v.t("결제 ", "Payment ")+string(id), s)
}

// readPayment is what hangs on a payment besides its timeline.
func readPayment(ctx context.Context, tx *store.Tx, m pay.MerchantID, id pay.PaymentID) (s paymentShown, err error) {
	if s.Payment, err = tx.Payment(ctx, m, id); err != nil {
		return s, err
	}
	if s.Channel, err = tx.Channel(ctx, m, s.Payment.Channel); err != nil && !errors.Is(err, store.ErrNotFound) {
		return s, err
	}
	tries, err := tx.FindPayments(ctx, m, store.PaymentFilter{MerchantUID: s.Payment.MerchantUID, Sort: "started", Limit: 100})
	if err != nil {
		return s, err
	}
	for _, p := range tries {
		if p.ID != id {
			s.Others = append(s.Others, p)
		}
	}
	if s.Receipts, err = tx.ReceiptsOfPayment(ctx, m, id); err != nil {
		return s, err
	}
	if s.Deliveries, err = tx.ListDeliveries(ctx, m, id); err != nil {
		return s, err
	}
	if s.Settled, err = tx.SettledOf(ctx, m, []pay.PaymentID{id}); err != nil {
		return s, err
	}
	s.Open, err = tx.OpenAttempts(ctx, m, id)
	return s, err
}

// paymentActions says which of the actions the gateway would take.
func (c *Console) paymentActions(v *visit, s *paymentShown) error {
	terms, err := c.gateway.CancelTerms(v.r.Context(), v.Store.ID, s.Payment.ID)
	if err != nil {
		return err
	}
	s.MayCancel = terms.Refused == nil
	s.MayRevoke = s.Payment.Status == pay.StatusAwaitingDeposit && len(s.Open) == 0
	if s.Payment.Method == pay.MethodTrans || s.Payment.Method == pay.MethodVbank {
		_, err := c.gateway.ReceiptTerms(v.r.Context(), v.Store.ID, s.Payment.ID)
		s.MayReceipt = err == nil
	}
	s.Deposit = c.gateway.DepositWay(s.Payment)
	if s.Deposit == gateway.DepositAtSandbox {
		s.DepositAt = sandboxDeposit(s.Channel.API, s.Payment.Ref.Key)
	}
	return nil
}

// sandboxDeposit is where the sandbox takes a deposit: its control port stands beside
// the provider's API.
func sandboxDeposit(api, key string) string {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" {
		return ""
	}
	u.Path = "/control" + u.Path + "/payments/" + url.PathEscape(key) + "/deposit"
	return u.String()
}

// Sees reports whether the operator may see what lies under the first part of a path.
func (p page) Sees(path string) bool {
	section, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return p.Has("/" + section)
}

// Left is what could still be cancelled of what was paid; 0 of what was not.
func (s paymentShown) Left() int64 {
	if s.Paid() {
		return s.Payment.Left()
	}
	return 0
}

// Paid reports whether money is, or was, ours.
func (s paymentShown) Paid() bool {
	switch s.Payment.Status {
	case pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusCancelled:
		return true
	default:
		return false
	}
}

// Test reports whether no real money is meant.
func (s paymentShown) Test() bool { return s.Payment.Mode != pay.ModeLive }

// Tone is the colour of the heading's amount.
func (s paymentShown) Tone() string { return words["payment"][string(s.Payment.Status)].tone }

// indented is JSON as it reads well; what is none stays as it is.
func indented(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if text == "" || d.Decode(&v) != nil {
		return text
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return text
	}
	return string(out)
}
